//! Which columns a view shows in the new formats without `-o`.

use super::Needs;
use super::table::*;
use crate::model::Kind;

/// The list views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Key, id, owner, permissions and size.
    #[default]
    Default,
    /// `-t`
    Time,
    /// `-p`
    Pid,
    /// `-c`
    Creator,
}

macro_rules! columns {
    ($($column:ident),+) => {{
        static LIST: &[&Column] = &[$(&$column),+];
        LIST
    }};
}

/// The columns of a view: lsipc's and those that show trouble by default, otherwise those of the
/// classic view.
#[must_use]
pub fn of_view(kind: Kind, view: View) -> &'static [&'static Column] {
    match (view, kind) {
        (View::Default, Kind::Shm) => {
            columns![KEY, ID, PERMS, OWNER, SIZE, NATTCH, STATUS, CTIME, CPID, LPID]
        }
        (View::Default, Kind::Msg) => {
            columns![KEY, ID, PERMS, OWNER, CBYTES, QBYTES, USE, QNUM, LSPID, LRPID]
        }
        (View::Default, Kind::Sem) => columns![KEY, ID, PERMS, OWNER, NSEMS, OTIME],
        (View::Default, Kind::Pshm) => {
            columns![POSIX_NAME, PERMS, OWNER, SIZE, ALLOCATED, STATUS, MTIME, SOFTWARE]
        }
        (View::Default, Kind::Pmsg) => {
            columns![POSIX_NAME, PERMS, OWNER, CBYTES, QNUM, MAXMSG, USE, USED]
        }
        (View::Default, Kind::Psem) => {
            columns![POSIX_NAME, PERMS, OWNER, VALUE, SEM_WAITING, STATUS, MTIME, SOFTWARE]
        }
        (View::Time, Kind::Pshm | Kind::Psem) => columns![POSIX_NAME, OWNER, ATIME, MTIME, CTIME],
        (View::Time, Kind::Pmsg) => columns![POSIX_NAME, OWNER, USED],
        (View::Pid, Kind::Pmsg) => columns![POSIX_NAME, OWNER, NOTIFY_PID, NOTIFY_SIGNAL],
        (View::Pid, Kind::Pshm | Kind::Psem) => columns![POSIX_NAME, OWNER],
        (View::Creator, Kind::Pshm | Kind::Pmsg | Kind::Psem) => {
            columns![POSIX_NAME, PERMS, OWNER, GROUP]
        }
        (View::Time, Kind::Shm) => columns![ID, OWNER, ATIME, DTIME, CTIME],
        (View::Time, Kind::Msg) => columns![ID, OWNER, STIME, RTIME, CTIME],
        (View::Time, Kind::Sem) => columns![ID, OWNER, OTIME, CTIME],
        (View::Pid, Kind::Shm) => columns![ID, OWNER, CPID, LPID],
        (View::Pid, Kind::Msg) => columns![ID, OWNER, LSPID, LRPID],
        // The classic view has no section for sets, and a header without columns is not a table.
        (View::Pid, Kind::Sem) => columns![ID, OWNER],
        (View::Creator, _) => columns![ID, PERMS, CREATOR, CREATOR_GROUP, OWNER, GROUP],
    }
}

/// How a table adapts to the width of the terminal. Columns that a view is least about come first
/// in each list.
#[derive(Clone, Copy, Debug)]
pub struct Adaption {
    /// Columns that are added while they fit, and dropped again first.
    pub extra: &'static [&'static Column],
    /// Columns that are dropped before any text is cut.
    pub first: &'static [&'static Column],
    /// Columns that are dropped when lines would otherwise wrap.
    pub last: &'static [&'static Column],
}

impl Adaption {
    /// The columns stay as they are.
    pub const NONE: Adaption = Adaption { extra: &[], first: &[], last: &[] };

    /// The default view.
    pub const DEFAULT_VIEW: Adaption = Adaption {
        extra: &[&IDLE, &AGE],
        first: &[],
        last: &[
            &LRPID, &LSPID, &LPID, &CPID, &CTIME, &OTIME, &USED, &MTIME, &QBYTES, &MAXMSG, &PERMS,
            &ALLOCATED, &STATUS, &SOFTWARE, &CBYTES,
        ],
    };

    /// A list with the processes of each object: who uses it matters most.
    pub const WITH_PROCESSES: Adaption = Adaption {
        extra: &[&COMMAND, &IDLE, &AGE],
        first: &[
            &ORPHAN_REASON,
            &CTIME,
            &CPID,
            &LPID,
            &LSPID,
            &LRPID,
            &PERMS,
            &OTIME,
            &QBYTES,
            &CBYTES,
            &STATUS,
            &USED,
            &MTIME,
            &MAXMSG,
            &ALLOCATED,
        ],
        last: &[],
    };
}

/// What `-P` adds in JSON: everything.
pub fn process_json() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().copied().filter(|column| column.needs.has(Needs::PROCESSES))
}

/// What `-P` adds to a table, which has the processes in lines under each row.
pub static PROCESS_TABLE: &[&Column] = &[&ATTACHED, &WAITING, &ORPHANED, &ORPHAN_REASON];
/// What `-P` adds in the other formats.
pub static PROCESS_TEXT: &[&Column] =
    &[&ATTACHED, &WAITING, &PROCESSES, &IN_USE, &USE_REASON, &KEEPERS, &ORPHANED, &ORPHAN_REASON];

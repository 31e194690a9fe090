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

/// The columns of a view: lsipc's by default, otherwise those of the classic view.
#[must_use]
pub fn of_view(kind: Kind, view: View) -> &'static [&'static Column] {
    match (view, kind) {
        (View::Default, Kind::Shm) => {
            columns![KEY, ID, PERMS, OWNER, SIZE, NATTCH, STATUS, CTIME, CPID, LPID]
        }
        (View::Default, Kind::Msg) => columns![KEY, ID, PERMS, OWNER, CBYTES, QNUM, LSPID, LRPID],
        (View::Default, Kind::Sem) => columns![KEY, ID, PERMS, OWNER, NSEMS],
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

/// Columns of the default view that are dropped when lines would otherwise wrap.
pub static DROPPED_LAST: &[&Column] = &[&PERMS, &STATUS, &CTIME, &CPID, &LPID, &LSPID, &LRPID];

/// What `-P` adds in JSON: everything.
pub fn process_json() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().copied().filter(|column| column.needs.has(Needs::PROCESSES))
}

/// What `-P` adds to a table, which is followed by tables of processes.
pub static PROCESS_TABLE: &[&Column] = &[&ATTACHED, &WAITING, &ORPHANED, &ORPHAN_REASON];
/// What `-P` adds in the other formats.
pub static PROCESS_TEXT: &[&Column] =
    &[&ATTACHED, &WAITING, &PROCESSES, &IN_USE, &USE_REASON, &KEEPERS, &ORPHANED, &ORPHAN_REASON];

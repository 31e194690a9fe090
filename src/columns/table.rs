//! The columns: one literal each, read by text, JSON, CSV, `--list-columns` and the manual.

use super::Value;
use crate::model::{Kind, Kinds, MsgQueue, Object, Perm, SemSet, Semaphore, Shm};
use crate::processes::Report;

/// One object with what was joined to it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The object.
    pub object: ObjectRef<'a>,
    /// What other sources say of it.
    pub extra: Extra<'a>,
}

/// An object of any kind.
#[derive(Clone, Copy, Debug)]
pub enum ObjectRef<'a> {
    /// A segment.
    Shm(&'a Shm),
    /// A queue.
    Msg(&'a MsgQueue),
    /// A semaphore set.
    Sem(&'a SemSet),
}

/// What was looked up beside the object itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extra<'a> {
    /// The semaphores, with `-i`.
    pub semaphores: Option<&'a [Semaphore]>,
    /// The command line of the creator, where it is alive.
    pub command: Option<&'a [u8]>,
    /// Who uses it.
    pub report: Option<&'a Report>,
}

/// An object that can stand in a row.
pub trait AsRow: Object {
    /// A reference of any kind to this object.
    fn object_ref(&self) -> ObjectRef<'_>;

    /// A row of the object alone.
    fn row(&self) -> Row<'_> {
        Row { object: self.object_ref(), extra: Extra::default() }
    }
}

macro_rules! impl_as_row {
    ($($type:ty => $variant:ident),+) => {
        $(impl AsRow for $type {
            fn object_ref(&self) -> ObjectRef<'_> {
                ObjectRef::$variant(self)
            }
        })+
    };
}

impl_as_row!(Shm => Shm, MsgQueue => Msg, SemSet => Sem);

impl<'a> Row<'a> {
    /// The kind of the object.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.object {
            ObjectRef::Shm(_) => Kind::Shm,
            ObjectRef::Msg(_) => Kind::Msg,
            ObjectRef::Sem(_) => Kind::Sem,
        }
    }

    /// Id, key, owner and mode.
    #[must_use]
    pub fn perm(&self) -> &'a Perm {
        match self.object {
            ObjectRef::Shm(shm) => &shm.perm,
            ObjectRef::Msg(msg) => &msg.perm,
            ObjectRef::Sem(sem) => &sem.perm,
        }
    }

    fn ctime(&self) -> i64 {
        match self.object {
            ObjectRef::Shm(shm) => shm.ctime,
            ObjectRef::Msg(msg) => msg.ctime,
            ObjectRef::Sem(sem) => sem.ctime,
        }
    }

    fn shm(&self, get: impl FnOnce(&'a Shm) -> Value<'a>) -> Value<'a> {
        if let ObjectRef::Shm(shm) = self.object { get(shm) } else { Value::Null }
    }

    fn msg(&self, get: impl FnOnce(&'a MsgQueue) -> Value<'a>) -> Value<'a> {
        if let ObjectRef::Msg(msg) = self.object { get(msg) } else { Value::Null }
    }

    fn report(&self, get: impl FnOnce(&'a Report) -> Value<'a>) -> Value<'a> {
        self.extra.report.map_or(Value::Null, get)
    }

    fn sem(&self, get: impl FnOnce(&'a SemSet) -> Value<'a>) -> Value<'a> {
        if let ObjectRef::Sem(sem) = self.object { get(sem) } else { Value::Null }
    }
}

/// Where a cell's text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// What a cell asks of its reader. Colour only repeats what the text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Nothing.
    None,
    /// Worth a look.
    Notice,
    /// Likely to be trouble soon.
    Warning,
    /// Trouble.
    Alarm,
}

impl Attention {
    /// From 80 % and from 95 % of a limit on, use is a matter of concern.
    #[must_use]
    pub fn of_share(permille: u64) -> Attention {
        match permille {
            0..800 => Attention::None,
            800..950 => Attention::Warning,
            _ => Attention::Alarm,
        }
    }
}

/// The share of a limit in tenths of a percent; nothing is a share of no limit.
#[must_use]
pub fn permille(used: u64, limit: u64) -> Option<u64> {
    let share = u128::from(used) * 1000 / u128::from(limit.max(1));
    (limit > 0).then(|| u64::try_from(share).unwrap_or(u64::MAX))
}

/// What has to be read for a column beyond the object itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// The text of /proc/sysvipc.
    Resident,
    /// A call for each queue.
    Qbytes,
    /// The sequence number.
    Seq,
    /// The command line of the creator.
    Command,
    /// A look at all processes.
    Processes,
    /// The detail of one object: only with `-i`.
    Detail,
}

/// What a value is in JSON: the schema of an object says so of every column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Json {
    /// A text.
    Text,
    /// The name of a user or group.
    Name,
    /// A number from 0 on.
    Number,
    /// The same, of bytes.
    Bytes,
    /// True or false.
    Bool,
    /// True, false, or null, which text writes out.
    Verdict,
    /// The kind of the object.
    Kind,
    /// A key in hex.
    Key,
    /// An id.
    Id,
    /// The number of a user or group.
    UserId,
    /// A process id as the kernel recorded it.
    ProcessId,
    /// Permissions in octal.
    Perms,
    /// Permissions as `ls` writes them.
    Mode,
    /// A time in UTC.
    Time,
    /// The words of a segment's status.
    Status,
    /// The processes that use an object of this kind.
    Users,
    /// The recorded processes of an object of this kind, and whether they live.
    Recorded,
    /// The semaphores of a set.
    Semaphores,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// The only id: the name in JSON; headings are the same in upper case.
    pub name: &'static str,
    /// Other names that `-o` and `--sort` take.
    pub aliases: &'static [&'static str],
    /// The kinds that have it.
    pub kinds: Kinds,
    /// What it means, with its unit.
    pub help: &'static str,
    /// What its values are in JSON.
    pub json: Json,
    /// When JSON has `null` in its place ("when not known"); empty where it never has.
    pub null: &'static str,
    /// Numbers stand right.
    pub align: Align,
    /// What must be read for it.
    pub needs: Needs,
    /// What a value asks of its reader.
    pub attention: Option<for<'a> fn(&Row<'a>) -> Attention>,
    /// The value in a row.
    pub get: for<'a> fn(&Row<'a>) -> Value<'a>,
}

impl Column {
    /// Whether the kernel's description of the object is all that it takes.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !matches!(self.needs, Needs::Command | Needs::Processes | Needs::Detail)
    }
}

const COLUMN: Column = Column {
    name: "",
    aliases: &[],
    kinds: Kinds::ALL,
    help: "",
    json: Json::Text,
    null: "",
    align: Align::Left,
    needs: Needs::Nothing,
    attention: None,
    get: |_| Value::Null,
};

const NUMBER: Column = Column { json: Json::Number, align: Align::Right, ..COLUMN };
const BYTES: Column = Column { json: Json::Bytes, ..NUMBER };
const USER_ID: Column = Column { json: Json::UserId, ..NUMBER };
const PROCESS_ID: Column = Column { json: Json::ProcessId, ..NUMBER };
const NAME: Column = Column { json: Json::Name, null: "where the number has no name", ..COLUMN };
const TIME: Column = Column { json: Json::Time, null: "when never", ..COLUMN };

macro_rules! columns {
    ($($id:ident = $base:ident { $($field:ident: $value:expr),+ $(,)? })+) => {
        $(
            #[doc = concat!("The column `", stringify!($id), "`.")]
            pub static $id: Column = Column { $($field: $value,)+ ..$base };
        )+
        /// Every column, in the order of JSON.
        pub static COLUMNS: &[&Column] = &[$(&$id),+];
    };
}

columns! {
    KIND = COLUMN { name: "kind", help: "kind of the object: shm, msg or sem", json: Json::Kind, get: |r| Value::Kind(r.kind()) }
    KEY = COLUMN { name: "key", help: "key in hex; 0x00000000 is private or removed", json: Json::Key, get: |r| Value::Key(r.perm().key) }
    ID = NUMBER { name: "id", help: "identifier", json: Json::Id, get: |r| Value::Int(r.perm().id.0.into()) }
    SEQ = NUMBER { name: "seq", help: "slot usage sequence number, part of the id", null: "when the kernel would not tell", needs: Needs::Seq, get: |r| Value::uint(r.perm().seq.map(u64::from)) }
    OWNER = NAME { name: "owner", aliases: &["user"], help: "owner's name, or number", get: |r| Value::User(r.perm().uid) }
    UID = USER_ID { name: "uid", help: "owner's user id", get: |r| Value::Uint(r.perm().uid.into()) }
    GROUP = NAME { name: "group", help: "group's name, or number", get: |r| Value::Group(r.perm().gid) }
    GID = USER_ID { name: "gid", help: "group id", get: |r| Value::Uint(r.perm().gid.into()) }
    CREATOR = NAME { name: "creator", aliases: &["cuser"], help: "creator's name, or number", get: |r| Value::User(r.perm().cuid) }
    CUID = USER_ID { name: "cuid", help: "creator's user id", get: |r| Value::Uint(r.perm().cuid.into()) }
    CREATOR_GROUP = NAME { name: "creator_group", aliases: &["cgroup"], help: "name of the creator's group, or number", get: |r| Value::Group(r.perm().cgid) }
    CGID = USER_ID { name: "cgid", help: "creator's group id", get: |r| Value::Uint(r.perm().cgid.into()) }
    PERMS = COLUMN { name: "perms", help: "permissions in octal", json: Json::Perms, get: |r| Value::Perms(r.perm().mode) }
    MODE = COLUMN { name: "mode", help: "permissions as ls writes them", json: Json::Mode, get: |r| Value::Symbolic(r.perm().mode) }
    CTIME = TIME { name: "ctime", help: "last change of owner, mode or size", null: "when not known", get: |r| Value::time(r.ctime()) }
    SIZE = BYTES { name: "size", kinds: Kinds::SHM, help: "bytes of the segment", get: |r| r.shm(|s| Value::Bytes(s.size)) }
    NATTCH = NUMBER { name: "nattch", kinds: Kinds::SHM, help: "mappings (one process may have several)", get: |r| r.shm(|s| Value::Uint(s.nattch)) }
    STATUS = COLUMN { name: "status", kinds: Kinds::SHM, help: "dest (removed, still attached), locked (not swapped)", json: Json::Status, attention: Some(|r| status_attention(r.perm().mode)), get: |r| r.shm(|s| Value::Words(s.perm.mode.status())) }
    CPID = PROCESS_ID { name: "cpid", kinds: Kinds::SHM, help: "creator's process id", get: |r| r.shm(|s| Value::Int(s.cpid.into())) }
    LPID = PROCESS_ID { name: "lpid", kinds: Kinds::SHM, help: "process id of the last attach or detach", get: |r| r.shm(|s| Value::Int(s.lpid.into())) }
    ATIME = TIME { name: "atime", aliases: &["attach"], kinds: Kinds::SHM, help: "last attach", get: |r| r.shm(|s| Value::time(s.atime)) }
    DTIME = TIME { name: "dtime", aliases: &["detach"], kinds: Kinds::SHM, help: "last detach", get: |r| r.shm(|s| Value::time(s.dtime)) }
    RSS = BYTES { name: "rss", kinds: Kinds::SHM, help: "bytes in memory", null: "when not known", needs: Needs::Resident, get: |r| r.shm(|s| Value::bytes(s.credible_rss())) }
    SWAP = BYTES { name: "swap", kinds: Kinds::SHM, help: "bytes in swap", null: "when not known", needs: Needs::Resident, get: |r| r.shm(|s| Value::bytes(s.swap)) }
    CBYTES = BYTES { name: "cbytes", aliases: &["usedbytes"], kinds: Kinds::MSG, help: "bytes of the messages in the queue", attention: Some(queue_attention), get: |r| r.msg(|q| Value::Bytes(q.cbytes)) }
    QBYTES = BYTES { name: "qbytes", kinds: Kinds::MSG, help: "bytes that the queue may hold", null: "when not known", needs: Needs::Qbytes, get: |r| r.msg(|q| Value::bytes(q.qbytes)) }
    QNUM = NUMBER { name: "qnum", aliases: &["msgs"], kinds: Kinds::MSG, help: "messages in the queue", get: |r| r.msg(|q| Value::Uint(q.qnum)) }
    LSPID = PROCESS_ID { name: "lspid", kinds: Kinds::MSG, help: "process id of the last sender", get: |r| r.msg(|q| Value::Int(q.lspid.into())) }
    LRPID = PROCESS_ID { name: "lrpid", kinds: Kinds::MSG, help: "process id of the last receiver", get: |r| r.msg(|q| Value::Int(q.lrpid.into())) }
    STIME = TIME { name: "stime", aliases: &["send"], kinds: Kinds::MSG, help: "last send", get: |r| r.msg(|q| Value::time(q.stime)) }
    RTIME = TIME { name: "rtime", aliases: &["recv"], kinds: Kinds::MSG, help: "last receive", get: |r| r.msg(|q| Value::time(q.rtime)) }
    NSEMS = NUMBER { name: "nsems", kinds: Kinds::SEM, help: "semaphores in the set", get: |r| r.sem(|s| Value::Uint(s.nsems)) }
    OTIME = TIME { name: "otime", kinds: Kinds::SEM, help: "last operation", get: |r| r.sem(|s| Value::time(s.otime)) }
    COMMAND = COLUMN { name: "command", kinds: Kinds::SHM, help: "command line of the creator, while it lives", null: "when it is gone", needs: Needs::Command, get: |r| r.extra.command.map_or(Value::Null, Value::Text) }
    PROCESSES = COLUMN {
        name: "processes",
        help: "the live processes that use it (pid, roles, access)",
        json: Json::Users,
        needs: Needs::Processes,
        get: |r| r.report(|report| Value::Users(r.kind(), &report.users))
    }
    ATTACHED = NUMBER {
        name: "attached",
        kinds: Kinds::SHM,
        help: "processes that have it attached; not known when some may be out of sight",
        null: "when not known",
        needs: Needs::Processes,
        get: |r| r.report(|report| Value::uint(report.attached.filter(|_| report.gap.is_none())))
    }
    WAITING = NUMBER {
        name: "waiting",
        kinds: Kinds::MSG.and(Kinds::SEM),
        help: "threads that are blocked on it; not known when some may be out of sight",
        null: "when not known",
        needs: Needs::Processes,
        attention: Some(|r| r.extra.report.and_then(|report| report.waiting).map_or(Attention::None, waiting_attention)),
        get: |r| r.report(|report| Value::uint(report.known_waiting()))
    }
    ORIGINAL_KEY = COLUMN {
        name: "original_key",
        kinds: Kinds::SHM,
        help: "key that it was made with, also of a removed one that is still attached",
        json: Json::Key,
        null: "when not known",
        needs: Needs::Processes,
        get: |r| r.report(|report| report.original_key.map_or(Value::Null, Value::Key))
    }
    PROCESSES_COMPLETE = COLUMN {
        name: "processes_complete",
        help: "whether every process that could use it was seen",
        json: Json::Bool,
        needs: Needs::Processes,
        get: |r| r.report(|report| Value::Bool(report.gap.is_none()))
    }
    ALIVE = COLUMN {
        name: "alive",
        help: "whether each process that the kernel recorded lives",
        json: Json::Recorded,
        needs: Needs::Processes,
        get: |r| r.report(|report| recorded(r.kind(), report))
    }
    ORPHANED = COLUMN {
        name: "orphaned",
        help: "whether nothing alive can be using it; unknown when that cannot be proved",
        json: Json::Verdict,
        null: "when unknown",
        needs: Needs::Processes,
        attention: Some(|r| r.extra.report.filter(|report| report.orphaned.is_yes()).map_or(Attention::None, |_| Attention::Warning)),
        get: |r| r.report(|report| Value::Verdict(report.orphaned.answer))
    }
    ORPHAN_REASON = COLUMN {
        name: "orphan_reason",
        help: "why it is orphaned, or not, or why that is unknown",
        needs: Needs::Processes,
        get: |r| r.report(|report| Value::Reason(report.orphaned.reason))
    }
    SEMAPHORES = COLUMN {
        name: "semaphores",
        kinds: Kinds::SEM,
        help: "value, waiters and last process of each semaphore (with -i)",
        json: Json::Semaphores,
        null: "when the set may not be read",
        needs: Needs::Detail,
        get: |r| r.extra.semaphores.map_or(Value::Null, Value::Semaphores)
    }
}

/// The columns that an object of this kind has.
pub fn of_kind(kind: Kind) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().copied().filter(move |column| column.kinds.contains(kind))
}

fn status_attention(mode: crate::model::Mode) -> Attention {
    match (mode.is_dest(), mode.is_locked()) {
        (true, _) => Attention::Warning,
        (_, true) => Attention::Notice,
        _ => Attention::None,
    }
}

/// A queue that is nearly full makes its senders wait.
fn queue_attention(row: &Row<'_>) -> Attention {
    let ObjectRef::Msg(queue) = row.object else { return Attention::None };
    let share = queue.qbytes.and_then(|limit| permille(queue.cbytes, limit));
    share.map_or(Attention::None, Attention::of_share)
}

fn waiting_attention(waiting: u64) -> Attention {
    if waiting > 0 { Attention::Notice } else { Attention::None }
}

fn recorded<'a>(kind: Kind, report: &'a Report) -> Value<'a> {
    let known = kind != Kind::Sem || report.semaphores.is_some();
    Value::Recorded(kind, known.then_some(&report.recorded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_that_are_a_matter_of_concern() {
        for (permille, expected) in [
            (0, Attention::None),
            (799, Attention::None),
            (800, Attention::Warning),
            (949, Attention::Warning),
            (950, Attention::Alarm),
            (1000, Attention::Alarm),
            (u64::MAX, Attention::Alarm),
        ] {
            assert_eq!(Attention::of_share(permille), expected, "{permille}");
        }
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(permille(5, 0), None);
        assert_eq!(permille(1, 3), Some(333));
        assert_eq!(permille(u64::MAX, u64::MAX), Some(1000));
        assert_eq!(permille(u64::MAX, 1), Some(u64::MAX));
    }
}

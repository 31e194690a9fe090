//! The columns: one literal each, read by text, JSON, CSV, `--list-columns` and the manual.

use super::{Needs, Row, Value};
use crate::model::{Kind, Kinds, Object, Psem, Share, State, software};

/// Where a cell's text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// How urgent a cell is. Colour only repeats what the text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Nothing.
    None,
    /// Worth a look.
    Notice,
    /// Likely to become a problem soon.
    Warning,
    /// A problem.
    Alarm,
}

impl Attention {
    /// From 80 % and from 95 % of a limit on, the use is marked as more urgent.
    #[must_use]
    pub fn of_share(share: Share) -> Attention {
        match State::of(share) {
            State::Ok => Attention::None,
            State::High => Attention::Warning,
            State::Critical => Attention::Alarm,
        }
    }
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
    /// A percentage with at most two decimals.
    Percent,
    /// A number of seconds.
    Seconds,
    /// True or false.
    Bool,
    /// True, false, or null. Text has a word for null.
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
    /// Processes that may come back to an object.
    Keepers,
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
    /// When JSON has `null` in its place ("if unknown"); empty where it never has.
    pub null: &'static str,
    /// Numbers stand right.
    pub align: Align,
    /// What has to be read for it.
    pub needs: Needs,
    /// What a value asks of its reader.
    pub attention: Option<for<'a> fn(&Row<'a>) -> Attention>,
    /// The value in a row.
    pub get: for<'a> fn(&Row<'a>) -> Value<'a>,
}

/// The kinds whose `ctime` is not that of the last use.
const WITH_CTIME: Kinds = Kinds::SYSTEM_V.and(Kinds::PSHM).and(Kinds::PSEM);

const COLUMN: Column = Column {
    name: "",
    aliases: &[],
    kinds: Kinds::EVERYTHING,
    help: "",
    json: Json::Text,
    null: "",
    align: Align::Left,
    needs: Needs::NOTHING,
    attention: None,
    get: |_| Value::Null,
};

const NUMBER: Column = Column { json: Json::Number, align: Align::Right, ..COLUMN };
const BYTES: Column = Column { json: Json::Bytes, ..NUMBER };
const USER_ID: Column = Column { json: Json::UserId, ..NUMBER };
const PROCESS_ID: Column = Column { json: Json::ProcessId, ..NUMBER };
const SINCE: Column =
    Column { json: Json::Seconds, needs: Needs::CLOCK, align: Align::Right, ..COLUMN };
const NAME: Column = Column { json: Json::Name, null: "if the ID has no name", ..COLUMN };
const TIME: Column = Column { json: Json::Time, null: "if it never happened", ..COLUMN };

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
    KIND = COLUMN { name: "kind", help: "kind of the object: shm, msg, sem, pshm, pmsg or psem", json: Json::Kind, get: |r| Value::Kind(r.object.kind()) }
    NAMESPACE = NUMBER {
        name: "namespace",
        help: "number of the IPC namespace (only with --namespace)",
        null: "without --namespace",
        needs: Needs::PLACE,
        get: |r| r.facts.place.as_deref().map_or(Value::Null, |place| Value::Uint(place.number))
    }
    CONTAINER = COLUMN {
        name: "container",
        help: "container of the namespace's oldest process (only with --namespace)",
        null: "if unknown",
        needs: Needs::PLACE,
        get: |r| r.facts.place.as_deref().and_then(|place| place.container.as_deref()).map_or(Value::Null, |name| Value::Text(name.as_bytes()))
    }
    POSIX_NAME = COLUMN { name: "name", kinds: Kinds::POSIX, help: "name; that of a queue begins with a slash", get: |r| r.object.name().map_or(Value::Null, |name| Value::Text(name.shown())) }
    KEY = COLUMN { name: "key", kinds: Kinds::SYSTEM_V, help: "key in hex; 0x00000000 for private objects and removed segments", json: Json::Key, get: |r| r.object.key.map_or(Value::Null, Value::Key) }
    ID = NUMBER { name: "id", kinds: Kinds::SYSTEM_V, help: "identifier", json: Json::Id, get: |r| r.object.id().map_or(Value::Null, |id| Value::Int(id.0.into())) }
    SEQ = NUMBER { name: "seq", kinds: Kinds::SYSTEM_V, help: "sequence number of the table slot, part of the ID", null: "if the kernel does not report it", needs: Needs::SEQ, get: |r| Value::uint(r.object.seq.map(u64::from)) }
    OWNER = NAME { name: "owner", aliases: &["user"], help: "name of the owner, or its ID", get: |r| Value::User(r.object.owner.uid) }
    UID = USER_ID { name: "uid", help: "user ID of the owner", get: |r| Value::Uint(r.object.owner.uid.into()) }
    GROUP = NAME { name: "group", help: "name of the group, or its ID", get: |r| Value::Group(r.object.owner.gid) }
    GID = USER_ID { name: "gid", help: "group ID", get: |r| Value::Uint(r.object.owner.gid.into()) }
    CREATOR = NAME { name: "creator", aliases: &["cuser"], kinds: Kinds::SYSTEM_V, help: "name of the creator, or its ID", get: |r| r.object.creator.map_or(Value::Null, |c| Value::User(c.uid)) }
    CUID = USER_ID { name: "cuid", kinds: Kinds::SYSTEM_V, help: "user ID of the creator", get: |r| r.object.creator.map_or(Value::Null, |c| Value::Uint(c.uid.into())) }
    CREATOR_GROUP = NAME { name: "creator_group", aliases: &["cgroup"], kinds: Kinds::SYSTEM_V, help: "name of the creator's group, or its ID", get: |r| r.object.creator.map_or(Value::Null, |c| Value::Group(c.gid)) }
    CGID = USER_ID { name: "cgid", kinds: Kinds::SYSTEM_V, help: "group ID of the creator", get: |r| r.object.creator.map_or(Value::Null, |c| Value::Uint(c.gid.into())) }
    PERMS = COLUMN { name: "perms", help: "permissions in octal", json: Json::Perms, get: |r| Value::Perms(r.object.mode) }
    MODE = COLUMN { name: "mode", help: "permissions in the format of ls", json: Json::Mode, get: |r| Value::Symbolic(r.object.mode) }
    CTIME = TIME { name: "ctime", kinds: WITH_CTIME, help: "creation, or last change of owner, permissions, capacity or of a POSIX file", null: "if unknown", get: |r| Value::time(r.object.ctime) }
    AGE = SINCE { name: "age", kinds: WITH_CTIME, help: "time since the creation or the last change (ctime)", null: "if unknown", get: |r| Value::since(r.object.ctime) }
    IDLE = SINCE { name: "idle", help: "time since the last use or change", null: "if unknown", get: |r| Value::since(r.object.last_use()) }
    SIZE = BYTES { name: "size", kinds: Kinds::SHM.and(Kinds::PSHM), help: "size of the memory in bytes", get: |r| Value::Bytes(r.object.size()) }
    ALLOCATED = BYTES { name: "allocated", kinds: Kinds::PSHM, help: "bytes that take memory or swap space", get: |r| r.file(|f| Value::Bytes(f.allocated)) }
    NATTCH = NUMBER { name: "nattch", kinds: Kinds::SHM, help: "number of attaches (a process may attach several times)", get: |r| r.shm(|s| Value::Uint(s.nattch)) }
    STATUS = COLUMN {
        name: "status",
        kinds: Kinds::SHM.and(Kinds::PSHM).and(Kinds::PSEM),
        help: "dest (removed but still attached), locked (never swapped out); POSIX: what a file is if it is not an object",
        json: Json::Status,
        attention: Some(|r| status_attention(r.object)),
        get: |r| Value::Words(r.object.status())
    }
    CPID = PROCESS_ID { name: "cpid", kinds: Kinds::SHM, help: "process ID of the creator", get: |r| r.shm(|s| Value::Int(s.cpid.into())) }
    LPID = PROCESS_ID { name: "lpid", kinds: Kinds::SHM, help: "process ID of the last attach or detach", get: |r| r.shm(|s| Value::pid(s.lpid, s.atime.max(s.dtime))) }
    ATIME = TIME { name: "atime", aliases: &["attach"], kinds: Kinds::SHM.and(Kinds::PSHM).and(Kinds::PSEM), help: "last attach; last access of a POSIX file, which may be recorded only once a day", get: |r| Value::time(r.object.atime()) }
    MTIME = TIME { name: "mtime", kinds: Kinds::PSHM.and(Kinds::PSEM), help: "last modification of the file; writes to mapped memory may not count", get: |r| r.file(|f| Value::time(f.mtime)) }
    DTIME = TIME { name: "dtime", aliases: &["detach"], kinds: Kinds::SHM, help: "last detach", get: |r| r.shm(|s| Value::time(s.dtime)) }
    RSS = BYTES { name: "rss", kinds: Kinds::SHM, help: "resident bytes", null: "if unknown", needs: Needs::RSS, get: |r| r.shm(|s| Value::bytes(s.credible_rss())) }
    SWAP = BYTES { name: "swap", kinds: Kinds::SHM, help: "swapped bytes", null: "if unknown", needs: Needs::RSS, get: |r| r.shm(|s| Value::bytes(s.swap)) }
    CBYTES = BYTES { name: "cbytes", aliases: &["usedbytes"], kinds: Kinds::MSG.and(Kinds::PMSG), help: "bytes in all messages of the queue", null: "if a POSIX queue may not be read", get: |r| Value::bytes(r.object.cbytes()) }
    QBYTES = BYTES { name: "qbytes", kinds: Kinds::MSG, help: "capacity of the queue in bytes", null: "if unknown", needs: Needs::QBYTES, get: |r| r.msg(|q| Value::bytes(q.qbytes)) }
    USE = COLUMN {
        name: "use",
        kinds: Kinds::MSG.and(Kinds::PMSG),
        help: "used part of the capacity in percent, by bytes or by number of messages",
        json: Json::Percent,
        null: "if the capacity is unknown or 0",
        align: Align::Right,
        needs: Needs::QBYTES,
        attention: Some(queue_attention),
        get: |r| r.object.share().map_or(Value::Null, Value::Percent)
    }
    QNUM = NUMBER { name: "qnum", aliases: &["msgs"], kinds: Kinds::MSG.and(Kinds::PMSG), help: "number of messages in the queue", null: "if a POSIX queue may not be read", get: |r| Value::uint(r.object.messages()) }
    MAXMSG = NUMBER { name: "maxmsg", kinds: Kinds::PMSG, help: "most messages that the queue holds", null: "if you may not read it", get: |r| r.pmsg(|q| Value::uint(q.maxmsg)) }
    MSGSIZE = BYTES { name: "msgsize", kinds: Kinds::PMSG, help: "most bytes of a message", null: "if you may not read it", get: |r| r.pmsg(|q| Value::bytes(q.msgsize)) }
    LSPID = PROCESS_ID { name: "lspid", kinds: Kinds::MSG, help: "process ID of the last sender", get: |r| r.msg(|q| Value::pid(q.lspid, q.stime)) }
    LRPID = PROCESS_ID { name: "lrpid", kinds: Kinds::MSG, help: "process ID of the last receiver", get: |r| r.msg(|q| Value::pid(q.lrpid, q.rtime)) }
    STIME = TIME { name: "stime", aliases: &["send"], kinds: Kinds::MSG, help: "last send", get: |r| r.msg(|q| Value::time(q.stime)) }
    RTIME = TIME { name: "rtime", aliases: &["recv"], kinds: Kinds::MSG, help: "last receive", get: |r| r.msg(|q| Value::time(q.rtime)) }
    NSEMS = NUMBER { name: "nsems", kinds: Kinds::SEM, help: "number of semaphores in the set", get: |r| r.sem(|s| Value::Uint(s.nsems)) }
    NOTIFY_PID = PROCESS_ID { name: "notify_pid", kinds: Kinds::PMSG, help: "process that asked to be notified of a message", null: "if there is none", get: |r| r.pmsg(|q| q.notify_pid.map_or(Value::Null, |pid| Value::Int(pid.into()))) }
    NOTIFY_SIGNAL = NUMBER { name: "notify_signal", kinds: Kinds::PMSG, help: "number of the signal that it gets", null: "if it gets none", get: |r| r.pmsg(|q| q.notify_signal.map_or(Value::Null, |signal| Value::Int(signal.into()))) }
    USED = TIME { name: "used", aliases: &["mtime"], kinds: Kinds::PMSG, help: "last send, receive or change", get: |r| r.file(|f| Value::time(f.mtime)) }
    VALUE = NUMBER { name: "value", aliases: &["sval"], kinds: Kinds::PSEM, help: "value of the semaphore", null: "if it is not a semaphore, or you may not read it", get: |r| r.psem(|s| Value::uint(s.value().map(u64::from))) }
    SEM_WAITING = NUMBER {
        name: "waiting",
        kinds: Kinds::PSEM,
        help: "number of threads blocked on it, as the C library counts them; killed ones stay counted",
        null: "if unknown",
        attention: Some(|r| r.object.psem().and_then(Psem::waiting).map_or(Attention::None, waiting_attention)),
        get: |r| r.psem(|s| Value::uint(s.waiting()))
    }
    LINKS = NUMBER { name: "links", kinds: Kinds::PSHM, help: "number of names of the file", get: |r| r.file(|f| Value::Uint(f.links)) }
    SOFTWARE = COLUMN {
        name: "software",
        kinds: Kinds::PSHM.and(Kinds::PSEM),
        help: "software that uses such names; only a hint",
        null: "if the name is not known",
        get: |r| r.object.name().and_then(|name| software(name.file())).map_or(Value::Null, Value::Word)
    }
    OTIME = TIME { name: "otime", kinds: Kinds::SEM, help: "last operation", get: |r| r.sem(|s| Value::time(s.otime)) }
    COMMAND = COLUMN { name: "command", kinds: Kinds::SHM, help: "command line of the creator, if it is still running", null: "if it has exited", needs: Needs::COMMAND, get: |r| r.facts.command.as_deref().map_or(Value::Null, Value::Command) }
    PROCESSES = COLUMN {
        name: "processes",
        help: "live processes that use the object (PID, roles, access)",
        json: Json::Users,
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::Details(&report.users))
    }
    ATTACHED = NUMBER {
        name: "attached",
        kinds: Kinds::SHM.and(Kinds::POSIX),
        help: "number of processes that have it attached, mapped or open",
        null: "if unknown",
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::uint(report.attached.filter(|_| report.gap.is_none())))
    }
    WAITING = NUMBER {
        name: "waiting",
        kinds: Kinds::MSG.and(Kinds::SEM).and(Kinds::PMSG),
        help: "number of threads blocked on it",
        null: "if unknown",
        needs: Needs::PROCESSES,
        attention: Some(|r| r.facts.report.as_deref().and_then(|report| report.waiting).map_or(Attention::None, waiting_attention)),
        get: |r| r.report(|report| Value::uint(report.known_waiting()))
    }
    ORIGINAL_KEY = COLUMN {
        name: "original_key",
        kinds: Kinds::SHM,
        help: "key at creation, also for a removed segment that is still attached",
        json: Json::Key,
        null: "if unknown",
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| report.original_key.map_or(Value::Null, Value::Key))
    }
    PROCESSES_COMPLETE = COLUMN {
        name: "processes_complete",
        help: "whether all processes that could use it were inspected",
        json: Json::Bool,
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::Bool(report.gap.is_none()))
    }
    ALIVE = COLUMN {
        name: "alive",
        kinds: Kinds::SYSTEM_V,
        help: "whether each recorded process is alive",
        json: Json::Recorded,
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::Details(&report.recorded))
    }
    IN_USE = COLUMN {
        name: "in_use",
        help: "whether a process is using it; unknown if one could come back to it",
        json: Json::Verdict,
        null: "if unknown",
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::Verdict(report.verdicts.in_use.answer))
    }
    USE_REASON = COLUMN {
        name: "use_reason",
        help: "reason for the value of in_use",
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::Reason(&report.verdicts.in_use.reason))
    }
    KEEPERS = COLUMN {
        name: "keepers",
        help: "processes that may still need the object, if in_use or orphaned is unknown",
        json: Json::Keepers,
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::Details(&report.keepers))
    }
    ORPHANED = COLUMN {
        name: "orphaned",
        help: "whether it was left behind: no live process could come back to it",
        json: Json::Verdict,
        null: "if unknown",
        needs: Needs::PROCESSES,
        attention: Some(|r| r.facts.report.as_deref().filter(|report| report.verdicts.orphaned.is_yes()).map_or(Attention::None, |_| Attention::Warning)),
        get: |r| r.report(|report| Value::Verdict(report.verdicts.orphaned.answer))
    }
    ORPHAN_REASON = COLUMN {
        name: "orphan_reason",
        help: "reason for the value of orphaned",
        needs: Needs::PROCESSES,
        get: |r| r.report(|report| Value::Reason(&report.verdicts.orphaned.reason))
    }
    SEMAPHORES = COLUMN {
        name: "semaphores",
        kinds: Kinds::SEM,
        help: "value, waiters and last process of each semaphore (only with -i)",
        json: Json::Semaphores,
        null: "if you may not read the set",
        needs: Needs::SEMAPHORES,
        get: |r| r.facts.semaphores.as_ref().map_or(Value::Null, |all| Value::Details(all))
    }
}

/// The columns that an object of this kind has.
pub fn of_kind(kind: Kind) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().copied().filter(move |column| column.kinds.contains(kind))
}

fn status_attention(object: &Object) -> Attention {
    match object {
        object if object.is_dest() => Attention::Warning,
        object if !object.status().is_empty() => Attention::Notice,
        _ => Attention::None,
    }
}

/// A queue that is nearly full makes its senders wait.
fn queue_attention(row: &Row<'_>) -> Attention {
    let share = row.object.share();
    share.map_or(Attention::None, Attention::of_share)
}

fn waiting_attention(waiting: u64) -> Attention {
    if waiting > 0 { Attention::Notice } else { Attention::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_shares_need_attention() {
        for (permille, expected) in [
            (0, Attention::None),
            (799, Attention::None),
            (800, Attention::Warning),
            (949, Attention::Warning),
            (950, Attention::Alarm),
            (1000, Attention::Alarm),
            (u64::MAX, Attention::Alarm),
        ] {
            let share = Share::of(permille, 1000).unwrap();
            assert_eq!(Attention::of_share(share), expected, "{permille}");
        }
    }
}

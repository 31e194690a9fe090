//! One IPC object of any kind.

use serde::Serialize;

use super::{
    Content, FileType, Id, Key, Kind, Mode, Name, Namespace, Pmsg, PosixFile, PosixName, Psem,
    Share,
};

/// Identifies an object among all objects that exist at the same moment. Ids are reused, so the
/// same identity may name another object later.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// Where it is.
    pub namespace: Namespace,
    /// Its kind.
    pub kind: Kind,
    /// Its id or name.
    pub name: Name,
}

impl Identity {
    /// A System V object of the current namespace.
    #[must_use]
    pub fn sysv(kind: Kind, id: Id) -> Identity {
        Identity { namespace: Namespace::Current, kind, name: Name::Id(id) }
    }

    /// A POSIX object, of the current namespace or of its /dev/shm.
    #[must_use]
    pub fn posix(kind: Kind, name: PosixName) -> Identity {
        Identity { namespace: Namespace::Current, kind, name: Name::Posix(name) }
    }
}

/// A user and a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// An object as a source described it at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Which object it is.
    pub identity: Identity,
    /// The key of a System V object: 0 for a private object and for a removed segment.
    pub key: Option<Key>,
    /// Slot usage sequence number of a System V object. `None`: the source does not have it.
    pub seq: Option<u32>,
    /// Owner.
    pub owner: Owner,
    /// Creator, which is recorded for System V objects only.
    pub creator: Option<Owner>,
    /// Permissions and, for segments, status bits.
    pub mode: Mode,
    /// Last change, seconds since the epoch.
    pub ctime: i64,
    /// The fields that only its kind has.
    pub body: Body,
}

/// The part of an object that depends on its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A segment.
    Shm(Shm),
    /// A message queue.
    Msg(Msg),
    /// A semaphore set.
    Sem(Sem),
    /// POSIX shared memory, or another file in its place.
    Pshm(PosixFile),
    /// A POSIX message queue.
    Pmsg(Pmsg),
    /// A POSIX semaphore, or another file in its place.
    Psem(Psem),
}

/// A shared memory segment: `struct shmid_ds` (shmctl(2)) and two columns of /proc/sysvipc/shm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shm {
    /// Bytes.
    pub size: u64,
    /// Mappings (not processes).
    pub nattch: u64,
    /// Creator's pid; 0 when it is in a foreign pid namespace.
    pub cpid: i32,
    /// Pid of the last shmat or shmdt; 0 for never or foreign.
    pub lpid: i32,
    /// Last attach, seconds since the epoch; 0 for never.
    pub atime: i64,
    /// Last detach, seconds since the epoch; 0 for never.
    pub dtime: i64,
    /// Resident bytes; only /proc has it, since Linux 2.6.34.
    pub rss: Option<u64>,
    /// Swapped bytes; only /proc has it, since Linux 2.6.34.
    pub swap: Option<u64>,
}

impl Shm {
    /// The resident bytes, unless the kernel's figure cannot be right: for huge pages it is counted
    /// in the wrong unit and exceeds the size.
    #[must_use]
    pub fn credible_rss(&self) -> Option<u64> {
        const LARGEST_BASE_PAGE: u64 = 64 * 1024;
        let most = self.size.checked_next_multiple_of(LARGEST_BASE_PAGE).unwrap_or(u64::MAX);
        self.rss.filter(|rss| *rss <= most)
    }
}

/// A message queue: `struct msqid_ds` (msgctl(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Msg {
    /// Bytes of the messages in the queue.
    pub cbytes: u64,
    /// Largest allowed `cbytes`; /proc does not have it.
    pub qbytes: Option<u64>,
    /// Messages in the queue.
    pub qnum: u64,
    /// Pid of the last msgsnd; 0 for never or foreign.
    pub lspid: i32,
    /// Pid of the last msgrcv; 0 for never or foreign.
    pub lrpid: i32,
    /// Last send, seconds since the epoch; 0 for never.
    pub stime: i64,
    /// Last receive, seconds since the epoch; 0 for never.
    pub rtime: i64,
}

impl Msg {
    /// How full the queue is: the larger part of `qbytes` that its bytes or its messages take.
    /// Messages count too, because the kernel blocks senders at `qbytes` messages, even if they are
    /// empty (`msg_fits_inqueue` in ipc/msg.c). `None` if `qbytes` is 0 or unknown.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        Share::of(self.cbytes.max(self.qnum), self.qbytes?)
    }
}

/// A semaphore set: `struct semid_ds` (semctl(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sem {
    /// Semaphores in the set.
    pub nsems: u64,
    /// Last operation, seconds since the epoch; 0 for never.
    pub otime: i64,
}

/// One semaphore of a set (semctl(2): GETVAL, GETNCNT, GETZCNT, GETPID).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Semaphore {
    /// Number in the set, from 0.
    pub num: u32,
    /// Value.
    pub value: i32,
    /// Processes that wait for it to increase.
    pub ncount: i32,
    /// Processes that wait for it to become zero.
    pub zcount: i32,
    /// Pid of the last operation; 0 for never or foreign.
    pub pid: i32,
}

impl Semaphore {
    /// Threads that are blocked on it. A thread that waits for several operations counts only at
    /// the first one that would block (ipc/sem.c, `check_qop`).
    #[must_use]
    pub fn blocked(&self) -> u64 {
        let count = |number: i32| u64::try_from(number).unwrap_or(0);
        count(self.ncount).saturating_add(count(self.zcount))
    }
}

impl Object {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.identity.kind
    }

    /// Its System V id.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        self.identity.name.id()
    }

    /// The segment, if it is one.
    #[must_use]
    pub fn shm(&self) -> Option<&Shm> {
        if let Body::Shm(shm) = &self.body { Some(shm) } else { None }
    }

    /// The queue, if it is one.
    #[must_use]
    pub fn msg(&self) -> Option<&Msg> {
        if let Body::Msg(msg) = &self.body { Some(msg) } else { None }
    }

    /// The set, if it is one.
    #[must_use]
    pub fn sem(&self) -> Option<&Sem> {
        if let Body::Sem(sem) = &self.body { Some(sem) } else { None }
    }

    /// The name, if it is a POSIX object.
    #[must_use]
    pub fn name(&self) -> Option<&PosixName> {
        self.identity.name.posix()
    }

    /// The queue, if it is a POSIX queue.
    #[must_use]
    pub fn pmsg(&self) -> Option<&Pmsg> {
        if let Body::Pmsg(pmsg) = &self.body { Some(pmsg) } else { None }
    }

    /// The semaphore, if it is a POSIX semaphore.
    #[must_use]
    pub fn psem(&self) -> Option<&Psem> {
        if let Body::Psem(psem) = &self.body { Some(psem) } else { None }
    }

    /// The file, if it is a POSIX object.
    #[must_use]
    pub fn file(&self) -> Option<&PosixFile> {
        match &self.body {
            Body::Shm(_) | Body::Msg(_) | Body::Sem(_) => None,
            Body::Pshm(file) => Some(file),
            Body::Pmsg(pmsg) => Some(&pmsg.file),
            Body::Psem(psem) => Some(&psem.file),
        }
    }

    /// The times of use that the kernel keeps, seconds since the epoch; 0 for never.
    #[must_use]
    pub fn use_times(&self) -> [i64; 2] {
        match self.body {
            Body::Pshm(PosixFile { atime, mtime, .. })
            | Body::Psem(Psem { file: PosixFile { atime, mtime, .. }, .. }) => [atime, mtime],
            Body::Pmsg(Pmsg { file, .. }) => [file.mtime, 0],
            Body::Shm(Shm { atime, dtime, .. }) => [atime, dtime],
            Body::Msg(Msg { stime, rtime, .. }) => [stime, rtime],
            Body::Sem(Sem { otime, .. }) => [otime, 0],
        }
    }

    /// The latest of all its times, the last change included; seconds since the epoch.
    #[must_use]
    pub fn last_use(&self) -> i64 {
        self.use_times().into_iter().fold(self.ctime, i64::max)
    }

    /// The earliest of all its times that are set; 0 where none is.
    #[must_use]
    pub fn earliest_time(&self) -> i64 {
        let times = self.use_times().into_iter().chain([self.ctime]);
        times.filter(|time| *time != 0).min().unwrap_or(0)
    }

    /// Whether it was used since an earlier reading of the same object.
    #[must_use]
    pub fn was_used_since(&self, earlier: &Object) -> bool {
        let messages = |object: &Object| object.messages();
        self.use_times() != earlier.use_times() || messages(self) != messages(earlier)
    }

    /// The messages in a queue. `None`: it is not a queue, or may not be read.
    #[must_use]
    pub fn messages(&self) -> Option<u64> {
        match self.body {
            Body::Msg(msg) => Some(msg.qnum),
            Body::Pmsg(pmsg) => pmsg.qnum,
            _ => None,
        }
    }

    /// Bytes of the messages in a queue. `None`: it is not a queue, or may not be read.
    #[must_use]
    pub fn cbytes(&self) -> Option<u64> {
        match self.body {
            Body::Msg(msg) => Some(msg.cbytes),
            Body::Pmsg(pmsg) => pmsg.cbytes,
            _ => None,
        }
    }

    /// The last attach, or the last access of a file; seconds since the epoch, 0 for never.
    #[must_use]
    pub fn atime(&self) -> i64 {
        match self.body {
            Body::Shm(shm) => shm.atime,
            _ => self.file().map_or(0, |file| file.atime),
        }
    }

    /// What is unusual about it, in words.
    #[must_use]
    pub fn status(&self) -> &'static [&'static str] {
        match &self.body {
            Body::Shm(_) => self.mode.status(),
            Body::Msg(_) | Body::Sem(_) | Body::Pmsg(_) => &[],
            Body::Pshm(file) => file.file_type.status(),
            Body::Psem(psem) => psem.status(),
        }
    }

    /// How full a queue is. `None`: it is not a queue, or that is not known.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        match &self.body {
            Body::Msg(msg) => msg.share(),
            Body::Pmsg(pmsg) => pmsg.share(),
            _ => None,
        }
    }

    /// How large it is: bytes of a segment or of the messages in a queue, semaphores of a set.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self.body {
            Body::Pshm(file) => file.size,
            Body::Pmsg(pmsg) => pmsg.cbytes.unwrap_or(0),
            Body::Psem(_) => 1,
            Body::Shm(Shm { size, .. }) => size,
            Body::Msg(Msg { cbytes, .. }) => cbytes,
            Body::Sem(Sem { nsems, .. }) => nsems,
        }
    }

    /// How often it is attached; only segments can be.
    #[must_use]
    pub fn nattch(&self) -> u64 {
        self.shm().map_or(0, |shm| shm.nattch)
    }

    /// Whether it is a segment that was removed and is still attached.
    #[must_use]
    pub fn is_dest(&self) -> bool {
        self.shm().is_some() && self.mode.is_dest()
    }

    /// Whether it has no key. A removed segment has lost its own.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.key.is_none_or(|key| key == Key::PRIVATE)
    }

    /// Whether it is what its kind says, and not another file in the place of a POSIX object.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        match self.body {
            Body::Shm(_) | Body::Msg(_) | Body::Sem(_) | Body::Pmsg(_) => true,
            Body::Pshm(file) => file.file_type == FileType::Regular,
            Body::Psem(psem) => psem.content != Content::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(ctime: i64, body: Body) -> Object {
        let kind = match body {
            Body::Shm(_) => Kind::Shm,
            Body::Msg(_) => Kind::Msg,
            Body::Sem(_) => Kind::Sem,
            Body::Pshm(_) => Kind::Pshm,
            Body::Pmsg(_) => Kind::Pmsg,
            Body::Psem(_) => Kind::Psem,
        };
        Object {
            identity: Identity::sysv(kind, Id(3)),
            key: Some(Key(0x77)),
            seq: None,
            owner: Owner::default(),
            creator: None,
            mode: Mode(0o1600),
            ctime,
            body,
        }
    }

    fn segment(atime: i64, dtime: i64) -> Body {
        Body::Shm(Shm { size: 5000, nattch: 2, atime, dtime, ..Shm::default() })
    }

    fn queue(stime: i64, rtime: i64, qnum: u64) -> Body {
        Body::Msg(Msg { cbytes: 70, qnum, stime, rtime, ..Msg::default() })
    }

    #[test]
    fn the_latest_and_the_earliest_time_of_an_object() {
        for (object, latest, earliest) in [
            (object(50, segment(0, 0)), 50, 50),
            (object(50, segment(40, 60)), 60, 40),
            (object(50, segment(70, 60)), 70, 50),
            (object(50, queue(90, 80, 0)), 90, 50),
            (object(50, queue(0, 30, 0)), 50, 30),
            (object(50, Body::Sem(Sem { nsems: 4, otime: 60 })), 60, 50),
            (object(0, segment(0, 0)), 0, 0),
        ] {
            assert_eq!((object.last_use(), object.earliest_time()), (latest, earliest));
        }
    }

    #[test]
    fn a_use_changes_times_or_the_number_of_messages() {
        let before = object(50, queue(60, 70, 1));
        assert!(!object(55, queue(60, 70, 1)).was_used_since(&before));
        assert!(object(50, queue(60, 71, 1)).was_used_since(&before));
        assert!(object(50, queue(61, 70, 1)).was_used_since(&before));
        // Within the same second.
        assert!(object(50, queue(60, 70, 2)).was_used_since(&before));
    }

    #[test]
    fn only_a_segment_is_attached_or_marked() {
        let segment = object(1, segment(0, 0));
        assert_eq!((segment.size(), segment.nattch(), segment.is_dest()), (5000, 2, true));
        let queue = object(1, queue(0, 0, 1));
        assert_eq!((queue.size(), queue.nattch(), queue.is_dest()), (70, 0, false));
        let set = object(1, Body::Sem(Sem { nsems: 4, otime: 0 }));
        assert_eq!((set.size(), set.nattch(), set.is_dest()), (4, 0, false));
        assert!(
            !set.is_private() && Object { key: Some(Key::PRIVATE), ..set.clone() }.is_private()
        );
        assert!(Object { key: None, ..set }.is_private());
    }

    #[test]
    fn resident_bytes_near_the_largest_size_do_not_overflow() {
        let shm = |size, rss| Shm { size, rss: Some(rss), ..Shm::default() }.credible_rss();
        assert_eq!(shm(u64::MAX, u64::MAX), Some(u64::MAX));
        assert_eq!(shm(5000, 8192), Some(8192));
        assert_eq!(shm(2 << 20, 1 << 30), None);
    }
}

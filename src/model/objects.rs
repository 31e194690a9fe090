//! The three kinds of objects as the kernel describes them.

use super::{Id, Key, Kind, Mode};

/// What every object has: `struct ipc_perm` (svipc(7)) and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perm {
    /// The key; 0 for a private object and for a removed segment.
    pub key: Key,
    /// The identifier.
    pub id: Id,
    /// Slot usage sequence number, where the source tells it (`*_STAT_ANY` does).
    pub seq: Option<u32>,
    /// Owner.
    pub uid: u32,
    /// Owner's group.
    pub gid: u32,
    /// Creator.
    pub cuid: u32,
    /// Creator's group.
    pub cgid: u32,
    /// Permissions and, for segments, status bits.
    pub mode: Mode,
}

/// A shared memory segment: `struct shmid_ds` (shmctl(2)) and two columns of /proc/sysvipc/shm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shm {
    /// Id, key, owner and mode.
    pub perm: Perm,
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
    /// Last change, seconds since the epoch.
    pub ctime: i64,
    /// Resident bytes; only /proc tells, since Linux 2.6.34.
    pub rss: Option<u64>,
    /// Swapped bytes; only /proc tells, since Linux 2.6.34.
    pub swap: Option<u64>,
}

impl Shm {
    /// The resident bytes, unless the kernel's figure cannot be: for huge pages it is counted in
    /// the wrong unit and exceeds the size.
    #[must_use]
    pub fn credible_rss(&self) -> Option<u64> {
        const LARGEST_BASE_PAGE: u64 = 64 * 1024;
        self.rss.filter(|rss| *rss <= self.size.div_ceil(LARGEST_BASE_PAGE) * LARGEST_BASE_PAGE)
    }
}

/// A message queue: `struct msqid_ds` (msgctl(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsgQueue {
    /// Id, key, owner and mode.
    pub perm: Perm,
    /// Bytes of the messages in the queue.
    pub cbytes: u64,
    /// Largest allowed `cbytes`; /proc does not tell.
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
    /// Last change, seconds since the epoch.
    pub ctime: i64,
}

/// A semaphore set: `struct semid_ds` (semctl(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemSet {
    /// Id, key, owner and mode.
    pub perm: Perm,
    /// Semaphores in the set.
    pub nsems: u64,
    /// Last operation, seconds since the epoch; 0 for never.
    pub otime: i64,
    /// Last change, seconds since the epoch.
    pub ctime: i64,
}

/// One semaphore of a set (semctl(2): GETVAL, GETNCNT, GETZCNT, GETPID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
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

/// What the three kinds have in common.
pub trait Object: Copy + Send + Sync + 'static {
    /// Which kind it is.
    const KIND: Kind;
    /// Id, key, owner and mode.
    fn perm(&self) -> &Perm;
    /// The same, to fill in what one source does not tell.
    fn perm_mut(&mut self) -> &mut Perm;
    /// Last change, seconds since the epoch.
    fn ctime(&self) -> i64;
    /// The latest of all times that the kernel keeps, seconds since the epoch.
    fn last_use(&self) -> i64;
}

/// What says that an object is still the one that was looked at before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The identifier, which holds the sequence number.
    pub id: Id,
    /// The key; it turns 0 when a segment is removed.
    pub key: Key,
    /// Owner.
    pub uid: u32,
    /// Last change.
    pub ctime: i64,
}

impl Identity {
    /// The identity of an object as it is now.
    pub fn of<T: Object>(object: &T) -> Identity {
        let perm = object.perm();
        Identity { id: perm.id, key: perm.key, uid: perm.uid, ctime: object.ctime() }
    }
}

macro_rules! impl_object {
    ($type:ty, $kind:expr, $($time:ident),+) => {
        impl Object for $type {
            const KIND: Kind = $kind;
            fn perm(&self) -> &Perm {
                &self.perm
            }
            fn perm_mut(&mut self) -> &mut Perm {
                &mut self.perm
            }
            fn ctime(&self) -> i64 {
                self.ctime
            }
            fn last_use(&self) -> i64 {
                self.ctime$(.max(self.$time))+
            }
        }
    };
}

impl_object!(Shm, Kind::Shm, atime, dtime);
impl_object!(MsgQueue, Kind::Msg, stime, rtime);
impl_object!(SemSet, Kind::Sem, otime);

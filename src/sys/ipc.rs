//! One interface over the three kinds, for code that treats them alike.

use super::{StatBy, msg, sem, shm};
use crate::model::{Id, Key, Kind, MsgQueue, Object, SemSet, Shm};

/// How many objects there are and how far their indexes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Highest used index; 0 also when there is no object.
    pub max_index: i32,
    /// Objects, where the kernel tells it without walking all of them (not for segments).
    pub used: Option<u64>,
}

/// A kind of object with the calls that read it.
pub trait KernelObject: Object {
    /// The object at an index, or at the index of an id.
    ///
    /// # Errors
    /// EINVAL: no such object, or the kernel does not know the command. EACCES: no permission.
    fn stat(index: i32, by: StatBy) -> nix::Result<Self>;

    /// The object at the index of an id, which may be another one: by `*_STAT_ANY`, or where that
    /// is unknown (before Linux 4.17, EINVAL) or denied (a security module, EACCES) by `*_STAT`.
    ///
    /// # Errors
    /// EINVAL: no such object. EACCES: no permission.
    fn at(id: Id) -> nix::Result<Self> {
        Self::stat(id.0, StatBy::Any).or_else(|_| Self::stat(id.0, StatBy::Readable))
    }

    /// How far the table of this kind goes.
    ///
    /// # Errors
    /// ENOSYS: the kernel has no System V IPC.
    fn extent() -> nix::Result<Extent>;
}

impl KernelObject for Shm {
    fn stat(index: i32, by: StatBy) -> nix::Result<Self> {
        shm::stat(index, by)
    }
    fn extent() -> nix::Result<Extent> {
        // SHM_INFO would tell the number too, but it walks every segment.
        shm::limits().map(|(max_index, _)| Extent { max_index, used: None })
    }
}

impl KernelObject for MsgQueue {
    fn stat(index: i32, by: StatBy) -> nix::Result<Self> {
        msg::stat(index, by)
    }
    fn extent() -> nix::Result<Extent> {
        msg::usage().map(|(max_index, usage)| Extent { max_index, used: Some(usage.msgpool) })
    }
}

impl KernelObject for SemSet {
    fn stat(index: i32, by: StatBy) -> nix::Result<Self> {
        sem::stat(index, by)
    }
    fn extent() -> nix::Result<Extent> {
        sem::usage().map(|(max_index, usage)| Extent { max_index, used: Some(usage.semusz) })
    }
}

/// Removes an object of any kind.
///
/// # Errors
/// EINVAL, EIDRM: no such object. EPERM: neither owner nor creator nor privileged.
pub fn remove(kind: Kind, id: Id) -> nix::Result<()> {
    match kind {
        Kind::Shm => shm::remove(id),
        Kind::Msg => msg::remove(id),
        Kind::Sem => sem::remove(id),
    }
}

/// The id of the object with a key.
///
/// # Errors
/// ENOENT: none has it. EACCES: no permission. EIDRM: being removed.
pub fn find(kind: Kind, key: Key) -> nix::Result<Id> {
    match kind {
        Kind::Shm => shm::get(key, 0, 0),
        Kind::Msg => msg::get(key, 0),
        Kind::Sem => sem::get(key, 0, 0),
    }
}

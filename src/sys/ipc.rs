//! One interface to the three kinds of System V IPC, for code that handles them alike.

use super::{Errno, StatBy, msg, sem, shm};
use crate::model::{Id, Key, Kind, Object};

/// POSIX objects have neither ids nor keys.
const NOT_SYSTEM_V: Errno = Errno::EOPNOTSUPP;

/// The size of the kernel's table of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Highest used index; 0 also when there is no object.
    pub max_index: i32,
    /// Number of objects. `None` for segments: the kernel would have to walk all of them.
    pub used: Option<u64>,
}

/// The object at an index, or at the index of an id.
///
/// # Errors
/// EINVAL: no such object, or the kernel does not know the command. EACCES: no permission.
#[inline]
pub fn stat(kind: Kind, index: i32, by: StatBy) -> nix::Result<Object> {
    match kind {
        Kind::Shm => shm::stat(index, by),
        Kind::Msg => msg::stat(index, by),
        Kind::Sem => sem::stat(index, by),
        Kind::Pshm | Kind::Pmsg | Kind::Psem => Err(NOT_SYSTEM_V),
    }
}

/// The object at the index of an id, which may be another one. It is read by `*_STAT_ANY`, or if
/// that is unknown (before Linux 4.17, EINVAL) or fails (a security module, EACCES) by `*_STAT`.
///
/// # Errors
/// EINVAL, EIDRM: no such object. With any other error nothing is known about the object.
pub fn at_index_of(kind: Kind, id: Id) -> nix::Result<Object> {
    stat(kind, id.0, StatBy::Any).or_else(|error| stat_after(kind, id.0, error))
}

/// The object at an index by `*_STAT`, after `*_STAT_ANY` failed with an error.
///
/// # Errors
/// EINVAL, EIDRM: no such object. Otherwise the error that says more about the failure.
pub fn stat_after(kind: Kind, index: i32, any: Errno) -> nix::Result<Object> {
    stat(kind, index, StatBy::Readable).map_err(|error| {
        // An unknown command says nothing, and neither does a missing read permission.
        if is_absent(any) || is_absent(error) { error } else { any }
    })
}

/// Whether an error means that the object does not exist.
#[must_use]
pub fn is_absent(error: Errno) -> bool {
    matches!(error, Errno::EINVAL | Errno::EIDRM)
}

/// The size of the table of a kind.
///
/// # Errors
/// ENOSYS: the kernel has no System V IPC.
pub fn extent(kind: Kind) -> nix::Result<Extent> {
    match kind {
        // SHM_INFO has the number too, but it walks every segment.
        Kind::Shm => shm::limits().map(|(max_index, _)| Extent { max_index, used: None }),
        Kind::Msg => {
            msg::usage().map(|(max_index, usage)| Extent { max_index, used: Some(usage.msgpool) })
        }
        Kind::Sem => {
            sem::usage().map(|(max_index, usage)| Extent { max_index, used: Some(usage.semusz) })
        }
        Kind::Pshm | Kind::Pmsg | Kind::Psem => Err(NOT_SYSTEM_V),
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
        Kind::Pshm | Kind::Pmsg | Kind::Psem => Err(NOT_SYSTEM_V),
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
        Kind::Pshm | Kind::Pmsg | Kind::Psem => Err(NOT_SYSTEM_V),
    }
}

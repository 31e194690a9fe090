//! An object of any kind, as it was when it was looked at.

use super::Details;
use super::look::Detailed;
use crate::columns::ObjectRef;
use crate::model::{Kind, MsgQueue, Object, Perm, SemSet, Shm};

/// An object that a filter chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A segment.
    Shm(Shm),
    /// A queue.
    Msg(MsgQueue),
    /// A set.
    Sem(SemSet),
}

impl Target {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Target::Shm(_) => Kind::Shm,
            Target::Msg(_) => Kind::Msg,
            Target::Sem(_) => Kind::Sem,
        }
    }

    /// Id, key, owner and mode.
    #[must_use]
    pub fn perm(&self) -> &Perm {
        match self {
            Target::Shm(shm) => &shm.perm,
            Target::Msg(msg) => &msg.perm,
            Target::Sem(sem) => &sem.perm,
        }
    }

    /// Last change, seconds since the epoch.
    #[must_use]
    pub fn ctime(&self) -> i64 {
        match self {
            Target::Shm(shm) => shm.ctime,
            Target::Msg(msg) => msg.ctime,
            Target::Sem(sem) => sem.ctime,
        }
    }

    /// The latest of all times that the kernel keeps, seconds since the epoch.
    #[must_use]
    pub fn last_use(&self) -> i64 {
        match self {
            Target::Shm(shm) => shm.last_use(),
            Target::Msg(msg) => msg.last_use(),
            Target::Sem(sem) => sem.last_use(),
        }
    }

    /// What is told about it.
    #[must_use]
    pub fn details(&self) -> Details {
        match self {
            Target::Shm(shm) => shm.details(),
            Target::Msg(msg) => msg.details(),
            Target::Sem(sem) => sem.details(),
        }
    }

    /// How often a segment is attached.
    #[must_use]
    pub fn nattch(&self) -> u64 {
        match self {
            Target::Shm(shm) => shm.nattch,
            Target::Msg(_) | Target::Sem(_) => 0,
        }
    }
}

impl From<ObjectRef<'_>> for Target {
    fn from(object: ObjectRef<'_>) -> Target {
        match object {
            ObjectRef::Shm(shm) => Target::Shm(*shm),
            ObjectRef::Msg(msg) => Target::Msg(*msg),
            ObjectRef::Sem(sem) => Target::Sem(*sem),
        }
    }
}

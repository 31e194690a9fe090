//! The objects that are created.

use nix::libc::{IPC_CREAT, IPC_EXCL};

use crate::model::{Id, Key, Kind, Mode};
use crate::sys::{Errno, msg, random, sem, shm};

/// How often another key is drawn when one is taken; a table has at most 32,768 of 2^32 keys.
const DRAWS: u32 = 1000;

/// What to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// A segment of this size in bytes.
    Shm(u64),
    /// A queue.
    Msg,
    /// A set of this number of semaphores.
    Sem(i32),
    /// POSIX shared memory of this size in bytes.
    Pshm(u64),
    /// A POSIX queue with these limits, if they were given.
    Pmsg {
        /// The most messages.
        maxmsg: Option<u64>,
        /// The most bytes of a message.
        msgsize: Option<u64>,
    },
    /// A POSIX semaphore with this value.
    Psem(u32),
}

impl Object {
    pub(super) fn label(self) -> &'static str {
        match self {
            Object::Shm(_) => "Shared memory",
            Object::Msg => "Message queue",
            Object::Sem(_) => "Semaphore",
            Object::Pshm(_) => "POSIX shared memory",
            Object::Pmsg { .. } => "POSIX message queue",
            Object::Psem(_) => "POSIX semaphore",
        }
    }

    /// The word in error messages. Scripts match the first one as it is.
    pub(super) fn failing(self) -> &'static str {
        match self {
            Object::Shm(_) => "share memory",
            Object::Msg => "message queue",
            Object::Sem(_) => "semaphore",
            Object::Pshm(_) | Object::Pmsg { .. } | Object::Psem(_) => self.label(),
        }
    }

    /// Creates a System V object; an existing one is never used. Without a key, a free one is drawn.
    pub(super) fn make(self, key: Option<Key>, mode: u16) -> nix::Result<(Id, Key)> {
        if let Some(key) = key {
            return self.make_with(key, mode).map(|id| (id, key));
        }
        for _ in 0..DRAWS {
            let key = Key(random::random_u32()?);
            if key == Key::PRIVATE {
                continue;
            }
            match self.make_with(key, mode) {
                Err(Errno::EEXIST) => {}
                result => return result.map(|id| (id, key)),
            }
        }
        Err(Errno::EEXIST)
    }

    fn make_with(self, key: Key, mode: u16) -> nix::Result<Id> {
        let flags = i32::from(Mode(mode).perms()) | IPC_CREAT | IPC_EXCL;
        match self {
            Object::Shm(size) => {
                let size = usize::try_from(size).map_err(|_| Errno::EINVAL)?;
                shm::get(key, size, flags)
            }
            Object::Msg => msg::get(key, flags),
            Object::Sem(count) => sem::get(key, count, flags),
            Object::Pshm(_) | Object::Pmsg { .. } | Object::Psem(_) => Err(Errno::EOPNOTSUPP),
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Object::Shm(_) => Kind::Shm,
            Object::Msg => Kind::Msg,
            Object::Sem(_) => Kind::Sem,
            Object::Pshm(_) => Kind::Pshm,
            Object::Pmsg { .. } => Kind::Pmsg,
            Object::Psem(_) => Kind::Psem,
        }
    }
}

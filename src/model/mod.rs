//! Plain typed data: what the kernel says about its IPC objects.
//!
//! Nothing here does IO. Field names are the kernel's own.

mod ids;
mod limits;
mod objects;

pub use ids::{
    Id, Key, Kind, Kinds, Mode, ParseNumberError, STATUS_DEST, STATUS_LOCKED, STATUS_WORDS,
};
pub(crate) use ids::{SignedDigits, parse_digits};
pub use limits::{
    Limits, MsgLimits, MsgUsage, SEMVMX, SHMMIN, SemLimits, SemUsage, ShmLimits, ShmUsage, Usage,
};
pub use objects::{Identity, MsgQueue, Object, Perm, SemSet, Semaphore, Shm};

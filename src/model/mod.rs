//! Plain typed data: what the kernel says about its IPC objects.
//!
//! Nothing here does IO or parses what people type. Field names are the kernel's own.

mod file;
mod id_map;
mod ids;
mod kind;
mod limits;
mod namespace;
mod object;
mod posix;
mod resources;
mod share;
mod software;
mod sums;

pub use file::{Device, FileId};
pub use id_map::{IdMap, IdMaps, IdRange, OVERFLOW_ID};
pub use ids::{Id, Key, Mode, Name, Namespace, STATUS_DEST, STATUS_LOCKED, STATUS_WORDS};
pub use kind::{Family, Kind, Kinds, System};
pub use limits::{
    KindLimits, KindUsage, Limits, MsgLimits, MsgUsage, PmsgLimits, PmsgUsage, PsemLimits,
    PsemUsage, PshmLimits, PshmUsage, SEM_VALUE_MAX, SEMVMX, SHMMIN, SemLimits, SemUsage,
    ShmLimits, ShmUsage, Usage,
};
pub use namespace::Container;
pub use object::{Body, Identity, Msg, Object, Owner, Sem, Semaphore, Shm};
pub use posix::{Content, FileType, Layout, NameError, Pmsg, PosixFile, PosixName, Psem};
pub use resources::{
    Limit, LimitRow, RESOURCES, Resource, Shown, State, Unit, limit_rows, multiply_clamped,
};
pub use share::Share;
pub use software::software;
pub use sums::{MsgSums, PmsgSums, PsemSums, PshmSums, SemSums, ShmSums, Sums};

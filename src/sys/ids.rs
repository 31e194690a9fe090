//! Users and groups as the caller numbers them, also in a child process that has entered another
//! user namespace, where the kernel shows other numbers.
//!
//! This is state of the process, like its credentials: whatever shows an id in such a child has to
//! translate it, so it is not left to arguments that could be forgotten.

use std::sync::OnceLock;

use nix::unistd::geteuid;

use crate::model::{IdMaps, Owner};

static CALLER: OnceLock<IdMaps> = OnceLock::new();

/// Says how the caller sees the ids of the user namespace that this process has entered.
pub fn set_caller(maps: IdMaps) {
    // This process enters no second one.
    let _ = CALLER.set(maps);
}

/// The caller's number of a user whom the kernel shows as `uid`.
#[must_use]
pub fn caller_uid(uid: u32) -> u32 {
    CALLER.get().map_or(uid, |maps| maps.users.outside(uid))
}

/// The caller's number of a group that the kernel shows as `gid`.
#[must_use]
pub fn caller_gid(gid: u32) -> u32 {
    CALLER.get().map_or(gid, |maps| maps.groups.outside(gid))
}

/// The caller's numbers of an owner.
#[must_use]
pub fn caller_owner(owner: Owner) -> Owner {
    Owner { uid: caller_uid(owner.uid), gid: caller_gid(owner.gid) }
}

/// The effective user of this process.
#[must_use]
pub fn effective_uid() -> u32 {
    caller_uid(geteuid().as_raw())
}

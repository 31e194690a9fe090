//! Which users' objects the caller may remove.

use crate::model::{OVERFLOW_ID, Object, Owner};
use crate::proc::ProcRoot;
use crate::sys::directory::Protection;
use crate::sys::ids::effective_uid;
use crate::sys::namespace::is_within_reach;
use crate::sys::process::effective_capabilities;
use crate::sys::{Errno, errno_of};

/// The capability to remove System V objects of others (capabilities(7)), as a bit.
const CAP_SYS_ADMIN: u64 = 1 << 21;
/// The capability to remove files of others from a directory with the sticky bit.
const CAP_FOWNER: u64 = 1 << 3;
/// include/linux/proc_ns.h: `PROC_USER_INIT_INO`.
const INITIAL_USER_NAMESPACE: u64 = 0xEFFF_FFFD;

/// Which users' objects the caller may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Effective user id.
    pub euid: u32,
    /// Whether any object may be removed: with CAP_SYS_ADMIN, if it applies to the current IPC
    /// namespace. An error means that it is unknown: the call was refused, or /proc is missing.
    pub any: nix::Result<bool>,
    /// Whether any file may be removed that has an owner in the caller's user namespace.
    pub any_file: nix::Result<bool>,
    /// Whether files may have owners that are not in the caller's user namespace. The kernel shows
    /// them as [`OVERFLOW_ID`].
    pub has_strangers: bool,
}

impl Privilege {
    /// The privilege of this process.
    #[must_use]
    pub fn read(proc: &ProcRoot) -> Privilege {
        let any = effective_capabilities().and_then(|all| {
            if all & CAP_SYS_ADMIN == 0 {
                return Ok(false);
            }
            let namespace = proc.open("thread-self/ns/ipc").map_err(|error| errno_of(&error))?;
            is_within_reach(&namespace)
        });
        let user_namespace = proc.file_id("thread-self/ns/user");
        Privilege {
            euid: effective_uid(),
            any,
            any_file: effective_capabilities().map(|all| all & CAP_FOWNER != 0),
            has_strangers: user_namespace.map_or(true, |id| id.inode != INITIAL_USER_NAMESPACE),
        }
    }

    /// Whether unlink(2) will be allowed in a directory that the caller may write to
    /// (fs/namei.c, `__check_sticky`).
    ///
    /// # Errors
    /// Why that is unknown.
    pub fn may_unlink(&self, object: &Object, protection: Protection) -> nix::Result<bool> {
        let Owner { uid, gid } = object.owner;
        match protection.sticky_for {
            None => Ok(true),
            Some(owner) if owner == self.euid || uid == self.euid => Ok(true),
            // The capability does not reach a file of somebody without a number here.
            Some(_) if self.has_strangers && [uid, gid].contains(&OVERFLOW_ID) => {
                self.any_file.and_then(|any| if any { Err(Errno::EPERM) } else { Ok(false) })
            }
            Some(_) => self.any_file,
        }
    }

    /// Whether the caller is owner or creator.
    #[must_use]
    pub fn owns(&self, object: &Object) -> bool {
        owns(self.euid, object)
    }

    /// Whether IPC_RMID will be allowed (ipc/util.c, `ipcctl_obtain_check`).
    ///
    /// # Errors
    /// Why that is unknown.
    pub fn may_remove(&self, object: &Object) -> nix::Result<bool> {
        if self.owns(object) { Ok(true) } else { self.any }
    }
}

/// Whether a user is owner or creator.
pub(super) fn owns(euid: u32, object: &Object) -> bool {
    object.owner.uid == euid || object.creator.is_some_and(|creator| creator.uid == euid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Id, Identity, Key, Kind, Mode, Owner, Sem};
    use crate::sys::Errno;

    #[test]
    fn what_is_unknown_is_neither_allowed_nor_denied() {
        let object = |uid| Object {
            identity: Identity::sysv(Kind::Sem, Id(1)),
            key: Some(Key(7)),
            seq: None,
            owner: Owner { uid, gid: 0 },
            creator: None,
            mode: Mode(0o600),
            ctime: 0,
            body: Body::Sem(Sem::default()),
        };
        for any in [Ok(true), Ok(false), Err(Errno::EPERM)] {
            let privilege = Privilege { euid: 1000, any, any_file: Ok(true), has_strangers: false };
            assert_eq!(privilege.may_remove(&object(1000)), Ok(true));
            assert_eq!(privilege.may_remove(&object(1001)), any);
        }
    }

    #[test]
    fn without_proc_the_privilege_over_others_is_unknown_or_absent() {
        let privilege = Privilege::read(&ProcRoot::at("/nonexistent"));
        assert_ne!(privilege.any, Ok(true));
    }
}

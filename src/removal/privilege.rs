//! Which users' objects the caller may remove.

use crate::model::Object;
use crate::proc::ProcRoot;
use crate::sys::errno_of;
use crate::sys::ids::effective_uid;
use crate::sys::namespace::is_within_reach;
use crate::sys::process::effective_capabilities;

/// The capability to remove objects of others (capabilities(7)): its bit number.
const CAP_SYS_ADMIN: u64 = 1 << 21;

/// Which users' objects the caller may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Effective user id.
    pub euid: u32,
    /// Whether any object may be removed: with CAP_SYS_ADMIN, if it applies to the current IPC
    /// namespace. An error means that it is unknown: the call was refused, or /proc is missing.
    pub any: nix::Result<bool>,
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
        Privilege { euid: effective_uid(), any }
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
            let privilege = Privilege { euid: 1000, any };
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

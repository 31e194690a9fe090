//! Which users' objects the caller may remove.

use nix::unistd::geteuid;

use crate::model::Object;
use crate::proc::ProcRoot;
use crate::sys::process::{effective_capabilities, is_within_reach};

/// The capability to remove objects of others (capabilities(7)): its bit number.
const CAP_SYS_ADMIN: u64 = 1 << 21;

/// Which users' objects the caller may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Effective user id.
    pub euid: u32,
    /// Whether any object may be removed: with CAP_SYS_ADMIN, if it applies to the current IPC
    /// namespace.
    pub any: bool,
}

impl Privilege {
    /// The privilege of this process. Without a readable /proc, the namespace is assumed to belong
    /// to our own user namespace.
    #[must_use]
    pub fn read(proc: &ProcRoot) -> Privilege {
        let capable = effective_capabilities().is_ok_and(|all| all & CAP_SYS_ADMIN != 0);
        let namespace = || proc.open("thread-self/ns/ipc").ok();
        let any = capable && namespace().is_none_or(|file| is_within_reach(&file));
        Privilege { euid: geteuid().as_raw(), any }
    }

    /// Whether the caller is owner or creator.
    #[must_use]
    pub fn owns(&self, object: &Object) -> bool {
        owns(self.euid, object)
    }

    /// Whether IPC_RMID will be allowed (ipc/util.c, `ipcctl_obtain_check`).
    #[must_use]
    pub fn may_remove(&self, object: &Object) -> bool {
        self.any || self.owns(object)
    }
}

/// Whether a user is owner or creator.
pub(super) fn owns(euid: u32, object: &Object) -> bool {
    object.owner.uid == euid || object.creator.is_some_and(|creator| creator.uid == euid)
}

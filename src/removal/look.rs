//! What an object is before it goes, and whether the caller may remove it.

use nix::errno::Errno;
use nix::unistd::geteuid;

use crate::model::{Id, Kind, MsgQueue, Perm, SemSet, Shm};
use crate::proc::ProcRoot;
use crate::sys::ipc::KernelObject;
use crate::sys::process::{effective_capabilities, is_within_reach};

/// Removing objects of others (capabilities(7)): its bit in a set.
const CAP_SYS_ADMIN: u64 = 1 << 21;

/// What is told about an object that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Details {
    /// Key, id, owner, creator.
    pub perm: Perm,
    /// How big it is.
    pub extent: Extent,
}

/// The size of an object, in what counts for its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A segment.
    Shm {
        /// Bytes.
        size: u64,
        /// Mappings.
        nattch: u64,
    },
    /// A queue.
    Msg {
        /// Messages.
        qnum: u64,
        /// Their bytes.
        cbytes: u64,
    },
    /// A set.
    Sem {
        /// Semaphores.
        nsems: u64,
    },
}

/// A kind of object that can tell its details.
pub(super) trait Detailed: KernelObject {
    fn extent_of(&self) -> Extent;

    /// How often a segment is attached.
    fn nattch(&self) -> u64 {
        match self.extent_of() {
            Extent::Shm { nattch, .. } => nattch,
            Extent::Msg { .. } | Extent::Sem { .. } => 0,
        }
    }

    fn details(&self) -> Details {
        Details { perm: *self.perm(), extent: self.extent_of() }
    }
}

impl Detailed for Shm {
    fn extent_of(&self) -> Extent {
        Extent::Shm { size: self.size, nattch: self.nattch }
    }
}

impl Detailed for MsgQueue {
    fn extent_of(&self) -> Extent {
        Extent::Msg { qnum: self.qnum, cbytes: self.cbytes }
    }
}

impl Detailed for SemSet {
    fn extent_of(&self) -> Extent {
        Extent::Sem { nsems: self.nsems }
    }
}

/// The object with an id as it is now.
///
/// # Errors
/// EINVAL: no such object. EACCES: only before Linux 4.17, no read permission.
pub fn look(kind: Kind, id: Id) -> nix::Result<Details> {
    match kind {
        Kind::Shm => look_at::<Shm>(id),
        Kind::Msg => look_at::<MsgQueue>(id),
        Kind::Sem => look_at::<SemSet>(id),
    }
}

fn look_at<T: Detailed>(id: Id) -> nix::Result<Details> {
    let object = T::at(id)?;
    // The kernel looked only at the index in the id.
    if object.perm().id == id { Ok(object.details()) } else { Err(Errno::EINVAL) }
}

/// Whose objects the caller may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Effective user id.
    pub euid: u32,
    /// Any object at all: with CAP_SYS_ADMIN, if it reaches the current IPC namespace.
    pub any: bool,
}

impl Privilege {
    /// That of this process. Without a readable /proc the namespace is taken for one of our own
    /// user namespace's.
    #[must_use]
    pub fn read(proc: &ProcRoot) -> Privilege {
        let capable = effective_capabilities().is_ok_and(|all| all & CAP_SYS_ADMIN != 0);
        let namespace = || proc.open("thread-self/ns/ipc").ok();
        let any = capable && namespace().is_none_or(|file| is_within_reach(&file));
        Privilege { euid: geteuid().as_raw(), any }
    }

    /// Whether the caller is owner or creator.
    #[must_use]
    pub fn owns(&self, perm: &Perm) -> bool {
        owns(self.euid, perm)
    }

    /// Whether IPC_RMID will be allowed (ipc/util.c, `ipcctl_obtain_check`).
    #[must_use]
    pub fn may_remove(&self, perm: &Perm) -> bool {
        self.any || self.owns(perm)
    }
}

pub(super) fn owns(euid: u32, perm: &Perm) -> bool {
    perm.uid == euid || perm.cuid == euid
}

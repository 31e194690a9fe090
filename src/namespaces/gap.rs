//! What could not be inspected.

use std::fmt;

use crate::sys::{Errno, error_text};

/// Where namespaces may be that were not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Permission was missing to see the namespaces of some processes.
    OutOfSight {
        /// How many.
        processes: u64,
    },
    /// /proc cannot be listed.
    Processes(Errno),
    /// The namespaces of a process cannot be read.
    Process {
        /// The process.
        pid: i32,
        /// Why.
        errno: Errno,
    },
    /// The mounts of a process cannot be read.
    Mounts {
        /// The process.
        pid: i32,
        /// Why.
        errno: Errno,
    },
    /// The mounts of a mount namespace cannot be read.
    MountNamespace {
        /// Its inode number.
        inode: u64,
        /// Why.
        errno: Errno,
    },
    /// Not all mount namespaces can be found.
    MountNamespaces(Errno),
    /// The kernel's list of namespaces cannot be read.
    List(Errno),
}

impl Gap {
    /// Whether something failed, other than for want of permission.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !matches!(self, Gap::OutOfSight { .. })
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::OutOfSight { processes } => {
                let noun = if *processes == 1 { "process" } else { "processes" };
                write!(f, "the namespaces of {processes} {noun} cannot be read: permission denied")
            }
            Gap::Processes(errno) => write!(f, "cannot list processes: {}", error_text(*errno)),
            Gap::Process { pid, errno } => {
                write!(f, "cannot read the namespaces of process {pid}: {}", error_text(*errno))
            }
            Gap::Mounts { pid, errno } => {
                write!(f, "cannot read the mounts of process {pid}: {}", error_text(*errno))
            }
            Gap::MountNamespace { inode, errno } => {
                write!(
                    f,
                    "cannot read the mounts of mount namespace {inode}: {}",
                    error_text(*errno)
                )
            }
            Gap::MountNamespaces(errno) => {
                write!(f, "cannot list mount namespaces: {}", error_text(*errno))
            }
            Gap::List(errno) => write!(f, "cannot list namespaces: {}", error_text(*errno)),
        }
    }
}

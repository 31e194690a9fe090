//! Which processes use an object: those that have it attached, wait on it, or created it.
//!
//! An [`Inspector`] holds what is known about processes. It asks the kernel about recorded pids and
//! semaphores (about 1 us a semaphore, without /proc for a pid that has exited). It walks once over
//! all processes for what a [`ScanRequest`] names. From that the [`rules`] conclude whether an
//! object is in use or orphaned. Whatever could not be inspected is reported: as a [`Gap`] in a
//! [`Report`], or as an unknown [`Verdict`].
//!
//! Walk first, then read the objects. A process that attaches in between is then known to be
//! missing (by `nattch`) instead of being overlooked.

mod attachments;
mod attribution;
mod census;
mod cycles;
mod deadlock;
mod file_devices;
mod files;
mod findings;
mod found;
mod inspector;
mod liveness;
mod mappings;
mod membership;
mod parallel;
mod process_info;
mod report;
pub mod rules;
mod verdict;
mod visibility;
mod waits;
mod walk;

pub use crate::proc::cmdline::without_directories;
pub use attachments::{AttachmentReader, by_id, read_attachments};
pub use attribution::Attached;
pub use census::{Census, Claims, Keeper, LiveProcess, NamedProcess};
pub use deadlock::{Unread, WaitGraph, WaitsOn, wait_graph};
pub use files::{FileUser, FileUsers};
pub use findings::{Attachment, Denied, Findings, ScanRequest};
pub use inspector::Inspector;
pub use liveness::{Alive, Doubt, Liveness, Record};
pub use mappings::{Access, Mapping, MapsSource, is_denied, is_gone};
pub use parallel::gather;
pub use process_info::{Process, read_processes, read_processes_while};
pub use report::{RecordedPids, Report, Role, User, Users};
pub use verdict::{Gap, PidField, Reason, Recorded, Verdict, Verdicts};
pub use visibility::{
    Hidden, INITIAL_IPC_NAMESPACE, INITIAL_PID_NAMESPACE, INITIAL_USER_NAMESPACE, Visibility,
};
pub use waits::{SemOp, Wait, Waiter};
pub use walk::{Walk, walk, walk_with_devices};

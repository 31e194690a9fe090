//! Which IPC namespaces there are (ipc_namespaces(7)), and whose they are.
//!
//! A namespace is found by its processes and threads, by the mounts that keep it, and where the
//! kernel has listns(2) by its list. It is opened when it is first seen, and identified by device
//! and inode number of the open file: the number of one that has ended is used again at once.

mod age;
mod all;
mod all_mounts;
mod describe;
mod enter;
mod found;
mod gap;
mod mounts;
mod scope;
mod unreachable;
mod walk;

pub use all::{find_all, find_all_and_attachments};
pub use enter::{EnterError, needs_child, run_inside};
pub use found::{Found, IpcNamespace, Oldest, UnreachableSegment};
pub use gap::Gap;
pub use scope::{FindError, Scope, find, open};
pub use unreachable::unreachable_segments;

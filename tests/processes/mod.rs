//! Which processes use an object, on real processes: tests of `ipcs::processes` and `ipcs -P`.
#![allow(clippy::unwrap_used)] // A helper of a test may panic.

mod other_namespaces;
mod program;
mod segments;
mod staleness;
mod verdicts;
mod visibility;
mod waiters;

use std::fs::File;
use std::os::fd::AsRawFd;

use ipcs::proc::ProcRoot;
use ipcs::processes::{Inspector, Report, Request, User};

/// Actors and namespaces, for `tests/scenes`. This `isolated` returns the value of its body.
#[allow(unused_imports, reason = "no test has to use all of them")]
pub mod scene {
    pub use crate::support::actor::calls::*;
    pub use crate::support::actor::*;
    pub use crate::support::namespace::another as isolated;
}

#[allow(unused_imports, reason = "for tests/scenes")]
pub use crate::support::actor::MARKER as ACTOR_MARKER;

/// An inspector that has scanned the processes of this machine.
fn scanned(request: Request) -> Inspector {
    let mut inspector = Inspector::new(ProcRoot::default());
    inspector.scan(request);
    inspector
}

/// The user of an object with this process id.
fn user(report: &Report, pid: i32) -> &User {
    report.users.iter().find(|user| user.process.pid == pid).unwrap()
}

/// A path by which other processes can enter this thread's IPC namespace while the file is open.
fn own_namespace() -> (File, String) {
    let file = File::open("/proc/thread-self/ns/ipc").unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    (file, path)
}

//! Which processes use an object, on real processes: tests of `ipcs::processes` and `ipcs -P`.
#![allow(clippy::unwrap_used)] // A helper of a test may panic.

mod other_namespaces;
mod posix;
mod program;
mod segments;
mod staleness;
mod verdicts;
mod visibility;
mod waiters;
mod walk;

use std::fs::File;
use std::os::fd::AsRawFd;

use ipcs::model::{Kinds, Object};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Inspector, Report, ScanRequest, User, Verdicts, rules};

use crate::support::inspection::inspector;

/// An inspector that has scanned the processes of this machine.
fn scanned(request: ScanRequest) -> Inspector {
    let mut inspector = inspector(ProcRoot::default());
    inspector.scan(request);
    inspector
}

/// What `-P` shows of an object, after a scan.
fn report(object: &Object) -> Report {
    let kinds = Kinds::of(object.kind());
    rules::report(object, &mut scanned(ScanRequest::processes(kinds)))
}

/// All verdicts about an object, after a scan.
fn verdicts(object: &Object) -> Verdicts {
    let kinds = Kinds::of(object.kind());
    rules::verdicts(object, &mut scanned(ScanRequest::in_use(kinds)))
}

/// The user of an object with this process id.
fn user(report: &Report, pid: i32) -> &User {
    report.users.list.iter().find(|user| user.process.pid == pid).unwrap()
}

/// The process ids of an object's keepers.
fn keepers(report: &Report) -> Vec<i32> {
    report.keepers.iter().map(|process| process.pid).collect()
}

/// A path by which other processes can enter this thread's IPC namespace while the file is open.
fn own_namespace() -> (File, String) {
    let file = File::open("/proc/thread-self/ns/ipc").unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    (file, path)
}

//! Finding IPC namespaces: tests of `ipcs::namespaces` on real ones.
#![allow(clippy::unwrap_used)] // A helper of a test may panic.

mod churn;
mod errors;
mod kinds;
mod own_user;
mod program;
mod removal;
mod unreachable;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;

use ipcs::namespaces::{Found, IpcNamespace, find_all};
use ipcs::proc::ProcRoot;

use crate::support::actor::Actor;
use crate::support::namespace::another;

/// The inode number of the calling thread's IPC namespace.
fn own() -> u64 {
    fs::metadata("/proc/thread-self/ns/ipc").unwrap().ino()
}

fn all() -> Found {
    find_all(&ProcRoot::default())
}

/// The namespace with this number, which is in the list at most once.
fn found(inode: u64) -> Option<IpcNamespace> {
    let mut namespaces = all().namespaces;
    namespaces.retain(|namespace| namespace.id.inode == inode);
    assert!(namespaces.len() < 2, "{namespaces:?}");
    namespaces.pop()
}

/// Another namespace with so many actors, and its number.
fn elsewhere<const N: usize>() -> ([Actor; N], u64) {
    another(|| ([(); N].map(|()| Actor::start()), own()))
}

/// Another namespace, which only this file keeps, and its number.
fn kept_by_a_file() -> (File, u64) {
    another(|| (File::open("/proc/thread-self/ns/ipc").unwrap(), own()))
}

/// How many descriptors of this process are this namespace.
fn descriptors_of(inode: u64) -> usize {
    let name = format!("ipc:[{inode}]");
    let all = fs::read_dir("/proc/self/fd").unwrap().flatten();
    all.filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|link| link.as_os_str() == name.as_str())
        .count()
}

//! Finding IPC namespaces: tests of `ipcs::namespaces` on real ones.
#![allow(clippy::unwrap_used)] // A helper of a test may panic.

mod churn;
mod errors;
mod kinds;
mod list;
mod many;
mod own_user;
mod posix;
mod program;
mod removal;
mod scene;
mod twenty;
mod unreachable;

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use ipcs::namespaces::{Found, IpcNamespace, find_all};
use ipcs::proc::ProcRoot;
use nix::libc;
use serde_json::Value;

use crate::support::actor::{Actor, until};
use crate::support::namespace::{another, isolated, require_users};
use crate::support::programs::{Killed, NOBODY, Outcome, Visits, ours};
use crate::support::sys;

/// Runs the body of a test while no program of another test enters its namespaces, so that it can
/// count their processes.
fn isolated_alone(body: impl FnOnce() + Send) {
    isolated(|| {
        let _visits = Visits::exclude();
        body();
    });
}

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

/// Mounts a namespace on a file.
fn bind(namespace: &File, path: &str) {
    let source = format!("/proc/self/fd/{}", namespace.as_raw_fd());
    sys::mount(&source, path, None, libc::MS_BIND, None).unwrap();
}

/// Starts `sleep 1000` as nobody in a user namespace and an IPC namespace of its own.
fn start_in_user_namespace() -> Killed {
    require_users("it starts a process of another user");
    let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
    let args = [&user, &group, "--clear-groups", "unshare", "--user", "--ipc", "sleep", "1000"];
    let child = Killed(Command::new("/usr/bin/setpriv").args(args).spawn().unwrap());
    let command = format!("/proc/{}/cmdline", child.0.id());
    until("it sleeps", || fs::read(&command).is_ok_and(|text| text.starts_with(b"sleep\0")));
    child
}

/// What is said of a segment whose namespace is lost.
const LOST: &str = "is in a namespace that nobody can enter any more";

/// Runs ipcs, which must succeed without messages about what the test has made.
fn ipcs(args: &[&str]) -> Outcome {
    let run = ours("ipcs", args).run();
    // Other tests have such segments and processes at the same time.
    let foreign = |line: &&str| line.ends_with(LOST) || line.contains(" could not be inspected: ");
    let others = run.err().lines().filter(|line| !foreign(line));
    assert_eq!((run.status, others.count()), (Some(0), 0), "{args:?}: {run:?}");
    run
}

/// The element of a namespace in a document, where it must be once.
fn element(document: &Value, inode: u64) -> Value {
    let all = document["namespaces"].as_array().expect("namespaces");
    let mut found = all.iter().filter(|one| one["namespace"] == inode);
    let element = found.next().expect("the namespace").clone();
    assert!(found.next().is_none(), "{document}");
    element
}

/// The ids of the objects of a kind.
fn ids(element: &Value, kind: &str) -> Vec<i64> {
    let rows = element[kind].as_array().expect("objects");
    rows.iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

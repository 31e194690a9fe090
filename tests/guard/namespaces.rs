//! The number of system calls for each process and each namespace of `--namespace all`.
//!
//! Processes of other tests are listed too, so the calls about known processes are counted.

use std::fs::File;

use ipcs::sys::Errno;
use ipcs::sys::mounts::{Direction, neighbour};
use nix::unistd::geteuid;
use serde_json::{Value, json};

use super::trace;
use crate::support::actor::Actor;
use crate::support::namespace::{another, isolated};
use crate::support::objects::Shm;
use crate::support::programs::ours;
use crate::support::strace::traced_through;

/// The number of threads (or stat before Linux 6.9) and ns/ipc.
const OF_A_PROCESS: usize = 2;
/// ns/mnt, unless the kernel lists mount namespaces.
const MOUNTS: usize = 1;
/// A list of segments reads maps, and once more if a segment may be in a lost namespace.
const MAPS: usize = 2;
/// The namespace is opened, and the user, the control group and the command are read, the latter by
/// the helper. Any member of the namespace may be the one that is opened. A link that another thread
/// has opened meanwhile is read again.
const OF_THE_OLDEST: usize = 5;

#[test]
fn each_process_and_each_namespace_needs_few_calls() {
    isolated(|| {
        let make = || {
            another(|| {
                Shm::private(4096, 0o600);
                [(); 3].map(|()| Actor::start())
            })
        };
        let namespaces: Vec<[Actor; 3]> = (0..20).map(|_| make()).collect();
        let own = File::open("/proc/thread-self/ns/mnt").expect("our mount namespace");
        let is_listed = matches!(neighbour(&own, Direction::Next), Ok(_) | Err(Errno::ENOENT));
        let mounts = if is_listed && geteuid().is_root() { 0 } else { MOUNTS };
        for (args, maps) in [(&["--namespace", "all"][..], MAPS), (&["--list-namespaces"], 0)] {
            let trace = trace::ipcs(args);
            let about = |actor: &Actor| trace.about(&format!("/proc/{}", actor.pid()));
            let counts: Vec<usize> = namespaces.iter().flatten().map(about).collect();
            // Not every namespace is the same.
            let most = namespaces.len() * (OF_THE_OLDEST + 3 * (OF_A_PROCESS + mounts + maps));
            assert!(counts.iter().sum::<usize>() <= most, "ipcs {args:?}: {counts:?} calls");
            assert!(counts.iter().all(|count| *count > 0), "ipcs {args:?}: {counts:?} calls");
            // Threads and the helper, not one for each namespace.
            let started = trace.threads();
            assert!(started <= 20, "ipcs {args:?} starts {started} threads and processes");
            let entered = trace.calls("setns").len();
            assert!(entered >= namespaces.len(), "ipcs {args:?} enters {entered} namespaces");
            // Other tests have large tables.
            let opens = trace.opens("/proc/sysvipc");
            assert!(opens < namespaces.len(), "{opens} small tables are read as text");
        }
    });
}

#[test]
fn the_age_of_a_process_needs_no_calls_before_pids_are_given_again() {
    isolated(|| {
        // In a new pid namespace, which ends with its first process: ipcs.
        let script = r#"for _ in 1 2 3 4; do sleep 1000 & done; exec "$@""#;
        let starter = ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--"];
        let starter = [&starter[..], &["/bin/sh", "-c", script, "sh"]].concat();
        let args = ["--list-namespaces", "--json"];
        let (run, text) = traced_through(ours("ipcs", args), &[], &starter);
        let document: Value = serde_json::from_str(run.out()).expect("a document");
        let current = &document["namespaces"][0];
        assert_eq!((&current["processes"], &current["pid"]), (&json!(5), &json!(1)), "{run:?}");
        // To find out whether that is so.
        let opened = trace::Trace::of(text, &run).calls("pidfd_open").len();
        assert!(opened <= 3, "{opened} processes are opened");
    });
}

#[test]
fn a_removal_in_a_named_namespace_reads_no_other_process() {
    isolated(|| {
        let (actor, other) = another(|| {
            Shm::private(4096, 0o600);
            (Actor::start(), Actor::start())
        });
        let args = ["--namespace", &actor.pid().to_string(), "shm", "0"];
        let (run, text) = traced_through(ours("ipcrm", args), &[], &[]);
        assert_eq!(run.out(), "resource(s) deleted\n", "{run:?}");
        let trace = trace::Trace::of(text, &run);
        assert_eq!(trace.about(&format!("/proc/{}", other.pid())), 0);
        assert_eq!(trace.about(&format!("/proc/{}", actor.pid())), 1, "it is opened once");
    });
}

//! More namespaces than files may be open.

use std::sync::mpsc;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use serde_json::json;

use super::{element, own};
use crate::support::json::document;
use crate::support::namespace::isolated;
use crate::support::objects::Queue;
use crate::support::programs::{Invocation, Outcome, ours};

const COUNT: usize = 60;
const TOO_MANY: &str = "Too many open files";

/// Runs `body` with the numbers of 60 namespaces, each of which has one thread.
fn with_many(body: impl FnOnce(&[u64])) {
    let (entered, numbers) = mpsc::channel();
    thread::scope(|scope| {
        let start = |_| {
            let (keep, ended) = mpsc::channel::<()>();
            let entered = entered.clone();
            scope.spawn(move || {
                unshare(CloneFlags::CLONE_NEWIPC).unwrap();
                entered.send(own()).unwrap();
                let _ = ended.recv();
            });
            keep
        };
        let _threads: Vec<_> = (0..COUNT).map(start).collect();
        let numbers: Vec<u64> = numbers.iter().take(COUNT).collect();
        body(&numbers);
    });
}

fn limited(run: Invocation, soft: usize, hard: usize) -> Outcome {
    let option = format!("--nofile={soft}:{hard}");
    run.through(&["/usr/bin/prlimit", &option, "--"]).run()
}

#[test]
fn the_limit_of_open_files_is_raised() {
    isolated(|| {
        with_many(|numbers| {
            for args in [&["--list-namespaces"][..], &["-q", "--namespace", "all"]] {
                let args = [args, &["--json"]].concat();
                let run = limited(ours("ipcs", args), 32, 4096);
                let all = document(&run);
                for number in numbers {
                    assert_eq!(element(&all, *number)["error"], json!(null), "{run:?}");
                }
                assert!(!run.err().contains(TOO_MANY), "{run:?}");
            }
            Queue::keyed(0x1177, 0o600);
            let args = ["--dry-run", "--namespace", "all", "msg", "--key", "0x1177", "--force"];
            let run = limited(ours("ipcrm", args), 32, 4096);
            assert!(run.out().contains("would remove queue 0 (key 0x00001177"), "{run:?}");
            assert!(!run.err().contains(TOO_MANY), "{run:?}");
        });
    });
}

#[test]
fn namespaces_beyond_the_highest_limit_are_named() {
    isolated(|| {
        let queue = Queue::private(0o600);
        with_many(|numbers| {
            for args in [&["--list-namespaces"][..], &["-q", "--namespace", "all"]] {
                let args = [args, &["--json"]].concat();
                let run = limited(ours("ipcs", args), 32, 32);
                assert_eq!(run.status, Some(1), "{run:?}");
                let all = document(&run);
                let mut closed = 0;
                for number in numbers {
                    let error = &element(&all, *number)["error"];
                    let line = format!("ipcs: cannot enter namespace {number}: {TOO_MANY}\n");
                    assert_eq!(error.is_string(), run.err().contains(&line), "{run:?}");
                    assert!(error.is_null() || *error == TOO_MANY, "{run:?}");
                    closed += usize::from(error.is_string());
                }
                assert!(closed >= COUNT - 32, "{run:?}");
                // Files of processes can still be read.
                assert!(!run.err().contains("of process"), "{run:?}");
                assert_eq!(element(&all, own())["error"], json!(null));
            }
            let run =
                limited(ours("ipcs", ["-q", "--namespace", "all", "--format", "raw"]), 32, 32);
            let row = format!("\n{} ", own());
            assert!(
                run.out().contains(&row) && run.out().contains(&queue.id.to_string()),
                "{run:?}"
            );
        });
    });
}

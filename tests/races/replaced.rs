//! Objects that change between two system calls of one listing.

use std::fs;
use std::thread;

use ipcs::model::Id;
use ipcs::sys::{Errno, sem};

use crate::support::actor::{resume, until};
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::Sems;
use crate::support::programs::ours;

/// The process that a trace shows as stopped.
fn stopped(trace: &str) -> Option<i32> {
    let trace = fs::read_to_string(trace).expect("what strace wrote");
    let line = trace.lines().find(|line| line.contains("--- stopped by SIGSTOP ---"))?;
    Some(line.split(' ').next()?.parse().expect("a process id"))
}

#[test]
fn the_values_of_a_set_are_read_only_if_it_has_the_expected_size() {
    isolated(|| {
        let set = Sems::private(3, 0o600);
        set.set_value(1, 500);
        let values = |count| sem::values(Id(set.id), count);
        assert_eq!(values(3), Ok(vec![0, 500, 0]));
        assert_eq!(values(2), Err(Errno::EFAULT), "the set is larger");
        assert_eq!(values(4), Err(Errno::EINVAL), "the set is smaller");
    });
}

/// A buffer of the size that the set had before would be too small: with kernel.sem_next_id a larger
/// set can take the same id.
#[test]
fn shows_one_set_that_is_replaced_by_a_larger_one() {
    isolated(|| {
        for calls in 1..=3 {
            let set = Sems::private(1, 0o600);
            let id = set.id.to_string();
            let file = tempfile::NamedTempFile::new().expect("a temporary file");
            let trace = file.path().to_str().expect("a temporary path in UTF-8");
            // The signal stops the program as soon as the call has finished.
            let stop = format!("inject=semctl:signal=STOP:when={calls}");
            let words = ["/usr/bin/strace", "-f", "-qq", "-o", trace, "-e", "trace=semctl"];
            let words = [&words[..], &["-e", &stop, "--"]].concat();
            let run = thread::scope(|scope| {
                let running = scope.spawn(|| ours("ipcs", ["-s", "-i", &id]).through(&words).run());
                let mut pid = None;
                until("the program is stopped", || {
                    pid = stopped(trace);
                    pid.is_some() || running.is_finished()
                });
                let pid = pid.unwrap_or_else(|| panic!("it has less than {calls} calls"));
                set.remove();
                set_sysctl("sem_next_id", &id);
                let larger = Sems::private(32_000, 0o600);
                assert_eq!(larger.id, set.id, "kernel.sem_next_id chooses the id");
                resume(pid);
                let run = running.join().expect("a run");
                larger.remove();
                run
            });
            assert_eq!((run.status, run.signal), (Some(0), None), "after {calls} calls: {run:?}");
            assert!(run.out().contains("\nnsems = 1\n"), "after {calls} calls: {run:?}");
        }
    });
}

//! Objects that change between two system calls of one listing.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::Sems;
use crate::support::programs::ours;

/// The number of finished semctl calls in a trace.
fn finished_calls(trace: &str) -> usize {
    let trace = fs::read_to_string(trace).expect("what strace wrote");
    trace.lines().filter(|line| line.starts_with("semctl(") && line.contains(" = ")).count()
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
            let delay = format!("inject=semctl:delay_enter=1000000:when={}", calls + 1);
            let words =
                ["/usr/bin/strace", "-qq", "-o", trace, "-e", "trace=semctl", "-e", &delay, "--"];
            let run = thread::scope(|scope| {
                let running = scope.spawn(|| ours("ipcs", ["-s", "-i", &id]).through(&words).run());
                while finished_calls(trace) < calls {
                    assert!(!running.is_finished(), "strace recorded less than {calls} calls");
                    thread::sleep(Duration::from_millis(5));
                }
                set.remove();
                set_sysctl("sem_next_id", &id);
                let larger = Sems::private(32_000, 0o600);
                assert_eq!(larger.id, set.id, "kernel.sem_next_id chooses the id");
                let run = running.join().expect("a run");
                larger.remove();
                run
            });
            assert_eq!((run.status, run.signal), (Some(0), None), "after {calls} calls: {run:?}");
            assert!(run.out().contains("\nnsems = 1\n"), "after {calls} calls: {run:?}");
        }
    });
}

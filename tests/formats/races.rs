//! Listings under adverse conditions: objects that change between two calls, no free thread, an old
//! C library.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::support::namespace::{
    cover_directory, isolated, other_mounts, require_root, set_sysctl,
};
use crate::support::objects::{PRIVATE, Sems, Shm};
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

/// Only /proc/sysvipc has `rss` and `swap`, and a second thread reads it for a long table.
#[test]
fn lists_a_long_table_without_a_second_thread() {
    require_root("it runs as another user, because RLIMIT_NPROC does not limit root");
    isolated(|| {
        set_sysctl("shmmni", "8192");
        for _ in 0..6000 {
            Shm::keyed(PRIVATE, 4096, 0o600);
        }
        // With CAP_DAC_READ_SEARCH the user can run the program from a private directory.
        let words = "/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups \
                     --inh-caps=+dac_read_search --ambient-caps=+dac_read_search \
                     prlimit --nproc=1 --";
        let words: Vec<_> = words.split_whitespace().collect();
        for args in [&["-m", "--json"], &["-m", "--table"], &["-m", "-c"]] {
            let limited = ours("ipcs", args).through(&words).run();
            assert_eq!(limited, ours("ipcs", args).run(), "ipcs {args:?} without a thread");
            assert_eq!(limited.status, Some(0), "{}", limited.err());
        }
    });
}

/// glibc before 2.33 passes a null buffer for SEM_STAT_ANY. When /proc/sysvipc is hidden too, only
/// SEM_STAT remains.
#[test]
fn lists_sets_with_a_c_library_without_sem_stat_any() {
    isolated(|| {
        Sems::private(3, 0o600);
        let usual = ours("ipcs", ["-s"]).run();
        let without = other_mounts(|| {
            cover_directory("/proc/sysvipc");
            // The first call is SEM_INFO.
            let fault = "inject=semctl:error=EFAULT:when=2";
            let words =
                ["/usr/bin/strace", "-qq", "-o", "/dev/null", "-e", "trace=semctl", "-e", fault];
            ours("ipcs", ["-s"]).through(&words).run()
        });
        assert_eq!(without, usual);
        assert_eq!((usual.status, usual.out().lines().count()), (Some(0), 5), "{usual:?}");
    });
}

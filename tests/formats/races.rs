//! What a listing meets by bad luck: objects that change between two calls, no thread to be had, an
//! old C library.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::support::namespace::{
    cover_directory, isolated, other_mounts, require_root, set_sysctl,
};
use crate::support::objects::{PRIVATE, Sems, Shm};
use crate::support::programs::ours;

/// Calls of semctl that have ended, in what strace wrote.
fn ended(trace: &str) -> usize {
    let trace = fs::read_to_string(trace).expect("what strace wrote");
    trace.lines().filter(|line| line.starts_with("semctl(") && line.contains(" = ")).count()
}

/// No buffer may be as large as a set was a moment ago: kernel.sem_next_id lets a larger one take
/// its place under the same id.
#[test]
fn a_set_may_be_replaced_by_a_larger_one_between_any_two_calls() {
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
                while ended(trace) < calls {
                    assert!(!running.is_finished(), "strace saw less than {calls} calls");
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

/// `rss` and `swap` are only in the text, which a second thread reads where the table is long.
#[test]
fn a_long_table_is_listed_although_no_thread_can_be_started() {
    require_root("it runs as another user, and RLIMIT_NPROC is nothing to root");
    isolated(|| {
        set_sysctl("shmmni", "8192");
        for _ in 0..6000 {
            Shm::keyed(PRIVATE, 4096, 0o600);
        }
        // The path of the program may lead through directories that are not open to everyone.
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

/// glibc before 2.33 passes NULL for the buffer of SEM_STAT_ANY. Where the text is masked too, only
/// SEM_STAT is left.
#[test]
fn sets_are_listed_although_the_c_library_does_not_know_sem_stat_any() {
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

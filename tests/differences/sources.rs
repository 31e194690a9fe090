//! `/proc/sysvipc` that is missing, hidden, empty or malformed: system calls provide the
//! same objects and fields.
//!
//! The last tests do without a second thread and without SEM_STAT_ANY. Nothing here runs
//! util-linux' programs, which never end on an empty file.

use std::fs;
use std::time::Duration;

use crate::compat::states::{self, Held};
use crate::support::namespace::{
    cover_directory, cover_with, isolated, other_mounts, require_users, set_sysctl,
};
use crate::support::objects::{PRIVATE, Queue, Sems, Shm};
use crate::support::programs::{Invocation, Outcome, ours};
use crate::support::strace::with_calls_failing;

const LISTS: &[&[&str]] = &[
    &[],
    &["-a"],
    &["-m", "-b"],
    &["--human"],
    &["-t"],
    &["-p"],
    &["-c"],
    &["-l"],
    &["-l", "-b"],
    &["-u"],
    &["-m", "-i", "0"],
    &["-m", "-i", "2", "--human"],
    &["-q", "-i", "1"],
    &["-s", "-i", "2"],
    &["-m", "-i", "7777"],
    &["-q", "-i", "7777"],
    &["-s", "-i", "7777"],
];

/// Ways in which files of /proc may be missing.
const COVERS: &[(&str, fn())] = &[
    ("no directory", || cover_directory("/proc/sysvipc")),
    ("shm is empty", || cover_with("/proc/sysvipc/shm", b"")),
    ("msg is empty", || cover_with("/proc/sysvipc/msg", b"")),
    ("sem is empty", || cover_with("/proc/sysvipc/sem", b"")),
    ("all are empty", || cover_all(b"")),
    ("all are a page of HTML", || cover_all(b"<!DOCTYPE html>\n<html>\n<p>404</p>\n</html>\n")),
    ("all are one word", || cover_all(b"key")),
    ("all are NULs", || cover_all(&[0; 5000])),
    ("all are the header of segments", || cover_all(b"       key      shmid perms size\n")),
    ("all are their headers", || {
        cover_with("/proc/sysvipc/shm", b"       key      shmid perms                  size\n");
        cover_with("/proc/sysvipc/msg", b"       key      msqid perms      cbytes       qnum\n");
        cover_with("/proc/sysvipc/sem", b"       key      semid perms      nsems   uid\n");
    }),
    ("all are directories", || {
        cover_directory("/proc/sysvipc");
        for file in ["shm", "msg", "sem"] {
            fs::create_dir(format!("/proc/sysvipc/{file}")).expect("a directory");
        }
    }),
    ("no directory and no limits", || {
        cover_directory("/proc/sysvipc");
        cover_directory("/proc/sys/kernel");
    }),
];

fn cover_all(text: &[u8]) {
    for file in ["shm", "msg", "sem"] {
        cover_with(&format!("/proc/sysvipc/{file}"), text);
    }
}

fn outcomes(change: impl Fn(Invocation) -> Invocation) -> Vec<Outcome> {
    LISTS
        .iter()
        // A bug here could be an endless loop.
        .map(|args| change(ours("ipcs", *args).timeout(Duration::from_secs(60))).run())
        .collect()
}

/// Requires the same output with and without the files of /proc.
fn same_without_proc(make: fn() -> Held, change: impl Fn(Invocation) -> Invocation + Send + Sync) {
    isolated(|| {
        let _held = make();
        let with = outcomes(&change);
        assert!(with[0].out().lines().count() > 15, "too few lines: {:?}", with[0]);
        for (name, cover) in COVERS {
            let without = other_mounts(|| {
                cover();
                outcomes(&change)
            });
            for ((args, with), without) in LISTS.iter().zip(&with).zip(&without) {
                assert_eq!(
                    (without.status, without.out(), without.err()),
                    (with.status, with.out(), with.err()),
                    "ipcs {args:?}, {name}"
                );
            }
        }
    });
}

fn rich() -> Held {
    let mut held = states::private_and_keyed();
    held.extend(states::marked_and_locked());
    held.extend(states::messages());
    held.extend(states::waiters());
    held
}

#[test]
fn lists_the_same_without_proc() {
    same_without_proc(rich, |run| run);
}

/// Ids that differ from their slot number, and free slots in between.
#[test]
fn lists_reused_slots_without_proc() {
    same_without_proc(states::advanced_sequence, |run| run);
    same_without_proc(states::sparse, |run| run);
}

/// util-linux shows a wrong creator's group here.
#[test]
fn lists_other_creators_without_proc() {
    require_users("it makes objects as other users");
    same_without_proc(states::creators, |run| run);
}

/// util-linux does not list objects that the caller may not read.
#[test]
fn lists_for_an_unprivileged_user_without_proc() {
    require_users("it looks as another user");
    same_without_proc(states::creators, Invocation::nobody);
    same_without_proc(states::modes, Invocation::nobody);
}

/// util-linux reads an invalid number as 0, or reports that it cannot read the limits.
#[test]
fn reads_limits_by_calls_when_their_files_are_invalid() {
    isolated(|| {
        for (name, value) in [("shmmax", "5000"), ("msgmax", "1000"), ("sem", "10 20 5 7")] {
            set_sysctl(name, value);
        }
        for unit in ["-b", "--human"] {
            let with = ours("ipcs", ["-l", unit]).run();
            for file in ["shmmni", "shmmax", "shmall", "msgmni", "msgmax", "msgmnb", "sem"] {
                for text in ["", "abc\n", "-\n", "99999999999999999999999\n"] {
                    let without = other_mounts(|| {
                        cover_with(&format!("/proc/sys/kernel/{file}"), text.as_bytes());
                        ours("ipcs", ["-l", unit]).run()
                    });
                    assert_eq!(without, with, "{file} is {text:?}");
                }
            }
        }
    });
}

#[test]
fn removes_all_without_proc() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let run = other_mounts(|| {
            cover_directory("/proc/sysvipc");
            ours("ipcrm", ["-va"]).run()
        });
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(run.out().lines().count(), 7, "{}", run.out());
    });
}

/// Runs `ipcs -a` before and after a change of one file of /proc/sysvipc.
fn with_rows_changed(file: &str, change: fn(&str) -> String) -> (Outcome, Outcome) {
    let path = format!("/proc/sysvipc/{file}");
    let before = ours("ipcs", ["-a"]).run();
    let after = other_mounts(|| {
        let text = fs::read_to_string(&path).expect("reading /proc/sysvipc");
        cover_with(&path, change(&text).as_bytes());
        ours("ipcs", ["-a"]).run()
    });
    (before, after)
}

/// The first line is a row like the others then.
#[test]
fn lists_every_row_without_the_header() {
    isolated(|| {
        let _held = rich();
        for file in ["shm", "msg", "sem"] {
            let (before, after) = with_rows_changed(file, |text| {
                text.split_once('\n').expect("a header").1.to_owned()
            });
            assert_eq!(after, before, "{file} without a header");
        }
    });
}

/// Some kernels of 2020 list a row twice.
#[test]
fn shows_a_repeated_row_once() {
    isolated(|| {
        let _held = rich();
        for file in ["shm", "msg", "sem"] {
            let (before, after) = with_rows_changed(file, |text| {
                let mut lines: Vec<_> = text.lines().collect();
                lines.insert(3, lines[2]);
                let last = lines[lines.len() - 1];
                lines.push(last);
                lines.join("\n") + "\n"
            });
            assert_eq!(after, before, "{file} with repeated rows");
        }
    });
}

/// A malformed row is reported, and the other rows are listed.
#[test]
fn lists_the_other_rows_after_a_malformed_one() {
    isolated(|| {
        let _held = rich();
        for file in ["shm", "msg", "sem"] {
            let (before, after) = with_rows_changed(file, |text| {
                let mut lines: Vec<_> = text.lines().collect();
                lines.insert(2, "   what is this");
                lines.join("\n") + "\n"
            });
            assert_eq!(after.out(), before.out(), "{file} with a malformed row");
            assert_eq!(after.status, Some(1), "the exit status reports the row");
            let place = format!("ipcs: /proc/sysvipc/{file}: line 3: ");
            assert!(after.err().starts_with(&place), "{:?}", after.err());
        }
    });
}

/// JSON of one object includes fields that only /proc/sysvipc has, so its list is read too.
#[test]
fn reports_a_malformed_row_when_showing_one_object() {
    isolated(|| {
        let _held = rich();
        let before = ours("ipcs", ["-m", "-i", "1", "--json"]).run();
        assert_eq!((before.status, before.err()), (Some(0), ""));
        let after = other_mounts(|| {
            let text = fs::read_to_string("/proc/sysvipc/shm").expect("the list");
            cover_with("/proc/sysvipc/shm", format!("{text}   what is this\n").as_bytes());
            ours("ipcs", ["-m", "-i", "1", "--json"]).run()
        });
        assert_eq!((after.status, after.out()), (Some(1), before.out()));
        assert!(after.err().starts_with("ipcs: /proc/sysvipc/shm: line "), "{after:?}");
    });
}

#[test]
fn reports_a_read_error() {
    isolated(|| {
        let _held = rich();
        let whole = ours("ipcs", ["-m"]).run();
        // The first read returns all rows; the second would return the end of the file.
        let run = with_calls_failing("read:error=EIO:when=2", &["-m"]);
        assert_eq!((run.status, run.out()), (Some(1), whole.out()));
        assert_eq!(run.err(), "ipcs: /proc/sysvipc/shm: Input/output error\n");
    });
}

/// A security module may deny the calls although everyone may read /proc/sysvipc.
#[test]
fn reads_proc_when_the_calls_are_denied() {
    isolated(|| {
        // Enough queues to be read by system calls.
        for _ in 0..300 {
            Queue::private(0o600);
        }
        let _held = rich();
        let whole = ours("ipcs", ["-q"]).run();
        let run = with_calls_failing("msgctl:error=EACCES:when=100..110", &["-q"]);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), whole.out(), ""));
        let one = ours("ipcs", ["-m", "-i", "1"]).run();
        assert_eq!((one.status, one.err()), (Some(0), ""));
        let run = with_calls_failing("shmctl:error=EACCES", &["-m", "-i", "1"]);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), one.out(), ""));
    });
}

/// Before Linux 4.17 there is no `SHM_STAT_ANY`.
#[test]
fn shows_one_object_without_shm_stat_any() {
    isolated(|| {
        let _held = rich();
        let one = ours("ipcs", ["-m", "-i", "1"]).run();
        assert_eq!((one.status, one.err()), (Some(0), ""));
        let run = with_calls_failing("shmctl:error=EINVAL:when=1", &["-m", "-i", "1"]);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), one.out(), ""));
    });
}

/// Thousands of messages would hide the rest of the output.
#[test]
fn reports_at_most_twenty_malformed_rows() {
    isolated(|| {
        let _held = rich();
        let with_malformed_rows = |count: usize| {
            other_mounts(|| {
                let text = fs::read_to_string("/proc/sysvipc/shm").expect("the list");
                let malformed = "   what is this\n".repeat(count);
                cover_with("/proc/sysvipc/shm", format!("{text}{malformed}").as_bytes());
                ours("ipcs", ["-m"]).run()
            })
        };
        let rows = ours("ipcs", ["-m"]).run();
        for (count, lines) in [(19, 19), (20, 20), (21, 21), (45, 21)] {
            let run = with_malformed_rows(count);
            assert_eq!((run.status, run.out()), (Some(1), rows.out()), "{count} malformed rows");
            assert_eq!(run.err().lines().count(), lines, "{count} malformed rows: {run:?}");
        }
        let run = with_malformed_rows(45);
        let listed =
            run.err().lines().take(20).all(|line| line.contains("/proc/sysvipc/shm: line "));
        assert!(
            listed && run.err().ends_with("\nipcs: 25 more objects could not be read\n"),
            "{run:?}"
        );
    });
}

/// Kernels before 2.6.34 do not list rss and swap.
#[test]
fn reads_rows_without_rss_and_swap() {
    isolated(|| {
        let _held = Shm::keyed(0x12, 5000, 0o600).attach();
        let (before, after) = with_rows_changed("shm", |text| {
            text.lines()
                .map(|line| {
                    let fields: Vec<_> = line.split_whitespace().collect();
                    fields[..14].join(" ") + "\n"
                })
                .collect()
        });
        assert_eq!(after, before);
    });
}

/// Only /proc/sysvipc has `rss` and `swap`, and a second thread reads it for a long table.
#[test]
fn lists_a_long_table_without_a_second_thread() {
    require_users("it runs as another user, because RLIMIT_NPROC does not limit root");
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
            with_calls_failing("semctl:error=EFAULT:when=2", &["-s"])
        });
        assert_eq!(without, usual);
        assert_eq!((usual.status, usual.out().lines().count()), (Some(0), 5), "{usual:?}");
    });
}

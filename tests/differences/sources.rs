//! `/proc/sysvipc` that is missing, masked, empty, or odd: the same objects
//! and fields as with it, by the kernel's calls.
//!
//! Nothing here runs util-linux' programs: on an empty file they never end.

use std::fs;
use std::time::Duration;

use crate::compat::states::{self, Held};
use crate::support::namespace::{
    cover_directory, cover_with, isolated, other_mounts, require_root, set_sysctl,
};
use crate::support::objects::{Queue, Shm};
use crate::support::programs::{Invocation, Outcome, ours};

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

/// How /proc may lack what it should have.
const COVERS: &[(&str, fn())] = &[
    ("no directory", || cover_directory("/proc/sysvipc")),
    ("shm is empty", || cover_with("/proc/sysvipc/shm", b"")),
    ("msg is empty", || cover_with("/proc/sysvipc/msg", b"")),
    ("sem is empty", || cover_with("/proc/sysvipc/sem", b"")),
    ("all are empty", || {
        for file in ["shm", "msg", "sem"] {
            cover_with(&format!("/proc/sysvipc/{file}"), b"");
        }
    }),
    ("no directory and no limits", || {
        cover_directory("/proc/sysvipc");
        cover_directory("/proc/sys/kernel");
    }),
];

fn outcomes(change: impl Fn(Invocation) -> Invocation) -> Vec<Outcome> {
    LISTS
        .iter()
        // What can go wrong here is an endless loop.
        .map(|args| change(ours("ipcs", *args).timeout(Duration::from_secs(5))).run())
        .collect()
}

/// What is printed must not depend on what is covered.
fn same_without_proc(make: fn() -> Held, change: impl Fn(Invocation) -> Invocation + Send + Sync) {
    isolated(|| {
        let _held = make();
        let with = outcomes(&change);
        assert!(with[0].out().lines().count() > 15, "there is something to list: {:?}", with[0]);
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
fn missing_masked_or_empty() {
    same_without_proc(rich, |run| run);
}

/// Ids that are not the number of their slot, and slots in between that are
/// free.
#[test]
fn missing_with_used_slots() {
    same_without_proc(states::advanced_sequence, |run| run);
    same_without_proc(states::sparse, |run| run);
}

/// util-linux gets the creator's group wrong here.
#[test]
fn missing_with_other_creators() {
    require_root("it makes objects as other users");
    same_without_proc(states::creators, |run| run);
}

/// util-linux does not find what the caller may not read.
#[test]
fn missing_for_an_unprivileged_user() {
    require_root("it looks as another user");
    same_without_proc(states::creators, Invocation::nobody);
    same_without_proc(states::modes, Invocation::nobody);
}

/// util-linux takes what is no number for 0, or says that it has no limits.
#[test]
fn limits_are_asked_for_where_their_files_are_of_no_use() {
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
fn removal_finds_everything() {
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

/// Changes the rows of one file and says what `ipcs -a` makes of it, before
/// and after.
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

/// Some kernels of 2020 listed a row twice.
#[test]
fn a_row_listed_twice_is_shown_once() {
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
            assert_eq!(after, before, "{file} has rows twice");
        }
    });
}

/// An odd row is reported and the others are listed.
#[test]
fn an_odd_row_loses_no_other() {
    isolated(|| {
        let _held = rich();
        for file in ["shm", "msg", "sem"] {
            let (before, after) = with_rows_changed(file, |text| {
                let mut lines: Vec<_> = text.lines().collect();
                lines.insert(2, "   what is this");
                lines.join("\n") + "\n"
            });
            assert_eq!(after.out(), before.out(), "{file} has an odd row");
            assert_eq!(after.status, Some(1), "the exit status says so");
            let place = format!("ipcs: /proc/sysvipc/{file}: line 3: ");
            assert!(after.err().starts_with(&place), "{:?}", after.err());
        }
    });
}

/// The list is read for one object too, where only it tells what is shown.
#[test]
fn an_odd_row_beside_one_object_is_reported() {
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

/// Runs ipcs while strace makes some calls fail, as its `-e inject=` says.
fn with_calls_failing(inject: &str, args: &[&str]) -> Outcome {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a temporary path in UTF-8");
    let (call, _) = inject.split_once(':').expect("call:what");
    let (trace, inject) = (format!("trace={call}"), format!("inject={inject}"));
    let list = ["-P", "/proc/sysvipc/shm"];
    let only = if call == "read" { &list[..] } else { &[] };
    let strace = ["/usr/bin/strace", "-f", "-qq", "-e", "signal=none", "-o", path];
    let words = [&strace[..], only, &["-e", &trace, "-e", &inject, "--"]].concat();
    let run = ours("ipcs", args).through(&words).run();
    let text = fs::read_to_string(path).expect("what strace wrote");
    assert!(text.contains("(INJECTED)"), "strace changed nothing; is it there? {run:?}");
    run
}

#[test]
fn a_list_that_breaks_off_is_reported() {
    isolated(|| {
        let _held = rich();
        let whole = ours("ipcs", ["-m"]).run();
        // The first read gives all rows, the second one should tell that it was the last.
        let run = with_calls_failing("read:error=EIO:when=2", &["-m"]);
        assert_eq!((run.status, run.out()), (Some(1), whole.out()));
        assert_eq!(run.err(), "ipcs: /proc/sysvipc/shm: Input/output error\n");
    });
}

/// A security module may deny the calls where the lists are open to everyone.
#[test]
fn calls_that_are_denied() {
    isolated(|| {
        // So many that they are asked for by calls.
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
fn one_object_on_an_older_kernel() {
    isolated(|| {
        let _held = rich();
        let one = ours("ipcs", ["-m", "-i", "1"]).run();
        assert_eq!((one.status, one.err()), (Some(0), ""));
        let run = with_calls_failing("shmctl:error=EINVAL:when=1", &["-m", "-i", "1"]);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), one.out(), ""));
    });
}

/// Thousands of them would bury the rest of what is on the terminal.
#[test]
fn many_odd_rows_are_counted() {
    isolated(|| {
        let _held = rich();
        let with_odd_rows = |count: usize| {
            other_mounts(|| {
                let text = fs::read_to_string("/proc/sysvipc/shm").expect("the list");
                let odd = "   what is this\n".repeat(count);
                cover_with("/proc/sysvipc/shm", format!("{text}{odd}").as_bytes());
                ours("ipcs", ["-m"]).run()
            })
        };
        let rows = ours("ipcs", ["-m"]).run();
        for (count, lines) in [(19, 19), (20, 20), (21, 21), (45, 21)] {
            let run = with_odd_rows(count);
            assert_eq!((run.status, run.out()), (Some(1), rows.out()), "{count} odd rows");
            assert_eq!(run.err().lines().count(), lines, "{count} odd rows: {run:?}");
        }
        let run = with_odd_rows(45);
        let told = run.err().lines().take(20).all(|line| line.contains("/proc/sysvipc/shm: line "));
        assert!(told && run.err().ends_with("\nipcs: 25 more rows could not be read\n"), "{run:?}");
    });
}

/// Kernels before 2.6.34 have no rss and swap.
#[test]
fn rows_without_rss_and_swap() {
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

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
use crate::support::objects::Shm;
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
            assert!(after.err().starts_with("ipcs: "), "{:?}", after.err());
        }
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

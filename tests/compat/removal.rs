//! `ipcrm`: its output and the objects that it leaves.

use super::fixture::{compare_on, run_on};
use super::states::{self, Held};
use crate::support::compare::Comparison;
use crate::support::namespace::{isolated, require_users};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::{Invocation, NOBODY, Stdout, ours, theirs};

/// At least three objects of each kind, with and without keys, some in use.
fn stock() -> Held {
    Shm::keyed(0x12, 4096, 0o600);
    let attached = Shm::keyed(0x1234, 5000, 0o640).attach();
    Shm::private(1, 0o600);
    Shm::keyed(0xffff_ffff, 4096, 0o600);
    let full = Queue::keyed(0xabcd, 0o644);
    full.send(1500);
    Queue::private(0o600);
    Queue::keyed(0x8000_0000, 0o600);
    Sems::keyed(0x77, 3, 0o660);
    let waiter = Sems::private(1, 0o600).wait_for_increase(0, 1);
    Sems::keyed(0xdead_beef, 2, 0o600);
    vec![Box::new(attached), Box::new(waiter)]
}

/// Objects of root and of nobody, some of which nobody may not read.
///
/// All objects of nobody are readable: how `-a` treats unreadable ones is one of
/// the intended differences.
fn mixed_owners() -> Held {
    let make = |mode| {
        let index = mode & 7;
        Shm::keyed(0x100 + index, 4096, mode);
        Queue::keyed(0x100 + index, mode);
        Sems::keyed(0x100 + index, 1, mode);
    };
    make(0o600);
    make(0o644);
    make(0o666);
    as_user(NOBODY, NOBODY, || {
        Shm::keyed(0x200, 4096, 0o600);
        Queue::keyed(0x200, 0o640);
        Sems::keyed(0x200, 1, 0o600);
        // Given to root, but the creator may still remove them.
        Shm::keyed(0x201, 4096, 0o666).set(0, 0, 0o666);
        Queue::keyed(0x201, 0o666).set(0, 0, 0o666);
    });
    Shm::private(4096, 0o600).set(NOBODY, NOBODY, 0o600);
    Sems::private(1, 0o600).set(NOBODY, NOBODY, 0o600);
    Held::new()
}

/// One command line per entry; words are separated by spaces.
const BY_ID: &[&str] = &[
    "-m 0",
    "-m0",
    "-m 1",
    "-q 0",
    "-s 1",
    "-m 0 -m 0",
    "-m 77",
    "-m 77 -q 77 -s 77",
    "-m 77 -m 0",
    "-m 0 -q 0 -s 0",
    "-s 2 -q 2 -m 2",
    "-m +1",
    "-m 010 -m 01",
    "--shmem-id 0",
    "--shmem-id=0 --queue-id=1",
    "--semaphore-id 2",
    "--shmem-i 2 --queue-i=77 --semaphore-i 0",
    "-m 2147483647",
    "-q 32768",
    "-v",
    "-vv",
    "--verbose",
    "--verb -m 0",
    "-v -m 0",
    "-vm 0",
    "-vm0 -q1 -s2",
    "-v -m 77",
    "-v -m 1 -m 77 -s 1",
    "--",
    "-v --",
    "-m 0 --",
];

const BY_KEY: &[&str] = &[
    "-M 0x12",
    "-M 18",
    "-M 022",
    "-M 0X12",
    "-M0x12",
    "-M +0x12",
    "--shmem-key 0x12",
    "--shmem-key=4660",
    "--shmem-k 0x00001234",
    "-M 0xffffffff",
    "-M 4294967295",
    "-M -1",
    "-M 037777777777",
    "-Q 0xabcd",
    "-Q 43981",
    "-Q 0x80000000",
    "-Q 2147483648",
    "-Q -2147483648",
    "-S 0xdeadbeef",
    "-S 0xDEADBEEF",
    "-S 3735928559",
    "-S -559038737",
    "-S 0x77 -S 0x77",
    "-S 119",
    "-M 0x77 -Q 0x77 -S 0x77",
    "-M 0x99",
    "-M 153 -Q 0231 -S 0x99",
    "-M 0",
    "-Q 0x0",
    "-S 00",
    "-M 0 -Q 0 -S 0 -M 0x12",
    "-v -M 0x12 -Q 0xabcd -S 0x77",
    "-v -M 0x99",
    "-v -M 0",
    "-v -m 0 -M 0x1234 -q 0 -S 0x77",
    "--queue-key 0xabcd --semaphore-key 0x77",
    "--queue-k=0xabcd --semaphore-k=0x77",
];

const ALL: &[&str] = &[
    "-a",
    "--all",
    "--al",
    "-a -a",
    "-v -a",
    "-va",
    "--verbose --all",
    "-ashm",
    "-amsg",
    "-asem",
    "--all=shm",
    "--all=msg",
    "--all=sem",
    "--al=sem",
    "-v --all=shm",
    "-v --all=msg",
    "-vasem",
    "-ashm -amsg",
    "-v --all=sem --all=shm",
    "-v -a -ashm",
    "-v -ashm -a",
    "-v -m 0 -a",
    "-v -a -q 1",
    "-v -m 77 -asem",
    "-ashm -M 0x99",
];

const OLD: &[&str] = &[
    "shm 0",
    "shm 0 1 2",
    "msg 0 1",
    "sem 0 1 2",
    "sem 2",
    "shm 77",
    "shm 0 77 1",
    "msg 77 78",
    "sem +1",
    "shm 01",
    "shm 0 0",
    "msg 2147483647",
    // Words that are not ids do not spoil the others.
    "shm abc",
    "msg 1a",
    "sem 0x12",
    "shm shmid 0 1",
    "shm 0 abc 1 -",
    "shm 77 abc 78",
    "msg Message msqid 2 0",
    "sem 1 1.5 0x0",
];

/// Command lines that end in an option without its value, as scripts make it.
const INCOMPLETE: &[&str] = &[
    "-m",
    "-m 0 -m",
    "-m 0 -q 1 -s",
    "-m0 -m1 --shmem-id",
    "-M 0x12 --shmem-k",
    "-v -m 0 -s 77 --queue-id",
    "-m 77 -m",
    "-vS 0x77 -m",
];

/// Command lines with operands left over. Our messages show more.
const LEFT_OVER: &[&str] = &[
    "-m 0 1",
    "-m 0 1 2",
    "1 -m 0 2",
    "-m 0 -- 1",
    "-m 0 foo",
    "-q 1 -s 0 foo 2",
    "-M 0x12 0x1234",
    "-m 77 0",
    "-v -m 0 1 -q 1",
];

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn compare_lines(
    name: &str,
    make: fn() -> Held,
    lines: &[&str],
    change: impl Fn(Invocation) -> Invocation + Send + Sync,
) {
    isolated(|| {
        let mut comparison = Comparison::new(name);
        for line in lines {
            let args = words(line);
            compare_on(
                &mut comparison,
                make,
                &change(theirs("ipcrm", &args)),
                &change(ours("ipcrm", &args)),
            );
        }
        comparison.finish(lines.len() * 2);
    });
}

#[test]
fn removes_by_id() {
    compare_lines("ipcrm by id", stock, BY_ID, |run| run);
}

#[test]
fn removes_by_key() {
    compare_lines("ipcrm by key", stock, BY_KEY, |run| run);
}

#[test]
fn removes_all() {
    compare_lines("ipcrm -a", stock, ALL, |run| run);
}

#[test]
fn removes_all_of_an_empty_namespace() {
    compare_lines("ipcrm -a of nothing", states::nothing, ALL, |run| run);
}

#[test]
fn removes_all_of_many() {
    let lines = ["-a", "-va", "-v --all=sem"];
    compare_lines("ipcrm -a, few of many", states::sparse, &lines, |run| run);
    compare_lines("ipcrm -a, many", states::many, &lines, |run| run);
}

#[test]
fn removes_from_reused_slots() {
    let lines = ["-va", "-m 0", "-q 1", "-m 32768 -s 0", "shm 1 2 3"];
    compare_lines("used slots", states::advanced_sequence, &lines, |run| run);
}

#[test]
fn accepts_the_old_syntax() {
    compare_lines("ipcrm shm ID", stock, OLD, |run| run);
}

#[test]
fn the_last_option_may_lack_its_value() {
    compare_lines("ipcrm -m 0 -m", stock, INCOMPLETE, |run| run);
}

#[test]
fn operands_left_over_do_not_spoil_what_options_name() {
    isolated(|| {
        for line in LEFT_OVER {
            let args = words(line);
            let theirs = run_on(stock, &theirs("ipcrm", &args));
            let run = run_on(stock, &ours("ipcrm", &args));
            assert_eq!(run.left, theirs.left, "{line}");
            assert_eq!(run.outcome.status, theirs.outcome.status, "{line}");
            assert_eq!(run.outcome.out(), theirs.outcome.out(), "{line}");
            // util-linux names the first word.
            let lines = theirs.outcome.err().lines().filter(|line| !line.starts_with("Try "));
            for (line, ours) in lines.zip(run.outcome.err().lines()) {
                assert!(ours.starts_with(line), "{ours:?} instead of {line:?}");
            }
        }
    });
}

/// White space before a number is allowed.
#[test]
fn accepts_white_space_before_a_number() {
    isolated(|| {
        let mut comparison = Comparison::new("white space before a number");
        for args in [
            ["-m", " 1"],
            ["-q", "\t+1"],
            ["-M", " 0x12"],
            ["-M", " 0x99"],
            ["-S", "\n 0x77"],
            // A message shows a missing key as typed.
            ["-M", "\t0x99"],
            ["-Q", " \x0b\x0c\r\n +153"],
            ["-S", "\t0"],
            ["shm", " 2"],
        ] {
            compare_on(&mut comparison, stock, &theirs("ipcrm", args), &ours("ipcrm", args));
        }
        comparison.finish(18);
    });
}

/// An attached segment is only marked, and may be removed again.
#[test]
fn removes_marked_segments() {
    let lines = ["-m 0", "-m 0 -m 0", "-v -M 0x10", "-M 0x11", "-va", "shm 0 2"];
    compare_lines("marked segments", states::marked_and_locked, &lines, |run| run);
}

#[test]
fn removes_as_an_unprivileged_user() {
    require_users("it removes objects as another user");
    let lines = [
        "-m 0",
        "-m 1",
        "-q 0",
        "-s 1",
        "-m 3",
        "-m 4",
        "-q 4",
        "-m 5 -s 4",
        "-m 0 -m 3 -q 0 -q 3 -s 0 -s 3",
        "-M 0x200",
        "-Q 0x200 -S 0x200",
        "-M 0x201",
        "-v -m 0 -m 3",
        "shm 0",
        "shm 0 3",
        "msg 0 1 3",
        "sem 3 4",
        "-a",
        "-va",
        "-v --all=shm",
        "--all=msg",
        "-asem",
    ];
    compare_lines("as nobody", mixed_owners, &lines, Invocation::nobody);
    compare_lines("as root", mixed_owners, &["-va", "-m 3 -m 4"], |run| run);
    compare_lines("another user", mixed_owners, &["-va", "-m 3"], |run| run.user(1, 1));
}

/// Messages begin with the last component of `argv[0]`.
#[test]
fn uses_the_name_it_was_started_with() {
    for name in ["remove", "/opt/old/bin/ipcrm.orig"] {
        let lines = ["-m 77", "shm 77", "-M 0", "-M 0x99", "-v -m 0"];
        compare_lines("another name", stock, &lines, |run| run.named(name));
    }
}

/// The objects are removed, but a lost report is an error.
#[test]
fn reports_a_full_disk() {
    let lines = ["-v -m 0", "shm 0", "-va", "-v -m 77", "-m 0"];
    compare_lines("stdout is full", stock, &lines, |run| run.stdout(Stdout::Full));
}

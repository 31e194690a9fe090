//! What the kernel answers seldom: strace changes its answers.

use std::fs;
use std::process::{Command, Stdio};

use super::left;
use crate::support::namespace::{another, isolated};
use crate::support::objects::Sems;
use crate::support::programs::{Outcome, ours};

/// Runs ipcrm under strace, and gives what it did with the calls that it made.
fn traced(args: &[&str], options: &[&str]) -> (Outcome, Vec<String>) {
    let found = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    assert!(found.is_ok(), "this test changes answers of the kernel and needs strace");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a temporary path in UTF-8");
    let calls = "trace=shmctl,msgctl,semctl";
    let strace = ["/usr/bin/strace", "-f", "-qq", "-e", "signal=none", "-e", calls, "-o", path];
    let words = [&strace[..], options, &["--"]].concat();
    let run = ours("ipcrm", args).through(&words).run();
    let text = fs::read_to_string(path).expect("what strace wrote");
    (run, text.lines().map(str::to_owned).collect())
}

fn three_sets() {
    for _ in 0..3 {
        Sems::private(1, 0o600);
    }
}

/// Which of the calls on sets is the first that `wanted` is in, when nothing is changed.
fn place(args: &[&str], wanted: &str) -> usize {
    another(|| {
        three_sets();
        let (run, calls) = traced(args, &[]);
        assert_eq!((run.status, left().as_str()), (Some(0), ""), "{run:?}");
        let mut of_sets = calls.iter().filter(|line| line.contains("semctl("));
        1 + of_sets.position(|line| line.contains(wanted)).expect(wanted)
    })
}

/// Runs ipcrm on three sets where some calls on sets fail, from the first to the last of these,
/// counted from 1. Gives what is left as well.
fn failing(args: &[&str], error: &str, first: usize, last: usize) -> (Outcome, String) {
    another(|| {
        three_sets();
        let inject = format!("inject=semctl:error={error}:when={first}..{last}");
        let (run, calls) = traced(args, &["-e", &inject]);
        assert!(calls.iter().any(|line| line.ends_with("(INJECTED)")), "{calls:#?}");
        (run, left())
    })
}

const FILTER: [&str; 3] = ["sem", "--older", "0s"];

#[test]
fn a_call_that_the_kernel_lacks_is_not_tried_again() {
    isolated(|| {
        let message = "ipcrm: id failed: Function not implemented\n";
        let (run, left) = failing(&["-s0", "-s1", "-s2"], "ENOSYS", 1, 1);
        assert_eq!((run.status, run.err()), (Some(1), message));
        assert_eq!(left, "sem0 sem1 sem2");
        let removal = place(&FILTER, "IPC_RMID");
        let (run, left) = failing(&FILTER, "ENOSYS", removal, removal);
        assert_eq!((run.status, run.err()), (Some(1), message));
        assert_eq!(run.out(), "removed nothing; 1 failed; 2 not come to\n");
        assert_eq!(left, "sem0 sem1 sem2");
    });
}

/// Somebody else was faster, between the last look and the removal.
#[test]
fn one_that_goes_at_the_last_moment_is_no_failure() {
    isolated(|| {
        let removal = place(&FILTER, "IPC_RMID");
        for error in ["EINVAL", "EIDRM"] {
            let (run, left) = failing(&FILTER, error, removal, removal);
            assert_eq!((run.status, run.err(), left.as_str()), (Some(0), "", "sem0"), "{error}");
            assert_eq!(run.out(), "removed 2 semaphore sets; 1 gone already\n");
        }
        let verbose = [&["-v"], &FILTER[..]].concat();
        let (run, _) = failing(&verbose, "EIDRM", removal, removal);
        assert!(run.out().starts_with("gone already: semaphore set 0\nremoved "), "{run:?}");
        let removal = place(&["-asem"], "IPC_RMID");
        for error in ["EINVAL", "EIDRM"] {
            let (run, left) = failing(&["-asem"], error, removal, removal);
            assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""), "{error}");
            assert_eq!(left, "sem0");
        }
    });
}

/// A security module may deny the calls where the list is open to everyone.
#[test]
fn the_last_look_may_be_at_the_list() {
    isolated(|| {
        let look = place(&FILTER, "SEM_STAT_ANY");
        // Neither this one nor the one that older kernels have.
        let (run, left) = failing(&FILTER, "EACCES", look, look + 1);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "removed 3 semaphore sets\n", ""));
        assert_eq!(left, "");
    });
}

//! Rare errors of system calls, which strace injects.

use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{another, isolated};
use crate::support::objects::Sems;
use crate::support::programs::{Outcome, ours};
use crate::support::strace::{injected, traced};
use crate::support::table::remaining;

const CALLS: [&str; 2] = ["-e", "trace=shmctl,msgctl,semctl"];

fn three_sets() {
    as_absent_user(|| {
        for _ in 0..3 {
            Sems::private(1, 0o600);
        }
    });
}

/// The number, counted from 1, of the first semctl call whose line contains `pattern`.
fn call_number(args: &[&str], pattern: &str) -> usize {
    another(|| {
        three_sets();
        let (run, trace) = traced(ours("ipcrm", args), &CALLS);
        assert_eq!((run.status, remaining().as_str()), (Some(0), ""), "{run:?}");
        let mut of_sets = trace.lines().filter(|line| line.contains("semctl("));
        1 + of_sets.position(|line| line.contains(pattern)).expect(pattern)
    })
}

/// Runs ipcrm on three sets while the semctl calls from number `first` to `last` fail. Returns
/// the outcome and the objects that remain.
fn failing(args: &[&str], error: &str, first: usize, last: usize) -> (Outcome, String) {
    another(|| {
        three_sets();
        let inject = format!("inject=semctl:error={error}:when={first}..{last}");
        let options = [&CALLS[..], &["-e", &inject]].concat();
        let (run, _) = injected(ours("ipcrm", args), &options);
        (run, remaining())
    })
}

const FILTER: [&str; 3] = ["sem", "--older", "0s"];

#[test]
fn stops_when_a_system_call_is_missing() {
    isolated(|| {
        let message = "ipcrm: id failed: Function not implemented\n";
        let (run, left) = failing(&["-s0", "-s1", "-s2"], "ENOSYS", 1, 1);
        assert_eq!((run.status, run.err()), (Some(1), message));
        assert_eq!(left, "sem0 sem1 sem2");
        let removal = call_number(&FILTER, "IPC_RMID");
        let (run, left) = failing(&FILTER, "ENOSYS", removal, removal);
        assert_eq!((run.status, run.err()), (Some(1), message));
        assert_eq!(run.out(), "nothing removed; 1 failed; 2 not processed\n");
        assert_eq!(left, "sem0 sem1 sem2");
    });
}

/// Another process removes the object between the last check and the removal.
#[test]
fn an_object_removed_by_another_process_is_not_a_failure() {
    isolated(|| {
        let removal = call_number(&FILTER, "IPC_RMID");
        for error in ["EINVAL", "EIDRM"] {
            let (run, left) = failing(&FILTER, error, removal, removal);
            assert_eq!((run.status, run.err(), left.as_str()), (Some(0), "", "sem0"), "{error}");
            assert_eq!(run.out(), "removed 2 semaphore sets; 1 already gone\n");
        }
        let verbose = [&["-v"], &FILTER[..]].concat();
        let (run, _) = failing(&verbose, "EIDRM", removal, removal);
        assert!(run.out().starts_with("already gone: semaphore set 0\nremoved "), "{run:?}");
        let removal = call_number(&["-asem"], "IPC_RMID");
        for error in ["EINVAL", "EIDRM"] {
            let (run, left) = failing(&["-asem"], error, removal, removal);
            assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""), "{error}");
            assert_eq!(left, "sem0");
        }
    });
}

/// A security module may deny the calls although everyone may read /proc/sysvipc.
#[test]
fn checks_objects_in_proc_when_the_calls_are_denied() {
    isolated(|| {
        let check = call_number(&FILTER, "SEM_STAT_ANY");
        // Both SEM_STAT_ANY and the SEM_STAT of older kernels fail.
        let (run, left) = failing(&FILTER, "EACCES", check, check + 1);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "removed 3 semaphore sets\n", ""));
        assert_eq!(left, "");
    });
}

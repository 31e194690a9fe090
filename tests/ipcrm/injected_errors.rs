//! Rare errors of system calls, which strace injects.

use serde_json::json;

use super::interactive::{answering, through};
use crate::support::json::document;
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{
    EVERY_PROCESS, another, cover_directory, isolated, other_mounts, require_root,
};
use crate::support::objects::{Sems, two_of_each};
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
    require_root(EVERY_PROCESS);
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
    require_root(EVERY_PROCESS);
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
    require_root(EVERY_PROCESS);
    isolated(|| {
        let check = call_number(&FILTER, "SEM_STAT_ANY");
        // Both SEM_STAT_ANY and the SEM_STAT of older kernels fail.
        let (run, left) = failing(&FILTER, "EACCES", check, check + 1);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "removed 3 semaphore sets\n", ""));
        assert_eq!(left, "");
    });
}

/// Runs ipcrm without /proc/sysvipc while calls fail: `shmctl:error=EPERM:when=2+`.
fn without_text(args: &[&str], inject: &str) -> Outcome {
    let inject = format!("inject={inject}");
    other_mounts(|| {
        cover_directory("/proc/sysvipc");
        injected(ours("ipcrm", args), &[&CALLS[..], &["-e", &inject]].concat()).0
    })
}

#[test]
fn all_reports_what_could_not_be_read() {
    isolated(|| {
        two_of_each();
        let before = remaining();
        for (kind, call, noun) in [
            ("-ashm", "shmctl", "shared memory segment"),
            ("-asem", "semctl", "semaphore set"),
            ("-amsg", "msgctl", "message queue"),
        ] {
            for (error, reason) in [
                ("EPERM", "Operation not permitted"),
                ("ENOMEM", "Cannot allocate memory"),
                ("EIO", "Input/output error"),
                ("ENOSYS", "Function not implemented"),
            ] {
                // The first two calls are for the size of the table.
                for (first, start) in [
                    (2, format!("ipcrm: cannot read {noun}s: {reason}\n")),
                    (3, format!("ipcrm: {noun} at index 0: {reason}\n")),
                ] {
                    let inject = format!("{call}:error={error}:when={first}+");
                    for dry in [&[][..], &["-n"]] {
                        let run = without_text(&[dry, &[kind]].concat(), &inject);
                        assert_eq!(run.status, Some(1), "{kind} {inject}: {run:?}");
                        assert!(run.err().starts_with(&start), "{kind} {inject}: {run:?}");
                        let nothing = "would remove nothing of what could be read\n";
                        assert_eq!(run.out(), if dry.is_empty() { "" } else { nothing });
                    }
                    let run = without_text(&["-J", kind], &inject);
                    let gaps = document(&run)["gaps"].take();
                    assert!(gaps[0].as_str().is_some_and(|gap| start.contains(gap)), "{run:?}");
                }
            }
        }
        // One kind that cannot be read does not hide another one.
        let run = without_text(&["-a"], "semctl:error=EIO:when=2+");
        assert_eq!(run.err(), "ipcrm: cannot read semaphore sets: Input/output error\n");
        assert_eq!((run.status, remaining().as_str()), (Some(1), "sem0 sem1"), "of {before}");
    });
}

#[test]
fn reports_twenty_of_many_gaps() {
    isolated(|| {
        for _ in 0..30 {
            Sems::private(1, 0o600);
        }
        for args in [&["-asem"][..], &["sem", "--older", "0s"]] {
            let run = without_text(args, "semctl:error=EIO:when=3+");
            assert_eq!((run.status, run.err().lines().count()), (Some(1), 21), "{run:?}");
            let last = run.err().lines().last();
            assert_eq!(last, Some("ipcrm: 10 more objects could not be read"));
        }
        let run = without_text(&["sem", "--older", "0s"], "semctl:error=EIO:when=3+");
        assert_eq!(run.out(), "nothing matched among what could be read\n");
    });
}

/// Objects of others are skipped only if the kernel says that they may not be read.
#[test]
fn all_does_not_skip_objects_when_a_call_fails() {
    isolated(|| {
        let denied = |id: i32| format!("ipcrm: permission denied for id ({id})\n");
        let expected: String = (0..3).map(denied).collect();
        let (run, left) = failing(&["-asem"], "EPERM", 3, 999);
        assert_eq!((run.status, run.err()), (Some(1), expected.as_str()));
        assert_eq!(left, "sem0 sem1 sem2");
        let (run, _) = failing(&["-v", "-asem"], "EPERM", 3, 999);
        assert_eq!((run.status, run.err()), (Some(1), expected.as_str()));
        // The superuser may remove what a security module does not let it read.
        let stat = call_number(&["-v", "-asem"], "SEM_STAT,");
        let (run, left) = failing(&["-v", "-asem"], "EACCES", stat, stat);
        assert_eq!((run.status, run.err(), left.as_str()), (Some(0), "", ""));
    });
}

/// The size of the table cannot be had, but the text can.
#[test]
fn all_removes_what_the_text_lists_when_the_first_call_is_denied() {
    isolated(|| {
        let (run, left) = failing(&["-asem"], "EPERM", 1, 2);
        assert_eq!((run.status, run.err(), left.as_str()), (Some(0), "", ""));
        let (run, left) = failing(&["-asem"], "ENOSYS", 1, 1);
        let message = "ipcrm: kernel not configured for semaphores\n";
        assert_eq!((run.status, run.err()), (Some(1), message));
        assert_eq!(left, "sem0 sem1 sem2");
    });
}

/// Whether somebody waits on a set is not known if its semaphores cannot be read.
#[test]
fn a_filter_reports_a_set_whose_semaphores_could_not_be_read() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let check = call_number(&FILTER, "GETNCNT");
        for filter in [&FILTER[..], &["sem", "--unused"], &["sem", "--orphaned"]] {
            let (run, left) = failing(filter, "EIO", check, 9999);
            assert_eq!((run.status, left.as_str()), (Some(1), "sem0 sem1 sem2"), "{filter:?}");
            assert_eq!(run.err().lines().count(), 3, "{run:?}");
            let reason = "may be in use: it could not be read: Input/output error";
            assert!(run.err().lines().all(|line| line.ends_with(reason)), "{run:?}");
            let (run, _) = failing(&[&["-J"], filter].concat(), "EIO", check, 9999);
            let document = document(&run);
            assert_eq!(document["kept"].as_array().map(Vec::len), Some(3), "{document}");
            assert_eq!((run.status, &document["unsure"]), (Some(1), &json!(3)));
        }
    });
}

const UNREAD: &str = "ipcrm: cannot read id (0): Operation not permitted\n";

#[test]
fn a_dry_run_does_not_call_an_unreadable_object_missing() {
    isolated(|| {
        two_of_each();
        let inject = "semctl:error=EPERM";
        for more in [&[][..], &["--ignore-missing"]] {
            let run = without_text(&[&["-n", "-s0"], more].concat(), inject);
            assert_eq!((run.status, run.out(), run.err()), (Some(1), "", UNREAD));
        }
        let run = without_text(&["-n", "-J", "-S0x12"], inject);
        let failed = &document(&run)["failed"][0];
        let message = "cannot read key (0x12): Operation not permitted";
        assert_eq!((&failed["errno"], &failed["message"]), (&json!("EPERM"), &json!(message)));
        assert_eq!(run.status, Some(1));
        let inject = "inject=semget:error=EIO";
        let (run, _) = injected(ours("ipcrm", ["-n", "-S0x12"]), &["-e", inject]);
        let message = "ipcrm: key failed: Input/output error\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", message));
        // What is blocked on it is not known either.
        let inject = "inject=semctl:error=EACCES:when=2+";
        let (run, _) =
            injected(ours("ipcrm", ["-n", "-s0"]), &[&CALLS[..], &["-e", inject]].concat());
        assert!(run.out().ends_with(" 3 semaphores, blocked unknown)\n"), "{run:?}");
    });
}

#[test]
fn json_reports_an_object_that_was_removed_but_not_read() {
    isolated(|| {
        two_of_each();
        let run = without_text(&["-J", "-s0"], "semctl:error=EPERM:when=1..2");
        let gap = "cannot read semaphore set 0: Operation not permitted";
        let removed = json!([{"kind": "sem", "id": 0, "key": null, "owner": null, "uid": null}]);
        let document = document(&run);
        assert_eq!((&document["removed"], &document["gaps"]), (&removed, &json!([gap])));
        assert_eq!((run.status, run.err()), (Some(1), &*format!("ipcrm: {gap}\n")));
        assert_eq!(remaining(), "shm0 shm1 msg0 msg1 sem1");
    });
}

#[test]
fn only_a_missing_object_is_ignored() {
    isolated(|| {
        two_of_each();
        for (call, args, message) in [
            ("semctl", ["--ignore-missing", "-s0"], "permission denied for id (0)"),
            ("semget", ["--ignore-missing", "-S0x12"], "permission denied for key (0x12)"),
        ] {
            for error in ["EPERM", "EACCES"] {
                let inject = format!("inject={call}:error={error}");
                let (run, _) = injected(ours("ipcrm", args), &["-e", &inject]);
                let message = format!("ipcrm: {message}\n");
                assert_eq!((run.status, run.err()), (Some(1), message.as_str()), "{inject}");
            }
        }
        assert_eq!(remaining(), "shm0 shm1 msg0 msg1 sem0 sem1");
    });
}

const STRACE: [&str; 5] = ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null"];

#[test]
fn asks_nothing_about_an_unreadable_object() {
    isolated(|| {
        two_of_each();
        let starter = [&STRACE[..], &["-e", "inject=semctl:error=EPERM"]].concat();
        let run = other_mounts(|| {
            cover_directory("/proc/sysvipc");
            through(&starter, &["-i", "-s0"], "y\n", (true, true))
        });
        // The terminal echoes the answer, which nothing has read.
        assert!(run.screen.ends_with(&UNREAD.replace('\n', "\r\n")), "{}", run.screen);
        assert_eq!((run.status, run.screen.contains("[y/N/a/q]")), (Some(1), false));
        assert_eq!(remaining(), "shm0 shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn keeps_an_object_that_cannot_be_read_after_the_answer() {
    isolated(|| {
        two_of_each();
        // The removal would be allowed: only the calls that read the set again fail.
        let starter = [&STRACE[..], &["-e", "inject=semctl:error=EPERM:when=2..5"]].concat();
        let run = other_mounts(|| {
            cover_directory("/proc/sysvipc");
            answering(&starter, &["-i", "-s0"], |_| {})
        });
        assert!(run.screen.ends_with(&UNREAD.replace('\n', "\r\n")), "{}", run.screen);
        assert_eq!(run.status, Some(1));
        assert_eq!(remaining(), "shm0 shm1 msg0 msg1 sem0 sem1");
    });
}

/// A filter of system calls may refuse what shows whether the superuser has its rights here.
#[test]
fn a_dry_run_does_not_predict_a_permission_that_it_cannot_check() {
    require_root("it removes objects of another user");
    isolated(|| {
        three_sets();
        let message =
            "ipcrm: cannot check the permission to remove id (0): Operation not permitted\n";
        for call in ["capget", "ioctl"] {
            let inject = format!("inject={call}:error=EPERM");
            let run = |args: &[&str]| injected(ours("ipcrm", args), &["-e", &inject]).0;
            let named = run(&["-n", "-s0"]);
            assert_eq!((named.status, named.out(), named.err()), (Some(1), "", message), "{call}");
            for args in [&["-n", "-asem"][..], &["-n", "sem", "--older", "0s"]] {
                let all = run(args);
                assert!(all.err().starts_with(message), "{call}: {all:?}");
                let summary = "would remove nothing; 3 could not be checked\n";
                assert_eq!((all.status, all.out()), (Some(1), summary), "{call}");
            }
            let json = document(&run(&["-n", "-J", "-s0"]));
            assert_eq!(json["failed"][0]["errno"], "EPERM", "{json}");
            assert_eq!(json["would_remove"], json!([]));
        }
        // The real removal finds out.
        let (run, _) = traced(ours("ipcrm", FILTER), &["-e", "inject=capget:error=EPERM"]);
        assert_eq!((run.status, run.out()), (Some(0), "removed 3 semaphore sets\n"));
    });
}

/// What cannot be read may be what shows the use. `--include-unsure` is about what can be read and
/// leaves a doubt.
#[test]
fn keeps_a_set_whose_last_user_cannot_be_read() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        for more in [&[][..], &["--include-unsure", "--idle", "0s"]] {
            let args = [&FILTER[..], more].concat();
            let look = call_number(&args, "GETPID");
            let (run, left) = failing(&args, "EIO", look, look);
            assert_eq!((run.status, left.as_str()), (Some(1), "sem0"), "{run:?}");
            assert!(run.err().contains("could not be read: Input/output error"), "{run:?}");
        }
    });
}

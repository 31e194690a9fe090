//! The order of removals, missing objects, and the exit status when output fails.

use crate::support::namespace::{isolated, require_users};
use crate::support::objects::{Sems, Shm, two_of_each};
use crate::support::programs::{Stdout, ours};
use crate::support::table::remaining;

#[test]
fn removes_in_command_line_order() {
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["-s1", "-M", "0x12", "-q", "1", "-v", "-Q0x12", "-m1"]).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(
            run.out(),
            "removing semaphore id `1'\n\
             removing shared memory segment id `0'\n\
             removing message queue id `1'\n\
             removing message queue id `0'\n\
             removing shared memory segment id `1'\n"
        );
        assert_eq!(remaining(), "sem0");
    });
}

#[test]
fn ignore_missing_accepts_missing_objects() {
    isolated(|| {
        two_of_each();
        let args = ["--ignore-missing", "-m77", "-M0x99", "-m0", "-m0"];
        let run = ours("ipcrm", args).run();
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""));
        let run = ours("ipcrm", ["--ignore-missing", "shm", "1", "77"]).run();
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "resource(s) deleted\n", ""));
        // Key 0 is an error, not a missing object.
        let run = ours("ipcrm", ["--ignore-missing", "-M0"]).run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: illegal key (0)\n"));
    });
}

/// With --verbose, only what exists is announced.
#[test]
fn ignore_missing_does_not_announce_missing_objects() {
    isolated(|| {
        two_of_each();
        let args = ["-v", "--ignore-missing", "-m77", "-m0", "-M0x99", "-q1", "-q1"];
        let run = ours("ipcrm", args).run();
        let expected = "removing shared memory segment id `0'\nremoving message queue id `1'\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(0), expected, ""));
    });
}

#[test]
fn ignore_missing_still_reports_denied_permission() {
    require_users("it acts as another user");
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["--ignore-missing", "-m0"]).nobody().run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: permission denied for id (0)\n"));
    });
}

/// Enough objects to print more than one buffer.
const MANY: i32 = 3000;

#[test]
fn removes_all_after_the_reader_closes_the_pipe() {
    isolated(|| {
        for _ in 0..MANY {
            Sems::private(1, 0o600);
        }
        let run = ours("ipcrm", ["-v", "-a"]).stdout(Stdout::NoReader).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(remaining(), "");
    });
}

#[test]
fn removes_all_and_reports_a_full_disk() {
    isolated(|| {
        for _ in 0..MANY {
            Sems::private(1, 0o600);
        }
        let run = ours("ipcrm", ["-v", "-a"]).stdout(Stdout::Full).run();
        assert_eq!(
            (run.status, run.err()),
            (Some(1), "ipcrm: write error: No space left on device\n")
        );
        assert_eq!(remaining(), "");
    });
}

#[test]
fn exits_1_for_a_failure_without_a_reader() {
    isolated(|| {
        Shm::private(1, 0o600);
        let run = ours("ipcrm", ["-J", "-m0", "-m0"]).stdout(Stdout::NoReader).run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: invalid id (0)\n"));
    });
}

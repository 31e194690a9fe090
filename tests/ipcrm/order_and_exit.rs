//! Order, missing objects, and outputs that go away.

use super::{left, two_of_each};
use crate::support::namespace::{isolated, require_root};
use crate::support::objects::{Sems, Shm};
use crate::support::programs::{Stdout, ours};

#[test]
fn removals_follow_the_command_line() {
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
        assert_eq!(left(), "sem0");
    });
}

#[test]
fn missing_objects_may_be_ignored() {
    isolated(|| {
        two_of_each();
        let args = ["--ignore-missing", "-m77", "-M0x99", "-m0", "-m0"];
        let run = ours("ipcrm", args).run();
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""));
        let run = ours("ipcrm", ["--ignore-missing", "shm", "1", "77"]).run();
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "resource(s) deleted\n", ""));
        // Key 0 is no missing object.
        let run = ours("ipcrm", ["--ignore-missing", "-M0"]).run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: illegal key (0)\n"));
    });
}

#[test]
fn what_others_own_is_no_missing_object() {
    isolated(|| {
        require_root("it acts as another user");
        two_of_each();
        let run = ours("ipcrm", ["--ignore-missing", "-m0"]).nobody().run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: permission denied for id (0)\n"));
    });
}

/// More lines than any buffer holds.
const MANY: i32 = 3000;

#[test]
fn a_reader_that_is_gone_keeps_nothing_alive() {
    isolated(|| {
        for _ in 0..MANY {
            Sems::private(1, 0o600);
        }
        let run = ours("ipcrm", ["-v", "-a"]).stdout(Stdout::NoReader).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(left(), "");
    });
}

#[test]
fn a_full_disk_keeps_nothing_alive_and_is_told() {
    isolated(|| {
        for _ in 0..MANY {
            Sems::private(1, 0o600);
        }
        let run = ours("ipcrm", ["-v", "-a"]).stdout(Stdout::Full).run();
        assert_eq!(
            (run.status, run.err()),
            (Some(1), "ipcrm: write error: No space left on device\n")
        );
        assert_eq!(left(), "");
    });
}

#[test]
fn a_failure_counts_although_nobody_reads() {
    isolated(|| {
        Shm::private(1, 0o600);
        let run = ours("ipcrm", ["-J", "-m0", "-m0"]).stdout(Stdout::NoReader).run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: invalid id (0)\n"));
    });
}

//! Single failures that were once answered wrongly.

use std::time::Duration;

use crate::support::leftovers::two_left_of_each;
use crate::support::namespace::{isolated, require_root};
use crate::support::objects::{Shm, two_of_each};
use crate::support::programs::{Outcome, ours};
use crate::support::strace::injected;
use crate::support::table::remaining;

/// Runs a program while strace lets all calls of a name fail.
fn failing(call: &str, error: &str, program: &str, args: &[&str]) -> Outcome {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:error={error}"));
    let run = ours(program, args).timeout(Duration::from_secs(10));
    injected(run, &["-e", &trace, "-e", &inject]).0
}

/// The C library takes ENOENT for the end of a directory. A list of /proc that lacks the running
/// program is not complete, so nothing is an orphan.
#[test]
fn keeps_all_when_proc_cannot_be_listed() {
    require_root("its objects belong to a user without processes");
    isolated(|| {
        two_left_of_each();
        let before = remaining();
        for error in ["ENOENT", "EIO"] {
            let run = failing("getdents64", error, "ipcrm", &["-a", "--orphaned"]);
            assert!(run.out().starts_with("nothing removed; 6 may be in use"), "{error}: {run:?}");
            assert_eq!(remaining(), before, "{error}");
        }
        let run = ours("ipcrm", ["-a", "--orphaned"]).run();
        assert_eq!((run.status, remaining().as_str()), (Some(0), ""), "{run:?}");
    });
}

/// A sandbox may deny kill(2). The process that reads the memory of others is ended with a signal,
/// and was waited for.
#[test]
fn ends_when_signals_are_denied() {
    isolated(|| {
        two_of_each();
        let _attached = Shm { id: 0 }.attach();
        for error in ["EPERM", "ENOSYS"] {
            let run = failing("kill", error, "ipcs", &["-m", "-P"]);
            assert_eq!((run.status, run.timed_out), (Some(0), false), "{error}: {run:?}");
            assert!(run.out().contains("Shared Memory Processes"), "{error}: {run:?}");
        }
    });
}

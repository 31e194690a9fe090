//! Single failures that were once answered wrongly.

use std::time::Duration;

use crate::support::actor::Actor;
use crate::support::leftovers::two_left_of_each;
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root};
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

/// The namespace of a process decides which of two segments with the same number it has attached.
#[test]
fn reports_that_a_namespace_could_not_be_read() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        two_of_each();
        let mut live = Actor::start();
        live.attach(Shm { id: 0 }, "rw");
        let path = format!("/proc/{}/ns/ipc", live.pid());
        for (error, status) in [("EIO", 1), ("ENOMEM", 1), ("ENOENT", 0)] {
            let inject = format!("inject=statx,newfstatat:error={error}");
            let run = ours("ipcs", ["-m", "-P"]);
            let (run, _) = injected(run, &["-P", &path, "-e", &inject]);
            assert_eq!(run.status, Some(status), "{error}: {run:?}");
            let reported = run.err().contains("1 process could not be inspected");
            assert_eq!(reported, status == 1, "{error}: {run:?}");
        }
    });
}

/// Two processes outside the namespace have a private segment of the same number and size. Only
/// the files of their mappings tell which one is ours.
#[test]
fn reports_that_a_mapping_could_not_be_identified() {
    isolated(|| {
        let mine = Shm::private(12_288, 0o600);
        let mut holder = Actor::start();
        let address = holder.attach(mine, "rw");
        holder.tell("leave");
        let _other = another(|| {
            let same = Shm::private(12_288, 0o600);
            assert_eq!(same, mine);
            let mut other = Actor::start();
            other.attach(same, "rw");
            other
        });
        let run = ours("ipcs", ["-m", "-P"]).run();
        assert!(run.status == Some(0) && run.err().is_empty(), "{run:?}");
        let end = address + 12_288;
        let path = format!("/proc/{}/map_files/{address:x}-{end:x}", holder.pid());
        let inject = "inject=statx,newfstatat:error=EIO";
        let (run, _) = injected(ours("ipcs", ["-m", "-P"]), &["-P", &path, "-e", inject]);
        assert!(run.err().contains("1 process could not be inspected"), "{run:?}");
        assert_eq!(run.status, Some(1), "{run:?}");
    });
}

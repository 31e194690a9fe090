//! System calls that are denied, by a security module or a seccomp filter: what could not be read
//! is reported with the reason, and the exit status is 1.

use crate::support::actor::Actor;
use crate::support::json::{document, objects};
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{
    EVERY_PROCESS, cover_directory, cover_with, isolated, other_mounts, require_root,
    require_users, set_sysctl,
};
use crate::support::objects::{PRIVATE, Queue, Sems, Shm};
use crate::support::programs::{Outcome, ours};
use crate::support::strace::{injected, with_calls_failing};

const CALLS: &str = "shmctl,msgctl,semctl";

/// Runs ipcs while all calls for objects fail with EPERM.
fn denied(args: &[&str]) -> Outcome {
    with_calls_failing(&format!("{CALLS}:error=EPERM"), args)
}

/// A segment, a queue and a set, each with id 0.
fn one_of_each() {
    Shm::keyed(0x11, 4096, 0o600);
    Queue::private(0o600);
    Sems::private(2, 0o600);
}

fn without_proc<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    other_mounts(|| {
        cover_directory("/proc/sysvipc");
        cover_directory("/proc/sys/kernel");
        work()
    })
}

#[test]
fn totals_that_cannot_be_read_are_reported() {
    const NAMES: [&str; 3] = ["shared memory segments", "message queues", "semaphore sets"];
    let gaps = |what: &str| -> String {
        let line =
            |name| format!("ipcs: cannot read the {what} of {name}: Operation not permitted\n");
        NAMES.iter().map(line).collect()
    };
    isolated(|| {
        let run = denied(&["-u", "--json"]);
        assert_eq!((run.status, run.err()), (Some(1), gaps("totals").as_str()));
        assert_eq!(document(&run)["usage"], serde_json::json!({}));
        let run = denied(&["-u"]);
        assert_eq!((run.status, run.err()), (Some(1), gaps("totals").as_str()));
        assert!(run.out().contains("kernel not configured for shared memory\n"), "{run:?}");
        // The limits are readable, their use is not.
        let run = denied(&["-l", "--table"]);
        assert_eq!((run.status, run.err()), (Some(1), gaps("totals").as_str()));
        assert!(run.out().contains("shmmni"), "{run:?}");
        let run = without_proc(|| denied(&["-l"]));
        assert_eq!((run.status, run.err()), (Some(1), gaps("limits").as_str()));
        // JSON also has how much is used.
        let run = without_proc(|| denied(&["-l", "--json"]));
        let both = gaps("limits") + &gaps("totals");
        assert_eq!((run.status, run.err()), (Some(1), both.as_str()));
    });
}

/// util-linux prints `qbytes=0`.
#[test]
fn a_capacity_that_cannot_be_read_is_no_number() {
    const GAP: &str = "ipcs: cannot read qbytes of message queue 0: Operation not permitted\n";
    isolated(|| {
        one_of_each();
        let run = denied(&["-q", "-i", "0"]);
        assert_eq!((run.status, run.err()), (Some(1), GAP));
        assert!(run.out().contains("cbytes=0\tqbytes=-\tqnum=0"), "{run:?}");
        let run = denied(&["-q", "-i", "0", "--human"]);
        assert!(run.out().contains("csize=0B\tqsize=-\tqnum=0"), "{run:?}");
        for args in [&["-q", "--json"][..], &["-q", "-i", "0", "--json"]] {
            let run = denied(args);
            assert_eq!((run.status, run.err()), (Some(1), GAP), "{args:?}");
            assert_eq!(objects("msg", &run)[0]["qbytes"], serde_json::Value::Null);
        }
    });
}

#[test]
fn an_object_that_cannot_be_read_is_not_called_missing() {
    isolated(|| {
        one_of_each();
        for (kind, noun) in
            [("-m", "shared memory segment"), ("-q", "message queue"), ("-s", "semaphore set")]
        {
            for id in ["0", "7"] {
                let run = without_proc(|| denied(&[kind, "-i", id]));
                let gap = format!("ipcs: cannot read {noun} {id}: Operation not permitted\n");
                assert_eq!((run.status, run.out(), run.err()), (Some(1), "", gap.as_str()));
            }
            // /proc/sysvipc shows that it does not exist.
            let run = denied(&[kind, "-i", "7"]);
            assert_eq!((run.status, run.err()), (Some(1), "ipcs: id 7 not found\n"));
        }
    });
}

#[test]
fn a_list_without_any_source_is_reported() {
    isolated(|| {
        one_of_each();
        let run = without_proc(|| denied(&["-m", "--json"]));
        let gap = "ipcs: cannot read shared memory segments: Operation not permitted\n";
        assert_eq!((run.status, run.err()), (Some(1), gap));
        assert_eq!(objects("shm", &run).len(), 0);
        // The size of the table is known, its objects are not.
        let run = without_proc(|| with_calls_failing("shmctl:error=EPERM:when=2+", &["-m"]));
        let gap = "ipcs: shared memory segment at index 0: Operation not permitted\n";
        assert_eq!((run.status, run.err()), (Some(1), gap));
    });
}

/// One call for each object fails, but `SHM_STAT` reads what `SHM_STAT_ANY` may not.
#[test]
fn objects_are_listed_by_the_other_call_where_one_fails() {
    isolated(|| {
        one_of_each();
        let whole = ours("ipcs", ["-m"]).run();
        let run = without_proc(|| with_calls_failing("shmctl:error=EPERM:when=2", &["-m"]));
        assert_eq!(run, whole);
        let run = without_proc(|| with_calls_failing("shmctl:error=EPERM:when=3", &["-m"]));
        assert_eq!(run, whole);
    });
}

/// Where in an id the sequence number begins, only a call can show.
#[test]
fn a_sequence_number_that_cannot_be_read_is_not_guessed() {
    isolated(|| {
        set_sysctl("shm_next_id", &(7 * 32768).to_string());
        Shm::keyed(PRIVATE, 4096, 0o600);
        let args = ["-m", "--json"];
        let whole = ours("ipcs", args).run();
        assert_eq!(objects("shm", &whole)[0]["seq"], 7);
        let run = denied(&args);
        let gap =
            "ipcs: cannot read seq of shared memory segment 229376: Operation not permitted\n";
        assert_eq!((run.status, run.err()), (Some(1), gap));
        assert_eq!(objects("shm", &run)[0]["seq"], serde_json::Value::Null);
    });
}

/// Runs ipcs while a call on one file fails.
fn failing_on(path: &str, call: &str, error: &str, args: &[&str]) -> Outcome {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:error={error}"));
    injected(ours("ipcs", args), &["-P", path, "-e", &trace, "-e", &inject]).0
}

#[test]
fn a_set_that_a_filter_cannot_judge_is_reported() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        as_absent_user(|| {
            Sems::private(1, 0o600);
        });
        let whole = ours("ipcs", ["-s", "--orphaned"]).run();
        assert_eq!((whole.status, whole.out().lines().count()), (Some(0), 5), "{whole:?}");
        let run = with_calls_failing("semctl:error=EIO:when=3+", &["-s", "--orphaned"]);
        let gap = "ipcs: cannot read the use of semaphore set 0: Input/output error\n";
        assert_eq!((run.status, run.err()), (Some(1), gap), "{run:?}");
        assert!(run.out().lines().count() < 5, "{run:?}");
    });
}

/// A process that the caller may not inspect is reported too, but is not a failure.
#[test]
fn a_failed_look_at_a_process_is_a_failure() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let segment = Shm::private(4096, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        let path = format!("/proc/{}/maps", actor.pid());
        for args in [&["-m", "-P"][..], &["-m", "-P", "--json"], &["-m", "-o", "id,attached"]] {
            let run = failing_on(&path, "openat", "EMFILE", args);
            let reported = [run.out(), run.err()].concat();
            let line = "1 process could not be inspected: Too many open files";
            assert!(reported.contains(line), "{args:?}: {run:?}");
            assert_eq!(run.status, Some(1), "{args:?}");
            let run = failing_on(&path, "openat", "EACCES", args);
            assert_eq!(run.status, Some(0), "{args:?}: {run:?}");
        }
    });
}

/// A user without a name is normal; a look-up that fails is not. If another service than the file
/// of users answers, the C library hides the failure.
#[test]
fn names_that_cannot_be_looked_up_are_reported() {
    require_users("it makes an object of another user");
    isolated(|| {
        Shm::private(4096, 0o600).set(1, 1, 0o600);
        let failing = |call: &str, error: &str, args: &[&str]| {
            other_mounts(|| {
                cover_with("/etc/nsswitch.conf", b"passwd: files\ngroup: files\n");
                failing_on("/etc/passwd", call, error, args)
            })
        };
        let run = failing("openat", "EMFILE", &["-m", "--json"]);
        let gap = "ipcs: cannot look up names of users or groups: Too many open files\n";
        assert_eq!((run.status, run.err()), (Some(1), gap));
        assert_eq!(objects("shm", &run)[0]["owner"], serde_json::Value::Null);
        let run = failing("openat", "ENOENT", &["-m", "--json"]);
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let run = failing("openat", "EMFILE", &["-m", "--owner", "daemon"]);
        let line = "ipcs: --owner: cannot look up user 'daemon': Too many open files\n";
        assert!(run.status == Some(1) && run.err().starts_with(line), "{run:?}");
    });
}

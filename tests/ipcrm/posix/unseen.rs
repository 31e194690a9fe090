//! Objects that are in use where no process shows it.

use std::fs::File;

use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::posix::{files, in_flight, queue, queues, semaphore, shm};
use crate::support::programs::{Outcome, ours};

fn ipcrm(args: &[&str]) -> Outcome {
    ours("ipcrm", args).run()
}

fn left() -> String {
    format!("{} {}", files(), queues())
}

#[test]
fn a_file_on_its_way_through_a_socket_is_in_use() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let memory = in_flight(shm("/memory", 10, 0o600));
        semaphore("/lock", 1);
        let lock = in_flight(File::open("/dev/shm/sem.lock").expect("the semaphore"));
        let jobs = in_flight(queue("/jobs", 0o600));
        let run = ipcrm(&["pshm", "psem", "pmsg", "--unused"]);
        assert_eq!((run.status, left().as_str()), (Some(0), "memory sem.lock jobs"), "{run:?}");
        let reason = "it is open, but not in a process that was found";
        assert_eq!(run.err().matches(reason).count(), 3, "{run:?}");
        drop((memory, lock, jobs));
        let run = ipcrm(&["pshm", "psem", "pmsg", "--unused"]);
        assert_eq!((run.status, run.err(), left().as_str()), (Some(0), "", " "), "{run:?}");
    });
}

#[test]
fn what_is_removed_in_use_is_not_leased() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let _memory = in_flight(shm("/memory", 10, 0o600));
        let _other = in_flight(shm("/other", 10, 0o600));
        let run = ipcrm(&["pshm", "--unused", "--force", "--max-size", "10"]);
        assert_eq!((run.status, left().as_str()), (Some(0), " "), "{run:?}");
    });
}

//! From which sizes on a table is read by calls, and by two threads.
//!
//! Each test has the last table on one side of a threshold and the first one on the other side.

use std::thread;

use super::trace::{self, Trace};
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::{PRIVATE, Queue, Sems, Shm};

/// A kind of objects, and how the tests make and remove one.
struct Maker {
    option: &'static str,
    make: fn() -> i32,
    remove: fn(i32),
}

const SHM: Maker = Maker {
    option: "-m",
    make: || Shm::keyed(PRIVATE, 4096, 0o600).id,
    remove: |id| Shm { id }.remove(),
};
const MSG: Maker = Maker {
    option: "-q",
    make: || Queue::keyed(PRIVATE, 0o600).id,
    remove: |id| Queue { id }.remove(),
};
const SEM: Maker = Maker {
    option: "-s",
    make: || Sems::keyed(PRIVATE, 1, 0o600).id,
    remove: |id| Sems { id }.remove(),
};

impl Maker {
    /// The ids of new objects. In a new namespace their indexes are `0..count`.
    fn make(&self, count: usize) -> Vec<i32> {
        (0..count).map(|_| (self.make)()).collect()
    }

    fn remove(&self, ids: &[i32]) {
        ids.iter().copied().for_each(self.remove);
    }

    fn list(&self, more: &[&str]) -> Trace {
        trace::ipcs(&[&[self.option], more].concat())
    }
}

/// Requires a list that is read as text, with fewer calls than `most`.
fn assert_text(trace: &Trace, most: usize, what: &str) {
    assert_eq!(trace.opens("/proc/sysvipc"), 1, "{what} is not read as text");
    let calls = trace.ipc_calls();
    assert!(calls < most, "{what} is read as text, with {calls} calls");
}

/// Requires a list that is read by at least one call per index.
fn assert_calls(trace: &Trace, indexes: usize, what: &str) {
    assert_eq!(trace.opens("/proc/sysvipc"), 0, "{what} is read as text");
    let calls = trace.ipc_calls();
    assert!(calls >= indexes, "{what} has only {calls} calls");
}

/// Opening the text takes as long as a call for each of 32 indexes, which matters if there are many
/// namespaces.
#[test]
fn a_very_small_table_of_a_namespace_is_read_by_calls() {
    let within = &["--namespace", "/proc/self/ns/ipc"];
    for kind in [SHM, MSG, SEM] {
        isolated(|| {
            kind.make(32);
            assert_text(&kind.list(&[]), 20, &format!("{} with 32 objects", kind.option));
            let what = format!("{} with 32 objects in a namespace", kind.option);
            assert_calls(&kind.list(within), 32, &what);
            kind.make(1);
            let what = format!("{} with 33 objects in a namespace", kind.option);
            assert_text(&kind.list(within), 20, &what);
        });
    }
}

#[test]
fn a_small_table_is_read_as_text() {
    for kind in [SHM, MSG, SEM] {
        isolated(|| {
            kind.make(256);
            assert_text(&kind.list(&[]), 20, &format!("{} with 256 objects", kind.option));
            kind.make(1);
            assert_calls(&kind.list(&[]), 257, &format!("{} with 257 objects", kind.option));
        });
    }
}

/// The kernel returns the number of queues and of sets: up to five holes for each of them, and 64
/// more, are not too many.
#[test]
fn a_table_with_too_many_holes_is_read_as_text() {
    for kind in [MSG, SEM] {
        isolated(|| {
            let ids = kind.make(400);
            // 67 objects are left: 399 = 67 * 5 + 64.
            kind.remove(&ids[66..399]);
            assert_calls(&kind.list(&[]), 400, &format!("{} with 67 of 400", kind.option));
            kind.remove(&ids[..1]);
            assert_text(&kind.list(&[]), 20, &format!("{} with 66 of 400", kind.option));
        });
    }
}

/// The kernel does not return the number of segments, so the first 129 indexes are tried.
#[test]
fn segments_with_too_many_holes_at_first_are_read_as_text() {
    isolated(|| {
        let ids = SHM.make(400);
        // 11 of the first 129 are left: 118 holes <= 11 * 5 + 64.
        SHM.remove(&ids[11..129]);
        assert_calls(&SHM.list(&[]), 400, "11 of the first 129");
        SHM.remove(&ids[..1]);
        assert_text(&SHM.list(&[]), 150, "10 of the first 129");
    });
}

/// Holes that the first indexes do not show are found while the table is read.
#[test]
fn segments_with_too_many_holes_later_are_read_as_text() {
    isolated(|| {
        let ids = SHM.make(400);
        // 56 are left: 344 holes <= 56 * 5 + 64.
        SHM.remove(&ids[55..399]);
        assert_calls(&SHM.list(&[]), 400, "56 of 400");
        SHM.remove(&ids[..1]);
        let trace = SHM.list(&[]);
        assert_eq!(trace.opens("/proc/sysvipc"), 1, "55 of 400 are not read as text");
        assert_eq!(trace.rows(), 55, "a row is missing or listed twice");
    });
}

/// A thread costs more than it saves with 4096 indexes or fewer.
#[test]
fn only_a_large_table_is_read_by_two_threads() {
    let several = thread::available_parallelism().expect("the number of processors").get() > 1;
    // By calls, and as text because only that has the resident size.
    for (kind, more) in [(MSG, &[][..]), (SHM, &[]), (SHM, &["-o", "id,rss", "--format", "raw"])] {
        isolated(|| {
            let what = format!("{} {more:?}", kind.option);
            set_sysctl("shmmni", "8192");
            kind.make(4096);
            assert_eq!(kind.list(more).threads(), 0, "{what} with 4096 objects");
            kind.make(1);
            assert_eq!(kind.list(more).threads(), usize::from(several), "{what} with 4097");
        });
    }
}

#[test]
fn a_single_processor_needs_no_second_thread() {
    isolated(|| {
        MSG.make(4097);
        let taskset = ["/usr/bin/taskset", "--cpu-list", &first_processor()];
        let trace = trace::ipcs_through(&taskset, &["-q"]);
        assert_eq!(trace.threads(), 0);
        assert_calls(&trace, 4097, "on one processor, -q");
    });
}

/// The first processor that this process may use.
fn first_processor() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc/self/status");
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let list = list.expect("the processors").trim();
    list.split([',', '-']).next().expect("a processor").to_owned()
}

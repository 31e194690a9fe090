//! The number of system calls per row and for an empty listing.

use super::trace;
use crate::support::actor::Actor;
use crate::support::namespace::{isolated, require_root, require_users};
use crate::support::objects::{PRIVATE, Queue, Sems, Shm};

/// Enough objects for system calls to be cheaper than /proc/sysvipc.
const MANY: usize = 2000;

struct Made {
    shm: Vec<Shm>,
    msg: Vec<Queue>,
    sem: Vec<Sems>,
}

fn make(count: usize) -> Made {
    Made {
        shm: (0..count).map(|_| Shm::keyed(PRIVATE, 4096, 0o600)).collect(),
        msg: (0..count).map(|_| Queue::keyed(PRIVATE, 0o600)).collect(),
        sem: (0..count).map(|_| Sems::keyed(PRIVATE, 2, 0o600)).collect(),
    }
}

/// The cheapest source of a dense table is one call per row. A few more calls return the sizes of
/// the tables.
#[test]
fn a_dense_table_needs_one_call_per_row() {
    isolated(|| {
        make(MANY);
        for args in [&["-a"], &["-t"], &["-c"]] {
            let trace = trace::ipcs(args);
            let (calls, most) = (trace.ipc_calls(), MANY * 3 * 11 / 10 + 20);
            assert!(calls <= most, "ipcs {args:?}: {calls} calls for {MANY} of each kind");
            assert_eq!(
                trace.opens("/proc/sysvipc"),
                0,
                "ipcs {args:?} reads text of a dense table"
            );
        }
    });
}

/// The cheapest source of a sparse table is /proc/sysvipc, even if its object has a high index.
#[test]
fn a_sparse_table_needs_few_calls() {
    isolated(|| {
        let mut made = make(MANY);
        let _last = (made.shm.pop(), made.msg.pop(), made.sem.pop());
        made.shm.into_iter().for_each(Shm::remove);
        made.msg.into_iter().for_each(Queue::remove);
        made.sem.into_iter().for_each(Sems::remove);
        let trace = trace::ipcs(&["-a"]);
        let calls = trace.ipc_calls();
        assert!(calls <= 300, "{calls} calls for one object of each kind at index {}", MANY - 1);
    });
}

/// At most three files, and /proc/self/maps, which glibc reads when Rust's start-up asks for the
/// size of the stack.
#[test]
fn an_empty_listing_opens_few_files() {
    isolated(|| {
        let trace = trace::ipcs(&[]);
        let opened: Vec<_> = trace.opened().collect();
        assert!(opened.len() <= 4, "files opened for an empty listing: {opened:#?}");
        let calls = trace.ipc_calls();
        assert!(calls <= 9, "{calls} IPC calls for an empty listing");
        assert_eq!(trace.writes(), 1, "writes for an empty listing");
    });
}

/// util-linux spends most of its time on one look-up per row.
#[test]
fn looks_up_each_name_once() {
    isolated(|| {
        make(MANY);
        for args in [&["-a"], &["-c"], &["--json"]] {
            let trace = trace::ipcs(args);
            for file in ["/etc/passwd", "/etc/group"] {
                let opens = trace.opens(file);
                assert!(opens <= 1, "ipcs {args:?} opens {file} {opens} times for one owner");
            }
        }
    });
}

#[test]
fn looks_up_each_owner_without_a_name_once() {
    require_users("other users own the objects");
    isolated(|| {
        let owners = [0, 1, 4_000_000, 4_000_001];
        for (shm, owner) in make(MANY).shm.iter().zip(owners.into_iter().cycle()) {
            shm.set(owner, owner, 0o600);
        }
        let trace = trace::ipcs(&["-m", "-c"]);
        for file in ["/etc/passwd", "/etc/group"] {
            let opens = trace.opens(file);
            // NSS may read a file again to merge it with another service.
            assert!(opens <= owners.len() * 2, "{file} is opened {opens} times for {owners:?}");
        }
    });
}

/// Segments are read as text, which alone has the resident size; the rest is one call per row.
#[test]
fn totals_of_groups_read_each_object_once() {
    isolated(|| {
        make(MANY);
        let trace = trace::ipcs(&["-u", "--group-by", "owner"]);
        let (calls, most) = (trace.ipc_calls(), MANY * 2 * 11 / 10 + 200);
        assert!(calls <= most, "{calls} calls for {MANY} of each kind");
        assert_eq!(trace.opens("/proc/sysvipc"), 1, "the segments");
        assert!(trace.opens("/etc/passwd") <= 1, "one owner");
        assert!(trace.writes() <= 2, "{} writes", trace.writes());
    });
}

/// A call for each queue and set, and one for each of the two semaphores. Segments are read as text,
/// which has their resident size.
#[test]
fn metrics_need_one_call_for_each_object_and_semaphore() {
    require_root("all processes have to be seen");
    isolated(|| {
        make(MANY);
        let (calls, most) = (trace::ipcs(&["--prometheus"]).ipc_calls(), MANY * 4 * 11 / 10 + 200);
        assert!(calls <= most, "{calls} calls for {MANY} of each kind");
    });
}

#[test]
fn numeric_looks_up_no_names() {
    isolated(|| {
        make(1);
        let trace = trace::ipcs(&["-a", "-c", "--numeric"]);
        assert_eq!(trace.opens("/etc/"), 0, "{:#?}", trace.opened().collect::<Vec<_>>());
    });
}

/// A completion must not keep anybody waiting.
#[test]
fn candidates_need_few_calls_and_no_processes() {
    isolated(|| {
        make(MANY);
        for kind in ["shm", "msg", "sem", "shm-key", "column"] {
            let trace = trace::ipcs(&["--list-candidates", kind]);
            let opened: Vec<_> = trace.opened().collect();
            let is_process = |path: &&str| {
                path.strip_prefix("/proc/").is_some_and(|path| path.starts_with(char::is_numeric))
            };
            assert!(!opened.iter().any(|path| is_process(&&**path)), "{kind}: {opened:#?}");
            assert!(opened.len() <= 6, "files opened for {kind}: {opened:#?}");
            assert!(trace.writes() <= 1, "{kind}: {} writes", trace.writes());
        }
    });
}

/// One object needs a fixed number of calls for any number of objects.
#[test]
fn one_object_needs_no_scan() {
    isolated(|| {
        let made = make(MANY);
        // A set has four calls for each of its two semaphores.
        let asked = [
            ("-m", made.shm[MANY / 2].id, 3),
            ("-q", made.msg[MANY / 2].id, 3),
            ("-s", made.sem[MANY / 2].id, 3 + 2 * 4),
        ];
        for (kind, id, most) in asked {
            let trace = trace::ipcs(&[kind, "-i", &id.to_string()]);
            let calls = trace.ipc_calls();
            assert!(calls <= most, "ipcs {kind} -i {id}: {calls} IPC calls");
            assert_eq!(trace.opens("/proc/sysvipc"), 0, "ipcs {kind} -i {id} reads the list");
        }
    });
}

/// Each helper that reads the memory of others is a new process.
#[test]
fn one_helper_reads_all_command_lines() {
    isolated(|| {
        let mut actors: Vec<Actor> = (0..6).map(|_| Actor::start()).collect();
        for actor in &mut actors {
            actor.attach(Shm::private(4096, 0o600), "rw");
        }
        let started = || {
            let trace = trace::ipcs(&["-m", "-P"]);
            assert!(trace.opens("/cmdline") > 0, "no command line is read");
            trace.threads()
        };
        let of_all = started();
        actors.truncate(1);
        assert_eq!(of_all, started(), "threads and processes for users of 6 segments, and of one");
    });
}

/// Nearly full buffers of 64 KiB, and one smaller write for each kind.
#[test]
fn writes_output_in_large_blocks() {
    isolated(|| {
        make(MANY);
        for args in [&["-a"], &["--json"], &["--table"]] {
            let trace = trace::ipcs(args);
            let (writes, most) = (trace.writes(), 3 + trace.written / (60 * 1024));
            assert!(writes <= most, "{writes} writes of {} bytes: ipcs {args:?}", trace.written);
        }
    });
}

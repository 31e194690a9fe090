//! System calls for each row, and for nothing.

use super::trace;
use crate::support::namespace::{isolated, require_root};
use crate::support::objects::{PRIVATE, Queue, Sems, Shm};

/// Many enough that calls are the cheaper source.
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

/// The cheaper source of a dense table is a call a row; the rest tells how large the tables are.
#[test]
fn a_row_of_a_dense_table_costs_one_call() {
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

/// The cheaper source of a sparse table is the text, however high the index of its object.
#[test]
fn holes_in_a_table_are_not_asked_for_one_by_one() {
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

/// Three files at most; glibc reads /proc/self/maps where the language's own start-up asks for
/// the size of the stack.
#[test]
fn nothing_to_list_opens_nearly_nothing() {
    isolated(|| {
        let trace = trace::ipcs(&[]);
        let opened: Vec<_> = trace.opened().collect();
        assert!(opened.len() <= 4, "files opened for an empty listing: {opened:#?}");
        let calls = trace.ipc_calls();
        assert!(calls <= 9, "{calls} IPC calls for an empty listing");
        assert_eq!(trace.writes(), 1, "writes for an empty listing");
    });
}

/// A look-up for each row was most of util-linux' time.
#[test]
fn names_are_looked_up_once_for_each_number() {
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
fn owners_without_a_name_are_looked_up_once_each() {
    require_root("other users own the objects");
    isolated(|| {
        let owners = [0, 1, 4_000_000, 4_000_001];
        for (shm, owner) in make(MANY).shm.iter().zip(owners.into_iter().cycle()) {
            shm.set(owner, owner, 0o600);
        }
        let trace = trace::ipcs(&["-m", "-c"]);
        for file in ["/etc/passwd", "/etc/group"] {
            let opens = trace.opens(file);
            // NSS may ask a file again to merge it with what another service says.
            assert!(opens <= owners.len() * 2, "{file} is opened {opens} times for {owners:?}");
        }
    });
}

#[test]
fn numbers_need_no_names() {
    isolated(|| {
        make(1);
        let trace = trace::ipcs(&["-a", "-c", "--numeric"]);
        assert_eq!(trace.opens("/etc/"), 0, "{:#?}", trace.opened().collect::<Vec<_>>());
    });
}

/// One call, not a scan, among however many.
#[test]
fn one_object_is_asked_for_by_its_id() {
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

/// Nearly full buffers of 64 KiB (one more row would not have fitted), and a rest for each kind.
#[test]
fn output_leaves_in_large_pieces() {
    isolated(|| {
        make(MANY);
        for args in [&["-a"], &["--json"], &["--table"]] {
            let trace = trace::ipcs(args);
            let (writes, most) = (trace.writes(), 3 + trace.written / (60 * 1024));
            assert!(writes <= most, "{writes} writes of {} bytes: ipcs {args:?}", trace.written);
        }
    });
}

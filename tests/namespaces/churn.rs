//! Namespaces that appear and end at full speed: no error, and no wrong row about the others.

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use ipcs::proc::ProcRoot;
use ipcs::sys::namespace::in_namespace;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use serde_json::Value;

use super::ipcs;
use super::{all, descriptors_of, elsewhere, kept_by_a_file, own};
use crate::support::actor::{Actor, until};
use crate::support::json::document;
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root};
use crate::support::objects::{Sems, Shm};

/// The size of the one segment in each namespace that comes and goes. No other test has it.
const PASSING: usize = 0x5a5a;
/// How many namespaces stay.
const STABLE: usize = 5;
const RUNS: usize = 15;

/// The segments of a namespace: ids and sizes.
type Segments = Vec<(i64, u64)>;

/// Namespaces that stay, each with other segments of the same ids.
fn make_stable() -> (Vec<Actor>, BTreeMap<u64, Segments>) {
    let make = |number: usize| {
        another(|| {
            let segment = |at: usize| {
                let size = 1000 * number + at;
                (i64::from(Shm::private(size, 0o600).id), size as u64)
            };
            let segments: Segments = (1..=number).map(segment).collect();
            Sems::private(1, 0o600);
            (Actor::start(), (own(), segments))
        })
    };
    (1..=STABLE).map(make).unzip()
}

/// Makes namespaces with one segment each until `done`, and counts them.
fn churn(done: &AtomicBool, made: &AtomicUsize) {
    while !done.load(Ordering::Relaxed) {
        let live = || {
            // The kernel ends namespaces later, so that there may be too many for a moment.
            match unshare(CloneFlags::CLONE_NEWIPC) {
                Ok(()) => {
                    Shm::private(PASSING, 0o600);
                    // A process that has just ended is not one that may not be read.
                    assert!(Command::new("/bin/true").status().unwrap().success());
                }
                Err(errno) => assert_eq!(errno, Errno::ENOSPC),
            }
            made.fetch_add(1, Ordering::Relaxed);
        };
        thread::scope(|scope| scope.spawn(live).join()).unwrap();
    }
}

fn segments_of(element: &Value) -> Segments {
    let rows = element["shm"].as_array().unwrap();
    rows.iter().map(|row| (row["id"].as_i64().unwrap(), row["size"].as_u64().unwrap())).collect()
}

/// The elements of the document by their numbers. Each namespace is there once, without an error.
fn elements(document: &Value) -> BTreeMap<u64, &Value> {
    let mut elements = BTreeMap::new();
    for element in document["namespaces"].as_array().unwrap() {
        assert_eq!(element["error"], Value::Null, "{element}");
        let number = element["namespace"].as_u64().unwrap();
        assert!(elements.insert(number, element).is_none(), "{number} twice: {document}");
    }
    elements
}

#[test]
fn namespaces_that_come_and_go_change_no_row_of_others() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let (_actors, stable) = make_stable();
        let (done, made) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| churn(&done, &made));
            }
            // Its drop ends the others even if an assertion fails.
            let _end = SetOnDrop(&done);
            for _ in 0..RUNS {
                let before = made.load(Ordering::Relaxed);
                let listed = document(&ipcs(&["--namespace", "all", "--json"]));
                let totals = document(&ipcs(&["--list-namespaces", "--json"]));
                check(&elements(&listed), &elements(&totals), &stable);
                assert!(made.load(Ordering::Relaxed) > before, "no namespace came meanwhile");
            }
        });
    });
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn check(
    listed: &BTreeMap<u64, &Value>,
    totals: &BTreeMap<u64, &Value>,
    stable: &BTreeMap<u64, Segments>,
) {
    for (number, segments) in stable {
        let (element, total) = (listed[number], totals[number]);
        assert_eq!(&segments_of(element), segments, "{element}");
        assert_eq!(element["sem"].as_array().unwrap().len(), 1, "{element}");
        assert_eq!(total["shm"]["objects"], segments.len(), "{total}");
        // Other tests and their programs may be in it for a moment, to list it.
        assert!([element, total].iter().all(|it| it["processes"].as_u64() >= Some(1)), "{element}");
    }
    for element in listed.values() {
        let segments = segments_of(element);
        let passing = segments.iter().any(|(_, size)| *size == PASSING as u64);
        assert!(!passing || segments.len() == 1, "a passing segment beside others: {element}");
    }
}

#[test]
fn the_calling_thread_stays_in_its_namespace_on_every_path() {
    isolated(|| {
        let (here, ([_actor], there)) = (own(), elsewhere());
        let (file, kept) = kept_by_a_file();
        assert_eq!(in_namespace(&file, own), Ok(kept));
        assert_eq!(own(), here);
        for other in ["/dev/null", "/proc/self/ns/uts"] {
            assert_eq!(in_namespace(&File::open(other).unwrap(), own), Err(Errno::EINVAL));
            assert_eq!(own(), here);
        }
        let panics = || in_namespace(&file, || panic!("in the namespace"));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(own(), here);
        drop(file);
        let found = all();
        assert!(found.namespaces.iter().any(|it| it.id.inode == there));
        let _ = ipcs::namespaces::unreachable_segments(&ProcRoot::default(), &found);
        assert_eq!(own(), here);
        drop(found);
        let missing = ProcRoot::at("/proc/self/ns/missing");
        drop(ipcs::namespaces::find_all(&missing));
        assert_eq!(own(), here);
        // Other tests of this process look for namespaces too.
        until("all are closed", || [here, there, kept].map(descriptors_of) == [0; 3]);
    });
}

//! Segments of namespaces that nobody can enter any more.

use ipcs::namespaces::{UnreachableSegment, find_all, unreachable_segments};
use ipcs::proc::ProcRoot;

use super::{found, own};
use crate::support::actor::Actor;
use crate::support::namespace::{another, isolated};
use crate::support::objects::Shm;
use crate::support::programs::ours;

/// A key that no other run of the tests uses at the same time.
fn key() -> u32 {
    0x0bad_0000 | std::process::id() & 0xffff
}

/// Of the processes of other tests nothing is known.
fn unreachable(pid: i32) -> Vec<UnreachableSegment> {
    let proc = ProcRoot::default();
    let mut all = unreachable_segments(&proc, &find_all(&proc));
    all.retain(|segment| segment.processes.contains(&pid));
    all
}

#[test]
fn a_segment_that_its_process_took_along_is_named() {
    isolated(|| {
        let ([mut one, mut two], segment, inode) = another(|| {
            let segment = Shm::keyed(key(), 45_056, 0o600);
            let mut actors = [Actor::start(), Actor::start()];
            actors[0].attach(segment, "rw");
            (actors, segment, own())
        });
        let pid = one.pid();
        assert_eq!(unreachable(pid), []);
        // The namespace has another process, so that the segment can still be found there.
        one.tell("leave");
        assert_eq!(unreachable(pid), []);
        two.tell("leave");
        assert!(found(inode).is_none());
        let expected = UnreachableSegment { id: segment.id, processes: vec![pid] };
        assert_eq!(unreachable(pid), [expected]);
        // Another test may have lost a segment with the same id: then the line has its process too.
        let is_named = |line: &str| {
            let pids = line.strip_prefix(&format!("ipcs: segment {}, attached by ", segment.id));
            let pids = pids?
                .strip_suffix(", is in a namespace that nobody can enter any more")?
                .split(", ");
            Some(pids.filter(|one| *one == pid.to_string()).count() == 1)
        };
        let says_so = |args: &[&str]| {
            ours("ipcs", args).run().err().lines().any(|line| is_named(line) == Some(true))
        };
        assert!(
            says_so(&["--namespace", "all"]) && says_so(&["-m", "--namespace", "all", "--json"])
        );
        assert!(!says_so(&["-q", "--namespace", "all"]) && !says_so(&["-m"]));
        // One with the same id and key does not account for it if others have it attached.
        let same = another(|| {
            let same = Shm::keyed(key(), 45_056, 0o600);
            let mut holder = Actor::start();
            holder.attach(same, "rw");
            (same, holder)
        });
        assert_eq!(same.0, segment);
        let ids: Vec<i32> = unreachable(pid).iter().map(|segment| segment.id).collect();
        assert_eq!(ids, [segment.id]);
        assert_eq!(unreachable(same.1.pid()), []);
    });
}

#[test]
fn segments_with_the_same_id_are_distinguished_by_their_keys() {
    isolated(|| {
        let leaves = |number: u32| {
            let mut actor = another(|| {
                let segment = Shm::keyed(key() + (number << 16), 45_056, 0o600);
                let mut actor = Actor::start();
                actor.attach(segment, "rw");
                actor
            });
            actor.tell("leave");
            actor
        };
        // A removed segment that is still attached has lost its key, so it might be any of them.
        let removed = Shm::keyed(key() + (3 << 16), 45_056, 0o600);
        let mut holder = Actor::start();
        holder.attach(removed, "rw");
        removed.remove();
        let lost = [leaves(1), leaves(2)];
        for actor in &lost {
            let expected = UnreachableSegment { id: removed.id, processes: vec![actor.pid()] };
            assert_eq!(unreachable(actor.pid()), [expected]);
        }
    });
}

#[test]
fn memory_that_processes_share_is_counted_once() {
    isolated(|| {
        let (mut actor, child) = another(|| {
            let segment = Shm::private(45_056, 0o600);
            let mut actor = Actor::start();
            actor.attach(segment, "rw");
            let child: i32 = actor.tell("share").parse().unwrap();
            (actor, child)
        });
        assert_eq!((unreachable(actor.pid()), unreachable(child)), (vec![], vec![]));
        actor.tell("leave");
        assert_eq!((unreachable(actor.pid()), unreachable(child)), (vec![], vec![]));
    });
}

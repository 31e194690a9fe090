//! Mappings of segments of other IPC namespaces that have the same id.

use ipcs::processes::{Report, Role};

use super::own_namespace;
use crate::support::actor::{Actor, until};
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root};
use crate::support::objects::{Sems, Shm};

/// A size that no other test uses, so that these segments differ only by their keys.
const SIZE: usize = 45_056;

fn report(segment: Shm) -> Report {
    super::report(&segment.stat())
}

fn attached(report: &Report) -> Vec<i32> {
    let users = report.users.list.iter().filter(|user| user.roles.contains(&Role::Attached));
    users.map(|user| user.process.pid).collect()
}

#[test]
fn a_process_with_one_thread_here_keeps_the_segments_of_its_other_threads() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let segment = Shm::keyed(0x0c, SIZE, 0o600);
        let set = Sems::private(1, 0o600);
        let mut holder = Actor::start();
        holder.attach(segment, "rw");
        // The same id, key, size and time, and as many attachments.
        let mut other = another(|| {
            assert_eq!(Shm::keyed(0x0c, SIZE, 0o600), segment);
            let mut actor = Actor::start();
            actor.attach(segment, "rw");
            actor
        });
        let (_namespace, path) = own_namespace();
        other.tell(&format!("thread enter-and-wait {path} {set}"));
        until("its thread waits here", || set.blocked(0) == 1);
        let one = report(segment);
        assert_eq!((attached(&one), one.gap), (vec![holder.pid()], None));
        set.remove();
    });
}

/// An actor in a new namespace that has attached a segment with this id and another key.
fn start_elsewhere(segment: Shm) -> Actor {
    another(|| {
        assert_eq!(Shm::keyed(0x0b, SIZE, 0o600), segment);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        actor
    })
}

#[test]
fn ignores_mappings_with_a_different_key() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let segment = Shm::keyed(0x0a, SIZE, 0o600);
        let mut other = start_elsewhere(segment);
        let (_namespace, path) = own_namespace();
        other.tell(&format!("enter {path}"));
        let none = report(segment);
        assert_eq!((attached(&none), none.attached, none.gap), (vec![], Some(0), None));
        // The mappings found are as many as nattch, and of the right process.
        let mut holder = Actor::start();
        holder.attach(segment, "rw");
        let one = report(segment);
        assert_eq!((attached(&one), one.gap), (vec![holder.pid()], None));
        // A process that left with the segment is listed, one that entered with another is not.
        holder.tell("leave");
        let one = report(segment);
        assert_eq!((attached(&one), one.gap), (vec![holder.pid()], None));
    });
}

//! Processes that cannot be inspected are reported, and their objects never count as unused.

use std::fmt::Display;

use ipcs::proc::ProcRoot;
use ipcs::processes::{Doubt, Hidden, Inspector, PidField, Reason};

use crate::support::actor::{Actor, new_pid_namespace_for_children, until};
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::NOBODY;

/// A set and a queue of a user without processes.
fn abandoned() -> (Sems, Queue) {
    as_absent_user(|| (Sems::private(1, 0o600), Queue::private(0o600))).1
}

/// What the library reports in an actor: users, gap, used, unused, orphaned, hidden processes.
fn inspect(actor: &mut Actor, root: &str, kind: &str, id: impl Display) -> Vec<String> {
    let answer = actor.tell(&format!("inspect {root} {kind} {id}"));
    answer.split('|').map(str::to_owned).collect()
}

#[test]
fn reports_to_an_unprivileged_user_that_processes_are_hidden() {
    isolated(|| {
        let (shm, sem, msg) =
            (Shm::private(4096, 0o600), Sems::private(1, 0o600), Queue::private(0o600));
        let mut user = Actor::start();
        let mut holder = Actor::start();
        holder.attach(shm, "rw");
        user.tell(&format!("user {NOBODY}"));
        let answer = inspect(&mut user, "/proc", "shm", shm);
        assert!(
            answer[1].ends_with("processes could not be inspected: permission denied"),
            "{answer:?}"
        );
        assert_eq!(answer[2], "used Some(true) attached (nattch 1)");
        assert!(answer[4].starts_with("orphaned Some(false)"), "{answer:?}");
        assert!(answer[5].contains("permission denied"), "{answer:?}");
        for (kind, id) in [("sem", sem.id), ("msg", msg.id)] {
            let answer = inspect(&mut user, "/proc", kind, id);
            assert!(answer[2].starts_with("used None"), "{answer:?}");
            assert!(answer[3] == "unused None", "{answer:?}");
            assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        }
    });
}

/// The threads of other users may not be inspected, and a stopped one is in no count of the
/// kernel's. Whose a process is can be read by all.
#[test]
fn an_unprivileged_user_is_sure_of_segments_only() {
    isolated(|| {
        let mut creator = Actor::of(4000001);
        let (set, queue) = (creator.make_set(1), creator.make_queue());
        let segment = creator.make_segment(4096);
        set.set(4_000_001, 4_000_001, 0o604);
        creator.end();
        let mut user = Actor::of(NOBODY);
        for (kind, id) in [("sem", set.id), ("msg", queue.id)] {
            let answer = inspect(&mut user, "/proc", kind, id);
            assert!(answer[1].contains("permission denied"), "{answer:?}");
            assert!(answer[2].starts_with("used None") && answer[3] == "unused None", "{answer:?}");
            assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        }
        let answer = inspect(&mut user, "/proc", "shm", segment);
        assert!(answer[2].starts_with("used Some(false)"), "{answer:?}");
        assert!(answer[4].starts_with("orphaned Some(true)"), "{answer:?}");
    });
}

#[test]
fn an_unprivileged_user_gets_a_complete_answer_about_its_own_attachments() {
    isolated(|| {
        let mut user = Actor::of(NOBODY);
        let segment = user.make_segment(4096);
        user.attach(segment, "rw");
        let answer = inspect(&mut user, "/proc", "shm", segment);
        // Every mapping is found, so it does not matter that other processes are hidden.
        assert_eq!(answer[1], "gap complete");
        assert_eq!(answer[2], "used Some(true) 1 attached");
        assert_eq!(answer[0], format!("users [{}]", user.pid()));
    });
}

#[test]
fn hidepid_and_subset_pid_make_answers_incomplete() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        for (options, user, why) in
            [("hidepid=2", true, "hidepid"), ("subset=pid", false, "subset=pid")]
        {
            let segment = Shm::private(4096, 0o600);
            let tree = tempfile::tempdir().unwrap();
            let root = tree.path().to_str().unwrap();
            std::fs::set_permissions(root, std::os::unix::fs::PermissionsExt::from_mode(0o755))
                .unwrap();
            let mut holder = Actor::start();
            holder.attach(segment, "rw");
            let mut actor = Actor::start();
            actor.tell(&format!("proc {root} {options}"));
            if user {
                actor.tell(&format!("user {NOBODY}"));
            }
            let answer = inspect(&mut actor, root, "shm", segment);
            assert!(answer[5].contains(why), "{answer:?}");
            assert!(answer[2].starts_with("used Some(true)"), "{answer:?}");
            assert_eq!(answer[1] == "gap complete", !user, "{answer:?}");
            let (set, queue) = abandoned();
            for (kind, id) in [("sem", set.id), ("msg", queue.id)] {
                let answer = inspect(&mut actor, root, kind, id);
                assert!(answer[2].starts_with("used None"), "{answer:?}");
                assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
            }
        }
    });
}

#[test]
fn answers_are_unknown_in_another_pid_namespace() {
    isolated(|| {
        // Nobody has operated the second set: a pid of 0 does not say so there.
        let ((set, queue), (untouched, _)) = (abandoned(), abandoned());
        set.operate(0, 1);
        new_pid_namespace_for_children();
        let tree = tempfile::tempdir().unwrap();
        let root = tree.path().to_str().unwrap();
        let mut actor = Actor::start();
        // The process ids in the /proc of the initial pid namespace are different ones.
        let answer = inspect(&mut actor, "/proc", "sem", set);
        assert!(answer[5].contains("/proc belongs to another pid namespace"), "{answer:?}");
        assert!(answer[2].starts_with("used None"), "{answer:?}");
        assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        actor.tell(&format!("proc {root} rw"));
        let unknown = "last user is unknown: it is in another pid namespace";
        for set in [set, untouched] {
            let answer = inspect(&mut actor, root, "sem", set);
            assert_eq!(answer[2], format!("used None {unknown}"));
            assert_eq!(answer[3], "unused None");
            assert_eq!(answer[4], format!("orphaned None {unknown}"));
            assert!(answer[5].contains("not in the initial pid namespace"), "{answer:?}");
        }
        let answer = inspect(&mut actor, root, "msg", queue);
        assert_eq!(answer[3], "unused None");
        assert!(answer[2].starts_with("used None last sender is unknown"), "{answer:?}");
        assert!(answer[4].starts_with("orphaned None last sender is unknown"), "{answer:?}");
    });
}

#[test]
fn detects_that_nothing_is_hidden_from_root() {
    require_root("an ordinary user may be in a user namespace");
    let seen = *Inspector::new(ProcRoot::default()).view();
    assert_eq!(seen.hidden, None);
    assert!(seen.initial_pid_namespace && seen.initial_user_namespace && seen.system);
}

#[test]
fn counts_waiters_that_may_not_be_inspected() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        set.set(0, 0, 0o666);
        let mut user = Actor::start();
        let mut waiter = Actor::start();
        waiter.say(&format!("semop {set} 0:-1"));
        until("the waiter is blocked", || set.blocked(0) == 1);
        user.tell(&format!("user {NOBODY}"));
        let answer = inspect(&mut user, "/proc", "sem", set);
        assert_eq!(answer[2], "used Some(true) 1 thread is blocked on it");
        assert!(answer[1].contains("permission denied"), "{answer:?}");
        assert_eq!(answer[4], "orphaned Some(false) 1 thread is blocked on it");
    });
}

#[test]
fn formats_reasons() {
    let text = |reason: &Reason| reason.text(&mut |uid| uid.to_string());
    let hidden = Reason::PidUnknown(PidField::Cpid, 812, Doubt::OutOfSight(Hidden::Hidepid));
    assert_eq!(text(&hidden), "creator 812 is unknown: /proc is mounted with hidepid");
    assert_eq!(text(&Reason::Blocked(2)), "2 threads are blocked on it");
}

//! Processes that cannot be inspected are reported, and their objects never count as unused.

use std::fmt::Display;

use ipcs::proc::ProcRoot;
use ipcs::processes::{Doubt, Hidden, Inspector, Reason};

use crate::support::actor::{Actor, new_pid_namespace_for_children, until};
use crate::support::namespace::isolated;
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::NOBODY;

/// A set of a user without processes.
fn abandoned_set() -> Sems {
    let mut creator = Actor::start();
    creator.tell("user 4000000");
    let set = creator.make_set(1);
    creator.end();
    set
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
            answer[1].ends_with("processes could not be looked at: not permitted"),
            "{answer:?}"
        );
        assert!(answer[2].starts_with("used Some(true) attached, nattch 1"), "{answer:?}");
        assert!(answer[5].contains("not permitted"), "{answer:?}");
        for (kind, id) in [("sem", sem.id), ("msg", msg.id)] {
            let answer = inspect(&mut user, "/proc", kind, id);
            assert!(answer[3] == "unused None", "{answer:?}");
            assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        }
    });
}

#[test]
fn an_unprivileged_user_gets_a_complete_answer_about_its_own_attachments() {
    isolated(|| {
        let mut user = Actor::start();
        user.tell(&format!("user {NOBODY}"));
        let segment = user.make_segment(4096);
        user.attach(segment, "rw");
        let answer = inspect(&mut user, "/proc", "shm", segment);
        // Every mapping is found, so it does not matter that other processes are hidden.
        assert_eq!(answer[1], "gap complete");
        assert_eq!(answer[2], "used Some(true) attached by 1");
        assert_eq!(answer[0], format!("users [{}]", user.pid()));
    });
}

#[test]
fn hidepid_and_subset_pid_make_answers_incomplete() {
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
            assert!(answer[2].starts_with("used Some(true) attached"), "{answer:?}");
            assert_eq!(answer[1] == "gap complete", !user, "{answer:?}");
            let set = abandoned_set();
            let answer = inspect(&mut actor, root, "sem", set);
            assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        }
    });
}

#[test]
fn answers_are_unknown_in_another_pid_namespace() {
    isolated(|| {
        let (set, queue) = (abandoned_set(), Queue::private(0o600));
        queue.set_with_capacity(4_000_000, 4_000_000, 0o600, 1000);
        set.operate(0, 1);
        new_pid_namespace_for_children();
        let tree = tempfile::tempdir().unwrap();
        let root = tree.path().to_str().unwrap();
        let mut actor = Actor::start();
        // The process ids in the /proc of the initial pid namespace are different ones.
        let answer = inspect(&mut actor, "/proc", "sem", set);
        assert!(answer[5].contains("/proc is that of another pid namespace"), "{answer:?}");
        assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        actor.tell(&format!("proc {root} rw"));
        let answer = inspect(&mut actor, root, "sem", set);
        assert_eq!(answer[2], "used None last user unknown: another pid namespace");
        assert_eq!(answer[4], "orphaned None last user unknown: another pid namespace");
        assert!(answer[5].contains("this is not the initial pid namespace"), "{answer:?}");
        let answer = inspect(&mut actor, root, "msg", queue);
        assert!(answer[3] == "unused None" && !answer[4].contains("true"), "{answer:?}");
    });
}

/// SETVAL records a process id but no time, and the id is not visible in another pid namespace.
#[test]
fn a_nonzero_value_means_use_in_another_pid_namespace() {
    isolated(|| {
        let (fresh, valued) = (Sems::private(1, 0o600), Sems::private(2, 0o600));
        valued.set_value(1, 1);
        new_pid_namespace_for_children();
        let tree = tempfile::tempdir().unwrap();
        let root = tree.path().to_str().unwrap();
        let mut actor = Actor::start();
        actor.tell(&format!("proc {root} rw"));
        let answer = inspect(&mut actor, root, "sem", fresh);
        assert!(answer[2].starts_with("used Some(false)"), "{answer:?}");
        let answer = inspect(&mut actor, root, "sem", valued);
        assert_eq!(answer[2], "used None last user unknown: another pid namespace");
        assert_eq!(answer[3], "unused None");
    });
}

#[test]
fn detects_that_nothing_is_hidden_from_root() {
    let seen = *Inspector::new(ProcRoot::default()).view();
    assert_eq!(seen.hidden, None);
    assert!(seen.initial_pid_namespace && seen.system);
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
        assert_eq!(answer[2], "used Some(true) 1 blocked on it");
        assert!(answer[1].contains("not permitted"), "{answer:?}");
        assert_eq!(answer[4], "orphaned None owner is root");
    });
}

#[test]
fn formats_reasons() {
    let hidden = Reason::PidUnknown(
        ipcs::processes::PidField::Cpid,
        812,
        Doubt::OutOfSight(Hidden::Hidepid),
    );
    assert_eq!(hidden.to_string(), "creator 812 unknown: /proc is mounted with hidepid");
    assert_eq!(Reason::Blocked(2).to_string(), "2 blocked on it");
}

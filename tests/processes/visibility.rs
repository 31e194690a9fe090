//! What is out of sight is said, and never taken for unused.

use ipcs::proc::ProcRoot;
use ipcs::processes::{Doubt, Hidden, Inspector, Reason};

use super::scene::{Actor, blocked, chown_queue, isolated, queue, segment, set, until};

const NOBODY: u32 = 65534;

/// A set of a user who has no process.
fn abandoned_set() -> ipcs::model::Id {
    let mut creator = Actor::start();
    creator.tell("user 4000000");
    let id = creator.tell("set 1").parse().unwrap();
    creator.end();
    ipcs::model::Id(id)
}

/// The answer of `actor.rs`, cut at its bars.
fn inspect(actor: &mut Actor, root: &str, kind: &str, id: ipcs::model::Id) -> Vec<String> {
    let answer = actor.tell(&format!("inspect {root} {kind} {id}"));
    answer.split('|').map(str::to_owned).collect()
}

#[test]
fn an_ordinary_user_is_told_that_it_does_not_see_all() {
    isolated(|| {
        let (shm, sem, msg) = (segment(0, 4096), set(1), queue());
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
        for (kind, id) in [("sem", sem), ("msg", msg)] {
            let answer = inspect(&mut user, "/proc", kind, id);
            assert!(answer[3] == "unused None", "{answer:?}");
            assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        }
    });
}

#[test]
fn an_ordinary_user_sees_its_own_attachments_whole() {
    isolated(|| {
        let mut user = Actor::start();
        user.tell(&format!("user {NOBODY}"));
        let id = ipcs::model::Id(user.tell("segment 4096").parse().unwrap());
        user.attach(id, "rw");
        let answer = inspect(&mut user, "/proc", "shm", id);
        // Every mapping is accounted for, so it does not matter who else is out of sight.
        assert_eq!(answer[1], "gap complete");
        assert_eq!(answer[2], "used Some(true) attached by 1");
        assert_eq!(answer[0], format!("users [{}]", user.pid()));
    });
}

#[test]
fn hidepid_and_subset_pid_make_the_number_unknown() {
    isolated(|| {
        for (options, user, why) in
            [("hidepid=2", true, "hidepid"), ("subset=pid", false, "subset=pid")]
        {
            let id = segment(0, 4096);
            let tree = tempfile::tempdir().unwrap();
            let root = tree.path().to_str().unwrap();
            std::fs::set_permissions(root, std::os::unix::fs::PermissionsExt::from_mode(0o755))
                .unwrap();
            let mut holder = Actor::start();
            holder.attach(id, "rw");
            let mut actor = Actor::start();
            actor.tell(&format!("proc {root} {options}"));
            if user {
                actor.tell(&format!("user {NOBODY}"));
            }
            let answer = inspect(&mut actor, root, "shm", id);
            assert!(answer[5].contains(why), "{answer:?}");
            assert!(answer[2].starts_with("used Some(true) attached"), "{answer:?}");
            assert_eq!(answer[1] == "gap complete", !user, "{answer:?}");
            let sets = abandoned_set();
            let answer = inspect(&mut actor, root, "sem", sets);
            assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        }
    });
}

#[test]
fn in_a_pid_namespace_nothing_is_certain() {
    isolated(|| {
        let (id, msg) = (abandoned_set(), queue());
        chown_queue(msg, 4_000_000, 1000);
        super::scene::semop(id, &[(0, 1)], 0).unwrap();
        super::scene::new_pid_namespace_for_children();
        let tree = tempfile::tempdir().unwrap();
        let root = tree.path().to_str().unwrap();
        let mut actor = Actor::start();
        // The /proc of outside has other numbers.
        let answer = inspect(&mut actor, "/proc", "sem", id);
        assert!(answer[5].contains("/proc is that of another pid namespace"), "{answer:?}");
        assert!(answer[4].starts_with("orphaned None"), "{answer:?}");
        actor.tell(&format!("proc {root} rw"));
        let answer = inspect(&mut actor, root, "sem", id);
        assert_eq!(answer[2], "used None last user unknown: another pid namespace");
        assert_eq!(answer[4], "orphaned None last user unknown: another pid namespace");
        assert!(answer[5].contains("this is not the initial pid namespace"), "{answer:?}");
        let answer = inspect(&mut actor, root, "msg", msg);
        assert!(answer[3] == "unused None" && !answer[4].contains("true"), "{answer:?}");
    });
}

/// SETVAL records who did it, but no time: in another pid namespace neither is to be seen.
#[test]
fn in_a_pid_namespace_a_value_tells_that_somebody_was_there() {
    isolated(|| {
        let (fresh, valued) = (set(1), set(2));
        super::scene::set_value(valued, 1, 1);
        super::scene::new_pid_namespace_for_children();
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
fn the_first_process_is_hidden_where_hidepid_works() {
    let seen = *Inspector::new(ProcRoot::default()).view();
    assert_eq!(seen.hidden, None);
    assert!(seen.initial_pid_namespace && seen.system);
}

#[test]
fn a_waiter_that_may_not_be_looked_at_is_still_counted() {
    isolated(|| {
        let id = set(1);
        super::scene::open_to_all(id);
        let mut user = Actor::start();
        let mut waiter = Actor::start();
        waiter.say(&format!("semop {id} 0:-1"));
        until("blocked", || blocked(id, 0) == 1);
        user.tell(&format!("user {NOBODY}"));
        let answer = inspect(&mut user, "/proc", "sem", id);
        assert_eq!(answer[2], "used Some(true) 1 blocked on it");
        assert!(answer[1].contains("not permitted"), "{answer:?}");
        assert_eq!(answer[4], "orphaned None owner is root");
    });
}

#[test]
fn reasons_read_well() {
    let hidden = Reason::PidUnknown(
        ipcs::processes::PidField::Cpid,
        812,
        Doubt::OutOfSight(Hidden::Hidepid),
    );
    assert_eq!(hidden.to_string(), "creator 812 unknown: /proc is mounted with hidepid");
    assert_eq!(Reason::Blocked(2).to_string(), "2 blocked on it");
}

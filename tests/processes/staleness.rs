//! What was found out about a process is not believed for good: it may end while we look.

use ipcs::proc::ProcRoot;
use ipcs::processes::{Alive, Inspector, Liveness, Times, Visibility};

use super::scene::{Actor, isolated, segment, set, shm_of, until};

#[test]
fn one_that_ends_after_it_was_asked_for_is_gone() {
    let root = ProcRoot::default();
    let view = Visibility::of(&root);
    let mut look = Liveness::new(root, view);
    // It may have started at any time.
    let times = Times { last_use: i64::MAX, uid: 0, cuid: 0 };
    let actor = Actor::start();
    assert_eq!(look.of(actor.pid(), true, &times), Alive::Yes);
    let pid = actor.end();
    until("it is asked for again", || look.of(pid, true, &times) == Alive::Gone);
}

#[test]
fn an_inspector_that_goes_on_sees_the_end_of_those_who_used_an_object() {
    isolated(|| {
        let mut look = Inspector::new(ProcRoot::default());
        let mut actor = Actor::start();
        let sem = set(1);
        assert_eq!(actor.tell(&format!("semop {sem} 0:1")), "Ok(())");
        let shm = ipcs::model::Id(actor.tell("segment 4096").parse().unwrap());
        assert_eq!(look.in_use(&super::scene::sem_of(sem)).answer, Some(true));
        assert_eq!(look.orphaned(&shm_of(shm)).answer, Some(false));
        actor.end();
        until("the set is no longer in use", || {
            look.in_use(&super::scene::sem_of(sem)).answer == Some(false)
        });
        assert_eq!(look.orphaned(&shm_of(shm)).answer, Some(true));
        // What is still used stays so, however often it is asked.
        let kept = segment(0, 4096);
        assert_eq!(look.orphaned(&shm_of(kept)).answer, Some(false));
    });
}

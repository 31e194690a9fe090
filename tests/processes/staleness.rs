//! What is known about a process expires: the process may end during a run.

use ipcs::proc::ProcRoot;
use ipcs::processes::{Alive, Inspector, Liveness, Times, Visibility};

use crate::support::actor::{Actor, until};
use crate::support::namespace::isolated;
use crate::support::objects::{Sems, Shm};

#[test]
fn reports_a_process_that_ends_between_queries_as_gone() {
    let root = ProcRoot::default();
    let view = Visibility::of(&root);
    let mut liveness = Liveness::new(root, view);
    // Any start time is before this last use.
    let times = Times { last_use: i64::MAX, uid: 0, cuid: 0 };
    let actor = Actor::start();
    assert_eq!(liveness.of(actor.pid(), true, &times), Alive::Yes);
    let pid = actor.end();
    until("the process is reported as gone", || liveness.of(pid, true, &times) == Alive::Gone);
}

#[test]
fn a_reused_inspector_notices_that_users_have_ended() {
    isolated(|| {
        let mut inspector = Inspector::new(ProcRoot::default());
        let mut actor = Actor::start();
        let sem = Sems::private(1, 0o600);
        assert_eq!(actor.tell(&format!("semop {sem} 0:1")), "Ok(())");
        let shm = actor.make_segment(4096);
        assert_eq!(inspector.in_use(&sem.stat()).answer, Some(true));
        assert_eq!(inspector.orphaned(&shm.stat()).answer, Some(false));
        actor.end();
        until("the set is no longer in use", || {
            inspector.in_use(&sem.stat()).answer == Some(false)
        });
        assert_eq!(inspector.orphaned(&shm.stat()).answer, Some(true));
        // The creator of this one is alive, and asking again does not change that.
        let kept = Shm::private(4096, 0o600);
        assert_eq!(inspector.orphaned(&kept.stat()).answer, Some(false));
    });
}

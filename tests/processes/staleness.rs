//! What is known about a process expires: the process may end during a run.

use ipcs::model::Kinds;
use ipcs::proc::ProcRoot;
use ipcs::processes::{Alive, Liveness, Record, ScanRequest, rules};

use super::scanned;
use crate::support::actor::{Actor, until};
use crate::support::inspection::everybody;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::Shm;

/// A user without processes, used by this file alone.
const OWNER: u32 = 3_000_051;

#[test]
fn reports_a_process_that_ends_between_queries_as_gone() {
    let root = ProcRoot::default();
    let view = everybody(&root);
    let mut liveness = Liveness::new(root, view);
    let actor = Actor::start();
    // Any start time is before this one.
    let record = Record { pid: actor.pid(), time: i64::MAX, uids: [0, 0], earliest: i64::MAX };
    assert_eq!(liveness.of(&record), Alive::Yes);
    actor.end();
    until("the process is reported as gone", || liveness.of(&record) == Alive::Gone);
}

#[test]
fn a_reused_inspector_notices_that_users_have_ended() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        // The owner has no process when it scans.
        let mut inspector = scanned(ScanRequest::in_use(Kinds::SYSTEM_V));
        let mut actor = Actor::of(OWNER);
        let (set, segment) = (actor.make_set(1), actor.make_segment(4096));
        assert_eq!(actor.tell(&format!("semop {set} 0:1")), "Ok(())");
        assert!(rules::verdicts(&set.stat(), &mut inspector).in_use.is_yes());
        assert!(rules::verdicts(&segment.stat(), &mut inspector).orphaned.is_no());
        actor.end();
        until("the set is no longer in use", || {
            rules::verdicts(&set.stat(), &mut inspector).in_use.is_no()
        });
        assert!(rules::verdicts(&segment.stat(), &mut inspector).orphaned.is_yes());
        // The creator of this one is alive, and asking again does not change that.
        let kept = Shm::private(4096, 0o600);
        assert!(rules::verdicts(&kept.stat(), &mut inspector).orphaned.is_no());
    });
}

//! The rules: whether an object is in use, unused or orphaned, and what `-P` shows about it.
//!
//! Each question has three answers. Yes and no are given only where they are certain; a removal
//! relies on them. What decides is gathered for each kind by its own module; the decision itself is
//! the same for all and lies in `decide`.

mod common;
mod decide;
mod msg;
mod posix;
mod sem;
mod shm;
mod used_by;

use super::inspector::Inspector;
use super::liveness::Alive;
use super::process_info::Process;
use super::report::Report;
use super::verdict::{Gap, Verdicts};
use super::waits::Waiter;
use crate::model::{Body, Object};
use crate::sys::Errno;

use common::judge;

pub use used_by::used_by;

/// All verdicts about an object. The inspector has walked for [`super::ScanRequest::in_use`].
pub fn verdicts(object: &Object, inspector: &mut Inspector) -> Verdicts {
    let evidence = match &object.body {
        Body::Shm(segment) => shm::evidence(object, segment, inspector),
        Body::Msg(queue) => msg::evidence(object, queue, inspector),
        Body::Sem(_) => sem::evidence(object, inspector),
        Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => posix::evidence(object, inspector),
    };
    judge(object, &evidence, inspector)
}

/// The same for lists of many objects that nobody removes: of a set, the blocked threads are those
/// that the walk has found.
pub fn verdicts_of_walk(object: &Object, inspector: &mut Inspector) -> Verdicts {
    match &object.body {
        Body::Sem(_) => {
            let evidence = sem::evidence_of_walk(object, inspector);
            judge(object, &evidence, inspector)
        }
        _ => verdicts(object, inspector),
    }
}

/// Whether an object can be orphaned at all, judged by its owners alone. This is fast because a
/// list has few owners.
pub fn may_be_orphaned(object: &Object, inspector: &mut Inspector) -> bool {
    let is_blind = inspector.gap_of_census().is_some();
    // Whether the clock was set is not known yet: it can only add keepers.
    let claims = inspector.claims(object, false);
    if is_blind || claims.owner_is_root || claims.creator_is_root {
        return false;
    }
    let is_private = object.is_private() && !object.kind().is_posix();
    !claims.has_live_process() || is_private && claims.keepers().next().is_none()
}

/// How many threads are blocked on a queue or set; none on anything else. For a queue the inspector must
/// have walked for [`super::ScanRequest::waiters`].
///
/// # Errors
/// Those of semctl(2), and for a queue of looking at each thread: EACCES without permission.
pub fn blocked(object: &Object, inspector: &Inspector) -> nix::Result<u64> {
    match object.body {
        Body::Shm(_) | Body::Pshm(_) | Body::Psem(_) => Ok(0),
        Body::Msg(_) => counted(msg::waiters(object, inspector), inspector.gap_of_msg_waiters()),
        Body::Pmsg(_) => {
            counted(posix::waiters(object, inspector), inspector.gap_of_pmsg_waiters())
        }
        Body::Sem(_) => sem::blocked(object),
    }
}

fn counted(waiters: &[Waiter], gap: Option<Gap>) -> nix::Result<u64> {
    match gap {
        None => Ok(waiters.len() as u64),
        Some(Gap::Denied { errno, .. }) => Err(errno),
        Some(_) => Err(Errno::EACCES),
    }
}

/// The processes that have a POSIX object open or mapped, or are blocked on it.
#[must_use]
pub fn users_of_file(object: &Object, inspector: &Inspector) -> Vec<i32> {
    posix::pids(object, inspector)
}

/// Everything that `-P` shows about an object.
pub fn report(object: &Object, inspector: &mut Inspector) -> Report {
    match &object.body {
        Body::Shm(segment) => shm::report(object, segment, inspector),
        Body::Msg(queue) => msg::report(object, queue, inspector),
        Body::Sem(_) => sem::report(object, inspector),
        Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => posix::report(object, inspector),
    }
}

/// The process that created a segment, if it is alive.
pub fn creator(object: &Object, inspector: &mut Inspector) -> Option<Process> {
    let segment = object.shm()?;
    let [creator, _] = shm::recorded(object, segment, inspector);
    if creator.alive == Alive::Yes { inspector.process(segment.cpid) } else { None }
}

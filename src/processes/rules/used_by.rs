//! Whether one of some processes uses an object, or is recorded as a user of it.

use super::common::{recorded_pid, unless_unseen};
use super::{msg, posix, sem, shm};
use crate::model::{Body, Object};
use crate::processes::inspector::Inspector;
use crate::processes::liveness::{Alive, Doubt};
use crate::processes::verdict::{Gap, PidField, Reason, Recorded};
use crate::processes::waits::Waiter;
use crate::sys;

/// The inspector has walked for [`crate::processes::ScanRequest::users`].
///
/// A recorded number counts even if no process has it any more: that is how the objects of a
/// crashed process are found. It does not count if it belongs to another process now.
///
/// # Errors
/// Why that is unknown, if nothing that could be inspected shows one of them.
pub fn used_by(object: &Object, pids: &[i32], inspector: &mut Inspector) -> Result<bool, Reason> {
    let users = match &object.body {
        Body::Shm(_) => attached(object, pids, inspector),
        Body::Msg(_) => {
            let gap = inspector.gap_of_msg_waiters();
            blocked(msg::waiters(object, inspector), gap, pids, inspector)
        }
        Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => {
            return posix::used_by(object, pids, inspector);
        }
        Body::Sem(_) => {
            let gap = inspector.gap_of_sem_waiters();
            blocked(sem::waiters(object, inspector), gap, pids, inspector)
        }
    };
    if users == Ok(true) {
        return users;
    }
    let recorded = match &object.body {
        Body::Shm(segment) => counts(shm::recorded(object, segment, inspector), pids),
        Body::Msg(queue) => counts(msg::recorded(object, queue, inspector), pids),
        Body::Sem(_) => last_users(object, pids, inspector),
        Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => Ok(false),
    };
    match recorded {
        Ok(false) => users,
        other => other,
    }
}

/// Whether one of the processes has a segment attached.
fn attached(object: &Object, pids: &[i32], inspector: &mut Inspector) -> Result<bool, Reason> {
    if object.nattch() == 0 {
        return Ok(false);
    }
    let attached = inspector.attached(object);
    if attached.processes.iter().any(|one| pids.contains(&one.pid)) {
        return Ok(true);
    }
    // All mappings are accounted for, or the segment was detached meanwhile.
    if attached.found == attached.nattch {
        return Ok(false);
    }
    let candidates = object.id().and_then(|id| inspector.found().attachments.get(&id));
    if candidates.is_some_and(|all| all.iter().any(|one| pids.contains(&one.pid))) {
        // Its mapping may be that of another namespace's segment.
        let (found, nattch) = (attached.found, attached.nattch);
        return Err(Reason::Gap(Gap::Mappings { found, nattch }));
    }
    unless_unseen(inspector.gap_of_maps(), &inspector.found().denied_maps, pids)
}

/// Whether a thread of one of the processes is blocked on a queue or set.
fn blocked(
    waiters: &[Waiter],
    gap: Option<Gap>,
    pids: &[i32],
    inspector: &Inspector,
) -> Result<bool, Reason> {
    if waiters.iter().any(|waiter| pids.contains(&waiter.pid)) {
        return Ok(true);
    }
    unless_unseen(gap, &inspector.found().denied_waits, pids)
}

/// Whether one of the recorded numbers is asked for, and may be of the process that was recorded.
fn counts(recorded: impl IntoIterator<Item = Recorded>, pids: &[i32]) -> Result<bool, Reason> {
    let mut failed = None;
    for Recorded { field, pid, alive, .. } in recorded {
        if pid <= 0 || !pids.contains(&pid) {
            continue;
        }
        match alive {
            Alive::Replaced => {}
            Alive::Unknown(doubt) if is_failure(field, pid, doubt) => {
                failed = Some(Reason::PidUnknown(field, pid, doubt));
            }
            _ => return Ok(true),
        }
    }
    failed.map_or(Ok(false), Err)
}

/// Whether looking at the process failed, so that it may be another one.
fn is_failure(field: PidField, pid: i32, doubt: Doubt) -> bool {
    Reason::PidUnknown(field, pid, doubt).is_failure()
}

/// The same for the last process of each semaphore, which needs read permission.
fn last_users(object: &Object, pids: &[i32], inspector: &mut Inspector) -> Result<bool, Reason> {
    let mut last = None;
    let mut unknown = Ok(false);
    for state in sys::sem::semaphores(object) {
        let pid = state.map_err(|failed| sem::unreadable(failed.error))?.pid;
        // Neighbours were often operated by the same process.
        if !pids.contains(&pid) || last.replace(pid) == Some(pid) {
            continue;
        }
        let time = sem::recorded_time(object);
        match counts([recorded_pid(object, PidField::Sempid, pid, time, inspector)], pids) {
            Ok(false) => {}
            Ok(true) => return Ok(true),
            failed => unknown = failed,
        }
    }
    unknown
}

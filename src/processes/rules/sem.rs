//! Semaphore sets: the kernel counts the waiters, except stopped ones.

use std::collections::HashSet;

use super::common::{judge, keepers, recorded_pid, with_processes};
use super::decide::Evidence;
use crate::model::{Kind, Object, Semaphore};
use crate::processes::inspector::Inspector;
use crate::processes::liveness::Alive;
use crate::processes::report::{RecordedPids, Report, UsersByPid};
use crate::processes::verdict::{Gap, PidField, Reason, Recorded};
use crate::processes::waits::Waiter;
use crate::sys::Errno;
use crate::sys::sem::{self, Failed};

/// Stops at the first sign of use: a set may have many semaphores.
pub(super) fn evidence(object: &Object, inspector: &mut Inspector) -> Evidence {
    evidence_of(object, sem::semaphores(object), inspector)
}

/// The same with the blocked threads that the walk has found, so that the kernel need not count
/// those of each semaphore: a third of the calls. A thread that was blocked after the walk is missed.
pub(super) fn evidence_of_walk(object: &Object, inspector: &mut Inspector) -> Evidence {
    if inspector.gap_of_sem_waiters().is_some() {
        return evidence(object, inspector);
    }
    let of_pid = |(num, pid)| Semaphore { num, pid, ..Semaphore::default() };
    evidence_of(object, sem::last_pids(object).map(|read| read.map(of_pid)), inspector)
}

fn evidence_of(
    object: &Object,
    states: impl IntoIterator<Item = Result<Semaphore, Failed>>,
    inspector: &mut Inspector,
) -> Evidence {
    let found = waiters(object, inspector).len() as u64;
    let mut evidence = Evidence {
        used: (found > 0).then_some(Reason::Blocked(found)),
        blind: inspector.gap_of_sem_waiters().or(inspector.gap_of_census()),
        ..Evidence::default()
    };
    let mut last = None;
    for state in states {
        if evidence.used.is_some() || evidence.alive.is_some() {
            break;
        }
        match state {
            Ok(state) if state.blocked() > 0 => {
                evidence.used = Some(Reason::Blocked(state.blocked()));
            }
            // Neighbours were often operated by the same process.
            Ok(state) if last.replace(state.pid) != Some(state.pid) => {
                evidence.add(&recorded(object, &state, inspector));
            }
            Ok(_) => {}
            Err(failed) => {
                evidence.doubt = Some(unreadable(failed.error));
                break;
            }
        }
    }
    evidence
}

/// How many blocked threads the kernel counts.
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: the set was removed.
pub(super) fn blocked(object: &Object) -> nix::Result<u64> {
    let blocked = |state: Semaphore| state.blocked();
    sem::semaphores(object).map(|state| state.map(blocked).map_err(|failed| failed.error)).sum()
}

/// The threads found in semop(2) on a set.
pub(super) fn waiters<'a>(object: &Object, inspector: &'a Inspector) -> &'a [Waiter] {
    let found = object.id().and_then(|id| inspector.found().sem_waiters.get(&id));
    found.map_or(&[], Vec::as_slice)
}

pub(super) fn unreadable(errno: Errno) -> Reason {
    match errno {
        // The kernel has no other error for a missing permission here. Others are from elsewhere.
        Errno::EACCES => Reason::Unreadable,
        Errno::EINVAL | Errno::EIDRM => Reason::Vanished,
        errno => Reason::Failed(errno),
    }
}

fn recorded(object: &Object, state: &Semaphore, inspector: &mut Inspector) -> Recorded {
    recorded_pid(object, PidField::Sempid, state.pid, recorded_time(object), inspector)
}

/// When the pids of a set were recorded at the latest: SETVAL and SETALL record one and change
/// ctime, not otime.
pub(super) fn recorded_time(object: &Object) -> i64 {
    object.sem().map_or(0, |set| set.otime).max(object.ctime)
}

pub(super) fn report(object: &Object, inspector: &mut Inspector) -> Report {
    let states: Result<Vec<Semaphore>, Failed> = sem::semaphores(object).collect();
    let evidence = match &states {
        Ok(states) => evidence_of(object, states.iter().copied().map(Ok), inspector),
        Err(error) => evidence_of(object, [Err(*error)], inspector),
    };
    let mut verdicts = judge(object, &evidence, inspector);
    // A sign of use may have been found before the failure, which leaves the report incomplete.
    let failure =
        states.as_ref().err().map(|failed| unreadable(failed.error)).filter(Reason::is_failure);
    verdicts.failure = failure.or(verdicts.failure);
    let blocked = states.as_ref().ok().map(|all| all.iter().map(Semaphore::blocked).sum());
    let mut pids = HashSet::new();
    let mut list: Vec<Recorded> = Vec::new();
    for state in states.iter().flatten().filter(|state| pids.insert(state.pid)) {
        let one = recorded(object, state, inspector);
        list.extend((one.alive != Alive::Never).then_some(one));
    }
    let mut users = UsersByPid::default();
    users.waiting(waiters(object, inspector));
    users.recorded(&list);
    let stopped = waiters(object, inspector).iter().filter(|waiter| waiter.stopped).count() as u64;
    let queued = (waiters(object, inspector).len() as u64).saturating_sub(stopped);
    Report {
        users: users.into_users(Kind::Sem, inspector),
        attached: None,
        waiting: Some(blocked.unwrap_or(queued).max(queued).saturating_add(stopped)),
        gap: gap(queued, blocked, inspector),
        recorded: RecordedPids {
            kind: Kind::Sem,
            complete: states.is_ok(),
            list: with_processes(list, inspector),
        },
        original_key: None,
        semaphores: states.ok(),
        keepers: keepers(object, &evidence, &verdicts, inspector),
        verdicts,
    }
}

/// The kernel does not count stopped threads. If a thread could not be inspected, the kernel's
/// number does not prove that all were found.
fn gap(queued: u64, blocked: Option<u64>, inspector: &Inspector) -> Option<Gap> {
    match (inspector.gap_of_sem_waiters(), blocked) {
        (None, Some(blocked)) if queued < blocked => Some(Gap::Waiters { found: queued, blocked }),
        (gap, _) => gap,
    }
}

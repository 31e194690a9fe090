//! Which processes are the reason why objects were kept.

use super::event::{Event, Outcome};
use crate::model::{Family, Kind, Kinds};
use crate::processes::{Gap, Inspector, Reason, ScanRequest, rules};

/// What the walk has to look for to name the processes.
pub(super) fn scan_request(kept: &[Event]) -> ScanRequest {
    let mut request = ScanRequest { details: true, ..ScanRequest::default() };
    for event in kept {
        match (reason(event), event.candidate.kind) {
            (Some(Reason::Attached(_) | Reason::AttachedBy(_)), _) => request.attachers = true,
            (Some(Reason::OpenIn(_) | Reason::Blocked(_) | Reason::Gap(_)), kind)
                if kind.is_posix() =>
            {
                request = request.and(ScanRequest::users(Kinds::of(kind)));
            }
            (Some(Reason::Blocked(_) | Reason::Gap(_)), Kind::Sem) => request.sem_waiters = true,
            (Some(Reason::Blocked(_) | Reason::Gap(_)), Kind::Msg) => request.msg_waiters = true,
            _ => {}
        }
    }
    request
}

/// Looks up the processes of each event; the inspector must have walked for [`scan_request`].
pub(super) fn explain(kept: &mut [Event], inspector: &mut Inspector) {
    let pids: Vec<Vec<i32>> = kept.iter().map(|event| pids(event, inspector)).collect();
    inspector.read_processes(&pids.concat());
    for (event, pids) in kept.iter_mut().zip(pids) {
        event.processes = pids.into_iter().filter_map(|pid| inspector.process(pid)).collect();
    }
}

fn reason(event: &Event) -> Option<Reason> {
    match &event.outcome {
        Outcome::Kept(reason) => reason.reason(),
        _ => None,
    }
}

fn pids(event: &Event, inspector: &mut Inspector) -> Vec<i32> {
    let mut pids: Vec<i32> = match (reason(event), &event.candidate.object) {
        (Some(Reason::Attached(_) | Reason::AttachedBy(_)), Some(object)) => {
            inspector.attached(object).processes.iter().map(|one| one.pid).collect()
        }
        (Some(Reason::OpenIn(_) | Reason::Blocked(_)), Some(object))
            if object.kind().is_posix() =>
        {
            rules::users_of_file(object, inspector)
        }
        (Some(Reason::Blocked(_)), _) => {
            let found = inspector.found();
            let waiters = match event.candidate.kind.family() {
                Family::Semaphore => &found.sem_waiters,
                _ => &found.msg_waiters,
            };
            let waiters = event.candidate.id.and_then(|id| waiters.get(&id));
            waiters.into_iter().flatten().map(|waiter| waiter.pid).collect()
        }
        (Some(Reason::PidAlive(_, pid) | Reason::PidUnknown(_, pid, _)), _) if pid > 0 => vec![pid],
        (Some(Reason::Keeper { process, .. } | Reason::OfItsUids(process)), _) => vec![process.pid],
        (Some(Reason::Gap(Gap::Denied { .. })), _) => {
            inspector.found().denied_waits.keys().copied().collect()
        }
        _ => Vec::new(),
    };
    pids.dedup();
    pids
}

//! Message queues: waiters are found only by inspecting each thread.

use super::common::{judge, keepers, recorded_pid, with_processes};
use super::decide::Evidence;
use crate::model::{Kind, Msg, Object};
use crate::processes::inspector::Inspector;
use crate::processes::report::{RecordedPids, Report, UsersByPid};
use crate::processes::verdict::{PidField, Reason, Recorded};
use crate::processes::waits::Waiter;

pub(super) fn evidence(object: &Object, queue: &Msg, inspector: &mut Inspector) -> Evidence {
    let blocked = waiters(object, inspector).len() as u64;
    let blind = inspector.gap_of_msg_waiters().or(inspector.gap_of_census());
    let mut evidence = Evidence {
        used: (blocked > 0).then_some(Reason::Blocked(blocked)),
        doubt: (queue.qnum > 0).then_some(Reason::Messages(queue.qnum)),
        blind,
        ..Evidence::default()
    };
    recorded(object, queue, inspector).iter().for_each(|one| evidence.add(one));
    evidence
}

pub(super) fn report(object: &Object, queue: &Msg, inspector: &mut Inspector) -> Report {
    let evidence = evidence(object, queue, inspector);
    let verdicts = judge(object, &evidence, inspector);
    let recorded = recorded(object, queue, inspector).to_vec();
    let mut users = UsersByPid::default();
    users.waiting(waiters(object, inspector));
    users.recorded(&recorded);
    Report {
        users: users.into_users(Kind::Msg, inspector),
        attached: None,
        waiting: Some(waiters(object, inspector).len() as u64),
        gap: inspector.gap_of_msg_waiters(),
        recorded: RecordedPids {
            kind: Kind::Msg,
            complete: true,
            list: with_processes(recorded, inspector),
        },
        original_key: None,
        semaphores: None,
        keepers: keepers(object, &evidence, &verdicts, inspector),
        verdicts,
    }
}

pub(super) fn waiters<'a>(object: &Object, inspector: &'a Inspector) -> &'a [Waiter] {
    let found = object.id().and_then(|id| inspector.found().msg_waiters.get(&id));
    found.map_or(&[], Vec::as_slice)
}

pub(super) fn recorded(object: &Object, queue: &Msg, inspector: &mut Inspector) -> [Recorded; 2] {
    [
        recorded_pid(object, PidField::Lspid, queue.lspid, queue.stime, inspector),
        recorded_pid(object, PidField::Lrpid, queue.lrpid, queue.rtime, inspector),
    ]
}

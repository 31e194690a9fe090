//! What the rules of all kinds share.

use super::decide::{Evidence, decide};
use crate::model::Object;
use crate::processes::inspector::Inspector;
use crate::processes::liveness::{Alive, Doubt, Record};
use crate::processes::process_info::Process;
use crate::processes::verdict::{PidField, Recorded, Verdicts};

/// All verdicts, from the evidence.
pub(super) fn judge(object: &Object, evidence: &Evidence, inspector: &mut Inspector) -> Verdicts {
    let claims = inspector.claims(object, evidence.clock_was_set());
    decide(object, evidence, &claims)
}

/// The keepers of an object whose verdicts are uncertain, by pid, with their command lines.
pub(super) fn keepers(
    object: &Object,
    evidence: &Evidence,
    verdicts: &Verdicts,
    inspector: &mut Inspector,
) -> Vec<Process> {
    if verdicts.is_sure() {
        return Vec::new();
    }
    let claims = inspector.claims(object, evidence.clock_was_set());
    let mut pids: Vec<i32> = claims.keepers().map(|keeper| keeper.process.pid).collect();
    pids.sort_unstable();
    inspector.read_processes(&pids);
    pids.into_iter().filter_map(|pid| inspector.process(pid)).collect()
}

/// A pid that the kernel recorded in an object at the latest at `time`.
pub(super) fn recorded_pid(
    object: &Object,
    field: PidField,
    pid: i32,
    time: i64,
    inspector: &mut Inspector,
) -> Recorded {
    let alive = inspector.liveness.of(&Record::new(object, pid, time));
    Recorded { field, pid, alive, process: None }
}

/// The same pids with the processes that have them now.
pub(super) fn with_processes(
    mut recorded: Vec<Recorded>,
    inspector: &mut Inspector,
) -> Vec<Recorded> {
    for one in &mut recorded {
        // The process that has a reused pid has nothing to do with the object.
        let shown =
            one.alive.known() != Some(false) && one.alive != Alive::Unknown(Doubt::MayBeReused);
        one.process = shown.then(|| inspector.process(one.pid)).flatten();
    }
    recorded
}

//! What the rules of all kinds share.

use super::decide::{Evidence, decide};
use crate::model::Object;
use crate::processes::findings::Denied;
use crate::processes::inspector::Inspector;
use crate::processes::liveness::{Alive, Doubt, Record};
use crate::processes::process_info::Process;
use crate::processes::verdict::{Gap, PidField, Reason, Recorded, Verdicts};
use crate::sys;

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

/// No, unless one of the processes could not be inspected.
pub(super) fn unless_unseen(
    gap: Option<Gap>,
    denied: &Denied,
    pids: &[i32],
) -> Result<bool, Reason> {
    let unseen = match gap {
        None => None,
        // What hides other processes does not matter.
        Some(Gap::Denied { .. }) => {
            let errnos = pids.iter().filter_map(|pid| denied.get(pid));
            errnos.copied().next().map(|errno| Gap::Denied { count: 1, errno })
        }
        Some(gap) => {
            let may_exist = |pid: &i32| sys::process::exists(*pid) != Ok(false);
            pids.iter().any(may_exist).then_some(gap)
        }
    };
    unseen.map_or(Ok(false), |gap| Err(Reason::Gap(gap)))
}

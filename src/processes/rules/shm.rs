//! Segments: the kernel counts their mappings.

use super::common::{judge, keepers, recorded_pid, with_processes};
use super::decide::Evidence;
use crate::model::{Kind, Object, Shm};
use crate::processes::attribution::Attached;
use crate::processes::inspector::Inspector;
use crate::processes::report::{RecordedPids, Report, UsersByPid};
use crate::processes::verdict::{Gap, PidField, Reason, Recorded};

pub(super) fn evidence(object: &Object, segment: &Shm, inspector: &mut Inspector) -> Evidence {
    // The processes are counted only if a walk has found them anyway.
    let scanned = object.nattch() > 0 && inspector.gap_of_maps() != Some(Gap::NotScanned);
    let attached = scanned.then(|| inspector.attached(object));
    let recorded = recorded(object, segment, inspector);
    evidence_of(object, attached.as_ref(), &recorded, inspector)
}

fn evidence_of(
    object: &Object,
    attached: Option<&Attached>,
    recorded: &[Recorded],
    inspector: &Inspector,
) -> Evidence {
    // As it was when the mappings were counted, if they were.
    let nattch = attached.map_or(object.nattch(), |it| it.nattch.max(object.nattch()));
    let used = match attached {
        _ if nattch == 0 => None,
        Some(attached) if attached.found == nattch => {
            Some(Reason::AttachedBy(attached.processes.len() as u64))
        }
        _ => Some(Reason::Attached(nattch)),
    };
    let mut evidence = Evidence { used, blind: inspector.gap_of_census(), ..Evidence::default() };
    recorded.iter().for_each(|one| evidence.add(one));
    evidence
}

pub(super) fn recorded(object: &Object, segment: &Shm, inspector: &mut Inspector) -> [Recorded; 2] {
    let Shm { cpid, lpid, atime, dtime, .. } = *segment;
    // The creator existed before any of the times that are set.
    let made = object.earliest_time();
    [
        recorded_pid(object, PidField::Cpid, cpid, made, inspector),
        recorded_pid(object, PidField::Lpid, lpid, atime.max(dtime), inspector),
    ]
}

pub(super) fn report(object: &Object, segment: &Shm, inspector: &mut Inspector) -> Report {
    let attached = inspector.attached(object);
    let recorded = recorded(object, segment, inspector);
    let evidence = evidence_of(object, Some(&attached), &recorded, inspector);
    let verdicts = judge(object, &evidence, inspector);
    let mut users = UsersByPid::default();
    users.attached(&attached.processes);
    users.recorded(&recorded);
    Report {
        users: users.into_users(Kind::Shm, inspector),
        attached: Some(attached.processes.len() as u64),
        waiting: None,
        gap: gap(&attached, inspector),
        recorded: RecordedPids {
            kind: Kind::Shm,
            complete: true,
            list: with_processes(recorded.to_vec(), inspector),
        },
        original_key: attached.original_key().or(object.key.filter(|_| !object.is_dest())),
        semaphores: None,
        keepers: keepers(object, &evidence, &verdicts, inspector),
        verdicts,
    }
}

fn gap(attached: &Attached, inspector: &Inspector) -> Option<Gap> {
    match inspector.gap_of_maps() {
        // Every mapping is accounted for, even if some processes are invisible.
        _ if attached.found == attached.nattch => None,
        // A process detached meanwhile, or one has brought a mapping from another namespace.
        Some(gap @ (Gap::NotScanned | Gap::NoDevice | Gap::Denied { .. } | Gap::Hidden(_))) => {
            Some(gap)
        }
        _ => Some(Gap::Mappings { found: attached.found, nattch: attached.nattch }),
    }
}

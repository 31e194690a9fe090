//! Facts that are joined to an object: its semaphores, its creator, its processes.

use std::sync::Arc;

use super::answer::Answer;
use crate::columns::{Facts, Needs, Place};
use crate::model::{Kind, Object};
use crate::processes::{Reason, rules};
use crate::sources::{Gap, Gaps, read_semaphores};
use crate::sys::ipc::is_absent;

/// Reads the required facts about an object. What could not be read is a gap of the answer.
pub(super) fn read(
    object: &Object,
    needs: Needs,
    place: Option<&Arc<Place>>,
    answer: &mut Answer,
) -> Facts {
    let mut facts = Facts { place: place.cloned(), ..Facts::default() };
    if needs.has(Needs::SEMAPHORES) && object.kind() == Kind::Sem {
        match read_semaphores(object) {
            Ok(semaphores) => facts.semaphores = Some(semaphores),
            // A set that was removed meanwhile has none.
            Err(Gap::Semaphores { error, .. }) if is_absent(error) => {}
            Err(gap) => answer.gaps.push(gap),
        }
    }
    let Some(inspector) = &mut answer.inspector else { return facts };
    if needs.has(Needs::COMMAND) {
        facts.command = rules::creator(object, inspector).map(|creator| creator.command);
    }
    if needs.has(Needs::ORPHANED) {
        let verdicts = rules::verdicts_of_walk(object, inspector);
        note_failure(object, verdicts.failure, &mut answer.gaps);
        facts.orphaned = verdicts.orphaned.answer;
    }
    if needs.has(Needs::PROCESSES) {
        let report = rules::report(object, inspector);
        note_failure(object, report.verdicts.failure.clone(), &mut answer.gaps);
        facts.report = Some(Box::new(report));
    }
    facts
}

/// What failed for all objects is reported once, with the processes.
fn note_failure(object: &Object, failure: Option<Reason>, gaps: &mut Gaps) {
    if let Some(Reason::Failed(error)) = failure {
        gaps.push(Gap::unsure(object, error));
    }
}

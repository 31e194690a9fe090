//! POSIX objects: nothing is recorded of who made or used them. In use is what is open, mapped or
//! waited for.

use super::common::{judge, keepers};
use super::decide::Evidence;
use crate::model::Object;
use crate::processes::inspector::Inspector;
use crate::processes::report::{RecordedPids, Report, Users};
use crate::processes::verdict::{Gap, Reason};

pub(super) fn evidence(_object: &Object, _inspector: &mut Inspector) -> Evidence {
    Evidence { blind: Some(Gap::NotScanned), ..Evidence::default() }
}

pub(super) fn used_by(
    _object: &Object,
    _pids: &[i32],
    _inspector: &mut Inspector,
) -> Result<bool, Reason> {
    Err(Reason::Gap(Gap::NotScanned))
}

pub(super) fn report(object: &Object, inspector: &mut Inspector) -> Report {
    let evidence = evidence(object, inspector);
    let verdicts = judge(object, &evidence, inspector);
    Report {
        users: Users { family: object.kind().family(), list: Vec::new() },
        attached: None,
        waiting: None,
        gap: evidence.blind,
        recorded: RecordedPids { kind: object.kind(), complete: true, list: Vec::new() },
        original_key: None,
        semaphores: None,
        keepers: keepers(object, &evidence, &verdicts, inspector),
        verdicts,
    }
}

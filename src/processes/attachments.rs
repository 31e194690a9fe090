//! The segments that processes have attached.

use std::collections::BTreeMap;

use super::findings::Attachment;
use super::mappings::{Mapping, MapsReader, MapsSource};
use super::parallel::gather;
use crate::model::Id;
use crate::proc::ProcRoot;
use crate::sys::devices::shm_devices;

/// Reads what some processes have attached, by the id of the segment. A process that cannot be
/// inspected has nothing, and none is a member of a namespace.
#[must_use]
pub fn read_attachments(root: &ProcRoot, pids: &[i32]) -> BTreeMap<Id, Vec<Attachment>> {
    let devices = shm_devices();
    let maps = MapsReader::new(root, &devices, MapsSource::Auto);
    let parts = gather(pids, |part: &mut Vec<(Id, Attachment)>, pid| {
        part.extend(by_segment(*pid, maps.read(*pid).unwrap_or_default()));
    });
    let mut found: BTreeMap<Id, Vec<Attachment>> = BTreeMap::new();
    for (id, attachment) in parts.into_iter().flatten() {
        found.entry(id).or_default().push(attachment);
    }
    found.values_mut().for_each(|all| all.sort_by_key(|one| one.pid));
    found
}

/// The mappings of a process, those of each segment together.
pub(super) fn by_segment(pid: i32, mappings: Vec<(Id, Mapping)>) -> Vec<(Id, Attachment)> {
    let mut found: Vec<(Id, Attachment)> = Vec::new();
    for (id, mapping) in mappings {
        match found.iter_mut().find(|(known, _)| *known == id) {
            Some((_, attachment)) => attachment.mappings.push(mapping),
            None => found.push((id, Attachment { pid, member: false, mappings: vec![mapping] })),
        }
    }
    found
}

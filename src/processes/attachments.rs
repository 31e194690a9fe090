//! The segments that processes have attached.

use std::collections::BTreeMap;

use super::findings::Attachment;
use super::mappings::{Mapping, MapsReader, MapsSource};
use super::parallel::gather;
use crate::model::Id;
use crate::proc::ProcRoot;
use crate::sys::devices::{ShmDevice, shm_devices};

/// Reads what a process has attached. None of the attachments is a member of a namespace.
#[derive(Debug)]
pub struct AttachmentReader<'a>(MapsReader<'a>);

impl<'a> AttachmentReader<'a> {
    /// A reader that knows segments by these devices.
    #[must_use]
    pub fn new(root: &'a ProcRoot, devices: &'a [ShmDevice]) -> AttachmentReader<'a> {
        AttachmentReader(MapsReader::new(root, devices, None, MapsSource::Auto))
    }

    /// What a process has attached; nothing if it cannot be inspected.
    #[must_use]
    pub fn read(&self, pid: i32) -> Vec<(Id, Attachment)> {
        by_segment(pid, self.0.read(pid).unwrap_or_default().segments)
    }
}

/// Reads what some processes have attached, by the id of the segment.
#[must_use]
pub fn read_attachments(root: &ProcRoot, pids: &[i32]) -> BTreeMap<Id, Vec<Attachment>> {
    let devices = shm_devices();
    let reader = AttachmentReader::new(root, &devices);
    let parts = gather(pids, |part: &mut Vec<_>, pid| part.extend(reader.read(*pid)));
    by_id(parts.into_iter().flatten())
}

/// Puts the attachments of each segment together, in the order of their processes.
#[must_use]
pub fn by_id(all: impl Iterator<Item = (Id, Attachment)>) -> BTreeMap<Id, Vec<Attachment>> {
    let mut found: BTreeMap<Id, Vec<Attachment>> = BTreeMap::new();
    for (id, attachment) in all {
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

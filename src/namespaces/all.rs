//! All namespaces at once.

use std::collections::HashSet;

use super::found::Found;
use super::gap::Gap;
use super::walk::Walk;
use super::{all_mounts, describe, mounts};
use crate::proc::ProcRoot;
use crate::processes::{AttachmentReader, by_id};
use crate::sys::devices::shm_devices;
use crate::sys::{Errno, namespace};

/// Finds all IPC namespaces that the caller can see.
#[must_use]
pub fn find_all(proc: &ProcRoot) -> Found {
    describe::describe(walk(Walk::new(proc)))
}

/// The same, with the segments that the processes have attached, for [`unreachable_segments`].
///
/// [`unreachable_segments`]: super::unreachable_segments
#[must_use]
pub fn find_all_and_attachments(proc: &ProcRoot) -> Found {
    let devices = shm_devices();
    let reader = AttachmentReader::new(proc, &devices);
    let mut walk = walk(Walk::new(proc).with_attachments(reader));
    let attachments = by_id(std::mem::take(&mut walk.attachments).into_iter());
    Found { attachments: Some(attachments), ..describe::describe(walk) }
}

fn walk(mut walk: Walk<'_>) -> Walk<'_> {
    let listed = all_mounts::can_list(walk.root);
    walk.finds_mounts = !listed;
    walk.walk_all();
    // Afterwards: a process may mount its namespace and end.
    if listed {
        all_mounts::find(&mut walk);
    } else {
        mounts::find(&mut walk);
    }
    find_listed(&mut walk);
    walk
}

/// Finds namespaces that have no process and no mount, only an open descriptor.
fn find_listed(walk: &mut Walk<'_>) {
    let ids = match namespace::list() {
        Ok(ids) => ids,
        // The kernel lacks the call, or a filter refuses it: then these stay unknown.
        Err(Errno::ENOSYS | Errno::EPERM) => return,
        Err(errno) => return walk.gaps.push(Gap::List(errno)),
    };
    let known = walk.files().filter_map(|file| namespace::unique_id(file).ok());
    let known: HashSet<u64> = known.collect();
    for id in ids.into_iter().filter(|id| !known.contains(id)) {
        match namespace::open_by_id(id) {
            Ok(file) => walk.add(file),
            // It has ended, or may not be entered.
            Err(Errno::ESTALE | Errno::ENOENT | Errno::EPERM | Errno::EACCES) => {}
            Err(errno) => walk.gaps.push(Gap::List(errno)),
        }
    }
}

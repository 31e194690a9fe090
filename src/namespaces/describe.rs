//! What is reported of each namespace that was found.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::found::{Found, IpcNamespace};
use super::gap::Gap;
use super::walk::{Pin, Started, Walk};
use crate::model::Container;
use crate::proc::{ProcRoot, cgroup};
use crate::processes::read_processes_while;
use crate::sys::namespace::owner_uid;

/// A namespace, and its processes that were not described yet, the oldest one last.
struct Entry {
    namespace: IpcNamespace,
    processes: Vec<Started>,
    /// The oldest process.
    start: Option<Started>,
}

/// Describes and sorts all namespaces.
pub(super) fn describe(mut walk: Walk<'_>) -> Found {
    let mut entries = Vec::new();
    for (inode, pin) in walk.take_pins() {
        let mut processes = walk.members.remove(&inode).unwrap_or_default();
        processes.sort_unstable_by_key(|started| Reverse(*started));
        let (start, count) = (processes.last().copied(), processes.len() as u64);
        let is_current = walk.own == Some(pin.id);
        entries.push(Entry { namespace: new(pin, is_current, count), processes, start });
    }
    describe_oldest(walk.root, &mut entries);
    entries.sort_by_key(|Entry { namespace, start, .. }| {
        (!namespace.is_current, start.is_none(), *start, namespace.id.inode)
    });
    let mut gaps = walk.gaps;
    if walk.denied > 0 {
        gaps.insert(0, Gap::OutOfSight { processes: walk.denied });
    }
    let namespaces = entries.into_iter().map(|entry| entry.namespace).collect();
    Found { namespaces, gaps, attachments: None }
}

fn new(pin: Pin, is_current: bool, processes: u64) -> IpcNamespace {
    let owner_uid = pin.file.as_ref().ok().and_then(|file| owner_uid(file).ok());
    let (file, error) = match pin.file {
        Ok(file) => (Some(file), None),
        Err(errno) => (None, Some(errno)),
    };
    IpcNamespace {
        id: pin.id,
        is_current,
        processes,
        oldest: None,
        container: None,
        unit: None,
        owner_uid,
        file,
        error,
    }
}

/// Describes the oldest process of each namespace, or the next one if that has ended meanwhile.
fn describe_oldest(root: &ProcRoot, entries: &mut [Entry]) {
    loop {
        let mut wanted = Vec::new();
        for entry in entries.iter_mut().filter(|entry| entry.namespace.oldest.is_none()) {
            if let Some(oldest) = entry.processes.pop() {
                wanted.push((oldest.pid, entry));
            }
        }
        if wanted.is_empty() {
            return;
        }
        let pids: Vec<i32> = wanted.iter().map(|(pid, _)| *pid).collect();
        let mut groups = HashMap::new();
        let mut read_group = |pid: i32| {
            groups.entry(pid).or_insert_with(|| read_group(root, pid));
        };
        let processes = read_processes_while(root, &pids, &mut |at| {
            pids.get(at).into_iter().for_each(|pid| read_group(*pid));
        });
        // Those whose command line was not requested.
        pids.iter().for_each(|pid| read_group(*pid));
        for ((pid, entry), process) in wanted.into_iter().zip(processes) {
            entry.namespace.oldest = process.ok();
            if let Some((container, unit)) = groups.get(&pid).cloned() {
                (entry.namespace.container, entry.namespace.unit) = (container, unit);
            }
        }
    }
}

/// The container and the unit of a process.
fn read_group(root: &ProcRoot, pid: i32) -> (Option<Container>, Option<String>) {
    let text = root.read_short(format!("{pid}/cgroup")).unwrap_or_default();
    (cgroup::container(&text), cgroup::unit(&text))
}

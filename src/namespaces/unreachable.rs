//! Segments that are attached, and in no namespace that can be entered.
//!
//! A namespace without processes, mounts and descriptors lives on while a segment of it is attached,
//! but nobody can enter it any more. The mapping still shows the segment's id. Key and
//! `nattch` distinguish it from a segment with the same id elsewhere: there are more mappings than
//! the visible segments account for. What is not certain is not reported.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::found::{IpcNamespace, UnreachableSegment};
use super::walk::inodes_of;
use crate::model::{Id, Key, Object};
use crate::proc::ProcRoot;
use crate::processes::{Attachment, ScanRequest, Visibility, walk};
use crate::sys::namespace::{enter, in_thread};
use crate::sys::process::compare_memory;
use crate::sys::{StatBy, shm};

/// Finds attached segments that are in none of the known namespaces. It reads the memory maps of all
/// processes.
#[must_use]
pub fn unreachable_segments(root: &ProcRoot, known: &[IpcNamespace]) -> Vec<UnreachableSegment> {
    let first = look(root, known);
    if first.is_empty() {
        return Vec::new();
    }
    // A process may have detached a segment after its maps were read.
    let second = look(root, known);
    let mut found: BTreeMap<(Id, Key), Vec<i32>> = BTreeMap::new();
    for (id, key, pid) in first.intersection(&second) {
        found.entry((*id, *key)).or_default().push(*pid);
    }
    let segment = |((id, _), processes): ((Id, Key), _)| UnreachableSegment { id: id.0, processes };
    found.into_iter().map(segment).collect()
}

/// The segments with these ids in a namespace, by the inode number of the namespace.
type Segments = HashMap<u64, Vec<Object>>;

/// The segments and processes that seem to be so.
fn look(root: &ProcRoot, known: &[IpcNamespace]) -> BTreeSet<(Id, Key, i32)> {
    let request = ScanRequest { attachers: true, ..ScanRequest::default() };
    let attachments = walk(root, &Visibility::of(root), request, None).attachments;
    if attachments.is_empty() {
        return BTreeSet::new();
    }
    let ids: Vec<Id> = attachments.keys().copied().collect();
    let segments = in_thread(|| read_segments(known, &ids)).unwrap_or_default();
    let mut found = BTreeSet::new();
    for (id, all) in attachments {
        let keys: BTreeSet<Key> =
            all.iter().flat_map(|one| &one.mappings).map(|map| map.key).collect();
        for key in keys {
            let lost = unexplained(root, &segments, id, key, &all);
            found.extend(lost.into_iter().map(|pid| (id, key, pid)));
        }
    }
    found
}

/// Reads segments in all namespaces that can be entered. The calling thread ends up in the last one.
fn read_segments(known: &[IpcNamespace], ids: &[Id]) -> Segments {
    let mut segments = HashMap::new();
    for namespace in known {
        if namespace.file.as_ref().is_some_and(|file| enter(file).is_ok()) {
            let stat = |id: &Id| shm::stat(id.0, StatBy::Any).ok();
            let found = ids.iter().filter_map(|id| stat(id).filter(|it| it.id() == Some(*id)));
            segments.insert(namespace.id.inode, found.collect());
        }
    }
    segments
}

/// The processes with mappings of this id and key that no segment accounts for.
fn unexplained(
    root: &ProcRoot,
    segments: &Segments,
    id: Id,
    key: Key,
    all: &[Attachment],
) -> Vec<i32> {
    // A removed segment has lost its key.
    let fits = |it: &&Object| {
        it.id() == Some(id) && (it.key == Some(key) || it.is_private() && it.is_dest())
    };
    let homes = |one: &Attachment| inodes_of(root, one.pid).unwrap_or_default();
    let all: Vec<_> = all.iter().map(|one| (one, homes(one))).collect();
    // Mappings with another key, which account for a removed segment that had that key.
    let others = |inode: &u64| -> u64 {
        let inside = all.iter().filter(|(_, homes)| homes.contains(inode));
        let maps = inside.flat_map(|(one, _)| &one.mappings);
        maps.filter(|map| map.key != key).count() as u64
    };
    let nattch = |inode: &u64, object: &Object| match object.is_dest() {
        true => object.nattch().saturating_sub(others(inode)),
        false => object.nattch(),
    };
    let mut left: HashMap<u64, u64> = HashMap::new();
    for (inode, objects) in segments {
        left.extend(objects.iter().find(fits).map(|object| (*inode, nattch(inode, object))));
    }
    let mut lost: Vec<i32> = Vec::new();
    for (one, homes) in &all {
        let count = one.mappings.iter().filter(|map| map.key == key).count() as u64;
        let is_known = !homes.is_empty() && homes.iter().all(|home| segments.contains_key(home));
        let home = homes.iter().find(|home| left.get(home).is_some_and(|left| *left >= count));
        match home.and_then(|home| left.get_mut(home)) {
            Some(left) => *left = left.saturating_sub(count),
            None if is_known && count > 0 => lost.push(one.pid),
            None => {}
        }
    }
    // What is left may be theirs: a process keeps its mappings when it leaves a namespace.
    if left.values().any(|left| *left > 0) {
        return Vec::new();
    }
    // Memory that processes share counts once in `nattch`.
    let shares = |pid: i32| {
        let mut others = all.iter().map(|(one, _)| one);
        others.any(|one| {
            one.pid != pid
                && !lost.contains(&one.pid)
                && compare_memory(pid, one.pid).is_ok_and(|order| order.is_eq())
        })
    };
    lost.iter().copied().filter(|pid| !shares(*pid)).collect()
}

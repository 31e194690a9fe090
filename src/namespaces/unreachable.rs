//! Segments that are attached, and in no namespace that can be entered.
//!
//! A namespace without processes, mounts and descriptors lives on while a segment of it is attached,
//! but nobody can enter it any more. The mapping still shows the segment's id. Key and
//! `nattch` distinguish it from a segment with the same id elsewhere: there are more mappings than
//! the visible segments account for. What is not certain is not reported.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::enter::run_inside;
use super::found::{Found, IpcNamespace, UnreachableSegment};
use super::walk::inodes_of;
use crate::model::{Id, Key};
use crate::proc::ProcRoot;
use crate::processes::{Attachment, read_attachments};
use crate::sys::namespace::{enter, in_thread};
use crate::sys::process::compare_memory;
use crate::sys::{StatBy, shm};

/// Finds attached segments that are in none of the namespaces that were found. It reads the memory
/// maps of all processes, unless that was done.
#[must_use]
pub fn unreachable_segments(root: &ProcRoot, found: &Found) -> Vec<UnreachableSegment> {
    let known = &found.namespaces;
    let first = match &found.attachments {
        Some(attachments) => compare(root, known, attachments),
        None => look(root, known),
    };
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

/// What is compared with mappings.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Segment {
    id: i32,
    /// `None`: it was removed and has lost its key.
    key: Option<u32>,
    nattch: u64,
}

/// The segments with these ids in a namespace, by the inode number of the namespace.
type Segments = HashMap<u64, Vec<Segment>>;

/// The segments and processes that seem to be so.
fn look(root: &ProcRoot, known: &[IpcNamespace]) -> BTreeSet<(Id, Key, i32)> {
    let pids = root.numbers("").unwrap_or_default();
    compare(root, known, &read_attachments(root, &pids))
}

/// Those of the given attachments.
fn compare(
    root: &ProcRoot,
    known: &[IpcNamespace],
    attachments: &BTreeMap<Id, Vec<Attachment>>,
) -> BTreeSet<(Id, Key, i32)> {
    if attachments.is_empty() {
        return BTreeSet::new();
    }
    let ids: Vec<Id> = attachments.keys().copied().collect();
    let segments = read_segments(root, known, &ids);
    let mut found = BTreeSet::new();
    for (id, all) in attachments {
        let keys: BTreeSet<Key> =
            all.iter().flat_map(|one| &one.mappings).map(|map| map.key).collect();
        for key in keys {
            let lost = unexplained(root, &segments, *id, key, all);
            found.extend(lost.into_iter().map(|pid| (*id, key, pid)));
        }
    }
    found
}

/// Reads segments in all namespaces that can be entered.
fn read_segments(root: &ProcRoot, known: &[IpcNamespace], ids: &[Id]) -> Segments {
    let files = || known.iter().filter_map(|one| Some((one.id.inode, one.file.as_ref()?)));
    // One thread can enter most of them, one after another.
    let enter_all = || {
        let entered = files().filter(|(_, file)| enter(file).is_ok());
        entered.map(|(inode, _)| (inode, read_here(ids))).collect()
    };
    let mut segments: Segments = in_thread(enter_all).unwrap_or_default();
    for (inode, file) in files() {
        if !segments.contains_key(&inode)
            && let Ok(found) = run_inside(root, file, || read_here(ids))
        {
            segments.insert(inode, found);
        }
    }
    segments
}

/// The segments with these ids in the namespace of the calling thread.
fn read_here(ids: &[Id]) -> Vec<Segment> {
    let stat = |id: &Id| {
        let found = shm::stat(id.0, StatBy::Any).ok().filter(|found| found.id() == Some(*id))?;
        let has_lost_key = found.is_private() && found.is_dest();
        let key = found.key.filter(|_| !has_lost_key).map(|key| key.0);
        Some(Segment { id: id.0, key, nattch: found.nattch() })
    };
    ids.iter().filter_map(stat).collect()
}

/// The processes with mappings of this id and key that no segment accounts for.
fn unexplained(
    root: &ProcRoot,
    segments: &Segments,
    id: Id,
    key: Key,
    all: &[Attachment],
) -> Vec<i32> {
    let fits = |it: &&Segment| it.id == id.0 && it.key.is_none_or(|of_it| of_it == key.0);
    let homes = |one: &Attachment| inodes_of(root, one.pid).unwrap_or_default();
    let all: Vec<_> = all.iter().map(|one| (one, homes(one))).collect();
    // Mappings with another key, which account for a removed segment that had that key.
    let others = |inode: &u64| -> u64 {
        let inside = all.iter().filter(|(_, homes)| homes.contains(inode));
        let maps = inside.flat_map(|(one, _)| &one.mappings);
        maps.filter(|map| map.key != key).count() as u64
    };
    let nattch = |inode: &u64, segment: &Segment| match segment.key {
        None => segment.nattch.saturating_sub(others(inode)),
        Some(_) => segment.nattch,
    };
    let mut left: HashMap<u64, u64> = HashMap::new();
    for (inode, all) in segments {
        left.extend(all.iter().find(fits).map(|segment| (*inode, nattch(inode, segment))));
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

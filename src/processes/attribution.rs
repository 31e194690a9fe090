//! Decides which of the candidate mappings belong to a segment.
//!
//! A mapping is identified by device and id, and ids repeat in every IPC namespace. A candidate in
//! a process of our namespace nearly always belongs to the segment. But a process keeps its
//! mappings when it leaves a namespace or enters one. The mappings have to explain `nattch`: if all
//! of them are visible and their number equals it, they are the right ones.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::findings::{Attachment, Denied};
use super::mappings::{Mapping, is_denied, is_gone};
use crate::model::{Id, Key, Object};
use crate::proc::ProcRoot;
use crate::sys::handle::file_handle;
use crate::sys::namespace::in_namespace;
use crate::sys::{StatBy, errno_of, process, shm};

/// The processes that have a segment attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    /// The processes, by pid, with their mappings of this segment only.
    pub processes: Vec<Attachment>,
    /// Their mappings; memory that two processes share counts once, as in `nattch`.
    pub found: u64,
    /// `nattch` as it was when the mappings were counted.
    pub nattch: u64,
}

impl Attached {
    /// The key that the segment was created with. The kernel clears it on removal, but the name of
    /// the mappings keeps it.
    #[must_use]
    pub fn original_key(&self) -> Option<Key> {
        self.processes.iter().flat_map(|process| &process.mappings).find_map(|map| map.key)
    }
}

/// Identifies a file beyond its device and number, which segments of two namespaces may share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FileMark {
    size: u64,
    /// Creation time with nanoseconds. File timestamps advance only every few milliseconds.
    ctime: (i64, i64),
    /// Its handle, which is random; empty for huge pages.
    handle: Vec<u8>,
}

/// Selects among the candidates. `all_seen`: every process was visible. `failed` gets the processes
/// whose mappings could not be distinguished from those of other namespaces because a call
/// failed.
pub(super) fn attribute(
    root: &ProcRoot,
    shm: &Object,
    candidates: &[Attachment],
    all_seen: bool,
    failed: &mut Denied,
) -> Attached {
    let named: Vec<Attachment> = candidates.iter().filter_map(|one| with_key(shm, one)).collect();
    let (members, outsiders): (Vec<_>, Vec<_>) = named.into_iter().partition(|one| one.member);
    let mut nattch = shm.nattch();
    if count(&members) != nattch {
        nattch = current_nattch(shm).unwrap_or(nattch);
    }
    // Any mapping found then is from another namespace, or was removed meanwhile.
    if nattch == 0 {
        return Attached::default();
    }
    // If some processes are invisible, memory shared by two visible ones must not make up for
    // theirs.
    if all_seen && count(&members) == nattch && outsiders.is_empty() {
        return Attached { found: nattch, processes: members, nattch };
    }
    let found = distinct(&members);
    if found == nattch {
        return Attached { processes: members, found, nattch };
    }
    let outsiders: Vec<_> = outsiders.into_iter().filter(|one| fits(shm, one)).collect();
    let mut all: Vec<Attachment> = members.iter().chain(&outsiders).cloned().collect();
    all.sort_by_key(|one| one.pid);
    // All true mappings are among these, and their number is right.
    if all_seen && distinct(&all) == nattch {
        return Attached { processes: all, found: nattch, nattch };
    }
    let mut files = Files { root, all_seen, failed };
    if let Some(processes) = files.choose(shm, &all, nattch) {
        let found = distinct(&processes);
        return Attached { processes, found, nattch };
    }
    Attached { processes: members, found, nattch }
}

/// The mappings whose name has the segment's key. A removed segment has lost its own.
fn with_key(shm: &Object, one: &Attachment) -> Option<Attachment> {
    let lost = shm.is_private() && shm.is_dest();
    let mut one = one.clone();
    one.mappings.retain(|map| lost || map.key == shm.key);
    (!one.mappings.is_empty()).then_some(one)
}

fn fits(shm: &Object, one: &Attachment) -> bool {
    one.mappings.iter().all(|map| map.fits(shm.size()))
}

fn count(all: &[Attachment]) -> u64 {
    all.iter().map(|one| one.mappings.len() as u64).sum()
}

/// The number of mappings. Memory shared by several processes (vfork, CLONE_VM) counts once.
fn distinct(all: &[Attachment]) -> u64 {
    // Only those with the very same mappings can share them; asking the kernel is the expensive part.
    let mut groups: BTreeMap<Vec<u64>, Vec<&Attachment>> = BTreeMap::new();
    for one in all {
        let addresses = one.mappings.iter().map(|map| map.address).collect();
        groups.entry(addresses).or_default().push(one);
    }
    let count = |(addresses, group): (&Vec<u64>, &Vec<&Attachment>)| {
        distinct_memories(group).saturating_mul(addresses.len() as u64)
    };
    groups.iter().map(count).sum()
}

fn distinct_memories(group: &[&Attachment]) -> u64 {
    // Sorted by insertion: an order that contradicts itself, as when a process exits or may not be
    // asked about, does no more harm than counting it twice.
    let mut memories: Vec<i32> = Vec::new();
    for one in group {
        let order = |known: &i32| {
            process::compare_memory(*known, one.pid).unwrap_or_else(|_| known.cmp(&one.pid))
        };
        if let Err(place) = memories.binary_search_by(order) {
            memories.insert(place, one.pid);
        }
    }
    memories.len() as u64
}

/// The object as it is now: processes attach and detach while others are inspected.
fn current_nattch(shm: &Object) -> Option<u64> {
    let now = shm::stat(shm.id()?.0, StatBy::Any).ok()?;
    let same = now.identity == shm.identity
        && (now.key, now.owner.uid, now.ctime) == (shm.key, shm.owner.uid, shm.ctime);
    same.then_some(now.nattch())
}

/// Distinguishes segments with the same number by their files, where /proc/PID/map_files may be
/// followed (CAP_CHECKPOINT_RESTORE).
struct Files<'a> {
    root: &'a ProcRoot,
    /// Whether every process was visible.
    all_seen: bool,
    failed: &'a mut Denied,
}

impl Files<'_> {
    /// Returns the mappings of one file that explain `nattch`. Files mapped by processes of our
    /// namespace are preferred, then files created when the segment was. `None`: undecidable.
    fn choose(&mut self, shm: &Object, all: &[Attachment], nattch: u64) -> Option<Vec<Attachment>> {
        let mut fitting = Vec::new();
        for (mark, group) in self.by_file(all) {
            let first = group.first().and_then(|one| one.mappings.first());
            let page = first.map_or(1, |map| map.page_size.max(1));
            let whole = shm.size().checked_next_multiple_of(page);
            let found = distinct(&group);
            if found > nattch || (mark.size != shm.size() && Some(mark.size) != whole) {
                continue;
            }
            let inside = group.iter().any(|one| one.member);
            let same_time = mark.ctime.0.abs_diff(shm.ctime) <= 1;
            // If a process could not be inspected, the mappings that are missing may be its own.
            let explains = self.all_seen && (found == nattch || same_time);
            let sure = inside || explains;
            if sure && (inside || !self.is_of_another(shm, &group)) {
                fitting.push(((found != nattch, !inside, !same_time), group));
            }
        }
        let best = fitting.iter().map(|(rank, _)| *rank).min()?;
        fitting.retain(|(rank, _)| *rank == best);
        if fitting.len() > 1 {
            fitting.retain(|(_, group)| !self.is_of_first_threads(shm, group));
        }
        if fitting.len() == 1 { fitting.pop().map(|(_, group)| group) } else { None }
    }

    fn by_file(&mut self, all: &[Attachment]) -> BTreeMap<FileMark, Vec<Attachment>> {
        let mut files: BTreeMap<FileMark, Vec<Attachment>> = BTreeMap::new();
        for one in all {
            for map in &one.mappings {
                // A process that vanished meanwhile has no mappings any more.
                let mark = file_mark(self.root, one.pid, map);
                let Some(mark) = self.read(one.pid, mark) else { continue };
                let group = files.entry(mark).or_default();
                match group.last_mut().filter(|last| last.pid == one.pid) {
                    Some(last) => last.mappings.push(*map),
                    None => group.push(Attachment { mappings: vec![*map], ..one.clone() }),
                }
            }
        }
        files
    }

    /// Whether these mappings are those of a segment in the namespace that one of the processes is
    /// in: one of that number and size is there, and has as many.
    fn is_of_another(&mut self, shm: &Object, group: &[Attachment]) -> bool {
        let found = distinct(group);
        let Some(id) = shm.id() else { return false };
        group.iter().any(|one| {
            let there = stat_in(self.root, one.pid, id);
            // After a failure it may be: nothing is said of a process that may not use the segment.
            let is_failure = |error: &io::Error| !is_gone(error) && !is_denied(error);
            let is_unknown = there.as_ref().is_err_and(is_failure);
            let there = self.read(one.pid, there).flatten();
            is_unknown
                || there.is_some_and(|there| {
                    there.size() == shm.size()
                        && there.nattch() == found
                        && with_key(&there, one).is_some()
                })
        })
    }

    /// The same, where only some threads of the processes are in our namespace and the first one is
    /// in that other one.
    fn is_of_first_threads(&mut self, shm: &Object, group: &[Attachment]) -> bool {
        let own = self.root.file_id("thread-self/ns/ipc").ok();
        let is_elsewhere = |one: &&Attachment| {
            let first = self.root.file_id(format!("{}/ns/ipc", one.pid)).ok();
            first.is_some() && first != own
        };
        let elsewhere: Vec<Attachment> = group.iter().filter(is_elsewhere).cloned().collect();
        self.is_of_another(shm, &elsewhere)
    }

    /// What was read about a process. Remembers a failure, unless the process has exited or may
    /// not be inspected.
    fn read<T>(&mut self, pid: i32, result: io::Result<T>) -> Option<T> {
        if let Err(error) = &result
            && !is_gone(error)
            && !is_denied(error)
        {
            self.failed.insert(pid, errno_of(error));
        }
        result.ok()
    }
}

/// The segment with that number in the namespace of a process.
///
/// # Errors
/// Those of open(2), pthread_create(3) and setns(2).
fn stat_in(root: &ProcRoot, pid: i32, id: Id) -> io::Result<Option<Object>> {
    let namespace = root.open(format!("{pid}/ns/ipc"))?;
    let look = || shm::stat(id.0, StatBy::Any).ok().filter(|found| found.id() == Some(id));
    Ok(in_namespace(&namespace, look)?)
}

/// # Errors
/// Those of stat(2).
fn file_mark(root: &ProcRoot, pid: i32, map: &Mapping) -> io::Result<FileMark> {
    let (start, end) = (map.address, map.address.saturating_add(map.size));
    let path = format!("{pid}/map_files/{start:x}-{end:x}");
    let file = root.metadata(&path)?;
    let handle = file_handle(&root.path(path)).unwrap_or_default();
    Ok(FileMark { size: file.size(), ctime: (file.ctime(), file.ctime_nsec()), handle })
}

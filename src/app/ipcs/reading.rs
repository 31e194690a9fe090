//! What a check reads in one namespace.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::options::Options;
use crate::model::{Kind, Kinds, LimitRow, Limits, Share, Shown, Sums, Usage, limit_rows};
use crate::proc::ProcRoot;
use crate::processes::{Inspector, Walk};
use crate::query::{Answer, GroupBy, GroupKey, GroupSums, Query};
use crate::sources::{self, Everything, Gaps, ShmFiles};
use crate::sys::page_size;

/// What was read in one namespace.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Reading {
    /// The limits.
    pub limits: Limits,
    /// What is used of them.
    pub usage: Usage,
    /// The objects of each owner: those that pass the filter, or all of a kind that is near a limit.
    pub owners: Vec<(u32, Sums)>,
    /// What could not be read.
    pub reasons: Vec<String>,
}

/// Reads the limits of the calling thread's namespace, and whose the objects are if a limit is
/// nearly reached.
pub fn read_limits(
    proc: &ProcRoot,
    options: &Options,
    warn: Share,
    is_one_of_many: bool,
) -> Reading {
    let source = Everything::new(proc, options.shm_files.clone()).one_of_many(is_one_of_many);
    let kinds = if is_one_of_many { kinds_here(options) } else { options.kinds };
    let mut gaps = Gaps::default();
    let limits = sources::limits(proc, &source.posix, kinds, &mut gaps);
    let usage = sources::usage(&source.posix, kinds, &mut gaps);
    let is_near = |row: &LimitRow| row.fullness().is_some_and(|share| share >= warn);
    let near = counted(kinds, &limits, &usage).into_iter().filter(is_near);
    let near: Vec<Kind> = near.map(|row| row.resource.kind).collect();
    let kinds = options.kinds.iter().filter(|kind| near.contains(kind)).collect();
    let query = Query { kinds, ..options.query(&[]) };
    // A gap here only leaves out some objects of an owner.
    let (owners, _) = owners(&query, &source, proc);
    Reading { limits, usage, owners, reasons: of_gaps(&gaps) }
}

/// Counts the objects of the calling thread's namespace that pass the filter. `walk` is a walk over
/// all processes that was done before.
pub fn count_objects(
    proc: &ProcRoot,
    options: &Options,
    walk: Option<Arc<Walk>>,
    is_one_of_many: bool,
) -> Reading {
    let source = Everything::new(proc, options.shm_files.clone()).one_of_many(is_one_of_many);
    let query = Query { walk, ..options.query(&[]) };
    let (owners, answer) = owners(&query, &source, proc);
    let mut reasons = of_gaps(&answer.gaps);
    if let Some(inspector) = answer.inspector {
        reasons.extend(out_of_sight(&inspector));
    }
    Reading { owners, reasons, ..Reading::default() }
}

/// The limits of which it is counted what is used, in the order of all lists.
pub fn counted(kinds: Kinds, limits: &Limits, usage: &Usage) -> Vec<LimitRow> {
    let mut rows = limit_rows(kinds, limits, usage, Shown::Limits, page_size());
    rows.retain(|row| row.used.is_some());
    rows
}

/// The owner who uses most of a limit, and how much.
pub fn fills(row: &LimitRow, reading: &Reading) -> Option<(u32, u64)> {
    let kinds = Kinds::of(row.resource.kind);
    let used = |sums: &Sums| {
        let rows = counted(kinds, &reading.limits, &sums.usage(kinds));
        rows.iter().find(|one| one.name() == row.name()).and_then(|one| one.used).unwrap_or(0)
    };
    largest(reading.owners.iter().map(|(uid, sums)| (*uid, used(sums))))
}

/// The owner with the largest share of something. Of equal ones it is the first.
pub fn largest(shares: impl Iterator<Item = (u32, u64)>) -> Option<(u32, u64)> {
    let larger = |most: (u32, u64), next: (u32, u64)| if next.1 > most.1 { next } else { most };
    shares.filter(|(_, share)| *share > 0).reduce(larger)
}

/// The objects of each owner, in the order of the numbers of the owners.
fn owners(query: &Query, source: &Everything, proc: &ProcRoot) -> (Vec<(u32, Sums)>, Answer) {
    let mut sums = GroupSums::new(GroupBy::Owner, page_size());
    // Only the sink could fail, and this one does not.
    let answer = query.run(source, proc, &mut sums).unwrap_or_default();
    let owners = sums.into_groups().into_iter().filter_map(|(key, sums)| match key {
        GroupKey::User(uid) => Some((uid, sums)),
        _ => None,
    });
    (owners.collect(), answer)
}

/// The kinds whose limits this namespace has. A /dev/shm that several namespaces share goes with
/// one of them.
fn kinds_here(options: &Options) -> Kinds {
    let has_files = !matches!(options.shm_files, ShmFiles::Nowhere);
    let kinds = options.kinds.iter().filter(|kind| has_files || *kind != Kind::Pshm);
    kinds.map(Kinds::of).fold(Kinds::NONE, Kinds::and)
}

fn of_gaps(gaps: &Gaps) -> Vec<String> {
    let more = (gaps.more() > 0).then(|| format!("{} more objects could not be read", gaps.more()));
    gaps.first().iter().map(ToString::to_string).chain(more).collect()
}

/// What could not be seen of the processes, so that some objects may have been missed.
fn out_of_sight(inspector: &Inspector) -> impl Iterator<Item = String> {
    let unread = inspector.unread_memory().map(|gap| gap.to_string());
    inspector.out_of_sight().into_iter().chain(unread)
}

//! Rows through `*_STAT_ANY` or `*_STAT` over the indexes of the kernel's table.

use std::io;
use std::ops::RangeInclusive;

use crate::model::{Kind, Object};
use crate::sources::chunks::{CHUNK, Chunk, Outcome, TakeChunk, read_in_pairs, worth_a_thread};
use crate::sources::{Batch, Gap};
use crate::sys::StatBy;
use crate::sys::ipc::{self, Extent};

/// A miss costs about a fifth of what a row costs in the text of /proc. With more misses than this
/// for each hit the text is cheaper.
const MISSES_PER_HIT: u64 = 5;
/// Misses that are ignored before the first hit, so that a few holes do not decide.
const FREE_MISSES: u64 = 64;
/// The index up to which a table of unknown density is tried.
const TRIED: usize = 128;

/// Whether a table has so many holes that it is cheaper to read as text. This is judged by the
/// kernel's number of objects, or if that is unknown by trying the first indexes.
pub(super) fn is_sparse(kind: Kind, extent: Extent) -> bool {
    let last = usize::try_from(extent.max_index).unwrap_or(0);
    match extent.used {
        Some(used) => has_many_misses(last as u64, used),
        None => {
            let first = read_chunk(kind, 0..=last.min(TRIED), StatBy::Any);
            has_many_misses(first.misses, first.batch.objects.len() as u64)
        }
    }
}

fn has_many_misses(misses: u64, hits: u64) -> bool {
    misses > hits.saturating_mul(MISSES_PER_HIT).saturating_add(FREE_MISSES)
}

/// Queries every index up to the highest used one. With `may_give_up` it stops when another source
/// would be better: too many holes, or a denied call.
pub(super) fn read(
    kind: Kind,
    max_index: i32,
    by: StatBy,
    may_give_up: bool,
    take: TakeChunk<'_>,
) -> io::Result<Outcome> {
    let last = usize::try_from(max_index).unwrap_or(0);
    let chunks = (0..=last).step_by(CHUNK).count();
    let make = |at: usize| {
        let first = at.saturating_mul(CHUNK);
        let end = first.saturating_add(CHUNK);
        read_chunk(kind, first..=last.min(end.saturating_sub(1)), by)
    };
    let (mut hits, mut misses, mut failures) = (0u64, 0u64, 0u64);
    let mut judge = |chunk: Chunk| {
        hits = hits.saturating_add(chunk.batch.objects.len() as u64);
        misses = misses.saturating_add(chunk.misses);
        failures = failures.saturating_add(chunk.batch.gaps.len() as u64);
        // A security module may deny the call although everyone may read the text.
        if may_give_up && (failures > 0 || has_many_misses(misses, hits)) {
            return Ok(Outcome::TryOtherSource);
        }
        take(chunk)
    };
    let outcome = if worth_a_thread(max_index) {
        read_in_pairs(chunks, make, &mut judge)?
    } else {
        serially(chunks, make, &mut judge)?
    };
    let unknown = by == StatBy::Any && hits.max(failures) == 0 && something_exists(kind, max_index);
    Ok(if unknown { Outcome::TryOtherSource } else { outcome })
}

fn serially(
    chunks: usize,
    make: impl Fn(usize) -> Chunk,
    take: TakeChunk<'_>,
) -> io::Result<Outcome> {
    for at in 0..chunks {
        let outcome = take(make(at))?;
        if outcome != Outcome::Done {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Done)
}

fn read_chunk(kind: Kind, indexes: RangeInclusive<usize>, by: StatBy) -> Chunk {
    let objects = Vec::with_capacity(indexes.clone().count());
    let mut chunk = Chunk { batch: Batch { objects, gaps: Vec::new() }, misses: 0 };
    for index in indexes {
        let Ok(index) = i32::try_from(index) else { break };
        match stat(kind, index, by) {
            Ok(object) => chunk.batch.objects.push(object),
            Err(error) if ipc::is_absent(error) => chunk.misses = chunk.misses.saturating_add(1),
            Err(error) => chunk.batch.gaps.push(Gap::Object { kind, index, error }),
        }
    }
    chunk
}

/// Like [`ipc::stat`], but tries `*_STAT` where `*_STAT_ANY` is denied.
fn stat(kind: Kind, index: i32, by: StatBy) -> nix::Result<Object> {
    ipc::stat(kind, index, by).or_else(|error| match by {
        StatBy::Any if !ipc::is_absent(error) => ipc::stat_after(kind, index, error),
        _ => Err(error),
    })
}

/// Whether there may be an object although `*_STAT_ANY` found none: before Linux 4.17 it fails with
/// the same EINVAL as an unused index.
pub(super) fn something_exists(kind: Kind, max_index: i32) -> bool {
    max_index > 0 || !ipc::stat(kind, 0, StatBy::Readable).is_err_and(ipc::is_absent)
}

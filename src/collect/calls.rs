//! Rows through `*_STAT_ANY` or `*_STAT` over the indexes of the kernel's table.

use std::io;

use super::Gap;
use super::chunks::{CHUNK, Chunk, Outcome, Take, by_two, worth_a_thread};
use crate::sys::ipc::{Extent, KernelObject};
use crate::sys::{Errno, StatBy};

/// A miss costs about a fifth of what a row costs in the text of /proc: with more misses than this
/// for each hit the text is the cheaper source.
const MISSES_PER_HIT: u64 = 5;
/// Misses that are forgiven before the first hit, so that a few holes do not decide.
const FREE_MISSES: u64 = 64;

/// Whether a table has so many holes that it is cheaper to read as text: as far as the kernel tells
/// the number of objects, otherwise by a look at the first indexes.
pub(super) fn is_sparse<T: KernelObject>(extent: Extent) -> bool {
    let last = usize::try_from(extent.max_index).unwrap_or(0);
    match extent.used {
        Some(used) => last as u64 > used * MISSES_PER_HIT + FREE_MISSES,
        None => {
            let first = read_chunk::<T>(0, last.min(2 * FREE_MISSES as usize), StatBy::Any);
            first.misses > first.rows.len() as u64 * MISSES_PER_HIT + FREE_MISSES
        }
    }
}

/// Asks for every index up to the highest used one. With `may_give_up` it ends where another
/// source would be better: too many holes, or a call that is denied.
pub(super) fn read<T: KernelObject>(
    max_index: i32,
    by: StatBy,
    may_give_up: bool,
    take: Take<'_, T>,
) -> io::Result<Outcome> {
    let last = usize::try_from(max_index).unwrap_or(0);
    let chunks = last / CHUNK + 1;
    let make = |at: usize| read_chunk::<T>(at * CHUNK, (at * CHUNK + CHUNK - 1).min(last), by);
    let (mut hits, mut misses) = (0u64, 0u64);
    let mut judge = |chunk: Chunk<T>| {
        hits += chunk.rows.len() as u64;
        misses += chunk.misses;
        // A security module may deny the call where the text is open to everyone.
        if may_give_up && (!chunk.gaps.is_empty() || misses > hits * MISSES_PER_HIT + FREE_MISSES) {
            return Ok(Outcome::UseOther);
        }
        take(chunk)
    };
    let outcome = if worth_a_thread(max_index) {
        by_two(chunks, make, &mut judge)?
    } else {
        serially(chunks, make, &mut judge)?
    };
    let unknown = by == StatBy::Any && hits == 0 && something_exists::<T>(max_index);
    Ok(if unknown { Outcome::UseOther } else { outcome })
}

fn serially<T>(
    chunks: usize,
    make: impl Fn(usize) -> Chunk<T>,
    take: Take<'_, T>,
) -> io::Result<Outcome> {
    for at in 0..chunks {
        if take(make(at))? == Outcome::UseOther {
            return Ok(Outcome::UseOther);
        }
    }
    Ok(Outcome::Done)
}

fn read_chunk<T: KernelObject>(first: usize, last: usize, by: StatBy) -> Chunk<T> {
    let mut chunk = Chunk { rows: Vec::with_capacity(last + 1 - first), ..Chunk::default() };
    for index in first..=last {
        let Ok(index) = i32::try_from(index) else { break };
        match T::stat(index, by) {
            Ok(row) => chunk.rows.push(row),
            Err(Errno::EINVAL | Errno::EIDRM) => chunk.misses += 1,
            Err(error) => chunk.gaps.push(Gap::Object { kind: T::KIND, index, error }),
        }
    }
    chunk
}

/// Whether there is an object although `*_STAT_ANY` found none: before Linux 4.17 it fails with
/// the same EINVAL as an unused index.
pub(super) fn something_exists<T: KernelObject>(max_index: i32) -> bool {
    max_index > 0 || matches!(T::stat(0, StatBy::Readable), Ok(_) | Err(Errno::EACCES))
}

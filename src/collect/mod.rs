//! From the kernel's two sources to rows.
//!
//! The same rows can be had as text of /proc/sysvipc and, object by object, through `*_STAT_ANY`
//! over the indexes of the kernel's table. The calls are about twice as fast where the table is
//! dense, the text is far faster where it is sparse; only the text has `rss` and `swap`, only the
//! calls have `qbytes`. So the text is read, but for large dense tables. Either may be missing: the text in a sandbox that masks it, the calls on a
//! kernel before 4.17. Rows are handed on in chunks, in the order of the indexes.

mod calls;
mod chunks;
mod joined;
mod snapshot;
mod sums;
mod text;

use std::collections::HashSet;
use std::fmt;
use std::io;

use crate::columns::{Column, Needs};
use crate::model::{Id, Kind, MsgQueue, SemSet, Shm};
use crate::proc::sysvipc::SysvipcRow;
use crate::proc::{ParseError, ProcRoot};
use crate::sys::ipc::{Extent, KernelObject};
use crate::sys::{Errno, StatBy, error_text, reason};

use chunks::{Chunk, Outcome, worth_a_thread};
pub use joined::Joined;
pub use snapshot::Snapshot;
pub use sums::{limits, usage};

/// Below this index the text costs less than a millisecond, and there is nothing to gain.
const WORTH_CALLS: i32 = 256;
/// `IPCMNI_SHIFT` and `IPCMNI_EXTEND_SHIFT` of the kernel's ipc/util.h.
const SHIFTS: [u32; 2] = [15, 24];

/// What a view needs beyond the fields that both sources have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// `rss` and `swap` of segments: the text is needed.
    pub resident: bool,
    /// `qbytes` of queues: the calls are needed.
    pub qbytes: bool,
    /// `seq` of every object.
    pub seq: bool,
}

impl Want {
    /// What some columns need.
    #[must_use]
    pub fn of(columns: &[&Column]) -> Want {
        let needs = |need| columns.iter().any(|column| column.needs == need);
        Want {
            resident: needs(Needs::Resident),
            qbytes: needs(Needs::Qbytes),
            seq: needs(Needs::Seq),
        }
    }

    /// Everything that either source has.
    pub const ALL: Want = Want { resident: true, qbytes: true, seq: true };
}

/// Something that should be in the answer and is not.
#[derive(Debug)]
pub enum Gap {
    /// A row of /proc/sysvipc that could not be understood.
    Row {
        /// The file.
        path: String,
        /// Line number, from 1; the header is line 1.
        line: usize,
        /// What is wrong with it.
        error: ParseError,
    },
    /// Reading the rest of a file failed.
    Read {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// An object that the kernel would not describe.
    Object {
        /// Its kind.
        kind: Kind,
        /// Its index in the kernel's table.
        index: i32,
        /// Why.
        error: Errno,
    },
    /// Neither source could be used.
    Kind {
        /// The kind.
        kind: Kind,
        /// Why the calls failed.
        error: Errno,
    },
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Row { path, line, error } => write!(f, "{path}: line {line}: {error}"),
            Gap::Read { path, error } => write!(f, "{path}: {}", reason(error)),
            Gap::Object { kind, index, error } => {
                write!(f, "{} at index {index}: {}", kind.noun(), error_text(*error))
            }
            Gap::Kind { kind, error } => {
                write!(f, "cannot read {}s: {}", kind.noun(), error_text(*error))
            }
        }
    }
}

/// An object with both sources.
pub trait Listed: KernelObject + SysvipcRow {
    /// Takes over the fields that only the calls tell.
    fn complete(&mut self, from_call: &Self);
    /// Whether the view needs the text for this kind.
    fn needs_text(want: Want) -> bool;
    /// Whether the view needs a call for each row of this kind.
    fn needs_calls(want: Want) -> bool;
}

impl Listed for Shm {
    fn complete(&mut self, from_call: &Self) {
        self.perm.seq = from_call.perm.seq;
    }
    fn needs_text(want: Want) -> bool {
        want.resident
    }
    fn needs_calls(_: Want) -> bool {
        false
    }
}

impl Listed for MsgQueue {
    fn complete(&mut self, from_call: &Self) {
        self.perm.seq = from_call.perm.seq;
        self.qbytes = from_call.qbytes;
    }
    fn needs_text(_: Want) -> bool {
        false
    }
    fn needs_calls(want: Want) -> bool {
        want.qbytes
    }
}

impl Listed for SemSet {
    fn complete(&mut self, from_call: &Self) {
        self.perm.seq = from_call.perm.seq;
    }
    fn needs_text(_: Want) -> bool {
        false
    }
    fn needs_calls(_: Want) -> bool {
        false
    }
}

/// Takes a chunk of rows; an error ends the reading.
pub type Sink<'a, T> = &'a mut dyn FnMut(&mut [T]) -> io::Result<()>;

/// Reads all objects of one kind.
///
/// # Errors
/// Only those of `sink`; what could not be read is a gap.
pub fn read<T: Listed>(
    proc: &ProcRoot,
    want: Want,
    gaps: &mut Vec<Gap>,
    sink: Sink<'_, T>,
) -> io::Result<()> {
    let extent = T::extent();
    if extent.is_ok_and(is_empty::<T>) {
        return Ok(());
    }
    let mut reader = Reader { want, gaps, sink, seen: Seen::default(), shift: None };
    let dense = extent.ok().filter(|e| e.max_index >= WORTH_CALLS && !calls::is_sparse::<T>(*e));
    if let Some(Extent { max_index, .. }) = dense.filter(|_| !T::needs_text(want))
        && calls::read(max_index, StatBy::Any, true, &mut |chunk| reader.take(chunk))?
            == Outcome::Done
    {
        return Ok(());
    }
    let in_thread = dense.is_some_and(|extent| worth_a_thread(extent.max_index));
    if text::read(proc, in_thread, &mut |chunk| reader.take(chunk))? == Outcome::Done {
        return Ok(());
    }
    match extent {
        Ok(Extent { max_index, .. }) => {
            let mut calls = |by| calls::read(max_index, by, false, &mut |chunk| reader.take(chunk));
            if calls(StatBy::Any)? == Outcome::UseOther {
                calls(StatBy::Readable)?;
            }
        }
        Err(error) => gaps.push(Gap::Kind { kind: T::KIND, error }),
    }
    Ok(())
}

/// Whether there is nothing to read, as far as a few calls tell.
fn is_empty<T: KernelObject>(extent: Extent) -> bool {
    match extent {
        Extent { used: Some(used), .. } => used == 0,
        Extent { max_index: 0, .. } => {
            matches!(T::stat(0, StatBy::Any), Err(Errno::EINVAL))
                && !calls::something_exists::<T>(0)
        }
        Extent { .. } => false,
    }
}

/// All objects of one kind, in memory.
pub fn read_all<T: Listed>(proc: &ProcRoot, want: Want, gaps: &mut Vec<Gap>) -> Vec<T> {
    let mut rows = Vec::new();
    // The sink cannot fail.
    let _ = read(proc, want, gaps, &mut |chunk: &mut [T]| {
        rows.extend_from_slice(chunk);
        Ok(())
    });
    rows
}

/// The object with an id, if there is one now.
///
/// One call where the kernel has `*_STAT_ANY` and nothing is wanted that only the text has.
pub fn find<T: Listed>(proc: &ProcRoot, id: Id, want: Want, gaps: &mut Vec<Gap>) -> Option<T> {
    match T::at(id) {
        // The slot may be used by another object now.
        Ok(object) if object.perm().id != id => None,
        Ok(object) if !T::needs_text(want) => Some(object),
        Ok(object) => Some(text::find(proc, id, gaps).map_or(object, |mut row: T| {
            row.complete(&object);
            row
        })),
        Err(Errno::EINVAL | Errno::EIDRM) => None,
        Err(_) => text::find(proc, id, gaps),
    }
}

/// What happens to rows from either source before they go out.
struct Reader<'a, T> {
    want: Want,
    gaps: &'a mut Vec<Gap>,
    sink: Sink<'a, T>,
    seen: Seen,
    shift: Option<u32>,
}

impl<T: Listed> Reader<'_, T> {
    fn take(&mut self, mut chunk: Chunk<T>) -> io::Result<Outcome> {
        self.gaps.append(&mut chunk.gaps);
        chunk.rows.retain(|row| self.seen.insert(row.perm().id));
        for row in &mut chunk.rows {
            self.complete(row);
        }
        (self.sink)(&mut chunk.rows)?;
        Ok(Outcome::Done)
    }

    /// Adds what is wanted and only the calls tell.
    fn complete(&mut self, row: &mut T) {
        if row.perm().seq.is_some() {
            return;
        }
        if T::needs_calls(self.want) {
            // An object that vanished meanwhile stays as the text had it.
            if let Some(object) = stat_exactly::<T>(row.perm().id) {
                row.complete(&object);
            }
        }
        if self.want.seq && row.perm().seq.is_none() {
            row.perm_mut().seq = Some(self.seq(row.perm().id));
        }
    }

    /// The sequence number in an id, whose place is learnt from one call.
    fn seq(&mut self, id: Id) -> u32 {
        if self.shift.is_none()
            && id.0 >> SHIFTS[0] != 0
            && let Some(seq) = stat_exactly::<T>(id).and_then(|object| object.perm().seq)
        {
            self.shift = SHIFTS.into_iter().find(|shift| id.0 >> shift == seq.cast_signed());
        }
        (id.0 >> self.shift.unwrap_or(SHIFTS[0])).cast_unsigned()
    }
}

/// The object with this very id.
fn stat_exactly<T: KernelObject>(id: Id) -> Option<T> {
    let object = T::at(id).ok()?;
    (object.perm().id == id).then_some(object)
}

/// The ids that went out: some kernels list an object twice, and a change of source overlaps.
#[derive(Debug, Default)]
struct Seen {
    ids: Vec<Id>,
    /// Only made when rows come out of the order of their indexes, which none should.
    set: Option<HashSet<Id>>,
}

impl Seen {
    /// Whether the id is new.
    fn insert(&mut self, id: Id) -> bool {
        let index = |id: Id| id.0 & ((1 << SHIFTS[0]) - 1);
        if let Some(set) = &mut self.set {
            return set.insert(id);
        }
        if self.ids.last().is_some_and(|last| index(*last) >= index(id)) {
            let set = self.set.insert(self.ids.drain(..).collect());
            return set.insert(id);
        }
        self.ids.push(id);
        true
    }
}

//! From the kernel's two sources to rows.
//!
//! The same rows can be had as text of /proc/sysvipc and, object by object, through `*_STAT_ANY`
//! over the indexes of the kernel's table. The calls are about twice as fast where the table is
//! dense, the text is far faster where it is sparse; only the text has `rss` and `swap`, only the
//! calls have `qbytes`. So the text is read, but for large dense tables. Either may be missing: the text in a sandbox that masks it, the calls on a
//! kernel before 4.17. Rows are handed on in chunks, in the order of the indexes.

mod joined;
mod snapshot;
mod sums;

use std::collections::HashSet;
use std::fmt;
use std::io;

use crate::columns::{Column, Needs};
use crate::model::{Id, Kind, MsgQueue, SemSet, Shm};
use crate::proc::sysvipc::SysvipcRow;
use crate::proc::{ParseError, ProcRoot};
use crate::sys::ipc::{Extent, KernelObject};
use crate::sys::{Errno, StatBy, error_text, reason};

pub use joined::Joined;
pub use snapshot::Snapshot;
pub use sums::{limits, usage};

/// Rows of one chunk.
const CHUNK: usize = 1024;
/// Below this index the text costs less than a millisecond, and there is nothing to gain.
const WORTH_CALLS: i32 = 256;
/// A miss costs about a fifth of what a row costs in the text of /proc: with more misses than this
/// for each hit the text is the cheaper source.
const MISSES_PER_HIT: u64 = 5;
/// Misses that are forgiven before the first hit, so that a few holes do not decide.
const FREE_MISSES: u64 = 64;
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
    Reader { proc, want, gaps, sink, chunk: Vec::new(), seen: Seen::default(), shift: None }.run()
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
    let by_call = match T::stat(id.0, StatBy::Any) {
        // Before 4.17 the command is unknown (EINVAL); a security module may deny it (EACCES).
        Err(_) => T::stat(id.0, StatBy::Readable),
        found => found,
    };
    match by_call {
        // The slot may be used by another object now.
        Ok(object) if object.perm().id != id => None,
        Ok(object) if !T::needs_text(want) => Some(object),
        Ok(object) => Some(find_in_text(proc, id, gaps).map_or(object, |mut row: T| {
            row.complete(&object);
            row
        })),
        Err(Errno::EINVAL | Errno::EIDRM) => None,
        Err(_) => find_in_text(proc, id, gaps),
    }
}

fn find_in_text<T: Listed>(proc: &ProcRoot, id: Id, gaps: &mut Vec<Gap>) -> Option<T> {
    let mut found = None;
    let mut lines = proc.lines(T::file()).ok()?;
    let mut number = 0;
    while let Ok(Some(line)) = lines.next_line() {
        number += 1;
        match T::parse(line) {
            Ok(row) if row.perm().id == id => found = found.or(Some(row)),
            Err(error) if number > 1 => gaps.push(row_gap(proc, T::file(), number, error)),
            _ => {}
        }
    }
    found
}

fn row_gap(proc: &ProcRoot, file: &str, line: usize, error: ParseError) -> Gap {
    Gap::Row { path: proc.path(file).display().to_string(), line, error }
}

/// How an attempt to read from one source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All that it has was read.
    Done,
    /// Another source should go on behind what was read so far.
    UseOther,
}

struct Reader<'a, T> {
    proc: &'a ProcRoot,
    want: Want,
    gaps: &'a mut Vec<Gap>,
    sink: Sink<'a, T>,
    chunk: Vec<T>,
    seen: Seen,
    shift: Option<u32>,
}

impl<T: Listed> Reader<'_, T> {
    fn run(&mut self) -> io::Result<()> {
        let extent = T::extent();
        if !T::needs_text(self.want)
            && let Ok(extent) = extent
            && extent.max_index >= WORTH_CALLS
            && !is_sparse(extent)
            && self.read_calls(extent.max_index, StatBy::Any, true)? == Outcome::Done
        {
            return self.flush();
        }
        if self.read_text()? == Outcome::Done {
            return self.flush();
        }
        match extent {
            Ok(extent) => {
                if self.read_calls(extent.max_index, StatBy::Any, false)? == Outcome::UseOther {
                    self.read_calls(extent.max_index, StatBy::Readable, false)?;
                }
            }
            Err(error) => self.gaps.push(Gap::Kind { kind: T::KIND, error }),
        }
        self.flush()
    }

    /// Asks for every index up to the highest used one.
    fn read_calls(&mut self, max_index: i32, by: StatBy, may_give_up: bool) -> io::Result<Outcome> {
        let (mut hits, mut misses) = (0u64, 0u64);
        for index in 0..=max_index {
            match T::stat(index, by) {
                Ok(row) => {
                    hits += 1;
                    self.push(row)?;
                }
                Err(Errno::EINVAL | Errno::EIDRM) => {
                    misses += 1;
                    if may_give_up && misses > hits * MISSES_PER_HIT + FREE_MISSES {
                        return Ok(Outcome::UseOther);
                    }
                }
                // A security module may deny the call where the text is open to everyone.
                Err(_) if may_give_up => return Ok(Outcome::UseOther),
                Err(error) => self.gaps.push(Gap::Object { kind: T::KIND, index, error }),
            }
        }
        let unknown = by == StatBy::Any && hits == 0 && Self::something_exists(max_index);
        Ok(if unknown { Outcome::UseOther } else { Outcome::Done })
    }

    /// Whether there is an object although `*_STAT_ANY` found none: before Linux 4.17 it fails with
    /// the same EINVAL as an unused index.
    fn something_exists(max_index: i32) -> bool {
        max_index > 0 || matches!(T::stat(0, StatBy::Readable), Ok(_) | Err(Errno::EACCES))
    }

    /// Reads the file of /proc/sysvipc. An empty one (not even a header) is a masked one.
    fn read_text(&mut self) -> io::Result<Outcome> {
        let Ok(mut lines) = self.proc.lines(T::file()) else { return Ok(Outcome::UseOther) };
        let mut number = 0;
        loop {
            match lines.next_line() {
                Ok(Some(line)) => {
                    number += 1;
                    if number > 1 {
                        match T::parse(line) {
                            Ok(row) => self.push_from_text(row)?,
                            Err(error) => {
                                self.gaps.push(row_gap(self.proc, T::file(), number, error));
                            }
                        }
                    }
                }
                Ok(None) if number == 0 => return Ok(Outcome::UseOther),
                Ok(None) => return Ok(Outcome::Done),
                Err(_) if number == 0 => return Ok(Outcome::UseOther),
                Err(error) => {
                    let path = self.proc.path(T::file()).display().to_string();
                    self.gaps.push(Gap::Read { path, error });
                    return Ok(Outcome::Done);
                }
            }
        }
    }

    fn push_from_text(&mut self, mut row: T) -> io::Result<()> {
        if T::needs_calls(self.want) {
            // An object that vanished meanwhile stays as the text had it.
            if let Some(object) = stat_exactly::<T>(row.perm().id) {
                row.complete(&object);
            }
        }
        if self.want.seq && row.perm().seq.is_none() {
            row.perm_mut().seq = Some(self.seq(row.perm().id));
        }
        self.push(row)
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

    fn push(&mut self, row: T) -> io::Result<()> {
        if !self.seen.insert(row.perm().id) {
            return Ok(());
        }
        self.chunk.push(row);
        if self.chunk.len() == CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.chunk.is_empty() {
            (self.sink)(&mut self.chunk)?;
            self.chunk.clear();
        }
        Ok(())
    }
}

/// The object with this very id.
fn stat_exactly<T: KernelObject>(id: Id) -> Option<T> {
    let object = T::stat(id.0, StatBy::Any).or_else(|_| T::stat(id.0, StatBy::Readable)).ok()?;
    (object.perm().id == id).then_some(object)
}

fn is_sparse(extent: Extent) -> bool {
    extent.used.is_some_and(|used| {
        u64::from(extent.max_index.unsigned_abs()) > used * MISSES_PER_HIT + FREE_MISSES
    })
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

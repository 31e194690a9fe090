//! System V objects, from the kernel's two interfaces.
//!
//! The same rows are available as text in /proc/sysvipc and, object by object, through `*_STAT_ANY`
//! over the indexes of the kernel's table. The calls are about twice as fast if the table is dense;
//! the text is far faster if it is sparse. Only the text has `rss` and `swap`, and only the calls
//! have `qbytes`. So the text is read, except for large dense tables. Either may be missing: the
//! text in a sandbox that masks it, the calls on a kernel before 4.17.

mod calls;
mod chunks;
mod text;

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;

use super::{Batch, Gap, Lookup, NamespaceHandle, Source, Take};
use crate::columns::Needs;
use crate::model::{Body, Id, Identity, Kind, Object};
use crate::proc::ProcRoot;
use crate::sys::ipc::{self, Extent};
use crate::sys::{Errno, StatBy};

use chunks::{Chunk, Outcome, worth_a_thread};

/// Below this index the text takes less than a millisecond, so the calls would gain nothing.
const WORTH_CALLS: i32 = 256;
/// `IPCMNI_SHIFT` and `IPCMNI_EXTEND_SHIFT` of the kernel's ipc/util.h.
const SHIFTS: [u32; 2] = [15, 24];

/// The System V objects of a namespace.
#[derive(Clone, Debug)]
pub struct SystemV {
    proc: ProcRoot,
    namespace: NamespaceHandle,
}

impl SystemV {
    /// The objects of a namespace, as text below `proc` or by the kernel's calls.
    #[must_use]
    pub fn new(proc: ProcRoot, namespace: NamespaceHandle) -> SystemV {
        SystemV { proc, namespace }
    }

    fn read_here(&self, kind: Kind, needs: Needs, take: Take<'_>) -> io::Result<()> {
        let extent = ipc::extent(kind);
        if extent.is_ok_and(|extent| is_empty(kind, extent)) {
            return Ok(());
        }
        let mut reader =
            Reader { kind, needs, take: &mut *take, seen: Seen::default(), shift: None };
        let is_dense = |e: &Extent| e.max_index >= WORTH_CALLS && !calls::is_sparse(kind, *e);
        let dense = extent.ok().filter(is_dense);
        if let Some(Extent { max_index, .. }) = dense.filter(|_| !needs_text(kind, needs))
            && calls::read(kind, max_index, StatBy::Any, true, &mut |chunk| reader.take(chunk))?
                != Outcome::TryOtherSource
        {
            return Ok(());
        }
        let in_thread = dense.is_some_and(|extent| worth_a_thread(extent.max_index));
        let text = text::read(&self.proc, kind, in_thread, &mut |chunk| reader.take(chunk))?;
        if text != Outcome::TryOtherSource {
            return Ok(());
        }
        match extent {
            Ok(Extent { max_index, .. }) => {
                let mut calls =
                    |by| calls::read(kind, max_index, by, false, &mut |chunk| reader.take(chunk));
                if calls(StatBy::Any)? == Outcome::TryOtherSource {
                    calls(StatBy::Readable)?;
                }
                Ok(())
            }
            Err(error) => {
                let gaps = vec![Gap::Kind { kind, error }];
                take(Batch { objects: Vec::new(), gaps }).map(drop)
            }
        }
    }

    /// One call, if the kernel has `*_STAT_ANY` and nothing is needed that only the text has.
    fn find_here(&self, kind: Kind, id: Id, needs: Needs) -> Lookup {
        match ipc::at_index_of(kind, id) {
            // The slot may hold another object now.
            Ok(object) if object.id() != Some(id) => Lookup::default(),
            Ok(object) if !needs_text(kind, needs) => {
                Lookup { object: Some(object), gaps: Vec::new() }
            }
            Ok(object) => {
                let Lookup { object: row, gaps } = text::find(&self.proc, kind, id);
                let both = row.map(|row| complete(row, &object));
                Lookup { object: Some(both.unwrap_or(object)), gaps }
            }
            Err(Errno::EINVAL | Errno::EIDRM) => Lookup::default(),
            Err(_) => text::find(&self.proc, kind, id),
        }
    }
}

impl Source for SystemV {
    fn read(&self, kind: Kind, needs: Needs, take: Take<'_>) -> io::Result<()> {
        self.namespace.enter(|| self.read_here(kind, needs, take))
    }

    fn find(&self, identity: &Identity, needs: Needs) -> Lookup {
        let Some(id) = identity.name.id() else { return Lookup::default() };
        self.namespace.enter(|| self.find_here(identity.kind, id, needs))
    }

    fn estimate(&self, kind: Kind) -> u64 {
        let extent = self.namespace.enter(|| ipc::extent(kind)).ok();
        extent.map_or(0, |it| it.used.unwrap_or(u64::from(it.max_index.unsigned_abs()) + 1))
    }
}

/// Whether something is needed of this kind that only the text has.
fn needs_text(kind: Kind, needs: Needs) -> bool {
    kind == Kind::Shm && needs.has(Needs::RSS)
}

/// Whether a call for each row is needed.
fn needs_calls(kind: Kind, needs: Needs) -> bool {
    kind == Kind::Msg && needs.has(Needs::QBYTES)
}

/// Completes a row of the text with the fields that only the calls have.
fn complete(mut row: Object, from_call: &Object) -> Object {
    row.seq = from_call.seq;
    if let (Body::Msg(queue), Body::Msg(from_call)) = (&mut row.body, &from_call.body) {
        queue.qbytes = from_call.qbytes;
    }
    row
}

/// Whether there is nothing to read, if a few calls can show that.
fn is_empty(kind: Kind, extent: Extent) -> bool {
    match extent {
        Extent { used: Some(used), .. } => used == 0,
        Extent { max_index: 0, .. } => {
            matches!(ipc::stat(kind, 0, StatBy::Any), Err(Errno::EINVAL))
                && !calls::something_exists(kind, 0)
        }
        Extent { .. } => false,
    }
}

/// How rows from either interface are processed before they are passed on.
struct Reader<'a, 'b> {
    kind: Kind,
    needs: Needs,
    take: &'a mut (dyn FnMut(Batch) -> io::Result<ControlFlow<()>> + 'b),
    seen: Seen,
    shift: Option<u32>,
}

impl Reader<'_, '_> {
    fn take(&mut self, chunk: Chunk) -> io::Result<Outcome> {
        let Batch { mut objects, gaps } = chunk.batch;
        self.seen.keep_new(&mut objects);
        if self.needs.has(Needs::SEQ) || needs_calls(self.kind, self.needs) {
            objects = objects.into_iter().map(|object| self.complete(object)).collect();
        }
        let flow = (self.take)(Batch { objects, gaps })?;
        Ok(if flow.is_break() { Outcome::Stopped } else { Outcome::Done })
    }

    /// Adds the required fields that only the calls have.
    fn complete(&mut self, mut row: Object) -> Object {
        let Some(id) = row.id().filter(|_| row.seq.is_none()) else { return row };
        if needs_calls(self.kind, self.needs) {
            // An object that vanished meanwhile stays as it was in the text.
            if let Some(object) = stat_exactly(self.kind, id) {
                row = complete(row, &object);
            }
        }
        if self.needs.has(Needs::SEQ) && row.seq.is_none() {
            row.seq = Some(self.seq(id));
        }
        row
    }

    /// The sequence number in an id. Its position is determined by one call.
    fn seq(&mut self, id: Id) -> u32 {
        if self.shift.is_none()
            && id.0 >> SHIFTS[0] != 0
            && let Some(seq) = stat_exactly(self.kind, id).and_then(|object| object.seq)
        {
            self.shift = SHIFTS.into_iter().find(|shift| id.0 >> shift == seq.cast_signed());
        }
        (id.0 >> self.shift.unwrap_or(SHIFTS[0])).cast_unsigned()
    }
}

/// The object with exactly this id.
fn stat_exactly(kind: Kind, id: Id) -> Option<Object> {
    ipc::at_index_of(kind, id).ok().filter(|object| object.id() == Some(id))
}

/// The index part of an id, the order in which objects are listed.
fn index(id: Id) -> i32 {
    id.0 & ((1 << SHIFTS[0]) - 1)
}

/// The ids that were passed on. Some kernels list an object twice, and a change from one interface
/// to the other overlaps.
#[derive(Debug, Default)]
struct Seen {
    ids: Vec<Id>,
    /// Created only if rows are not in the order of their indexes, which should not happen.
    set: Option<HashSet<Id>>,
}

impl Seen {
    /// Drops the objects that were passed on before.
    fn keep_new(&mut self, objects: &mut Vec<Object>) {
        let ids = || objects.iter().filter_map(Object::id);
        let is_sorted = self.set.is_none()
            && self
                .ids
                .last()
                .copied()
                .into_iter()
                .chain(ids())
                .is_sorted_by(|a, b| index(*a) < index(*b));
        if is_sorted {
            self.ids.extend(ids());
        } else {
            objects.retain(|object| object.id().is_none_or(|id| self.insert(id)));
        }
    }

    /// Whether the id is new.
    fn insert(&mut self, id: Id) -> bool {
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

//! System V objects, from the kernel's two interfaces.
//!
//! The same rows are available as text in /proc/sysvipc and, object by object, through `*_STAT_ANY`
//! over the indexes of the kernel's table. The calls are about twice as fast if the table is dense;
//! the text is far faster if it is sparse. Only the text has `rss` and `swap`, and only the calls
//! have `qbytes`. So the text is read, except for large dense tables, and except for very small ones
//! where there are many namespaces. Either may be missing: the text in a sandbox that masks it, the
//! calls on a kernel before 4.17 or where they are denied.

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
use text::Text;

/// Below this index a call for each index takes less time than opening the text.
const SMALL: i32 = 32;
/// Below this index the text takes less than a millisecond, so the calls would gain nothing.
const WORTH_CALLS: i32 = 256;
/// `IPCMNI_SHIFT` and `IPCMNI_EXTEND_SHIFT` of the kernel's ipc/util.h.
const SHIFTS: [u32; 2] = [15, 24];
/// The bits of an id that the first of them leaves to the index.
const INDEX_BITS: i32 = 0x7fff;

/// The System V objects of a namespace.
#[derive(Clone, Debug)]
pub struct SystemV {
    proc: ProcRoot,
    namespace: NamespaceHandle,
    /// Whether very small tables are read by calls too.
    is_one_of_many: bool,
}

impl SystemV {
    /// The objects of a namespace, as text below `proc` or by the kernel's calls.
    #[must_use]
    pub fn new(proc: ProcRoot, namespace: NamespaceHandle) -> SystemV {
        SystemV { proc, namespace, is_one_of_many: false }
    }

    /// The same for one of many namespaces, where the time that it takes to open files adds up.
    #[must_use]
    pub fn one_of_many(self, is_one_of_many: bool) -> SystemV {
        SystemV { is_one_of_many, ..self }
    }

    fn read_here(&self, kind: Kind, needs: Needs, take: Take<'_>) -> io::Result<()> {
        let extent = ipc::extent(kind);
        if extent.is_ok_and(|extent| is_empty(kind, extent)) {
            return Ok(());
        }
        let seen = Seen::default();
        let mut reader = Reader { kind, needs, take: &mut *take, seen, shift: None };
        let is_dense = |e: &Extent| e.max_index >= WORTH_CALLS && !calls::is_sparse(kind, *e);
        let dense = extent.ok().filter(is_dense);
        let is_small = |e: &Extent| self.is_one_of_many && e.max_index < SMALL;
        let by_calls = extent.ok().filter(is_small).or(dense);
        if let Some(Extent { max_index, .. }) = by_calls.filter(|_| !needs_text(kind, needs))
            && calls::read(kind, max_index, StatBy::Any, true, &mut |chunk| reader.take(chunk))?
                != Outcome::TryOtherSource
        {
            return Ok(());
        }
        let in_thread = dense.is_some_and(|extent| worth_a_thread(extent.max_index));
        let text = Text { proc: &self.proc, kind, in_thread, required: needs_text(kind, needs) };
        let text = text::read(text, &mut |chunk| reader.take(chunk))?;
        match extent {
            _ if text == Outcome::Stopped => Ok(()),
            // Text without rows is masked if there are objects; the calls know.
            _ if text == Outcome::Done && (extent.is_err() || !reader.seen.is_empty()) => Ok(()),
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
                let text = text::find(&self.proc, kind, id, true);
                let Lookup { object: row, gaps } = text.unwrap_or_default();
                let mut both = row.unwrap_or_else(|| object.clone());
                complete(&mut both, &object);
                Lookup { object: Some(both), gaps }
            }
            Err(error) if ipc::is_absent(error) => Lookup::default(),
            Err(error) => self.find_in_text(kind, id, needs, error),
        }
    }

    /// What the text has of an object that the calls could not read.
    fn find_in_text(&self, kind: Kind, id: Id, needs: Needs, error: Errno) -> Lookup {
        let Some(Lookup { mut object, mut gaps }) = text::find(&self.proc, kind, id, false) else {
            return Lookup { object: None, gaps: vec![Gap::Lookup { kind, id, error }] };
        };
        if let Some(object) = &mut object {
            object.seq = first_of_slot(id);
            let without_seq = needs.has(Needs::SEQ) && object.seq.is_none();
            let missing = [(needs_calls(kind, needs), "qbytes"), (without_seq, "seq")];
            let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
            gaps.extend(missing.map(|(_, field)| Gap::Field { kind, id, field, error }));
        }
        Lookup { object, gaps }
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
fn complete(row: &mut Object, from_call: &Object) {
    row.seq = from_call.seq;
    if let (Body::Msg(queue), Body::Msg(from_call)) = (&mut row.body, &from_call.body) {
        queue.qbytes = from_call.qbytes;
    }
}

/// Whether there is nothing to read, if a few calls can show that.
fn is_empty(kind: Kind, extent: Extent) -> bool {
    match extent {
        Extent { used: Some(used), .. } => used == 0,
        Extent { max_index: 0, .. } => {
            ipc::stat(kind, 0, StatBy::Any).is_err_and(ipc::is_absent)
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
        let Batch { mut objects, mut gaps } = chunk.batch;
        self.seen.keep_new(&mut objects);
        if self.needs.has(Needs::SEQ) || needs_calls(self.kind, self.needs) {
            for object in &mut objects {
                self.complete(object, &mut gaps);
            }
        }
        let flow = (self.take)(Batch { objects, gaps })?;
        Ok(if flow.is_break() { Outcome::Stopped } else { Outcome::Done })
    }

    /// Adds the required fields that only the calls have. An object that vanished meanwhile stays as
    /// it was in the text.
    fn complete(&mut self, row: &mut Object, gaps: &mut Vec<Gap>) {
        let Some(id) = row.id().filter(|_| row.seq.is_none()) else { return };
        let kind = self.kind;
        if needs_calls(kind, self.needs) {
            match stat_exactly(kind, id) {
                Ok(Some(object)) => complete(row, &object),
                Ok(None) => {}
                Err(error) => gaps.push(Gap::Field { kind, id, field: "qbytes", error }),
            }
        }
        if self.needs.has(Needs::SEQ) && row.seq.is_none() {
            match self.seq(id) {
                Ok(seq) => row.seq = seq,
                Err(error) => gaps.push(Gap::Field { kind, id, field: "seq", error }),
            }
        }
    }

    /// The sequence number in an id. Its position is determined by one call; until an object was
    /// found by it, it is known only for the first objects of a slot.
    fn seq(&mut self, id: Id) -> nix::Result<Option<u32>> {
        if self.shift.is_none() {
            if let Some(seq) = first_of_slot(id) {
                return Ok(Some(seq));
            }
            let seq = stat_exactly(self.kind, id)?.and_then(|object| object.seq);
            self.shift = seq.and_then(|seq| {
                SHIFTS.into_iter().find(|shift| id.0 >> shift == seq.cast_signed())
            });
        }
        Ok(self.shift.map(|shift| (id.0 >> shift).cast_unsigned()))
    }
}

/// The sequence number 0 of the first object in a slot, which its id alone shows.
fn first_of_slot(id: Id) -> Option<u32> {
    (id.0 >> SHIFTS[0] == 0).then_some(0)
}

/// The object with exactly this id, if it still exists.
fn stat_exactly(kind: Kind, id: Id) -> nix::Result<Option<Object>> {
    match ipc::at_index_of(kind, id) {
        Ok(object) => Ok(Some(object).filter(|object| object.id() == Some(id))),
        Err(error) if ipc::is_absent(error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The index part of an id, the order in which objects are listed.
fn index(id: Id) -> i32 {
    id.0 & INDEX_BITS
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

    /// Whether nothing was passed on.
    fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.set.is_none()
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

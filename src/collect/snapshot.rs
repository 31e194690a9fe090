//! All rows in memory, for the views that sort, join or measure them.

use super::{Gap, Want, read_all};
use crate::columns::{AsRow, Row};
use crate::model::{Kind, Kinds, MsgQueue, SemSet, Shm};
use crate::proc::ProcRoot;

/// The objects of the kinds asked for.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Segments.
    pub shm: Vec<Shm>,
    /// Queues.
    pub msg: Vec<MsgQueue>,
    /// Semaphore sets.
    pub sem: Vec<SemSet>,
}

impl Snapshot {
    /// Reads the objects of some kinds.
    pub fn read(proc: &ProcRoot, kinds: Kinds, want: Want, gaps: &mut Vec<Gap>) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for kind in kinds.iter() {
            match kind {
                Kind::Shm => snapshot.shm = read_all(proc, want, gaps),
                Kind::Msg => snapshot.msg = read_all(proc, want, gaps),
                Kind::Sem => snapshot.sem = read_all(proc, want, gaps),
            }
        }
        snapshot
    }

    /// The rows of one kind.
    #[must_use]
    pub fn rows(&self, kind: Kind) -> Vec<Row<'_>> {
        match kind {
            Kind::Shm => self.shm.iter().map(AsRow::row).collect(),
            Kind::Msg => self.msg.iter().map(AsRow::row).collect(),
            Kind::Sem => self.sem.iter().map(AsRow::row).collect(),
        }
    }
}

//! What is joined to the objects from the processes.

use std::collections::HashMap;

use crate::columns::{Needs, ObjectRef, Row};
use crate::model::{Id, Kind};
use crate::processes::{Inspector, Report};

/// Facts beside the objects themselves, by what they belong to.
#[derive(Debug, Default)]
pub struct Joined {
    /// Command lines of creators, by segment.
    commands: HashMap<Id, Vec<u8>>,
    /// Who uses an object.
    reports: HashMap<(Kind, Id), Report>,
}

impl Joined {
    /// Asks for what is needed of these rows; the scan has been made.
    pub fn read(inspector: &mut Inspector, rows: &[Row<'_>], needs: &[Needs]) -> Joined {
        let mut joined = Joined::default();
        for row in rows {
            let key = (row.kind(), row.perm().id);
            if needs.contains(&Needs::Command)
                && let ObjectRef::Shm(shm) = row.object
                && let Some(creator) = inspector.creator(shm)
            {
                joined.commands.insert(key.1, creator.command);
            }
            if needs.contains(&Needs::Processes) {
                let report = match row.object {
                    ObjectRef::Shm(shm) => inspector.report(shm),
                    ObjectRef::Msg(msg) => inspector.report(msg),
                    ObjectRef::Sem(sem) => inspector.report(sem),
                };
                joined.reports.insert(key, report);
            }
        }
        joined
    }

    /// Puts into a row what was read for it.
    pub fn join<'a>(&'a self, row: &mut Row<'a>) {
        let (kind, id) = (row.kind(), row.perm().id);
        if kind == Kind::Shm {
            row.extra.command = self.commands.get(&id).map(Vec::as_slice);
        }
        row.extra.report = self.reports.get(&(kind, id));
    }
}

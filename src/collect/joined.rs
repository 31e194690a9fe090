//! What is joined to the objects from elsewhere.

use std::collections::HashMap;

use super::Snapshot;
use crate::columns::{Column, Needs, ObjectRef, Row};
use crate::proc::ProcRoot;

/// Facts beside the objects themselves, by what they belong to.
#[derive(Debug, Default)]
pub struct Joined {
    /// Command lines of processes.
    commands: HashMap<i32, Vec<u8>>,
}

impl Joined {
    /// Reads what the columns need.
    #[must_use]
    pub fn read(proc: &ProcRoot, snapshot: &Snapshot, columns: &[&Column]) -> Joined {
        let mut joined = Joined::default();
        if columns.iter().any(|column| column.needs == Needs::Command) {
            for shm in &snapshot.shm {
                joined.commands.entry(shm.cpid).or_insert_with(|| command(proc, shm.cpid));
            }
        }
        joined
    }

    /// Puts into a row what was read for it.
    pub fn join<'a>(&'a self, row: &mut Row<'a>) {
        if let ObjectRef::Shm(shm) = row.object {
            let command = self.commands.get(&shm.cpid).filter(|command| !command.is_empty());
            row.extra.command = command.map(Vec::as_slice);
        }
    }
}

/// The command line with blanks between its words; empty when the process is gone.
fn command(proc: &ProcRoot, pid: i32) -> Vec<u8> {
    let mut line = match pid {
        0 => Vec::new(),
        pid => proc.read(format!("{pid}/cmdline")).unwrap_or_default(),
    };
    while line.last() == Some(&0) {
        line.pop();
    }
    line.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
    line
}

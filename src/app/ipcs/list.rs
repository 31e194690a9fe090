//! Lists of objects, and single objects (`-i`): one query, written in one format.

use std::io;

use super::options::{Options, Task};
use super::{gaps, output, processes};
use crate::app::session::{Exit, Session};
use crate::columns::{OwnedRow, Row};
use crate::model::Kind;
use crate::proc::ProcRoot;
use crate::query::RowSink;
use crate::sources::{NamespaceHandle, SystemV};

pub fn show(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    let columns = options.kind_columns();
    let query = options.query(&columns);
    let source = SystemV::new(proc.clone(), NamespaceHandle::current());
    let mut kept = Vec::new();
    let answer = {
        let mut sink = output::row_sink(session.out(), options, &columns);
        if options.processes {
            let mut keeping = KeepRows { sink: &mut *sink, rows: &mut kept };
            query.run(&source, proc, &mut keeping)?
        } else {
            query.run(&source, proc, &mut *sink)?
        }
    };
    let exit = match options.task {
        Task::Detail(_, id) if answer.rows == 0 => {
            // A gap says why it was not found.
            if answer.gaps.first().is_empty() {
                session.warn(format_args!("id {id} not found"));
            }
            Exit::Failure
        }
        _ => processes::show(session, options, &columns, &kept, answer.inspector)?,
    };
    Ok(exit.and(gaps::report(session, &answer.gaps)))
}

/// Passes rows on, and keeps them for the tables after the list.
struct KeepRows<'a> {
    sink: &'a mut dyn RowSink,
    rows: &'a mut Vec<OwnedRow>,
}

impl RowSink for KeepRows<'_> {
    fn begin(&mut self, kind: Kind) -> io::Result<()> {
        self.sink.begin(kind)
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        self.rows.push(OwnedRow { object: row.object.clone(), facts: row.facts.clone() });
        self.sink.row(row)
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.end()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.sink.finish()
    }
}

//! Lists of objects, and single objects (`-i`): one query, written in one format.

use std::io;
use std::sync::Arc;

use super::options::Options;
use super::task::Task;
use super::{gaps, output, processes};
use crate::app::session::{Exit, Session};
use crate::columns::{OwnedRow, Place, Row};
use crate::model::Kind;
use crate::proc::ProcRoot;
use crate::processes::Walk;
use crate::query::{Query, RowSink};
use crate::sources::Everything;

/// What was shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// How it ended.
    pub exit: Exit,
    /// How many objects there were.
    pub rows: u64,
    /// Whether a single object is missing because it does not exist.
    pub is_absent: bool,
}

pub fn show(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    let shown = show_in(session, proc, options, None, None)?;
    if shown.is_absent {
        warn_absent(session, options);
    }
    Ok(shown.exit)
}

/// Says that a single object does not exist.
pub fn warn_absent(session: &mut Session, options: &Options) {
    match options.task {
        Task::Detail(_, id) => session.warn(format_args!("id {id} not found")),
        Task::Named => {
            let name = options.names.first().map(|identity| identity.name.to_string());
            session.warn(format_args!("name '{}' not found", name.unwrap_or_default()));
        }
        _ => {}
    }
}

/// Shows the objects of the calling thread's namespace, which is `place`. `walk` is a walk over all
/// processes that was done before.
pub fn show_in(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    place: Option<Arc<Place>>,
    walk: Option<Arc<Walk>>,
) -> anyhow::Result<Shown> {
    let columns = options.kind_columns();
    let source = Everything::new(proc, options.shm_files.clone()).one_of_many(place.is_some());
    let query = Query { place, walk, ..options.query(&columns) };
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
    let rows = answer.rows;
    let is_missing = options.task.is_detail() && rows == 0;
    let exit = if is_missing {
        Exit::Failure
    } else {
        processes::show(session, options, &columns, &kept, answer.inspector)?
    };
    // A gap says why it was not found.
    let is_absent = is_missing && answer.gaps.first().is_empty();
    Ok(Shown { exit: exit.and(gaps::report(session, &answer.gaps)), rows, is_absent })
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

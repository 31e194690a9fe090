//! Who uses the objects: the scan before they are read, and what is shown of it behind them.

use std::io::{self, Write};

use super::options::{Options, Task};
use super::output;
use crate::app::edge::Session;
use crate::cli::ipcs::FormatName;
use crate::collect::Joined;
use crate::columns::{self, Column, Needs, ObjectRef, Row};
use crate::model::Kind;
use crate::proc::ProcRoot;
use crate::processes::{Inspector, WaitGraph};
use crate::render::processes::{self, ProcessTable};
use crate::render::{Grid, Section, table};

/// What is asked of the processes; nothing when nobody wants to know.
#[derive(Debug)]
pub struct Who {
    inspector: Option<Inspector>,
    needs: Vec<Needs>,
}

impl Who {
    /// Looks at the processes first and at the objects after: one that attaches in between is then
    /// found to be missing rather than overlooked.
    pub fn scan(proc: &ProcRoot, options: &Options, columns: &[&Column]) -> Who {
        let mut needs: Vec<Needs> = columns.iter().map(|column| column.needs).collect();
        if options.processes {
            needs.push(Needs::Processes);
        }
        let inspector = options.request(&needs).map(|request| {
            let mut inspector = Inspector::new(proc.clone());
            inspector.scan(request);
            inspector
        });
        Who { inspector, needs }
    }

    /// The rows that pass the filters.
    pub fn choose<'a>(&mut self, options: &Options, rows: Vec<Row<'a>>) -> Vec<Row<'a>> {
        options.filter.choose(rows, options.style.now, self.inspector.as_mut())
    }

    /// What is known of these rows.
    pub fn join(&mut self, rows: &[Row<'_>]) -> Joined {
        match &mut self.inspector {
            Some(inspector) => Joined::read(inspector, rows, &self.needs),
            None => Joined::default(),
        }
    }

    /// Writes the tables of `-P` and, where something was out of sight, a line that says so.
    pub fn show(
        &mut self,
        session: &mut Session,
        options: &Options,
        sections: &[Section<'_>],
    ) -> io::Result<()> {
        let Some(inspector) = &mut self.inspector else { return Ok(()) };
        let in_text = matches!(options.format, FormatName::Classic | FormatName::Table);
        if !options.processes || !in_text {
            // Where the answer itself does not say that it is incomplete.
            let said = |column: &&Column| column.name == columns::PROCESSES_COMPLETE.name;
            let says = sections.iter().all(|section| section.columns.iter().any(said));
            if !says {
                let lines = inspector.out_of_sight().into_iter();
                lines.chain(incomplete(sections)).for_each(|line| session.warn(line));
            }
            return Ok(());
        }
        let graph = wait_graph(inspector, sections);
        let one = matches!(options.task, Task::Detail(..));
        let mut names = output::names(options);
        // The order of the lists that these tables follow.
        let order = if options.format == FormatName::Classic { Kind::CLASSIC } else { Kind::ALL };
        let out = session.out();
        for section in order.iter().filter_map(|kind| sections.iter().find(|s| s.kind == *kind)) {
            let tables = processes::tables(section.kind, &section.rows, one, inspector, &mut names);
            tables.iter().try_for_each(|table| show_table(out, options, table))?;
            let waits = graph.edges.iter().filter(|edge| edge.kind == section.kind);
            show_lines(out, options, waits.map(ToString::to_string).collect())?;
        }
        let lines = inspector.out_of_sight().into_iter().chain(incomplete(sections)).collect();
        show_lines(out, options, lines)
    }
}

fn incomplete(sections: &[Section<'_>]) -> Vec<String> {
    processes::incomplete(sections.iter().flat_map(|section| &section.rows))
}

fn show_table(out: &mut dyn Write, options: &Options, shown: &ProcessTable) -> io::Result<()> {
    let style = options.style.table;
    if options.format == FormatName::Classic {
        return shown.write_classic(out, style.no_headings);
    }
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    if !style.no_headings {
        writeln!(out, "{}", shown.title())?;
    }
    table::write(out, &[shown], &mut output::texts(options), style)
}

/// Lines with an empty one behind them, or before them as tables have it.
fn show_lines(out: &mut dyn Write, options: &Options, lines: Vec<String>) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let text = lines.join("\n");
    if options.format == FormatName::Classic {
        writeln!(out, "{text}\n")
    } else {
        writeln!(out, "\n{text}")
    }
}

fn wait_graph(inspector: &mut Inspector, sections: &[Section<'_>]) -> WaitGraph {
    let (mut sets, mut queues) = (Vec::new(), Vec::new());
    for row in sections.iter().flat_map(|section| &section.rows) {
        match row.object {
            ObjectRef::Sem(set) => sets.push(*set),
            ObjectRef::Msg(queue) => queues.push(*queue),
            ObjectRef::Shm(_) => {}
        }
    }
    inspector.wait_graph(&sets, &queues)
}

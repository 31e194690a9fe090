//! What `-P` shows after a list, and messages about processes that could not be inspected.

use std::collections::HashSet;
use std::io::{self, Write};

use super::options::{Options, Task};
use super::output;
use crate::app::session::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::columns::{self, OwnedRow};
use crate::model::{Identity, Kind};
use crate::processes::{Inspector, Unread, WaitGraph, wait_graph};
use crate::render::processes::{self, ProcessTable};
use crate::render::{KindColumns, write_table};
use crate::sources::Gap;

/// Writes the tables of `-P` and, if something could not be inspected, lines about it.
pub fn show(
    session: &mut Session,
    options: &Options,
    columns: &[KindColumns],
    rows: &[OwnedRow],
    inspector: Option<Inspector>,
) -> io::Result<Exit> {
    let Some(mut inspector) = inspector else { return Ok(Exit::Success) };
    let in_text = matches!(options.format, FormatName::Classic | FormatName::Table);
    let has_tables = options.processes && in_text;
    let mut exit = Exit::Success;
    if has_tables {
        let graph = wait_graph(&mut inspector);
        show_tables(session.out(), options, rows, &graph)?;
        for Unread { kind, id, error } in graph.unread {
            session.warn(Gap::Lookup { kind, id, error });
            exit = Exit::Failure;
        }
    }
    // Everything has been looked at now.
    let unread = inspector.unread_memory().map(|gap| gap.to_string());
    let lines = inspector.out_of_sight().into_iter().chain(processes::incomplete(rows));
    let lines: Vec<String> = lines.chain(unread).collect();
    // JSON reports itself that an answer is incomplete.
    let says_so = |columns: &KindColumns| {
        columns.columns.iter().any(|it| it.name == columns::PROCESSES_COMPLETE.name)
    };
    if inspector.has_failed() {
        lines.iter().for_each(|line| session.warn(line));
        exit = Exit::Failure;
    } else if has_tables {
        // Processes that the caller may not inspect are part of the answer.
        show_lines(session.out(), options, lines)?;
    } else if !columns.iter().any(says_so) {
        lines.iter().for_each(|line| session.warn(line));
    }
    Ok(exit)
}

/// The tables of each kind, and who waits for whom.
fn show_tables(
    out: &mut dyn Write,
    options: &Options,
    rows: &[OwnedRow],
    graph: &WaitGraph,
) -> io::Result<()> {
    let shown: HashSet<&Identity> = rows.iter().map(|row| &row.object.identity).collect();
    let is_shown = |identity: &Identity| shown.contains(identity);
    let one = matches!(options.task, Task::Detail(..));
    let mut names = output::names(options);
    let classic = options.format == FormatName::Classic;
    for kind in if classic { Kind::CLASSIC_ORDER } else { Kind::ORDER } {
        if options.kinds.contains(*kind) {
            for table in processes::tables(*kind, rows, one, &mut names) {
                show_table(out, options, &table)?;
            }
        }
        let waits = graph.around(&is_shown).filter(|edge| edge.object.kind == *kind);
        show_lines(out, options, waits.map(ToString::to_string).collect())?;
    }
    Ok(())
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
    write_table(&mut *output::table(out, options, false), &shown.section(), shown.rows())
}

/// Lines followed by an empty one, or preceded by one as tables are.
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

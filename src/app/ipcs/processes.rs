//! What `-P` shows after a list, and messages about processes that could not be inspected.

use std::collections::HashSet;
use std::io::{self, Write};

use super::options::Options;
use super::output;
use crate::app::session::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::columns::{self, OwnedRow};
use crate::model::Identity;
use crate::processes::{Inspector, Unread, WaitGraph, wait_graph};
use crate::render::posix_processes;
use crate::render::processes::{self, ProcessTable};
use crate::render::table::alarm;
use crate::render::waits::{self, WaitLine};
use crate::render::{KindColumns, write_table};
use crate::sources::Gap;

/// Writes what `-P` shows after a list and, if something could not be inspected, lines about it.
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
        show_after(session.out(), options, rows, &graph)?;
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

/// What follows the list: the sections of a classic list, or the mappings of a single segment,
/// which a table has no other place for; then who waits for whom.
fn show_after(
    out: &mut dyn Write,
    options: &Options,
    rows: &[OwnedRow],
    graph: &WaitGraph,
) -> io::Result<()> {
    let one = options.task.is_detail();
    if options.format == FormatName::Classic {
        let mut names = output::names(options);
        for kind in options.kinds_in_order() {
            let sections = match kind.is_posix() {
                true => posix_processes::sections(kind, rows, one, &mut names),
                false => processes::sections(kind, rows, one, &mut names),
            };
            for section in sections {
                if !section.is_empty() {
                    section.write_classic(out, options.style.table.no_headings)?;
                }
            }
        }
    } else if one {
        show_mappings(out, options, &processes::mappings_of_one(rows))?;
    }
    let shown: HashSet<&Identity> = rows.iter().map(|row| &row.object.identity).collect();
    let lines = waits::lines(graph, |identity| shown.contains(identity), options.style.table.width);
    let is_colored = options.style.table.color && options.format == FormatName::Table;
    let text = |line: WaitLine| match is_colored && line.is_deadlock {
        true => alarm(&line.text),
        false => line.text,
    };
    show_lines(out, options, lines.into_iter().map(text).collect())
}

fn show_mappings(out: &mut dyn Write, options: &Options, shown: &ProcessTable) -> io::Result<()> {
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    if !options.style.table.no_headings {
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

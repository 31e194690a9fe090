//! Limits (`-l`) and sums (`-u`).

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Number;

use super::options::Options;
use super::task::Task;
use super::{explain, gaps, output};
use crate::app::session::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::columns::Place;
use crate::diagnosis::{self, Commands, IpcFigures, Readings, about_limit, cause_of};
use crate::model::{Kind, Kinds, Limit, LimitRow, Limits, Shown, State, Usage, limit_rows};
use crate::proc::ProcRoot;
use crate::render::advice;
use crate::render::classic::{self, SumStyle};
use crate::render::limits::{LimitCells, section};
use crate::render::namespaces::{Placed, placed};
use crate::render::{Cells, write_table};
use crate::sources::{Gaps, Posix};
use crate::{sources, sys};

/// The document of `--json`.
#[derive(Serialize)]
#[serde(untagged)]
enum Document {
    Limits {
        limits: Limits,
        /// How much of each limit is used, by its name.
        #[serde(rename = "use")]
        used: BTreeMap<Kind, BTreeMap<&'static str, Used>>,
    },
    Usage {
        usage: Usage,
    },
}

/// How much of a limit is used.
#[derive(Serialize)]
struct Used {
    used: u64,
    limit: Option<i128>,
    percent: Option<Number>,
    state: Option<&'static str>,
}

/// A line of `--format jsonl`.
#[derive(Serialize)]
struct Line<'a> {
    namespace: u64,
    container: Option<&'a str>,
    #[serde(flatten)]
    document: Document,
}

pub fn show(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    show_in(session, proc, options, None)
}

/// Shows those of the calling thread's namespace, which is `place`.
pub fn show_in(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    place: Option<&Place>,
) -> anyhow::Result<Exit> {
    // Text has a heading for each namespace, and a document an object.
    let place = place.filter(|_| options.has_places());
    let is_limits = options.task == Task::Limits;
    let style = SumStyle {
        unit: options.unit,
        no_headings: options.style.table.no_headings,
        page_size: sys::page_size(),
    };
    let kinds = options.kinds;
    let mut gaps = Gaps::default();
    let posix = &Posix::new(proc.clone(), options.shm_files.clone());
    match (options.format, is_limits) {
        (FormatName::Classic, true) => {
            classic::limits(
                session.out(),
                kinds,
                &sources::limits(proc, posix, kinds, &mut gaps),
                style,
            )?;
        }
        (FormatName::Classic, false) => {
            classic::usage(session.out(), kinds, &sources::usage(posix, kinds, &mut gaps), style)?;
        }
        (FormatName::Json | FormatName::Jsonl, _) => {
            let limits = is_limits.then(|| sources::limits(proc, posix, kinds, &mut gaps));
            let usage = sources::usage(posix, kinds, &mut gaps);
            let document = match limits {
                Some(limits) => Document::Limits { used: used(kinds, &limits, &usage), limits },
                None => Document::Usage { usage },
            };
            match place {
                Some(Place { number, container }) => session.json(&Line {
                    namespace: *number,
                    container: container.as_deref(),
                    document,
                })?,
                None => session.json(&document)?,
            }
        }
        _ => {
            let shown = if is_limits { Shown::Limits } else { Shown::Usage };
            let limits = sources::limits(proc, posix, kinds, &mut gaps);
            let usage = sources::usage(posix, kinds, &mut gaps);
            let rows = limit_rows(kinds, &limits, &usage, shown, style.page_size);
            let is_table = options.format == FormatName::Table;
            let cells: Vec<_> = rows.iter().map(|row| LimitCells { row, is_table }).collect();
            let placed_rows: Vec<_> = cells.iter().map(|row| Placed { place, row }).collect();
            write_table(
                &mut *output::format(session.out(), options, false),
                &placed(section(is_table), place),
                placed_rows.iter().map(|row| row as &dyn Cells),
            )?;
            if is_table && is_limits {
                advise(session, proc, options, &rows)?;
            }
        }
    }
    Ok(gaps::report(session, &gaps))
}

/// How much of each limit is used that is counted. Memory is in pages where the limit is.
fn used(
    kinds: Kinds,
    limits: &Limits,
    usage: &Usage,
) -> BTreeMap<Kind, BTreeMap<&'static str, Used>> {
    let mut of_kinds: BTreeMap<Kind, BTreeMap<_, _>> = BTreeMap::new();
    for row in limit_rows(kinds, limits, usage, Shown::Limits, 1) {
        let Some(used) = row.used else { continue };
        let limit = row.limit.map(|limit| match limit {
            Limit::Of(limit) => limit.into(),
            Limit::Below(limit) => limit.into(),
        });
        let percent = row.share().map(|share| percent(share.hundredths()));
        let state = row.state().map(State::word);
        let of_kind = of_kinds.entry(row.resource.kind).or_default();
        of_kind.insert(row.resource.name, Used { used, limit, percent, state });
    }
    of_kinds
}

/// A percentage with at most two decimals.
fn percent(hundredths: u64) -> Number {
    let whole = hundredths / 100;
    if hundredths.is_multiple_of(100) {
        return whole.into();
    }
    #[expect(clippy::cast_precision_loss, reason = "JSON has no better numbers")]
    let number = Number::from_f64(hundredths as f64 / 100.0);
    number.unwrap_or_else(|| whole.into())
}

/// Lines under a table about the limits that are nearly full.
fn advise(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    rows: &[LimitRow],
) -> io::Result<()> {
    let needed: Vec<_> = rows.iter().filter(|row| advice::is_needed(row)).collect();
    if needed.is_empty() {
        return Ok(());
    }
    let causes: Vec<_> = needed.iter().filter_map(|row| cause_of(row.name())).collect();
    // What could not be read is reported with the limits.
    let ipc = IpcFigures::read(proc, options.shm_files.clone(), &causes);
    let readings = Readings { ipc, ..Readings::default() };
    let place = explain::place(options.namespace.as_ref());
    let mut names = output::names(options);
    writeln!(session.out())?;
    for row in needed {
        let here = place.as_ref().unwrap_or(&diagnosis::Place::Here);
        let about = about_limit(row.name(), &readings, here, &mut names);
        let (holder, commands) = about.unwrap_or_default();
        // In each of many namespaces the commands would have to be others.
        let commands = if place.is_some() { commands } else { Commands::default() };
        writeln!(session.out(), "{}", advice::line(row, holder.as_ref(), &commands))?;
    }
    Ok(())
}

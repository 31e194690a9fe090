//! Limits and sums.

use serde::Serialize;

use super::options::{Options, Task};
use super::output;
use crate::app::edge::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::model::{Limits, Usage};
use crate::proc::ProcRoot;
use crate::render::limits::LimitTable;
use crate::render::{classic, json};
use crate::{collect, sys};

#[derive(Serialize)]
struct LimitsDocument {
    limits: Limits,
}

#[derive(Serialize)]
struct UsageDocument {
    usage: Usage,
}

pub fn show_limits(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
) -> anyhow::Result<Exit> {
    let limits = collect::limits(proc, options.kinds);
    let out = session.out();
    match options.format {
        FormatName::Classic => {
            let bare = options.style.table.no_headings;
            classic::limits(out, options.kinds, &limits, options.unit, sys::page_size(), bare)?;
        }
        FormatName::Json | FormatName::Jsonl => json::write(out, &LimitsDocument { limits })?,
        _ => show_table(session, options, limits, collect::usage(options.kinds))?,
    }
    Ok(Exit::Success)
}

pub fn show_usage(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
) -> anyhow::Result<Exit> {
    let usage = collect::usage(options.kinds);
    let out = session.out();
    match options.format {
        FormatName::Classic => {
            let bare = options.style.table.no_headings;
            classic::usage(out, options.kinds, &usage, options.unit, bare)?;
        }
        FormatName::Json | FormatName::Jsonl => json::write(out, &UsageDocument { usage })?,
        _ => show_table(session, options, collect::limits(proc, options.kinds), usage)?,
    }
    Ok(Exit::Success)
}

fn show_table(
    session: &mut Session,
    options: &Options,
    limits: Limits,
    usage: Usage,
) -> anyhow::Result<()> {
    let limits_only = options.task == Task::Limits;
    let bars = options.format == FormatName::Table;
    let table =
        LimitTable::new(options.kinds, &limits, &usage, limits_only, sys::page_size(), bars);
    Ok(output::write_grids(session.out(), options, &[&table])?)
}

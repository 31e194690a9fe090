//! Limits (`-l`) and sums (`-u`).

use serde::Serialize;

use super::options::Options;
use super::task::Task;
use super::{gaps, output};
use crate::app::session::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::model::{Limits, Usage};
use crate::proc::ProcRoot;
use crate::render::classic::{self, SumStyle};
use crate::render::limits::{Shown, rows, section};
use crate::render::{Cells, write_table};
use crate::sources::Gaps;
use crate::{sources, sys};

/// The document of `--json`.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Document {
    Limits(Limits),
    Usage(Usage),
}

pub fn show(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    let is_limits = options.task == Task::Limits;
    let style = SumStyle {
        unit: options.unit,
        no_headings: options.style.table.no_headings,
        page_size: sys::page_size(),
    };
    let kinds = options.kinds;
    let mut gaps = Gaps::default();
    match (options.format, is_limits) {
        (FormatName::Classic, true) => {
            classic::limits(session.out(), kinds, &sources::limits(proc, kinds, &mut gaps), style)?;
        }
        (FormatName::Classic, false) => {
            classic::usage(session.out(), kinds, &sources::usage(kinds, &mut gaps), style)?;
        }
        (FormatName::Json | FormatName::Jsonl, true) => {
            session.json(&Document::Limits(sources::limits(proc, kinds, &mut gaps)))?;
        }
        (FormatName::Json | FormatName::Jsonl, false) => {
            session.json(&Document::Usage(sources::usage(kinds, &mut gaps)))?;
        }
        _ => {
            let shown = if is_limits { Shown::Limits } else { Shown::Usage };
            let limits = sources::limits(proc, kinds, &mut gaps);
            let usage = sources::usage(kinds, &mut gaps);
            let rows = rows(kinds, &limits, &usage, shown, style.page_size);
            let bars = options.format == FormatName::Table;
            write_table(
                &mut *output::format(session.out(), options, false),
                &section(bars),
                rows.iter().map(|row| row as &dyn Cells),
            )?;
        }
    }
    Ok(gaps::report(session, &gaps))
}

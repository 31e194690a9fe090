//! Limits (`-l`) and sums (`-u`).

use serde::Serialize;

use super::options::Options;
use super::task::Task;
use super::{gaps, output};
use crate::app::session::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::columns::Place;
use crate::model::{Limits, Shown, Usage, limit_rows};
use crate::proc::ProcRoot;
use crate::render::classic::{self, SumStyle};
use crate::render::limits::section;
use crate::render::namespaces::{Placed, placed};
use crate::render::{Cells, write_table};
use crate::sources::{Gaps, Posix};
use crate::{sources, sys};

/// The document of `--json`.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Document {
    Limits(Limits),
    Usage(Usage),
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
            let document = match is_limits {
                true => Document::Limits(sources::limits(proc, posix, kinds, &mut gaps)),
                false => Document::Usage(sources::usage(posix, kinds, &mut gaps)),
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
            let bars = options.format == FormatName::Table;
            let rows: Vec<_> = rows.iter().map(|row| Placed { place, row }).collect();
            write_table(
                &mut *output::format(session.out(), options, false),
                &placed(section(bars), place),
                rows.iter().map(|row| row as &dyn Cells),
            )?;
        }
    }
    Ok(gaps::report(session, &gaps))
}

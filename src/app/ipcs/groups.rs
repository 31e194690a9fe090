//! Totals of groups (`-u --group-by`).

use std::io;
use std::sync::Arc;

use super::options::Options;
use super::{gaps, output, processes};
use crate::app::session::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::columns::Place;
use crate::namespaces::{self, IpcNamespace, Scope};
use crate::proc::ProcRoot;
use crate::processes::Walk;
use crate::query::{GroupBy, GroupSums, Grouped, Query, sort_by_values};
use crate::render::groups::{GroupRow, GroupScope, document, rows};
use crate::render::json::write_document;
use crate::render::{Cells, Format};
use crate::sources::{self, Everything};
use crate::sys::page_size;

/// What was counted in one namespace.
pub struct Counted {
    pub grouped: Grouped,
    pub exit: Exit,
    /// How many objects were counted.
    pub objects: u64,
}

/// Shows the groups of the calling thread's namespace.
///
/// # Errors
/// A namespace that cannot be read, and output that cannot be written.
pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    by: GroupBy,
) -> anyhow::Result<Exit> {
    let place = match by {
        GroupBy::Namespace => {
            let own = Scope::Path(proc.path("thread-self/ns/ipc"));
            Some(place_of(&namespaces::find(proc, &own)?))
        }
        _ => None,
    };
    let counted = count(session, proc, options, by, place, None)?;
    write(session, options, by, &[counted.grouped], &[])?;
    Ok(counted.exit)
}

/// Counts the objects of the calling thread's namespace, which is `place`. `walk` is a walk over all
/// processes that was done before.
///
/// # Errors
/// Never those of the objects: these are messages.
pub fn count(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    by: GroupBy,
    place: Option<Place>,
    walk: Option<Arc<Walk>>,
) -> io::Result<Counted> {
    let query = Query { walk, ..options.query(&[]) };
    let source = Everything::new(proc, options.shm_files.clone()).one_of_many(place.is_some());
    let mut sums = GroupSums::new(by, page_size());
    let mut answer = query.run(&source, proc, &mut sums)?;
    let limits = sources::limits(proc, &source.posix, options.kinds, &mut answer.gaps);
    let exit = processes::show(session, options, &[], &[], answer.inspector)?;
    Ok(Counted {
        grouped: Grouped { groups: sums.into_groups(), limits, place },
        exit: exit.and(gaps::report(session, &answer.gaps)),
        objects: answer.rows,
    })
}

/// Writes the groups as one list. JSON has `unknown` at the end, whatever `--top` says.
///
/// # Errors
/// Those of the output.
pub fn write(
    session: &mut Session,
    options: &Options,
    by: GroupBy,
    grouped: &[Grouped],
    unknown: &[GroupRow],
) -> io::Result<()> {
    let mut rows = rows(grouped, options.kinds, page_size());
    sort_by_values(&mut rows, &options.sort_groups, &mut output::names(options));
    rows.truncate(options.top.unwrap_or(usize::MAX));
    let is_json = matches!(options.format, FormatName::Json | FormatName::Jsonl);
    let scope = scope(options, by);
    if is_json {
        let columns = scope.json();
        let mut lines = Vec::new();
        let mut format = output::json_lines(&mut lines, options);
        format.begin(&columns.section())?;
        rows.iter().chain(unknown).try_for_each(|row| format.row(&columns.cells(row)))?;
        end(format)?;
        if options.format == FormatName::Json {
            let document = document(by, &lines);
            return write_document(session.out(), &document, options.style.terminal);
        }
        return io::Write::write_all(session.out(), &lines);
    }
    let is_for_people = matches!(options.format, FormatName::Classic | FormatName::Table);
    let columns = scope.text(is_for_people);
    let mut format = output::groups(session.out(), options, by);
    format.begin(&columns.section())?;
    rows.iter().try_for_each(|row| format.row(&columns.cells(row) as &dyn Cells))?;
    end(format)
}

fn end(mut format: Box<dyn Format + '_>) -> io::Result<()> {
    format.end()?;
    format.finish()
}

fn scope(options: &Options, by: GroupBy) -> GroupScope {
    GroupScope { by, kinds: options.kinds, places: options.has_places() }
}

/// The namespace in the columns of lists.
pub fn place_of(namespace: &IpcNamespace) -> Place {
    let container = namespace.container.as_ref();
    let name = container.and_then(|container| container.name.clone().or(container.id.clone()));
    Place { number: namespace.id.inode, container: name }
}

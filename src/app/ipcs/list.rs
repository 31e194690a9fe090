//! Lists of objects.

use super::options::Options;
use super::stream::{self, Classic, Source};
use super::who::Who;
use super::{output, report};
use crate::app::edge::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::collect::{Joined, Snapshot, Want};
use crate::columns::{Column, Row, View};
use crate::model::Kind;
use crate::proc::ProcRoot;
use crate::render::Section;
use crate::select;

pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    view: View,
) -> anyhow::Result<Exit> {
    let mut gaps = Vec::new();
    let columns: Columns = options
        .kinds
        .iter()
        .map(|kind| (kind, options.columns(kind, &options.view_columns(kind, view))))
        .collect();
    let wanted = needs(options, &columns);
    let mut source = Source { proc, options, gaps: &mut gaps };
    if !stream::list(session.out(), &mut source, view, &columns, &wanted)? {
        gather(session, source, view, columns, &wanted)?;
    }
    Ok(report(session, &gaps))
}

/// The columns to show of each kind.
pub type Columns = Vec<(Kind, Vec<&'static Column>)>;

/// The columns of one kind, and what must be read for them and for the order.
fn needs(options: &Options, columns: &Columns) -> Vec<&'static Column> {
    let sorted = options.sort.iter().map(|by| by.column);
    if options.format == FormatName::Classic {
        return sorted.collect();
    }
    columns.iter().flat_map(|(_, columns)| columns.iter().copied()).chain(sorted).collect()
}

/// Reads everything, joins it with what its columns need, and writes it.
fn gather(
    session: &mut Session,
    source: Source<'_>,
    view: View,
    columns: Columns,
    wanted: &[&Column],
) -> anyhow::Result<()> {
    let Source { proc, options, gaps } = source;
    let mut who = Who::scan(proc, options, wanted);
    let snapshot = Snapshot::read(proc, options.kinds, Want::of(wanted), gaps);
    let chosen: Vec<(Kind, Vec<Row<'_>>)> =
        options.kinds.iter().map(|kind| (kind, who.choose(options, snapshot.rows(kind)))).collect();
    let joined: Vec<Joined> = chosen.iter().map(|(_, rows)| who.join(rows)).collect();
    let mut names = output::names(options);
    let mut sections = Vec::new();
    for (((kind, columns), (_, mut rows)), joined) in columns.into_iter().zip(chosen).zip(&joined) {
        rows.iter_mut().for_each(|row| joined.join(row));
        select::sort(&mut rows, &options.sort, &mut names);
        let (spare, dispensable) = (options.spare_columns(), options.dispensable_columns());
        sections.push(Section { kind, columns, rows, spare, dispensable });
    }
    if options.format == FormatName::Classic {
        Classic::new(session.out(), options).sections(view, &sections)?;
    } else {
        output::write(session.out(), options, &sections)?;
    }
    Ok(who.show(session, options, &sections)?)
}

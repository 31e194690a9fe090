//! Lists of objects.

use std::io::{self, Write};

use super::options::Options;
use super::who::Who;
use super::{output, report};
use crate::app::edge::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::collect::{self, Gap, Joined, Listed, Snapshot, Want};
use crate::columns::{AsRow, Column, Row, View};
use crate::model::{Kind, MsgQueue, SemSet, Shm};
use crate::proc::ProcRoot;
use crate::render::Section;
use crate::render::classic::{self, Layout, Sheet};
use crate::select;

pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    view: View,
) -> anyhow::Result<Exit> {
    let mut gaps = Vec::new();
    let streams = options.format == FormatName::Classic
        && options.sort.is_empty()
        && !options.processes
        && !options.filter.needs_processes();
    if streams {
        Classic::new(session.out(), options).stream(proc, view, &mut gaps)?;
    } else {
        gather(session, proc, options, view, &mut gaps)?;
    }
    Ok(report(session, &gaps))
}

/// The columns of one kind, and what must be read for them and for the order.
fn needs(options: &Options, columns: &[(Kind, Vec<&'static Column>)]) -> Vec<&'static Column> {
    let sorted = options.sort.iter().map(|by| by.column);
    if options.format == FormatName::Classic {
        return sorted.collect();
    }
    columns.iter().flat_map(|(_, columns)| columns.iter().copied()).chain(sorted).collect()
}

/// Reads everything, joins it with what its columns need, and writes it.
fn gather(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    view: View,
    gaps: &mut Vec<Gap>,
) -> anyhow::Result<()> {
    let columns: Vec<(Kind, Vec<&'static Column>)> = options
        .kinds
        .iter()
        .map(|kind| (kind, options.columns(kind, &options.view_columns(kind, view))))
        .collect();
    let wanted = needs(options, &columns);
    let mut who = Who::scan(proc, options, &wanted);
    let snapshot = Snapshot::read(proc, options.kinds, Want::of(&wanted), gaps);
    let chosen: Vec<(Kind, Vec<Row<'_>>)> =
        options.kinds.iter().map(|kind| (kind, who.choose(options, snapshot.rows(kind)))).collect();
    let joined: Vec<Joined> = chosen.iter().map(|(_, rows)| who.join(rows)).collect();
    let mut names = output::names(options);
    let mut sections = Vec::new();
    for (((kind, columns), (_, mut rows)), joined) in columns.into_iter().zip(chosen).zip(&joined) {
        rows.iter_mut().for_each(|row| joined.join(row));
        select::sort(&mut rows, &options.sort, &mut names);
        sections.push(Section { kind, columns, rows, spare: options.spare_columns() });
    }
    if options.format == FormatName::Classic {
        Classic::new(session.out(), options).sections(view, &sections)?;
    } else {
        output::write(session.out(), options, &sections)?;
    }
    Ok(who.show(session, options, &sections)?)
}

/// Writes classic sections.
struct Classic<'a, W> {
    out: &'a mut W,
    options: &'a Options,
    sheet: Sheet,
    text: Vec<u8>,
}

impl<'a, W: Write> Classic<'a, W> {
    fn new(out: &'a mut W, options: &'a Options) -> Self {
        let mut sheet = Sheet::new(options.unit);
        sheet.names = output::names(options);
        sheet.no_headings = options.style.table.no_headings;
        Classic { out, options, sheet, text: Vec::new() }
    }

    /// Reads and writes chunk by chunk: no more than that is ever held.
    fn stream(&mut self, proc: &ProcRoot, view: View, gaps: &mut Vec<Gap>) -> io::Result<()> {
        self.frame(view, |list, kind, layout| match kind {
            Kind::Msg => list.stream_kind::<MsgQueue>(proc, layout, gaps),
            Kind::Shm => list.stream_kind::<Shm>(proc, layout, gaps),
            Kind::Sem => list.stream_kind::<SemSet>(proc, layout, gaps),
        })
    }

    fn stream_kind<T: Listed + AsRow>(
        &mut self,
        proc: &ProcRoot,
        layout: &Layout,
        gaps: &mut Vec<Gap>,
    ) -> io::Result<()> {
        let everything = self.options.filter.is_empty();
        collect::read(proc, Want::default(), gaps, &mut |chunk: &mut [T]| {
            for object in chunk.iter() {
                let row = object.row();
                if everything || self.options.filter.passes(&row, self.options.style.now) {
                    self.sheet.row(layout, &row, &mut self.text);
                }
            }
            self.flush()
        })
    }

    fn sections(&mut self, view: View, sections: &[Section<'_>]) -> io::Result<()> {
        self.frame(view, |list, kind, layout| {
            for row in sections.iter().filter(|section| section.kind == kind).flat_map(|s| &s.rows)
            {
                list.sheet.row(layout, row, &mut list.text);
            }
            list.flush()
        })
    }

    /// An empty line before and behind every section; with pids, sets have none but the line.
    fn frame(
        &mut self,
        view: View,
        mut rows: impl FnMut(&mut Self, Kind, &Layout) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        for kind in Kind::CLASSIC.into_iter().filter(|kind| self.options.kinds.contains(*kind)) {
            if let Some(layout) = classic::layout(kind, view) {
                self.sheet.head(layout, &mut self.text);
                self.flush()?;
                rows(self, kind, layout)?;
            }
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

//! Lists of objects.

use std::io::{self, Write};

use super::options::Options;
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
    match options.format {
        FormatName::Classic if options.sort.is_empty() => {
            Classic::new(session.out(), options).stream(proc, view, &mut gaps)?;
        }
        _ => gather(session, proc, options, view, &mut gaps)?,
    }
    Ok(report(session, &gaps))
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
    let shown = columns.iter().flat_map(|(_, columns)| columns.iter().copied());
    let wanted: Vec<&Column> =
        if options.format == FormatName::Classic { Vec::new() } else { shown.collect() };
    let sorted = options.sort.iter().map(|by| by.column);
    let wanted: Vec<&Column> = wanted.into_iter().chain(sorted).collect();
    let snapshot = Snapshot::read(proc, options.kinds, Want::of(&wanted), gaps);
    let joined = Joined::read(proc, &snapshot, &wanted);
    let mut names = output::names(options);
    let sections: Vec<Section<'_>> = columns
        .into_iter()
        .map(|(kind, columns)| {
            let mut rows: Vec<Row<'_>> = snapshot.rows(kind);
            rows.iter_mut().for_each(|row| joined.join(row));
            rows.retain(|row| options.filter.passes(row, options.style.now));
            select::sort(&mut rows, &options.sort, &mut names);
            Section { kind, columns, rows }
        })
        .collect();
    if options.format == FormatName::Classic {
        Classic::new(session.out(), options).sections(view, &sections)?;
    } else {
        output::write(session.out(), options, &sections)?;
    }
    Ok(())
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

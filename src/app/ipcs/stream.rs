//! Lists that are written while they are read: no more than a few chunks of rows are ever held.

use std::io::{self, Write};

use super::list::Columns;
use super::options::Options;
use super::output;
use crate::cli::ipcs::FormatName;
use crate::collect::{self, Gap, Listed, Want};
use crate::columns::{AsRow, Column, View};
use crate::model::{Kind, MsgQueue, SemSet, Shm};
use crate::proc::ProcRoot;
use crate::render::Section;
use crate::render::classic::{self, Layout, Sheet};
use crate::render::json::{ListWriter, Shape};

/// Writes the list and tells true, if the format needs no look at all rows before the first and
/// nothing is joined to them.
pub fn list<W: Write>(
    out: &mut W,
    proc: &ProcRoot,
    options: &Options,
    view: View,
    columns: &Columns,
    wanted: &[&Column],
    gaps: &mut Vec<Gap>,
) -> io::Result<bool> {
    let joins = options.processes || options.filter.needs_processes();
    if joins || !options.sort.is_empty() || !wanted.iter().all(|column| column.is_plain()) {
        return Ok(false);
    }
    match options.format {
        FormatName::Classic => Classic::new(out, options).stream(proc, view, gaps)?,
        FormatName::Json => json(out, Shape::Document, proc, options, columns, wanted, gaps)?,
        FormatName::Jsonl => json(out, Shape::Lines, proc, options, columns, wanted, gaps)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn json(
    out: &mut dyn Write,
    shape: Shape,
    proc: &ProcRoot,
    options: &Options,
    columns: &Columns,
    wanted: &[&Column],
    gaps: &mut Vec<Gap>,
) -> io::Result<()> {
    let want = Want::of(wanted);
    let mut json = ListWriter::new(out, shape, output::names(options));
    for (kind, columns) in columns {
        json.begin(*kind, columns)?;
        match kind {
            Kind::Shm => json_rows::<Shm>(&mut json, proc, options, want, columns, gaps)?,
            Kind::Msg => json_rows::<MsgQueue>(&mut json, proc, options, want, columns, gaps)?,
            Kind::Sem => json_rows::<SemSet>(&mut json, proc, options, want, columns, gaps)?,
        }
        json.end();
    }
    json.finish()
}

fn json_rows<T: Listed + AsRow>(
    json: &mut ListWriter<'_>,
    proc: &ProcRoot,
    options: &Options,
    want: Want,
    columns: &[&'static Column],
    gaps: &mut Vec<Gap>,
) -> io::Result<()> {
    collect::read(proc, want, gaps, &mut |chunk: &mut [T]| {
        let rows = chunk.iter().map(AsRow::row);
        let chosen = |row: &_| options.filter.passes(row, options.style.now);
        rows.filter(chosen).try_for_each(|row| json.row(&row, columns))
    })
}

/// Writes classic sections.
pub struct Classic<'a, W> {
    out: &'a mut W,
    options: &'a Options,
    sheet: Sheet,
    text: Vec<u8>,
}

impl<'a, W: Write> Classic<'a, W> {
    pub fn new(out: &'a mut W, options: &'a Options) -> Self {
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

    pub fn sections(&mut self, view: View, sections: &[Section<'_>]) -> io::Result<()> {
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

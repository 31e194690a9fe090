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

/// Where the rows come from, which are wanted, and what is missing among them.
pub struct Source<'a> {
    pub proc: &'a ProcRoot,
    pub options: &'a Options,
    pub gaps: &'a mut Vec<Gap>,
}

/// Writes the list and tells true, if the format needs no look at all rows before the first and
/// nothing is joined to them.
pub fn list<W: Write>(
    out: &mut W,
    source: &mut Source<'_>,
    view: View,
    columns: &Columns,
    wanted: &[&Column],
) -> io::Result<bool> {
    let options = source.options;
    let joins = options.processes || options.filter.needs_processes();
    if joins || !options.sort.is_empty() || !wanted.iter().all(|column| column.is_plain()) {
        return Ok(false);
    }
    match options.format {
        FormatName::Classic => Classic::new(out, options).stream(source, view)?,
        FormatName::Json => json(out, Shape::Document, source, columns, wanted)?,
        FormatName::Jsonl => json(out, Shape::Lines, source, columns, wanted)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn json(
    out: &mut dyn Write,
    shape: Shape,
    source: &mut Source<'_>,
    columns: &Columns,
    wanted: &[&Column],
) -> io::Result<()> {
    let want = Want::of(wanted);
    let mut json = ListWriter::new(out, shape, output::names(source.options));
    for (kind, columns) in columns {
        json.begin(*kind, columns)?;
        match kind {
            Kind::Shm => json_rows::<Shm>(&mut json, source, want, columns)?,
            Kind::Msg => json_rows::<MsgQueue>(&mut json, source, want, columns)?,
            Kind::Sem => json_rows::<SemSet>(&mut json, source, want, columns)?,
        }
        json.end();
    }
    json.finish()
}

fn json_rows<T: Listed + AsRow>(
    json: &mut ListWriter<'_>,
    source: &mut Source<'_>,
    want: Want,
    columns: &[&'static Column],
) -> io::Result<()> {
    let options = source.options;
    collect::read(source.proc, want, source.gaps, &mut |chunk: &mut [T]| {
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
    fn stream(&mut self, source: &mut Source<'_>, view: View) -> io::Result<()> {
        self.frame(view, |list, kind, layout| match kind {
            Kind::Msg => list.stream_kind::<MsgQueue>(source, layout),
            Kind::Shm => list.stream_kind::<Shm>(source, layout),
            Kind::Sem => list.stream_kind::<SemSet>(source, layout),
        })
    }

    fn stream_kind<T: Listed + AsRow>(
        &mut self,
        source: &mut Source<'_>,
        layout: &Layout,
    ) -> io::Result<()> {
        let everything = self.options.filter.is_empty();
        collect::read(source.proc, Want::default(), source.gaps, &mut |chunk: &mut [T]| {
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

//! Totals of groups (`-u --group-by`). util-linux does not have them, so names are escaped here, and
//! columns are as wide as their widest text.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::escape::escaped;
use crate::render::digits::put_blanks;
use crate::render::formatter::TextFormatter;
use crate::render::{Cells, Format, Section};

/// The least width of a column, as in other classic views.
const WIDTH: usize = 10;

/// Writes one section.
pub struct Groups<'a> {
    out: &'a mut dyn Write,
    formatter: TextFormatter,
    title: &'static str,
    no_headings: bool,
    columns: usize,
    lines: Vec<Vec<String>>,
}

impl<'a> Groups<'a> {
    /// Writes to `out`, under a title unless there are no headings.
    pub fn new(
        out: &'a mut dyn Write,
        formatter: TextFormatter,
        title: &'static str,
        no_headings: bool,
    ) -> Groups<'a> {
        Groups { out, formatter, title, no_headings, columns: 0, lines: Vec::new() }
    }

    fn text(&self) -> Vec<u8> {
        let mut widths: Vec<usize> = Vec::new();
        for line in &self.lines {
            widths.resize(line.len(), WIDTH);
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.width());
            }
        }
        let mut text = Vec::new();
        for line in &self.lines {
            for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
                text.extend_from_slice(cell.as_bytes());
                let is_last = at + 1 == line.len();
                put_blanks(&mut text, if is_last { 0 } else { width - cell.width() + 1 });
            }
            text.push(b'\n');
        }
        text
    }
}

impl Format for Groups<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        writeln!(self.out)?;
        self.columns = section.headings.len();
        if self.no_headings {
            return Ok(());
        }
        self.lines.push(section.headings.iter().map(|heading| heading.name.to_owned()).collect());
        writeln!(self.out, "------ {} --------", self.title)
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        let mut line = Vec::with_capacity(self.columns);
        for column in 0..self.columns {
            let mut text = Vec::new();
            self.formatter.put(cells.value(column), &mut text);
            line.push(escaped(&text));
        }
        self.lines.push(line);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let text = self.text();
        self.out.write_all(&text)?;
        writeln!(self.out)
    }
}

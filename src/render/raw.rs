//! `raw`: fields separated by one blank; no field is empty or contains a blank.

use std::io::{self, Write};

use super::formatter::TextFormatter;
use super::{Cells, Format, Section};
use crate::escape::escape_field_into;

/// Writes a section for each table that has columns.
pub struct Raw<'a> {
    out: &'a mut dyn Write,
    formatter: TextFormatter,
    headings: bool,
    columns: usize,
    text: Vec<u8>,
    line: Vec<u8>,
}

impl<'a> Raw<'a> {
    /// Writes to `out`, with headings if `headings`.
    pub fn new(out: &'a mut dyn Write, formatter: TextFormatter, headings: bool) -> Raw<'a> {
        Raw { out, formatter, headings, columns: 0, text: Vec::new(), line: Vec::new() }
    }
}

impl Format for Raw<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        self.columns = section.headings.len();
        if self.headings && self.columns > 0 {
            let names = section.headings.iter().map(|heading| heading.name.to_ascii_uppercase());
            writeln!(self.out, "{}", names.collect::<Vec<_>>().join(" "))?;
        }
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        if self.columns == 0 {
            return Ok(());
        }
        self.line.clear();
        for column in 0..self.columns {
            if column > 0 {
                self.line.push(b' ');
            }
            self.text.clear();
            self.formatter.put(cells.value(column), &mut self.text);
            escape_field_into(&mut self.line, &self.text);
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}

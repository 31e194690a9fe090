//! CSV (RFC 4180). Lines end with CRLF, and the headings are the JSON names. Texts are exact, but
//! invalid UTF-8 is written as `\xHH`. On a terminal texts are escaped.

use std::io::{self, Write};

use super::formatter::TextFormatter;
use super::{Cells, Format, Section};
use crate::escape::{escape_into, valid_utf8_into};

/// Writes tables of the same columns under one header.
pub struct Csv<'a> {
    csv: csv::Writer<&'a mut dyn Write>,
    formatter: TextFormatter,
    headings: bool,
    columns: usize,
    text: Vec<u8>,
    field: Vec<u8>,
}

impl<'a> Csv<'a> {
    /// Writes to `out`, with a header if `headings`.
    pub fn new(out: &'a mut dyn Write, formatter: TextFormatter, headings: bool) -> Csv<'a> {
        let csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        Csv { csv, formatter, headings, columns: 0, text: Vec::new(), field: Vec::new() }
    }
}

impl Format for Csv<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        self.columns = section.headings.len();
        if std::mem::take(&mut self.headings) {
            self.csv.write_record(section.headings.iter().map(|heading| heading.name))?;
        }
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        for column in 0..self.columns {
            self.text.clear();
            self.field.clear();
            self.formatter.put(cells.value(column), &mut self.text);
            match self.formatter.terminal {
                true => escape_into(&mut self.field, &self.text),
                false => valid_utf8_into(&mut self.field, &self.text),
            }
            self.csv.write_field(&self.field)?;
        }
        Ok(self.csv.write_record(None::<&[u8]>)?)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.csv.flush()
    }
}

//! CSV as RFC 4180 has it, lines ended by CRLF; the headings are the JSON names. Texts are exact but
//! for what is not UTF-8; on a terminal they are escaped.

use std::io::{self, Write};

use super::Grid;
use super::sanitize::{escape_into, valid_utf8_into};
use super::text::Texts;

/// Writes grids of the same columns under one header.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut dyn Write,
    grids: &[&dyn Grid],
    texts: &mut Texts,
    headings: bool,
) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    if let Some(first) = grids.first().filter(|_| headings) {
        csv.write_record(first.headings().iter().map(|heading| heading.name))?;
    }
    let text_into = if texts.terminal { escape_into } else { valid_utf8_into };
    let (mut text, mut field) = (Vec::new(), Vec::new());
    for grid in grids {
        let columns = grid.headings().len();
        for row in 0..grid.len() {
            for column in 0..columns {
                text.clear();
                field.clear();
                texts.put(grid.value(row, column), &mut text);
                text_into(&mut field, &text);
                csv.write_field(&field)?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
    }
    csv.flush()
}

//! `raw`: one blank between fields, none of which is empty or holds a blank.

use std::io::{self, Write};

use super::Grid;
use super::sanitize::escape_field_into;
use super::text::Texts;

/// Writes a section for each grid.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut dyn Write,
    grids: &[&dyn Grid],
    texts: &mut Texts,
    headings: bool,
) -> io::Result<()> {
    let (mut text, mut line) = (Vec::new(), Vec::new());
    for grid in grids {
        let columns = grid.headings();
        // A kind that has none of the columns.
        if columns.is_empty() {
            continue;
        }
        if headings {
            let names: Vec<_> = columns.iter().map(|h| h.name.to_ascii_uppercase()).collect();
            writeln!(out, "{}", names.join(" "))?;
        }
        for row in 0..grid.len() {
            line.clear();
            for column in 0..columns.len() {
                if column > 0 {
                    line.push(b' ');
                }
                text.clear();
                texts.put(grid.value(row, column), &mut text);
                escape_field_into(&mut line, &text);
            }
            line.push(b'\n');
            out.write_all(&line)?;
        }
    }
    Ok(())
}

//! Tables as wide as they need to be, for pipes and long lists.

use std::io::{self, Write};

use super::rows::Rows;
use super::style::{HEADING, TableStyle, style_of};
use crate::columns::Align;
use crate::render::Section;
use crate::render::digits::put_blanks;

/// Blanks between two columns.
const GAP: usize = 2;
const FLUSH_AT: usize = 64 * 1024;

/// Writes a table in which no text is cut.
pub(super) fn write(
    out: &mut dyn Write,
    section: &Section,
    rows: &Rows,
    style: TableStyle,
) -> io::Result<()> {
    let headings = &section.headings;
    let heading_width = |name: &str| if style.no_headings { 0 } else { name.len() };
    let width = |column: usize| rows.widest(column).max(heading_width(headings[column].name));
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut lines = Vec::with_capacity(FLUSH_AT + 4096);
    let put = |lines: &mut Vec<u8>, column: usize, text: &[u8], width: usize, style| {
        let fill = widths[column] - width;
        let is_right = headings[column].align == Align::Right;
        if is_right {
            put_blanks(lines, fill);
        }
        match style {
            Some(style) => {
                write!(lines, "{style}")?;
                lines.extend_from_slice(text);
                write!(lines, "{style:#}")?;
            }
            None => lines.extend_from_slice(text),
        }
        if column + 1 < widths.len() {
            put_blanks(lines, if is_right { GAP } else { fill + GAP });
        } else {
            end_line(lines);
        }
        io::Result::Ok(())
    };
    if !style.no_headings {
        let look = style.color.then_some(HEADING);
        for (column, heading) in headings.iter().enumerate() {
            let name = heading.name.to_ascii_uppercase();
            put(&mut lines, column, name.as_bytes(), name.len(), look)?;
        }
    }
    for row in 0..rows.len() {
        for (column, (text, width, attention)) in rows.row(row).enumerate() {
            put(&mut lines, column, text, width, style_of(attention))?;
        }
        rows.under.put(row, None, &mut lines);
        if lines.len() >= FLUSH_AT {
            out.write_all(&lines)?;
            lines.clear();
        }
    }
    out.write_all(&lines)
}

/// Ends a line; empty cells at its end leave no blanks.
fn end_line(lines: &mut Vec<u8>) {
    while lines.last() == Some(&b' ') {
        lines.pop();
    }
    lines.push(b'\n');
}

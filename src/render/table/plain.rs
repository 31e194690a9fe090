//! Tables as wide as they need to be, for pipes and long lists.

use std::io::{self, Write};

use super::rows::Rows;
use super::style::{HEADING, TableStyle, style_of};
use crate::columns::Align;
use crate::render::digits::put_blanks;
use crate::render::{Drop, Section};

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
    // Without a width, nothing says that there is room for extra columns.
    let is_shown = |column: usize| !matches!(headings[column].drop, Drop::Extra(_));
    let shown: Vec<usize> = (0..headings.len()).filter(|column| is_shown(*column)).collect();
    let last = shown.last().copied();
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
        if Some(column) == last {
            end_line(lines);
        } else {
            put_blanks(lines, if is_right { GAP } else { fill + GAP });
        }
        io::Result::Ok(())
    };
    if !style.no_headings {
        let look = style.color.then_some(HEADING);
        for column in &shown {
            let name = headings[*column].name.to_ascii_uppercase();
            put(&mut lines, *column, name.as_bytes(), name.len(), look)?;
        }
    }
    for row in 0..rows.len() {
        for (column, (text, width, attention)) in rows.row(row).enumerate() {
            if is_shown(column) {
                put(&mut lines, column, text, width, style_of(attention))?;
            }
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

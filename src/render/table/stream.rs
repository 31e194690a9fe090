//! The aligned writer for pipes and long tables.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{TableStyle, cell_style};
use crate::columns::Align;
use crate::render::Grid;
use crate::render::sanitize::escape_into;
use crate::render::text::Texts;

const GAP: &[u8] = b"  ";
const FLUSH_AT: usize = 64 * 1024;

/// All texts of a table in one piece of memory.
struct Cells {
    text: Vec<u8>,
    /// Where each cell ends in `text`, and how wide it is on a screen.
    ends: Vec<(usize, usize)>,
    widths: Vec<usize>,
}

/// Writes a table as wide as it needs to be.
pub(super) fn write(
    out: &mut dyn Write,
    grid: &dyn Grid,
    texts: &mut Texts,
    style: TableStyle,
) -> io::Result<()> {
    let headings = grid.headings();
    let aligns: Vec<Align> = headings.iter().map(|heading| heading.align).collect();
    let mut cells = Cells { text: Vec::new(), ends: Vec::new(), widths: vec![0; headings.len()] };
    if !style.no_headings {
        for (column, heading) in headings.iter().enumerate() {
            cells.text.extend(heading.name.bytes().map(|b| b.to_ascii_uppercase()));
            cells.close(column, heading.name.len());
        }
    }
    let mut plain = Vec::new();
    for row in 0..grid.len() {
        for column in 0..headings.len() {
            plain.clear();
            texts.put(grid.value(row, column), &mut plain);
            cells.push(column, &plain);
        }
    }
    cells.write(out, grid, &aligns, style)
}

impl Cells {
    fn push(&mut self, column: usize, text: &[u8]) {
        if text.iter().all(|b| (b' '..0x7f).contains(b)) {
            self.text.extend_from_slice(text);
            self.close(column, text.len());
            return;
        }
        let start = self.text.len();
        escape_into(&mut self.text, text);
        let width = std::str::from_utf8(&self.text[start..]).map_or(0, UnicodeWidthStr::width);
        self.close(column, width);
    }

    fn close(&mut self, column: usize, width: usize) {
        self.ends.push((self.text.len(), width));
        self.widths[column] = self.widths[column].max(width);
    }

    fn write(
        &self,
        out: &mut dyn Write,
        grid: &dyn Grid,
        aligns: &[Align],
        style: TableStyle,
    ) -> io::Result<()> {
        let columns = aligns.len();
        let headings = usize::from(!style.no_headings);
        let mut lines = Vec::with_capacity(FLUSH_AT + 4096);
        let mut start = 0;
        for (at, (end, width)) in self.ends.iter().enumerate() {
            let (row, column) = (at / columns, at % columns);
            let cell = &self.text[start..*end];
            start = *end;
            let fill = self.widths[column] - width;
            if aligns[column] == Align::Right {
                lines.resize(lines.len() + fill, b' ');
            }
            match cell_style(grid, style, row.checked_sub(headings), column) {
                Some(style) => write!(lines, "{style}{}{style:#}", String::from_utf8_lossy(cell))?,
                None => lines.extend_from_slice(cell),
            }
            if column + 1 < columns {
                let fill = if aligns[column] == Align::Left { fill } else { 0 };
                lines.resize(lines.len() + fill, b' ');
                lines.extend_from_slice(GAP);
            } else {
                // Empty cells at the end leave nothing behind.
                while lines.last() == Some(&b' ') {
                    lines.pop();
                }
                lines.push(b'\n');
                if lines.len() >= FLUSH_AT {
                    out.write_all(&lines)?;
                    lines.clear();
                }
            }
        }
        out.write_all(&lines)
    }
}

//! Tables that fit a terminal, drawn by comfy-table.

use std::io::{self, Write};

use clap::builder::styling::Style;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, Width};
use unicode_width::UnicodeWidthChar;

use super::rows::Rows;
use super::style::{HEADING, TableStyle, style_of};
use super::{fit, plain};
use crate::columns::Align;
use crate::render::{Cut, Drop, Heading, Section};

/// Blanks between two columns.
const GAP: u16 = 2;
/// A text is not cut below this width: less would be useless.
const LEAST_TEXT: u16 = 4;
/// A text that wraps, or that fills a wide terminal, has at least this width.
const READABLE_TEXT: u16 = 20;
/// No text contains this character, so texts are cut at the width and not between words.
const NO_DELIMITER: char = '\0';

/// Writes a table of at most `width` columns. Long texts are cut and marked. Numbers are never cut,
/// but columns are dropped. If numbers alone need more room, a row takes several screen lines.
pub(super) fn write(
    out: &mut dyn Write,
    section: &Section,
    rows: &Rows,
    style: TableStyle,
    width: u16,
) -> io::Result<()> {
    let natural: Vec<fit::Column> =
        (0..section.headings.len()).map(|at| natural(section, rows, style, at)).collect();
    // Wrapped lines are padded to the end of the last screen line that they need.
    let widths = (1..).map_while(|lines| width.max(1).checked_mul(lines));
    let fitted =
        widths.filter_map(|width| fit::fit(&natural, width, GAP).map(|columns| (width, columns)));
    let Some((width, columns)) = fitted.take(1).next() else {
        return plain::write(out, section, rows, style);
    };
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    let wraps = section.headings.iter().any(|heading| heading.cut == Cut::Wrap);
    table.set_delimiter(if wraps { ' ' } else { NO_DELIMITER });
    if style.ascii {
        table.set_truncation_indicator("~");
    }
    if !style.no_headings {
        let names = columns.iter().map(|(at, _)| section.headings[*at].name.to_ascii_uppercase());
        table.set_header(line(names.map(Cell::new), false));
    }
    for row in 0..rows.len() {
        table.add_row(line(columns.iter().map(|(at, _)| Cell::new(rows.text(row, *at))), wraps));
    }
    set_columns(&mut table, section, &columns);
    let headings = usize::from(!style.no_headings);
    let mut under = Vec::new();
    for (at, line) in table.lines().enumerate() {
        let look = |column: usize| match at.checked_sub(headings) {
            // The lines of such a table are more than its rows.
            Some(_) if wraps => None,
            Some(row) => style_of(rows.attention(row, column)),
            None => Some(HEADING),
        };
        let line = if style.color { painted(&line, &columns, look) } else { line };
        writeln!(out, "{}", line.trim_end())?;
        if let Some(row) = at.checked_sub(headings) {
            under.clear();
            rows.under.put(row, style.cut(), &mut under);
            out.write_all(&under)?;
        }
    }
    Ok(())
}

/// A line of the table with styled texts. comfy-table gives every column exactly the width that was
/// set, so the width shows where a cell ends.
fn painted(line: &str, columns: &[(usize, u16)], look: impl Fn(usize) -> Option<Style>) -> String {
    let mut painted = String::with_capacity(line.len());
    let mut rest = line;
    for (column, width) in columns {
        let (cell, tail) = split_at_width(rest, usize::from(width + GAP));
        rest = tail;
        let text = cell.trim();
        match look(*column).filter(|_| !text.is_empty()) {
            Some(style) => {
                painted.push_str(&cell.replacen(text, &format!("{style}{text}{style:#}"), 1));
            }
            None => painted.push_str(cell),
        }
    }
    painted.push_str(rest);
    painted
}

fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    let end = text.char_indices().find(|(_, char)| {
        used += char.width().unwrap_or(0);
        used > width
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

/// The width that a column needs.
fn natural(section: &Section, rows: &Rows, style: TableStyle, at: usize) -> fit::Column {
    let heading = section.headings[at];
    let heading_width = if style.no_headings { 0 } else { heading.name.len() };
    let width = to_u16(rows.widest(at).max(heading_width).max(1));
    let is_cuttable = match heading.cut {
        Cut::ByValue => rows.is_cuttable(at),
        Cut::Never => false,
        Cut::Always | Cut::Wrap => true,
    };
    let least = match heading {
        _ if !is_cuttable => width,
        Heading { cut: Cut::Wrap, .. } | Heading { drop: Drop::Extra(_), .. } => {
            width.min(READABLE_TEXT)
        }
        // The uid of a user without a name is in a column of names, but is not cut.
        _ => to_u16(rows.widest_number(at)).max(LEAST_TEXT),
    };
    fit::Column { width, least, drop: heading.drop }
}

fn set_columns(table: &mut Table, section: &Section, columns: &[(usize, u16)]) {
    for (shown, (at, width)) in columns.iter().enumerate() {
        let Some(column) = table.column_mut(shown) else { continue };
        let gap = if shown + 1 < columns.len() { GAP } else { 0 };
        column.set_padding((0, gap));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + gap)));
        if section.headings[*at].align == Align::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn to_u16(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// A row of the table. What does not fit is cut, unless it `wraps`: then it continues on a second
/// line.
fn line(cells: impl Iterator<Item = Cell>, wraps: bool) -> Row {
    let mut row = Row::new();
    if !wraps {
        row.max_height(1);
    }
    for cell in cells {
        row.add_cell(cell);
    }
    row
}

//! The table that fits a terminal, drawn by comfy-table.

use std::io::{self, Write};

use clap::builder::styling::Style;
use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, Row, Table, Width,
};
use unicode_width::UnicodeWidthStr;

use super::{TableStyle, cell_style, fit, stream};
use crate::columns::Align;
use crate::render::Grid;
use crate::render::sanitize::escaped;
use crate::render::text::Texts;

/// Blanks between two columns.
const GAP: u16 = 2;
/// A text is not cut below this width: less would say nothing.
const LEAST_TEXT: u16 = 4;
/// No text has this character, so that texts are cut where the room ends and not between words.
const NO_DELIMITER: char = '\0';
/// Stands between two columns until they have their colours; escaped texts never have it.
const SEPARATOR: char = '\u{1f}';

/// Writes a table of at most `width` columns: long texts are cut, with a sign; figures never, but
/// columns of figures that a person can do without are left out.
/// Where figures alone need more, lines are as many times as wide.
pub(super) fn write(
    out: &mut dyn Write,
    grid: &dyn Grid,
    texts: &mut Texts,
    style: TableStyle,
    width: u16,
) -> io::Result<()> {
    let headings = grid.headings();
    let rows: Vec<Vec<String>> = (0..grid.len())
        .map(|row| (0..headings.len()).map(|column| text(grid, texts, row, column)).collect())
        .collect();
    let natural: Vec<fit::Column> = headings
        .iter()
        .enumerate()
        .map(|(at, heading)| {
            let heading_width = if style.no_headings { 0 } else { heading.name.len() };
            let width = widest(&rows, at, |_| true).max(to_u16(heading_width)).max(1);
            // The number of a user without a name stands among names.
            let figures = || widest(&rows, at, |text| text.bytes().all(|b| b.is_ascii_digit()));
            let least = if grid.is_cuttable(at) { figures().max(LEAST_TEXT) } else { width };
            let dispensable = grid.is_dispensable(at);
            fit::Column { width, least, spare: heading.spare, dispensable }
        })
        .collect();
    // Lines that have to wrap fill up the last line of the screen that they need.
    let widths = (1..).map_while(|lines| width.max(1).checked_mul(lines));
    let fitted =
        widths.filter_map(|width| fit::fit(&natural, width, GAP).map(|columns| (width, columns)));
    let Some((width, columns)) = fitted.take(1).next() else {
        return stream::write(out, grid, texts, style);
    };
    let lines = layout(grid, &rows, style, width, &columns);
    let headings = usize::from(!style.no_headings);
    for (at, line) in lines.iter().enumerate() {
        let row = at.checked_sub(headings);
        let cells = line.split(SEPARATOR).zip(&columns);
        let line: Vec<String> = cells
            .map(|(cell, (column, _))| styled(cell, cell_style(grid, style, row, *column)))
            .collect();
        writeln!(out, "{}", line.join(" ").trim_end())?;
    }
    Ok(())
}

/// The lines, one for each row, with a separator in place of the last blank of each gap.
fn layout(
    grid: &dyn Grid,
    rows: &[Vec<String>],
    style: TableStyle,
    width: u16,
    columns: &[(usize, u16)],
) -> Vec<String> {
    let headings = grid.headings();
    let mut table = Table::new();
    let line_style = ContentLineStyle::none().junction(SEPARATOR);
    table.load_style(
        comfy_table::presets::NOTHING.header_lines(line_style).content_lines(line_style),
    );
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_delimiter(NO_DELIMITER);
    if style.ascii {
        table.set_truncation_indicator("~");
    }
    if !style.no_headings {
        let names = columns.iter().map(|(at, _)| headings[*at].name.to_ascii_uppercase());
        table.set_header(line(names.map(Cell::new)));
    }
    for texts in rows {
        table.add_row(line(columns.iter().map(|(at, _)| Cell::new(&texts[*at]))));
    }
    for (shown, (at, width)) in columns.iter().enumerate() {
        let Some(column) = table.column_mut(shown) else { continue };
        let gap = if shown + 1 < columns.len() { GAP - 1 } else { 0 };
        column.set_padding((0, gap));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + gap)));
        if headings[*at].align == Align::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().collect()
}

/// A cell in its style; the blanks around it have none.
fn styled(cell: &str, style: Option<Style>) -> String {
    let text = cell.trim();
    match style {
        Some(style) if !text.is_empty() => {
            cell.replacen(text, &format!("{style}{text}{style:#}"), 1)
        }
        _ => cell.to_owned(),
    }
}

fn text(grid: &dyn Grid, texts: &mut Texts, row: usize, column: usize) -> String {
    let mut plain = Vec::new();
    texts.put(grid.value(row, column), &mut plain);
    escaped(&plain)
}

/// The width of the widest of some texts of a column.
fn widest(rows: &[Vec<String>], column: usize, of: impl Fn(&str) -> bool) -> u16 {
    let texts = rows.iter().map(|row| row[column].as_str()).filter(|text| of(text));
    to_u16(texts.map(UnicodeWidthStr::width).max().unwrap_or(0))
}

fn to_u16(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// A line of the table: what does not fit is cut, not continued on a second line.
fn line(cells: impl Iterator<Item = Cell>) -> Row {
    let mut row = Row::new();
    row.max_height(1);
    for cell in cells {
        row.add_cell(cell);
    }
    row
}

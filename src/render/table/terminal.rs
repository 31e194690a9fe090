//! The table that fits a terminal, drawn by comfy-table.

use std::io::{self, Write};

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Row, Table, Width,
};

use super::TableStyle;
use crate::columns::Align;
use crate::render::sanitize::escape_into;
use crate::render::text::Texts;
use crate::render::{Attention, Grid};

/// Texts are not cut below this width: less would say nothing.
const LEAST_TEXT: u16 = 8;

/// Writes a table of at most `width` columns: long texts are cut, with a sign; figures never.
pub(super) fn write(
    out: &mut dyn Write,
    grid: &dyn Grid,
    texts: &mut Texts,
    style: TableStyle,
    width: u16,
) -> io::Result<()> {
    let headings = grid.headings();
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    if !style.no_headings {
        table.set_header(headings.iter().map(|heading| {
            let cell = Cell::new(heading.name.to_ascii_uppercase());
            if style.color { cell.add_attribute(Attribute::Bold) } else { cell }
        }));
    }
    for row in 0..grid.len() {
        let mut cells = Row::new();
        cells.max_height(1);
        for column in 0..headings.len() {
            cells.add_cell(cell(grid, texts, row, column, style.color));
        }
        table.add_row(cells);
    }
    let natural = table.column_max_content_widths();
    for (at, heading) in headings.iter().enumerate() {
        let least = natural.get(at).copied().unwrap_or(0);
        let Some(column) = table.column_mut(at) else { continue };
        column.set_padding((0, if at + 1 < headings.len() { 2 } else { 0 }));
        let padding = if at + 1 < headings.len() { 2 } else { 0 };
        let cuttable = is_cuttable(grid, at);
        let bound = if cuttable { least.min(LEAST_TEXT) } else { least };
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(bound + padding)));
        if heading.align == Align::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Whether a column holds what strangers wrote, which may be cut; everything else is whole.
fn is_cuttable(grid: &dyn Grid, column: usize) -> bool {
    use crate::columns::Value;
    (0..grid.len()).any(|row| {
        matches!(
            grid.value(row, column),
            Value::Text(_) | Value::User(_) | Value::Group(_) | Value::Semaphores(_)
        )
    })
}

fn cell(grid: &dyn Grid, texts: &mut Texts, row: usize, column: usize, color: bool) -> Cell {
    let (mut plain, mut text) = (Vec::new(), Vec::new());
    texts.put(grid.value(row, column), &mut plain);
    escape_into(&mut text, &plain);
    let cell = Cell::new(String::from_utf8_lossy(&text));
    match grid.attention(row, column) {
        _ if !color => cell,
        Attention::None => cell,
        Attention::Notice => cell.fg(Color::DarkCyan),
        Attention::Warning => cell.fg(Color::DarkYellow),
        Attention::Alarm => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
    }
}

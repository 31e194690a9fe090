//! The texts of a table, all in one piece of memory.

use unicode_width::UnicodeWidthStr;

use super::under::Under;
use crate::columns::{Attention, Value};
use crate::escape::escape_into;
use crate::render::Cells;
use crate::render::formatter::TextFormatter;

/// One cell.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// Where its text ends.
    end: usize,
    /// Its width on a screen.
    width: usize,
    attention: Attention,
}

/// The rows of a table.
#[derive(Debug, Default)]
pub(super) struct Rows {
    columns: usize,
    /// Whether the cells are coloured.
    colored: bool,
    /// UTF-8: the texts were escaped.
    text: Vec<u8>,
    cells: Vec<Cell>,
    widths: Vec<usize>,
    cuttable: Vec<bool>,
    /// The lines under the rows.
    pub under: Under,
}

impl Rows {
    pub(super) fn new(columns: usize, colored: bool) -> Rows {
        let (widths, cuttable) = (vec![0; columns], vec![false; columns]);
        Rows { columns, colored, widths, cuttable, ..Rows::default() }
    }

    /// Appends a row.
    pub(super) fn push(&mut self, cells: &dyn Cells, formatter: &mut TextFormatter) {
        for column in 0..self.columns {
            let value = cells.value(column);
            self.cuttable[column] |= is_cuttable(&value);
            let start = self.text.len();
            formatter.put(value, &mut self.text);
            let width = self.escape(start);
            self.widths[column] = self.widths[column].max(width);
            let attention = match self.colored {
                true => cells.attention(column),
                false => Attention::None,
            };
            self.cells.push(Cell { end: self.text.len(), width, attention });
        }
    }

    /// Escapes the text of the last cell; returns its width.
    fn escape(&mut self, start: usize) -> usize {
        if self.text[start..].iter().all(|byte| (b' '..0x7f).contains(byte)) {
            return self.text.len() - start;
        }
        let raw = self.text.split_off(start);
        escape_into(&mut self.text, &raw);
        str::from_utf8(&self.text[start..]).map_or(0, UnicodeWidthStr::width)
    }

    /// The cells of a row: text, width and attention.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (&[u8], usize, Attention)> {
        let first = row * self.columns;
        let mut start = if first == 0 { 0 } else { self.cells[first - 1].end };
        self.cells[first..first + self.columns].iter().map(move |cell| {
            let text = &self.text[start..cell.end];
            start = cell.end;
            (text, cell.width, cell.attention)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len() / self.columns.max(1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The text of a cell.
    pub(super) fn text(&self, row: usize, column: usize) -> &str {
        let at = row * self.columns + column;
        let start = if at == 0 { 0 } else { self.cells[at - 1].end };
        str::from_utf8(&self.text[start..self.cells[at].end]).unwrap_or_default()
    }

    /// The width of a cell's text.
    pub(super) fn width(&self, row: usize, column: usize) -> usize {
        self.cells[row * self.columns + column].width
    }

    /// How much attention a cell needs.
    pub(super) fn attention(&self, row: usize, column: usize) -> Attention {
        self.cells[row * self.columns + column].attention
    }

    /// The width of the widest text of a column.
    pub(super) fn widest(&self, column: usize) -> usize {
        self.widths[column]
    }

    /// The width of the widest text of a column that is a plain number.
    pub(super) fn widest_number(&self, column: usize) -> usize {
        let is_number = |row: &usize| self.text(*row, column).bytes().all(|b| b.is_ascii_digit());
        let numbers = (0..self.len()).filter(is_number);
        numbers.map(|row| self.width(row, column)).max().unwrap_or(0)
    }

    /// Whether the values of a column are names, lists or sentences, which may be cut.
    pub(super) fn is_cuttable(&self, column: usize) -> bool {
        self.cuttable[column]
    }
}

fn is_cuttable(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Text(_)
            | Value::Command(_)
            | Value::User(_)
            | Value::Group(_)
            | Value::Reason(_)
            | Value::Details(_)
    )
}

//! What the formats of text have in common: headings and typed cells.

use crate::columns::{Align, Attention, Column, Row, Value};
use crate::model::Kind;

/// A column's heading.
#[derive(Clone, Copy, Debug)]
pub struct Heading {
    /// The column's name in lower case.
    pub name: &'static str,
    /// Where the cells stand.
    pub align: Align,
    /// Whether a person can do without it where the terminal is too narrow.
    pub spare: bool,
}

/// A table of typed cells.
pub trait Grid {
    /// The kind of its rows, where they are of one kind.
    fn kind(&self) -> Option<Kind>;
    /// The headings.
    fn headings(&self) -> Vec<Heading>;
    /// How many rows there are.
    fn len(&self) -> usize;
    /// The value of a cell.
    fn value(&self, row: usize, column: usize) -> Value<'_>;
    /// What the cell asks of its reader.
    fn attention(&self, _row: usize, _column: usize) -> Attention {
        Attention::None
    }
    /// Whether the texts of a column may be cut to fit a terminal: what strangers chose, and
    /// lists and sentences.
    fn is_cuttable(&self, column: usize) -> bool {
        (0..self.len()).any(|row| {
            matches!(
                self.value(row, column),
                Value::Text(_)
                    | Value::User(_)
                    | Value::Group(_)
                    | Value::Semaphores(_)
                    | Value::Reason(_)
                    | Value::Users(..)
                    | Value::Recorded(..)
            )
        })
    }
    /// Whether there is no row.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The rows of one kind and the columns to show.
#[derive(Debug)]
pub struct Section<'a> {
    /// The kind of the rows.
    pub kind: Kind,
    /// The columns, in the order to show.
    pub columns: Vec<&'static Column>,
    /// The rows, in the order to show.
    pub rows: Vec<Row<'a>>,
    /// Columns that a person can do without where the terminal is too narrow.
    pub spare: &'static [&'static Column],
}

impl Grid for Section<'_> {
    fn kind(&self) -> Option<Kind> {
        Some(self.kind)
    }

    fn headings(&self) -> Vec<Heading> {
        let is_spare = |column: &Column| self.spare.iter().any(|spare| spare.name == column.name);
        let heading = |c: &Column| Heading { name: c.name, align: c.align, spare: is_spare(c) };
        self.columns.iter().map(|column| heading(column)).collect()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn value(&self, row: usize, column: usize) -> Value<'_> {
        (self.columns[column].get)(&self.rows[row])
    }

    fn attention(&self, row: usize, column: usize) -> Attention {
        self.columns[column].attention.map_or(Attention::None, |ask| ask(&self.rows[row]))
    }
}

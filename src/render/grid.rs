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
    /// Whether it is left out of a narrow terminal before any text is cut.
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
    /// Whether a person can do without the column where lines would have to wrap otherwise.
    fn is_dispensable(&self, _column: usize) -> bool {
        false
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
    /// Columns that are left out of a narrow terminal before any text is cut.
    pub spare: &'static [&'static Column],
    /// Columns that are left out where lines would have to wrap otherwise.
    pub dispensable: &'static [&'static Column],
}

impl Grid for Section<'_> {
    fn kind(&self) -> Option<Kind> {
        Some(self.kind)
    }

    fn headings(&self) -> Vec<Heading> {
        let heading = |column: &Column| {
            let spare = is_among(column, self.spare);
            Heading { name: column.name, align: column.align, spare }
        };
        self.columns.iter().map(|column| heading(column)).collect()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn value(&self, row: usize, column: usize) -> Value<'_> {
        (self.columns[column].get)(&self.rows[row])
    }

    fn is_dispensable(&self, column: usize) -> bool {
        is_among(self.columns[column], self.dispensable)
    }

    fn attention(&self, row: usize, column: usize) -> Attention {
        self.columns[column].attention.map_or(Attention::None, |ask| ask(&self.rows[row]))
    }
}

fn is_among(column: &Column, columns: &[&Column]) -> bool {
    columns.iter().any(|known| known.name == column.name)
}

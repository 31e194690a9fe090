//! From rows to bytes.

pub mod classic;
pub mod json;
pub mod names;
pub mod size;
pub mod time;

use crate::columns::{Column, Row};
use crate::model::Kind;

/// The rows of one kind and the columns to show.
#[derive(Debug)]
pub struct Section<'a> {
    /// The kind of the rows.
    pub kind: Kind,
    /// The columns, in the order to show.
    pub columns: Vec<&'static Column>,
    /// The rows, in the order to show.
    pub rows: Vec<Row<'a>>,
}

//! The columns of an object: typed values, and one table that defines the columns.

mod details;
mod lookup;
mod needs;
mod row;
mod table;
mod value;
mod views;

pub use lookup::{Columns, Scope, UnknownColumn, add_once, find, parse_list};
pub use needs::Needs;
pub use row::{Facts, OwnedRow, Place, Row};
pub use table::*;
pub use value::{Details, Field, Inline, Shape, Value};
pub use views::{Adaption, PROCESS_TABLE, PROCESS_TEXT, View, of_view, process_json};

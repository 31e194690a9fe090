//! What can be said of an object: typed values, and one table of the columns that hold them.

mod lookup;
mod table;
mod value;
mod views;

pub(crate) use lookup::push;
pub use lookup::{Chosen, Reach, UnknownColumn, find, parse_list};
pub use table::*;
pub use value::Value;
pub use views::{DISPENSABLE, PROCESS_TABLE, PROCESS_TEXT, View, of_view, process_json};

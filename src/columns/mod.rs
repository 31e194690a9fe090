//! What can be said of an object: typed values, and one table of the columns that hold them.

mod table;
mod value;

pub use table::*;
pub use value::Value;

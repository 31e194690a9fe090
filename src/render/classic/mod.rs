//! The classic views, byte for byte as util-linux prints them.

mod detail;
mod list;
mod sums;
mod unit;

pub use detail::Detail;
pub(super) use list::left as pad;
pub use list::{List, columns};
pub use sums::{SumStyle, limits, usage};
pub use unit::Unit;

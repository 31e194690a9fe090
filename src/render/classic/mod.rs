//! The classic views, byte for byte as util-linux prints them, and totals of groups, which it lacks.

mod detail;
mod groups;
mod layout;
mod lines;
mod list;
mod posix;
mod sums;
mod unit;

pub use detail::Detail;
pub use groups::Groups;
pub(super) use list::left as pad;
pub use list::{List, columns};
pub use sums::{SumStyle, limits, usage};
pub use unit::Unit;

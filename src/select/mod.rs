//! Which objects pass, and in which order.

mod filter;
mod sort;

pub use filter::{Choosable, Filter};
pub use sort::{SortBy, sort};

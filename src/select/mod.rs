//! Which objects pass, and in which order.

mod filter;
mod sort;

pub use filter::Filter;
pub use sort::{SortBy, sort};

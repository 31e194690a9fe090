//! A query: which objects, which facts about them, and in which order. It runs over any
//! [`Source`](crate::sources::Source) and passes the rows to a [`RowSink`].
//!
//! Rows stream from the source to the sink, a batch at a time, unless an order needs all of them.

mod answer;
mod facts;
mod filter;
mod groups;
mod owner_sums;
mod run;
mod sink;
mod sort;

pub use answer::Answer;
pub use filter::{Filter, Judgement, KeyMatch};
pub use groups::{GroupBy, GroupKey, GroupSums, Grouped};
pub use owner_sums::{Counts, Owned, OwnerSums};
pub use run::Query;
pub use sink::RowSink;
pub use sort::{Get, SortBy, sort, sort_by_values};

//! The intended differences from util-linux: each entry of `tests/docs/differences.rs` has
//! a test of our behaviour here.
//!
//! The entry about closed pipes is tested in `compat::writing`.

mod denied;
mod listing;
mod posix;
mod removal;
mod sources;
mod text;

//! What is meant to differ from util-linux: each entry of the list in
//! `tests/docs/differences.rs` has a test here, which asserts our side.
//!
//! The row about readers that are gone is in `compat::writing`.

mod listing;
mod removal;
mod sources;
mod text;

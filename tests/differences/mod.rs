//! What is meant to differ from util-linux: each row of the list in COMPAT
//! section 0 is a test here (those about POSIX objects come with them), and
//! asserts our side.
//!
//! The row about readers that are gone is in `compat::writing`.

mod listing;
mod removal;
mod sources;
mod text;

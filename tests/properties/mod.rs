//! Properties of random input: what is written is read back, and two ways to the same answer agree.
//!
//! Properties of a single parser stand beside it. Here a writer and a parser meet, or two programs.

mod arbitrary;
mod filters;
mod formats;
mod programs;
mod spellings;
mod text;

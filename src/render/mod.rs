//! From rows to bytes.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "widths and places in text that is made here; the fuzz target `formats` covers it"
)]

pub mod advice;
pub mod classic;
pub mod csv;
mod digits;
pub mod explain;
pub mod export;
pub mod format;
pub mod formatter;
pub mod groups;
pub mod json;
pub mod limits;
pub mod metrics;
pub mod namespaces;
pub mod plugin;
pub mod posix_processes;
pub mod processes;
pub mod raw;
pub mod removal;
pub mod size;
pub mod table;
pub mod time;
pub mod waits;

pub use format::{
    Cells, Cut, Drop, Format, Heading, KindColumns, ObjectWriter, Section, write_table,
};

//! From rows to bytes.

pub mod classic;
pub mod csv;
mod digits;
pub mod export;
pub mod grid;
pub mod json;
mod json_users;
pub mod limits;
pub mod processes;
pub mod raw;
pub mod sanitize;
pub mod size;
pub mod table;
pub mod text;
pub mod time;

pub use crate::columns::Attention;
pub use grid::{Grid, Heading, Section};

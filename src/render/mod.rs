//! From rows to bytes.

pub mod classic;
pub mod column;
pub mod json;
pub mod names;
pub mod size;
pub mod time;
pub mod value;

//! Aligned tables: fitted to a terminal, or as wide as they need to be.

mod card;
mod fit;
mod plain;
mod rows;
mod sections;
mod style;
mod terminal;
mod under;

pub use card::Card;
pub use sections::Table;
pub use style::{TableStyle, alarm};

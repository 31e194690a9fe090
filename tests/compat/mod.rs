//! The drop-in contract: util-linux' programs and ours on the same objects
//! must print the same bytes and end the same way.

mod command_lines;
pub mod fixture;
mod limits;
mod listing;
mod making;
mod removal;
pub mod states;
pub mod usage;
mod writing;

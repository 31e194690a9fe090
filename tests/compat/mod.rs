//! The drop-in contract: on the same objects, util-linux' programs and ours must
//! print the same bytes and exit with the same status.

mod command_lines;
pub mod fixture;
mod limits;
mod listing;
mod making;
mod removal;
mod scripts;
pub mod states;
pub mod usage;
mod writing;

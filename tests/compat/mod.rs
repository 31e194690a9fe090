//! The drop-in contract: util-linux' programs and ours on the same objects
//! must print the same bytes and end the same way.

mod command_lines;
mod listing;
mod states;

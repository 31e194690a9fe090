//! The `ipcmk` program.

fn main() {}

//! The `ipcs` program.

fn main() {}

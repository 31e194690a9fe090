//! The `ipcrm` program.

fn main() {}

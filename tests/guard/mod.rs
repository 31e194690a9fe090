//! What keeps the programs fast, without a clock: system calls and memory of fixed cases.
//!
//! A time says little on a machine that does something else too; a count says the same everywhere.
//! Instructions are counted too, by `benches/instructions.sh`, which needs a release build: the
//! programs of the tests are not optimised.

mod calls;
mod memory;
mod trace;

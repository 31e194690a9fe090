//! Guards of performance without timing: system calls and memory of fixed cases, and small limits.
//!
//! Times vary with the load of the machine; counts do not. `benches/instructions.sh` also counts
//! instructions. It needs a release build, because the programs of the tests are not optimised.

mod calls;
mod endless;
mod limits;
mod memory;
mod namespaces;
mod thresholds;
mod trace;

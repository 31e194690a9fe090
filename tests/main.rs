//! Integration tests: the programs on real kernel objects, in private
//! namespaces. `compat` holds what must be as with util-linux, `differences`
//! what is meant to be otherwise, `support` what all tests stand on.

mod compat;
mod differences;
mod docs;
mod ipcmk;
mod ipcrm;
mod processes;
mod support;

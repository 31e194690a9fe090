//! Integration tests: the programs on real kernel objects, in private
//! namespaces. `compat` holds what must be as with util-linux, `differences`
//! what is meant to be otherwise, `formats` the columns, filters and formats
//! that ours have of their own, `guard` what keeps them fast, `support` what
//! all tests stand on.

mod compat;
mod differences;
mod docs;
mod formats;
mod guard;
mod ipcmk;
mod ipcrm;
mod processes;
mod support;

//! Integration tests: the programs on real kernel objects, in private namespaces.
//!
//! * `compat`: behaviour that must be the same as util-linux'.
//! * `differences`: intended differences from util-linux.
//! * `ipcrm`, `ipcmk`, `formats`, `processes`: features that util-linux does not have.
//! * `monitoring`: checks, metrics, and why a call fails.
//! * `namespaces`: finding every IPC namespace, and whose it is.
//! * `scenes`: programs that live or died, and what becomes of their objects.
//! * `properties`: what is written is read back, for random input.
//! * `races`: lists and removals while objects come and go.
//! * `guard`: counts that keep the programs fast.
//! * `faults`: failing system calls and odd environments.
//! * `install`: what `install.sh` replaces, keeps, refuses and removes.
//! * `docs`: generated documents are up to date.
//! * `support`: shared code.

mod compat;
mod differences;
mod docs;
mod faults;
mod formats;
mod guard;
mod install;
mod ipcmk;
mod ipcrm;
mod monitoring;
mod namespaces;
mod processes;
mod properties;
mod races;
mod scenes;
mod support;

//! The `ipcmk` program.
#![no_main]

ipcs::program!("ipcmk", ipcs::app::ipcmk::run);

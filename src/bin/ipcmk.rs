//! The `ipcmk` program.
#![no_main]

ipcs::program!(|argv| ipcs::app::session::run("ipcmk", ipcs::app::ipcmk::run, argv));

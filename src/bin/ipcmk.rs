//! The `ipcmk` program.
#![no_main]

ipcs::program!(|argv| ipcs::app::edge::run("ipcmk", ipcs::app::ipcmk::run, argv));

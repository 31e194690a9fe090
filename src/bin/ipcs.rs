//! The `ipcs` program.
#![no_main]

ipcs::program!(|argv| ipcs::app::session::run("ipcs", ipcs::app::ipcs::run, argv));

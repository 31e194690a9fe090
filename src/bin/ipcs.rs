//! The `ipcs` program.
#![no_main]

ipcs::program!(|argv| ipcs::app::edge::run("ipcs", ipcs::app::ipcs::run, argv));

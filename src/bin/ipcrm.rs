//! The `ipcrm` program.
#![no_main]

ipcs::program!(|argv| ipcs::app::edge::run("ipcrm", ipcs::app::ipcrm::run, argv));

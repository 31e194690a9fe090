//! The `ipcrm` program.
#![no_main]

ipcs::program!(|argv| ipcs::app::session::run("ipcrm", ipcs::app::ipcrm::run, argv));

//! The `ipcrm` program.
#![no_main]

ipcs::program!("ipcrm", ipcs::app::ipcrm::run);

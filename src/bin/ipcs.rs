//! The `ipcs` program.
#![no_main]

ipcs::program!("ipcs", ipcs::app::ipcs::run);

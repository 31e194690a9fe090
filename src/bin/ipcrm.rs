//! The `ipcrm` program.

fn main() -> std::process::ExitCode {
    ipcs::app::edge::run("ipcrm", ipcs::app::ipcrm::run)
}

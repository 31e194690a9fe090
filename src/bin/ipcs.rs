//! The `ipcs` program.

fn main() -> std::process::ExitCode {
    ipcs::app::edge::run("ipcs", ipcs::app::ipcs::run)
}

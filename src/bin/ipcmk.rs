//! The `ipcmk` program.

fn main() -> std::process::ExitCode {
    ipcs::app::edge::run("ipcmk", ipcs::app::ipcmk::run)
}

//! Links GCC's unwinder into the programs: loading libgcc_s at every start costs a tenth of the
//! whole run of `ipcs`, and with `panic = "abort"` nothing but the backtrace of a panic calls it.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let gnu = env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu");
    // `cc` is the compiler of this machine and says nothing about another one's libraries.
    let native = env::var_os("HOST") == env::var_os("TARGET");
    if !gnu || !native {
        return;
    }
    // Only where the compiler has it: without it the shared library does as well.
    let asked = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    let found = asked.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    if found.is_some_and(|path| Path::new(path.trim()).is_absolute()) {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
}

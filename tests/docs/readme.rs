//! README.md: what it says of the tests is what CI does, and it is short.

use std::collections::BTreeSet;

use super::{file, printed, read};

const PATH: &str = "README.md";
const CI: &str = ".ci/run";

#[test]
fn names_the_rust_version_of_the_package() {
    let version = format!("with Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    assert!(read(PATH).contains(&version), "README.md should say {version:?}");
}

/// README.md lists exactly the packages that .ci/run needs.
#[test]
fn names_the_packages_of_ci() {
    let (text, ci) = (read(PATH), read(CI));
    let line = text.lines().find_map(|line| line.strip_prefix("sudo apt-get install "));
    let named: BTreeSet<_> = line.expect("the packages to install").split_whitespace().collect();
    let (_, needed) = ci.split_once("\nneeded=(").expect("the list of packages");
    let (needed, _) = needed.split_once(')').expect("the end of the list");
    let installed = needed.split_whitespace().map(|entry| {
        let (_, package) = entry.split_once(':').expect("COMMAND:PACKAGE");
        package
    });
    // Rust already needs a linker, and only fuzzing needs a C++ compiler.
    let installed: BTreeSet<_> =
        installed.filter(|package| !["gcc", "g++"].contains(package)).collect();
    assert_eq!(named, installed, "the packages of {PATH} and of {CI}");
}

/// .ci/run reads the test command from README.md.
#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let text = read(PATH);
    let commands: Vec<_> = text.lines().filter(|line| line.starts_with("cargo test")).collect();
    assert_eq!(commands.len(), 1, "exactly one command that runs the tests: {commands:?}");
    let path = file(CI);
    let path = path.to_string_lossy();
    printed("bash", ["-n", &path]);
    assert_eq!(printed("bash", [&path, "--print-test-command"]).trim_end(), commands[0]);
}

#[test]
fn is_short_and_in_the_order_of_a_new_user() {
    let text = read(PATH);
    let lines = text.lines().count();
    assert!(lines < 150, "{PATH} has {lines} lines");
    let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(
        headings,
        ["Install", "A tour in 60 seconds", "Recipes", "Differences from util-linux", "More"]
    );
}

//! The documents: manual pages, completions, README and the files in docs/.
//!
//! Manual pages, completions and the schema of an object are generated from the definitions of the
//! command lines and from the table of columns, and are checked in. Tests compare the files with
//! the generated text; `UPDATE_DOCS=1 cargo test --test integration docs::` rewrites them.
//!
//! * `prose/*.md`: the sections of the manuals that are not generated.
//! * [`differences`]: the differences from util-linux, for the manuals and docs/differences.md.
//! * [`manual`], [`markup`]: convert both to roff, which mandoc checks.
//! * [`completions`]: generate scripts from the definitions and test them in real shells.
//! * [`readme`]: what it says of the tests; [`tour`]: runs its tour and its recipes.
//! * [`examples`]: runs the commands in docs/examples.md and compares the output; [`mask`] what varies.
//! * [`picture`], [`svg`]: draw what commands print on a terminal.
//! * [`links`]: checks the links between the documents.
//! * [`architecture`]: checks the paths that it names and the direction of imports.
//! * [`namespaces`]: runs the recipes for containers.
//! * [`schema`]: generates the properties of objects from the table of columns.
//! * [`scene`]: the objects on which examples are run.

mod architecture;
mod completions;
mod differences;
mod examples;
mod imports;
mod links;
pub mod manual;
pub mod markup;
mod mask;
mod namespaces;
mod picture;
mod readme;
mod scene;
mod schema;
mod svg;
mod tour;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use clap::CommandFactory;
use ipcs::cli::ipcmk::Ipcmk;
use ipcs::cli::ipcrm::Ipcrm;
use ipcs::cli::ipcs::IpcsArgs;

/// The command that rewrites the documents.
const UPDATE: &str = "UPDATE_DOCS=1 cargo test --test integration docs::";

/// A program with a manual page and completions.
pub struct Program {
    pub name: &'static str,
    pub command: fn() -> clap::Command,
    pub prose: &'static str,
}

pub static PROGRAMS: [Program; 3] = [
    Program { name: "ipcs", command: IpcsArgs::command, prose: include_str!("prose/ipcs.md") },
    Program { name: "ipcrm", command: Ipcrm::command, prose: include_str!("prose/ipcrm.md") },
    Program { name: "ipcmk", command: Ipcmk::command, prose: include_str!("prose/ipcmk.md") },
];

impl Program {
    /// The program that a command line runs.
    fn of(line: &str) -> &'static Program {
        let name = line.split(' ').next();
        PROGRAMS.iter().find(|program| Some(program.name) == name).expect("one of our programs")
    }
}

/// The path of a file of the project.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("reading {path}: {error}"))
}

fn updating() -> bool {
    env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1")
}

/// Compares a checked-in file with the generated text, or rewrites it.
fn check(path: &str, content: &str) {
    let there = fs::read_to_string(file(path)).unwrap_or_default();
    if there == content {
        return;
    }
    if updating() {
        fs::write(file(path), content).unwrap_or_else(|error| panic!("writing {path}: {error}"));
        return;
    }
    let same = there.lines().zip(content.lines()).take_while(|(old, new)| old == new).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(nothing)").to_owned();
    panic!(
        "{path} is out of date; {UPDATE} rewrites it.\n\
         First difference, line {}:\n- {}\n+ {}",
        same + 1,
        line(&there),
        line(content)
    );
}

/// Requires that a directory has exactly these files, without stale ones.
fn check_directory(directory: &str, mut expected: Vec<String>) {
    let mut there: Vec<_> = fs::read_dir(file(directory))
        .unwrap_or_else(|error| panic!("listing {directory}: {error}"))
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("in UTF-8"))
        .collect();
    there.sort();
    expected.sort();
    assert_eq!(there, expected, "the files in {directory}");
}

/// Writes a generated text to a temporary file for another program. Another test may be rewriting
/// the checked-in file.
fn write_temporary(name: &str, content: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join(name);
    fs::write(&path, content).expect("writing a temporary file");
    let path = path.into_os_string().into_string().expect("a temporary path in UTF-8");
    (directory, path)
}

/// Runs a system program with a fixed locale.
fn run(program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    // Shells make files there.
    let home = tempfile::tempdir().expect("making a temporary directory");
    Command::new(program)
        .args(args)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| {
            panic!("this test needs {program}, which cannot be run ({error}); README.md says what to install")
        })
}

/// The standard output of a program, which must succeed without diagnostics.
fn printed(program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    let output = run(program, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{program}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

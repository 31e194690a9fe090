//! README.md: its table of differences is that of the manuals, and its examples show the real
//! output.
//!
//! In a `console` block bash runs each line `$ COMMAND`, in the order of the file and in one
//! namespace. The lines up to the next command are its output on both streams. Process ids, times
//! and random keys are masked before the comparison, and trailing spaces are removed.
//! `UPDATE_DOCS=1` replaces output that differs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;

use super::differences::{DIFFERENCES, Difference};
use super::scene::{SYSTEM, run, run_with, scene};
use super::{UPDATE, check, file, printed, read, updating};
use crate::support::namespace::{isolated, require_root, require_users};

const PATH: &str = "README.md";
const CI: &str = ".ci/run";

/// The keys that the scene or a command sets; other keys are random.
const KEYS: [&str; 5] = ["0x0052e2c1", "0x00000000", "0x0000beef", "0x41021c7a", "0x0000a11c"];

/// Locked by tests that may rewrite README.md.
static WRITING: Mutex<()> = Mutex::new(());

#[test]
fn differences_are_those_of_the_manuals() {
    let _writing = WRITING.lock();
    let text = read(PATH);
    let head = "| where | util-linux | here |\n|---|---|---|\n";
    let (before, rest) = text.split_once(head).expect("the table of differences");
    let (_, after) = rest.split_once("\n\n").expect("the end of the table");
    let mut table = String::new();
    for Difference { case, theirs, ours, .. } in DIFFERENCES {
        let _ = writeln!(table, "| {case} | {theirs} | {ours} |");
    }
    check(PATH, &format!("{before}{head}{table}\n{after}"));
}

#[test]
fn examples_show_the_real_output() {
    require_root("the objects of its examples belong to several users");
    isolated(|| {
        let _writing = WRITING.lock();
        let _held = scene();
        let text = read(PATH);
        let mut now = String::new();
        let mut examples = 0;
        let mut rest = text.as_str();
        while let Some((before, block)) = rest.split_once("```console\n") {
            let (shown, after) = block.split_once("```\n").expect("the end of a block");
            now += before;
            now += "```console\n";
            for example in examples_of(shown) {
                examples += 1;
                let actual = run(example.command);
                let same = mask(example.output) == mask(&actual);
                assert!(
                    same || updating(),
                    "README.md shows for $ {}\n{}\nbut the output is\n{actual}\n({UPDATE})",
                    example.command,
                    example.output
                );
                let output = if same { example.output } else { &actual };
                let _ = write!(now, "$ {}\n{output}", example.command);
            }
            now += "```\n";
            rest = after;
        }
        now += rest;
        assert!(examples >= 12, "only {examples} examples were found");
        if updating() && now != text {
            std::fs::write(file(PATH), now).expect("writing README.md");
        }
    });
}

/// A reader without our programs in PATH runs util-linux', which must not remove other objects.
#[test]
fn examples_with_util_linux_remove_no_other_objects() {
    require_users("the objects of its examples belong to several users");
    isolated(|| {
        let _writing = WRITING.lock();
        let _held = scene();
        let keys =
            "cat /proc/sysvipc/shm /proc/sysvipc/msg /proc/sysvipc/sem | awk '{ print $1, $2 }'";
        let before = run(keys);
        let text = read(PATH);
        for block in text.split("```console\n").skip(1) {
            let (shown, _) = block.split_once("```\n").expect("the end of a block");
            for example in examples_of(shown) {
                run_with(SYSTEM, example.command);
                let after = run(keys);
                let lost = before.lines().find(|line| !after.lines().any(|other| other == *line));
                assert_eq!(
                    lost, None,
                    "util-linux removed an object (key and id) with {}",
                    example.command
                );
            }
        }
    });
}

struct Example<'a> {
    command: &'a str,
    output: &'a str,
}

fn examples_of(block: &str) -> Vec<Example<'_>> {
    let mut examples = Vec::new();
    let mut rest = block;
    while let Some(line) = rest.strip_prefix("$ ") {
        let (command, after) = line.split_once('\n').expect("a whole line");
        let end = after.find("\n$ ").map(|at| at + 1);
        let end = if after.starts_with("$ ") { 0 } else { end.unwrap_or(after.len()) };
        examples.push(Example { command, output: &after[..end] });
        rest = &after[end..];
    }
    assert!(rest.is_empty(), "a block has to begin with a command: {rest}");
    examples
}

/// The text without parts that differ between runs.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let waits = line.split_whitespace().count() == 5 && line.ends_with(char::is_numeric);
        let mut rest = line;
        while let Some(char) = rest.chars().next() {
            let key = rest.get(..10).filter(|text| is_key(text));
            let pid = ["\"pid\":", "\"cpid\":", "\"lpid\":", "\"tid\":"]
                .iter()
                .find(|pid| rest.starts_with(**pid));
            if let Some(key) = key {
                masked += if KEYS.contains(&key) { key } else { "KEY" };
                rest = &rest[10..];
            } else if let Some(pid) = pid {
                masked += pid;
                rest = rest[pid.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
            } else if let Some(length) = time(rest) {
                masked += "TIME";
                rest = &rest[length..];
            } else {
                masked.push(char);
                rest = &rest[char.len_utf8()..];
            }
        }
        // The last column of a semaphore is a process ID, unless it is 0.
        if waits && !line.ends_with(" 0") {
            let kept = masked.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            masked.truncate(kept);
            masked += "PID";
        }
        masked.push('\n');
    }
    masked
}

fn is_key(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns the length of a time at the start of the text: `2026-11-23T05:56:26Z` or
/// `Mon Nov 23 05:56:26 2026`.
fn time(text: &str) -> Option<usize> {
    let like = |pattern: &str| {
        let bytes = text.as_bytes().get(..pattern.len())?;
        let fits = bytes.iter().zip(pattern.bytes()).all(|(byte, like)| match like {
            b'9' => byte.is_ascii_digit() || *byte == b' ',
            b'a' => byte.is_ascii_alphabetic(),
            _ => *byte == like,
        });
        fits.then_some(pattern.len())
    };
    like("9999-99-99T99:99:99Z").or_else(|| like("aaa aaa 99 99:99:99 9999"))
}

#[test]
fn masks_only_varying_parts() {
    let shown = "0x0052e2c1 0x1234abcd 56 {\"pid\":12,\"id\":12} Mon Nov 23 05:56:26 2026 2026-11-23T05:56:26Z\n1          0          1          0          4711\n";
    assert_eq!(
        mask(shown),
        "0x0052e2c1 KEY 56 {\"pid\":,\"id\":12} TIME TIME\n1          0          1          0          PID\n"
    );
}

#[test]
fn names_the_rust_version_of_the_package() {
    let version = format!("with Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    assert!(read(PATH).contains(&version), "README.md should say {version:?}");
}

/// README.md lists exactly the packages that .ci/run needs.
#[test]
fn names_the_packages_of_ci() {
    let (text, ci) = (read(PATH), read(CI));
    let line = text.lines().find_map(|line| line.strip_prefix("apt-get install "));
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

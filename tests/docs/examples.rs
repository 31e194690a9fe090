//! docs/examples.md: its examples show the real output.
//!
//! In a `console` block bash runs each line `$ COMMAND`, in the order of the file and in one
//! namespace. The lines up to the next command are its output on both streams. What varies is
//! masked before the comparison, and trailing spaces are removed. `UPDATE_DOCS=1` replaces output
//! that differs.

use std::fmt::Write as _;
use std::sync::Mutex;

use super::mask::mask;
use super::scene::{SYSTEM, run, run_with, scene};
use super::{UPDATE, file, read, updating};
use crate::support::namespace::{isolated, require_root, require_users};

const PATH: &str = "docs/examples.md";

/// Locked by tests that may rewrite the file.
static WRITING: Mutex<()> = Mutex::new(());

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
                    "{PATH} shows for $ {}\n{}\nbut the output is\n{actual}\n({UPDATE})",
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
            std::fs::write(file(PATH), now).expect("writing the examples");
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

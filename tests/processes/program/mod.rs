//! `ipcs -P`, `--orphaned` and `--unused`, run as a program.

mod deadlocks;
mod filters;
mod used_by;
mod users;
mod views;

use std::fmt::Display;

use serde_json::{Value, json};

use crate::support::json::{ids as ids_of, objects as objects_of};
use crate::support::programs::{Outcome, ours};

/// No ids.
const NONE: [i32; 0] = [];

/// Runs ipcs, which must succeed.
fn run(args: &[&str]) -> Outcome {
    let run = ours("ipcs", args).run();
    assert_eq!(run.status, Some(0), "{args:?}: {run:?}");
    run
}

fn text(args: &[&str]) -> String {
    run(args).out().to_owned()
}

/// The objects of one kind in JSON.
fn objects(kind: &str, args: &[&str]) -> Vec<Value> {
    objects_of(kind, &run(&[args, &["--json"]].concat()))
}

/// One object in JSON, with its processes.
fn object(kind: &str, option: &str, id: impl Display) -> Value {
    let id: i32 = id.to_string().parse().unwrap();
    let mut found = objects(kind, &["-P", option]);
    found.retain(|object| object["id"] == id);
    assert_eq!(found.len(), 1, "{kind} {id}: {found:?}");
    found.remove(0)
}

fn ids(kind: &str, args: &[&str]) -> Vec<i32> {
    ids_of(&objects(kind, args))
}

/// The entry of a process in an object, or null.
fn process(object: &Value, pid: i32) -> Value {
    let all = object["processes"].as_array().unwrap();
    let mut found: Vec<_> = all.iter().filter(|process| process["pid"] == pid).collect();
    assert!(found.len() < 2, "listed twice: {all:?}");
    found.pop().cloned().unwrap_or_default()
}

/// The pids of the keepers of an object.
fn keepers(object: &Value) -> Vec<i32> {
    let pid = |process: &Value| i32::try_from(process["pid"].as_i64().unwrap()).unwrap();
    object["keepers"].as_array().unwrap().iter().map(pid).collect()
}

fn pids(object: &Value) -> Vec<i64> {
    let all = object["processes"].as_array().unwrap();
    all.iter().map(|process| process["pid"].as_i64().unwrap()).collect()
}

/// A process as lines about waiters have it: its pid and the start of its command line.
fn named(pid: i32) -> String {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    let command = String::from_utf8(command).unwrap().trim_end_matches('\0').replace('\0', " ");
    let command = ipcs::proc::cmdline::without_directories(command.as_bytes()).into_owned();
    let mut command = String::from_utf8(command).unwrap();
    if command.len() > 40 {
        command.truncate(40);
        command.push_str("...");
    }
    format!("{pid} ({command})")
}

/// The lines under the row of an object in a table of one kind, their words separated by one blank.
fn under(table: &str, id: i32) -> Vec<String> {
    let is_row = |line: &&str| {
        !line.starts_with(' ') && line.split_whitespace().nth(1) == Some(&id.to_string())
    };
    let rest = table.lines().skip_while(|line| !is_row(line)).skip(1);
    let lines = rest.take_while(|line| line.starts_with("  "));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The words of the lines below a title, without headings, up to an empty line.
fn rows<'a>(text: &'a str, title: &str) -> Vec<Vec<&'a str>> {
    let mut lines = text.lines().skip_while(|line| line.trim_matches(['-', ' ']) != title);
    assert!(lines.next().is_some(), "no {title:?} in:\n{text}");
    lines
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect()
}

fn mapping(address: u64, size: usize, access: &str) -> Value {
    json!({"address": format!("{address:#x}"), "size": size, "access": access})
}

/// Mappings in the order of JSON, which is by address.
fn by_address(mut mappings: Vec<Value>) -> Value {
    mappings.sort_by_key(|mapping| {
        let address = mapping["address"].as_str().unwrap();
        u64::from_str_radix(address.trim_start_matches("0x"), 16).unwrap()
    });
    mappings.into()
}

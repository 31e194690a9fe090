//! Lists have the numbers of /proc/sysvipc in every field, from its text and from the calls.

use std::fs;

use serde_json::{Value, json};

use super::consistency::instant;
use super::{KINDS, objects, rich};
use crate::support::namespace::{cover_directory, isolated, other_mounts};
use crate::support::table;

/// The names of the fields of a table, as the columns are named.
fn fields(kind: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/sysvipc/{kind}")).expect("a table");
    let name = |field: &str| match field {
        "shmid" | "msqid" | "semid" => "id".to_owned(),
        other => other.to_owned(),
    };
    text.lines().next().expect("a heading").split_whitespace().map(name).collect()
}

/// A field of an object in JSON as the kernel writes it.
fn kernel_text(object: &Value, name: &str) -> String {
    let word = || object[name].as_str().unwrap_or_else(|| panic!("{name} of {object}"));
    match (name, &object[name]) {
        ("key", _) => {
            let key = u32::from_str_radix(&word()[2..], 16).expect("a key in hex");
            key.cast_signed().to_string()
        }
        ("perms", _) => {
            let has = |state: &str| {
                let states = object["status"].as_array().map_or(&[][..], |states| states);
                states.contains(&json!(state))
            };
            let (dest, locked) = (u32::from(has("dest")), u32::from(has("locked")));
            let perms = u32::from_str_radix(word(), 8).expect("permissions in octal");
            format!("{:o}", perms | dest << 9 | locked << 10)
        }
        ("atime" | "ctime" | "dtime" | "otime" | "rtime" | "stime", Value::Null) => "0".into(),
        ("atime" | "ctime" | "dtime" | "otime" | "rtime" | "stime", _) => {
            instant(word()).to_string()
        }
        (_, Value::Number(number)) => number.to_string(),
        (_, other) => panic!("{name} is {other}"),
    }
}

#[test]
fn every_field_of_every_row_is_listed() {
    isolated(|| {
        let _rich = rich();
        for (option, kind) in KINDS {
            let (names, rows) = (fields(kind), table::rows(kind));
            assert!(rows.len() >= 3, "{kind} has too few rows");
            let listed = |without: &[&str]| -> Vec<Vec<String>> {
                let names = names.iter().filter(|name| !without.contains(&name.as_str()));
                let row =
                    |object: &Value| names.clone().map(|of| kernel_text(object, of)).collect();
                objects(kind, &[option]).iter().map(row).collect()
            };
            assert_eq!(listed(&[]), rows, "{kind}: {names:?}");
            // The calls have no rss and swap, which are the last fields.
            let by_calls = other_mounts(|| {
                cover_directory("/proc/sysvipc");
                listed(&["rss", "swap"])
            });
            let count =
                names.iter().filter(|name| !["rss", "swap"].contains(&name.as_str())).count();
            let rows: Vec<_> = rows.iter().map(|row| row[..count].to_vec()).collect();
            assert_eq!(by_calls, rows, "{kind} by calls: {names:?}");
        }
    });
}

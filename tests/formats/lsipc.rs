//! Everything that `lsipc` can do, and how ours does it.
//!
//! | lsipc | ours |
//! |---|---|
//! | `-m`, `-q`, `-s` | the same |
//! | `-g` | `-l --table` |
//! | `-i ID` | `-i ID --table` |
//! | `-t` | `-t --table` |
//! | `-c` (creator) | `-c --table` |
//! | `-o COLS`, `-o +COLS` | the same, with the same names |
//! | `-b` | the same |
//! | `--time-format short`, `full`, `iso` | the same (full is `2026-11-23 05:56:26`) |
//! | `--noheadings`, `--notruncate` | `--no-headings`, `--no-truncate` |
//! | `-P` (octal permissions) | the column `perms`; `mode` has the letters |
//! | `-J` | `--json`, with numbers that are numbers |
//! | `-r` | `--format raw`, where an empty field is `-` |
//! | `-e` | `--format export` |
//! | `--shell` | always so with `--format export` |
//! | `-n` (a line for each field) | the card, `-i ID --table`, or export |
//! | `-l` (a list) | `--table` |
//!
//! Where a value differs, `DIFFERENCES` says why.

use std::collections::BTreeSet;

use serde_json::Value;

use super::creator::Creator;
use super::{KINDS, csv_rows, document, ipcs, objects, quiet, raw_rows, rich};
use crate::support::namespace::isolated;
use crate::support::objects::Shm;
use crate::support::programs::theirs;

/// Their columns of all kinds and of each: name, and our name where it is another one.
const COMMON: [(&str, &str); 13] = [
    ("KEY", "key"),
    ("ID", "id"),
    ("OWNER", "owner"),
    ("PERMS", "mode"),
    ("CUID", "cuid"),
    ("CUSER", "creator"),
    ("CGID", "cgid"),
    ("CGROUP", "creator_group"),
    ("UID", "uid"),
    ("USER", "owner"),
    ("GID", "gid"),
    ("GROUP", "group"),
    ("CTIME", "ctime"),
];
const SHM: [(&str, &str); 8] = [
    ("SIZE", "size"),
    ("NATTCH", "nattch"),
    ("STATUS", "status"),
    ("ATTACH", "atime"),
    ("DETACH", "dtime"),
    ("COMMAND", "command"),
    ("CPID", "cpid"),
    ("LPID", "lpid"),
];
const MSG: [(&str, &str); 6] = [
    ("USEDBYTES", "cbytes"),
    ("MSGS", "qnum"),
    ("SEND", "stime"),
    ("RECV", "rtime"),
    ("LSPID", "lspid"),
    ("LRPID", "lrpid"),
];
const SEM: [(&str, &str); 2] = [("NSEMS", "nsems"), ("OTIME", "otime")];

/// Where our text is not theirs, column by column.
const DIFFERENCES: [(&str, &str); 6] = [
    ("PERMS", "of no permissions 0 with -P; ours has four digits always"),
    ("CUSER", "empty where the number has no name; ours has the number, in JSON null"),
    ("CGROUP", "the same"),
    ("USER", "the same"),
    ("GROUP", "the same"),
    ("COMMAND", "that of a process that took over the number of a dead creator; ours has none"),
];

fn columns_of(kind: &str) -> Vec<(&'static str, &'static str)> {
    let own = match kind {
        "shm" => &SHM[..],
        "msg" => &MSG[..],
        _ => &SEM[..],
    };
    COMMON.iter().chain(own).copied().collect()
}

/// Their rows of one kind; all their values are texts or null.
fn their_rows(option: &str, columns: &str) -> Vec<Value> {
    let args = [option, "-J", "-b", "--time-format", "iso", "-o", columns];
    let document = document_of(&quiet(&theirs("lsipc", args)).stdout);
    let (_, rows) = document.as_object().and_then(|map| map.iter().next()).expect("one kind");
    rows.as_array().expect("rows").clone()
}

fn document_of(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("their JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn every_column_has_the_value_of_theirs() {
    isolated(|| {
        let _rich = rich();
        let _creator = Creator::named(&[b"maker", b"of segments"]);
        for (option, kind) in KINDS {
            let columns = columns_of(kind);
            let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
            let rows = their_rows(option, &names.join(","));
            let json = objects(kind, &[option, "-o", "all"]);
            assert_eq!(rows.len(), json.len());
            for (name, ours) in &columns {
                // By their name, one column at a time: OWNER and USER are one of ours.
                let asked = if *name == "PERMS" { "MODE" } else { name };
                let csv = csv_rows(&ipcs(&[option, "--format", "csv", "-o", asked]).stdout);
                assert_eq!(csv[0], [*ours], "{name}");
                for ((theirs, json), csv) in rows.iter().zip(&json).zip(&csv[1..]) {
                    let value = text(&theirs[name.to_lowercase()]);
                    let expected = match (*ours, value) {
                        // The same instant: they have the zone of the machine, here UTC.
                        ("ctime" | "atime" | "dtime" | "stime" | "rtime" | "otime", time) => {
                            time.replace("+00:00", "Z")
                        }
                        // One of the differences: a number without a name.
                        ("owner" | "group" | "creator" | "creator_group", "") => {
                            assert!(json[ours].is_null(), "{name} of {json}");
                            json[number_of(ours)].to_string()
                        }
                        (_, value) => value.to_owned(),
                    };
                    assert_eq!(csv[0], expected, "{kind} {name}: {theirs} {json}");
                }
            }
        }
        let reasons: BTreeSet<_> = DIFFERENCES.iter().map(|(name, _)| *name).collect();
        assert!(
            reasons.iter().all(|name| columns_of("shm").iter().any(|(known, _)| known == name))
        );
    });
}

fn number_of(name: &str) -> &'static str {
    match name {
        "owner" => "uid",
        "group" => "gid",
        "creator" => "cuid",
        _ => "cgid",
    }
}

#[test]
fn permissions_in_octal_and_in_letters() {
    isolated(|| {
        for (mode, octal, letters) in
            [(0o640, "0640", "rw-r-----"), (0o777, "0777", "rwxrwxrwx"), (0, "0000", "---------")]
        {
            Shm::private(1, mode);
            let last = |text: &str| {
                text.lines().last().and_then(|l| l.split_whitespace().last()).map(str::to_owned)
            };
            let run = |args: &[&str]| last(quiet(&theirs("lsipc", args)).out());
            // Of no permissions theirs has but one digit.
            let theirs = if mode == 0 { "0" } else { octal };
            assert_eq!(run(&["-m", "-P", "-r", "-o", "PERMS"]).as_deref(), Some(theirs));
            assert_eq!(run(&["-m", "-r", "-o", "PERMS"]).as_deref(), Some(letters));
            let ours = ipcs(&["-m", "--format", "raw", "-o", "perms,mode"]);
            assert_eq!(ours.out().lines().last(), Some(&*format!("{octal} {letters}")));
        }
    });
}

#[test]
fn default_columns_are_theirs_without_the_command() {
    isolated(|| {
        let _rich = rich();
        for (option, kind) in KINDS {
            let headings = |text: &str| {
                let line = text.lines().next().unwrap_or_default();
                line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
            };
            let known = columns_of(kind);
            let expected: Vec<_> = headings(quiet(&theirs("lsipc", [option, "-r"])).out())
                .into_iter()
                .filter(|name| name != "COMMAND")
                .map(|name| match &*name {
                    "PERMS" => name,
                    name => known.iter().find(|(n, _)| *n == name).expect(name).1.to_uppercase(),
                })
                .collect();
            assert_eq!(headings(ipcs(&[option, "--table"]).out()), expected, "{kind}");
        }
    });
}

#[test]
fn times_and_creators_have_views() {
    isolated(|| {
        let _rich = rich();
        for (option, kind) in KINDS {
            for view in ["-t", "-c"] {
                let theirs = quiet(&theirs("lsipc", [option, view, "-r"]));
                let theirs: BTreeSet<_> =
                    theirs.out().lines().next().unwrap_or_default().split(' ').collect();
                let plain = quiet(&self::theirs("lsipc", [option, "-r"]));
                let plain: BTreeSet<_> =
                    plain.out().lines().next().unwrap_or_default().split(' ').collect();
                let ours = ipcs(&[option, view, "--format", "raw"]);
                let ours: BTreeSet<_> =
                    ours.out().lines().next().unwrap_or_default().split(' ').collect();
                // What the view adds is there: numbers of users as their names.
                for added in theirs.difference(&plain) {
                    let (_, name) = columns_of(kind)
                        .into_iter()
                        .find(|(name, _)| name == added)
                        .expect("a known column");
                    let name = match name {
                        "uid" => "owner",
                        "gid" => "group",
                        "cuid" => "creator",
                        "cgid" => "creator_group",
                        name => name,
                    };
                    assert!(ours.contains(&*name.to_uppercase()), "{kind} {view}: {name} {ours:?}");
                }
            }
        }
    });
}

#[test]
fn sizes_times_and_headings() {
    isolated(|| {
        let _rich = rich();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (args, option) in [(&["-m"][..], "SIZE"), (&["-q"], "USEDBYTES")] {
            // Human sizes by default, bytes with -b; no headings.
            let theirs_of = |more: &[&str]| {
                let args = [args, &["--noheadings", "-o", option], more].concat();
                words(quiet(&theirs("lsipc", args)).out())
            };
            let ours_of = |more: &[&str]| {
                let args = [args, &["--no-headings", "-o", option], more].concat();
                words(ipcs(&args).out())
            };
            assert_eq!(ours_of(&[]), theirs_of(&[]));
            assert_eq!(ours_of(&["-b"]), theirs_of(&["-b"]));
        }
        for format in ["short", "iso"] {
            let theirs = ["-m", "--noheadings", "--time-format", format, "-o", "CTIME"];
            let ours = ["-m", "--no-headings", "--time-format", format, "-o", "CTIME"];
            let zone = |invocation: crate::support::programs::Invocation| {
                words(quiet(&invocation.env("TZ", "America/New_York")).out())
            };
            assert_eq!(
                zone(crate::support::programs::ours("ipcs", ours)),
                zone(self::theirs("lsipc", theirs)),
                "{format}"
            );
        }
    });
}

#[test]
fn raw_and_export_and_lists() {
    isolated(|| {
        let _rich = rich();
        let columns = "ID,KEY,OWNER,SIZE,NATTCH,CPID,LPID";
        let raw = quiet(&theirs("lsipc", ["-m", "-r", "-b", "-o", columns]));
        let ours = ipcs(&["-m", "--format", "raw", "-o", columns]);
        assert_eq!(ours.out(), raw.out());
        // Their list is aligned, and so is our table; blanks apart they say the same.
        let list = quiet(&theirs("lsipc", ["-m", "-l", "-b", "-o", columns]));
        let table = ipcs(&["-m", "--table", "-b", "-o", columns]);
        let squeeze = |text: &str| {
            text.lines()
                .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(squeeze(table.out()), squeeze(list.out()));
        // An empty field shifts theirs, and not ours.
        let theirs_status = quiet(&theirs("lsipc", ["-m", "-r", "-o", "ID,STATUS,SIZE"]));
        assert!(theirs_status.out().contains("0  1B"), "{theirs_status:?}");
        let ours_status = ipcs(&["-m", "--format", "raw", "-o", "id,status,size"]);
        assert!(raw_rows(ours_status.out()).iter().all(|row| row.len() == 3));
        // Export: the same pairs, without their quotes.
        let export = quiet(&theirs("lsipc", ["-m", "-e", "-b", "-o", columns]));
        let ours = ipcs(&["-m", "--format", "export", "-o", columns]);
        assert_eq!(ours.out().replace("KIND=shm ", ""), export.out().replace('"', ""));
    });
}

#[test]
fn one_object() {
    isolated(|| {
        let _rich = rich();
        for (option, kind) in KINDS {
            let theirs = quiet(&theirs("lsipc", [option, "-i", "1", "-b"]));
            let card = ipcs(&[option, "-i", "1", "--table", "-b"]);
            let shown: BTreeSet<_> = card.out().split_whitespace().collect();
            let facts = theirs.out().lines().filter_map(|line| line.split_once(':'));
            let mut count = 0;
            for (label, value) in facts {
                // Times are written in other words, and a command may be long.
                let value = value.trim();
                let plain = !value.is_empty() && !value.contains(' ');
                assert!(!plain || shown.contains(value), "{kind} {label} {value}: {card:?}");
                count += usize::from(plain);
            }
            assert!(count >= 8, "{kind}: {theirs:?}");
        }
    });
}

#[test]
fn limits_with_their_use() {
    isolated(|| {
        let _rich = rich();
        let theirs = document_of(&quiet(&theirs("lsipc", ["-g", "-J", "-b"])).stdout);
        let ours = csv_rows(&ipcs(&["-l", "--format", "csv"]).stdout);
        let limits = theirs["ipclimits"].as_array().expect("limits");
        // Newer versions of theirs have the limits of POSIX queues, too.
        let limits: Vec<_> =
            limits.iter().filter(|l| !text(&l["resource"]).starts_with("MQU")).collect();
        assert_eq!(limits.len(), ours.len() - 1);
        for limit in limits {
            let name = text(&limit["resource"]).to_lowercase();
            let row = ours.iter().find(|row| row[1] == name).unwrap_or_else(|| panic!("{name}"));
            let absent = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
            let sum = |kind: &str, option: &str, of: fn(&Value) -> u64| -> String {
                objects(kind, &[option]).iter().map(of).sum::<u64>().to_string()
            };
            // Two of their sums are not the kernel's, which ours are: shared memory is all bytes
            // together in pages, and semaphores are the sets times the size of the first one.
            if name == "shmall" {
                let bytes = |row: &Value| {
                    let page = ipcs::sys::page_size();
                    row["size"].as_u64().expect("a size").div_ceil(page) * page
                };
                assert_eq!(row[4], sum("shm", "-m", bytes));
                continue;
            }
            if name == "semmns" {
                assert_eq!(row[4], sum("sem", "-s", |row| row["nsems"].as_u64().expect("a count")));
                continue;
            }
            assert_eq!(row[3], text(&limit["limit"]), "{name}");
            assert_eq!(row[4], absent(text(&limit["used"])), "{name}");
            let percent = |text: &str| text.trim_end_matches('%').parse::<f64>().ok();
            let (a, b) = (percent(&row[5]), percent(text(&limit["use%"])));
            assert_eq!(a.is_some(), b.is_some(), "{name}");
            assert!(a.zip(b).is_none_or(|(a, b)| (a - b).abs() <= 0.1), "{name}: {a:?} {b:?}");
        }
    });
}

#[test]
fn json_has_numbers_where_theirs_has_texts() {
    isolated(|| {
        let _rich = rich();
        let theirs = their_rows("-m", "ID,SIZE,NATTCH");
        let ours = document(&ipcs(&["-m", "--json"]));
        for (theirs, ours) in theirs.iter().zip(ours["shm"].as_array().expect("rows")) {
            for name in ["id", "size", "nattch"] {
                assert_eq!(text(&theirs[name]), ours[name].to_string());
                assert!(ours[name].is_u64());
            }
        }
    });
}

//! Every feature of `lsipc` and its counterpart in our `ipcs`.
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
//! | `-J` | `--json`, where numbers are JSON numbers |
//! | `-r` | `--format raw`, where an empty field is `-` |
//! | `-e` | `--format export` |
//! | `--shell` | the default of `--format export` |
//! | `-n` (a line for each field) | `-i ID --table`, or export |
//! | `-l` (a list) | `--table` |
//!
//! `DIFFERENCES` lists the columns whose values differ.

use std::collections::BTreeSet;

use serde_json::Value;

use super::creator::Creator;
use super::{KINDS, csv_rows, document, ipcs, objects, quiet, raw_rows, rich};
use crate::support::namespace::isolated;
use crate::support::objects::Shm;
use crate::support::programs::theirs;

/// Columns of all kinds: the name in lsipc and our name. Below are the columns of each kind.
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

/// The columns whose text differs from that of lsipc, with the reason.
const DIFFERENCES: [(&str, &str); 6] = [
    ("PERMS", "lsipc -P prints 0 for no permissions; ours always prints four digits"),
    (
        "CUSER",
        "lsipc prints nothing for a number without a name; ours prints the number, and null in JSON",
    ),
    ("CGROUP", "the same"),
    ("USER", "the same"),
    ("GROUP", "the same"),
    (
        "COMMAND",
        "lsipc prints the command of a process that reuses the pid of a dead creator; ours prints none",
    ),
];

fn columns_of(kind: &str) -> Vec<(&'static str, &'static str)> {
    let own = match kind {
        "shm" => &SHM[..],
        "msg" => &MSG[..],
        _ => &SEM[..],
    };
    COMMON.iter().chain(own).copied().collect()
}

/// The rows of lsipc for one kind. All its values are strings or null.
fn their_rows(option: &str, columns: &str) -> Vec<Value> {
    let args = [option, "-J", "-b", "--time-format", "iso", "-o", columns];
    let document = document_of(&quiet(&theirs("lsipc", args)).stdout);
    let (_, rows) = document.as_object().and_then(|map| map.iter().next()).expect("one kind");
    rows.as_array().expect("rows").clone()
}

fn document_of(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON of lsipc")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn columns_have_the_values_of_lsipc() {
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
                // One column at a time by the name of lsipc: OWNER and USER are one column of ours.
                let asked = if *name == "PERMS" { "MODE" } else { name };
                let csv = csv_rows(&ipcs(&[option, "--format", "csv", "-o", asked]).stdout);
                assert_eq!(csv[0], [*ours], "{name}");
                assert_eq!(csv.len() - 1, rows.len(), "{name}");
                for ((theirs, json), csv) in rows.iter().zip(&json).zip(&csv[1..]) {
                    let value = text(&theirs[name.to_lowercase()]);
                    let expected = match (*ours, value) {
                        // lsipc prints times with the offset of the time zone, which is UTC here.
                        ("ctime" | "atime" | "dtime" | "stime" | "rtime" | "otime", time) => {
                            time.replace("+00:00", "Z")
                        }
                        // One of the differences is a number without a name.
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
fn shows_permissions_in_octal_and_in_letters() {
    isolated(|| {
        for (mode, octal, letters) in
            [(0o640, "0640", "rw-r-----"), (0o777, "0777", "rwxrwxrwx"), (0, "0000", "---------")]
        {
            Shm::private(1, mode);
            let last = |text: &str| {
                text.lines().last().and_then(|l| l.split_whitespace().last()).map(str::to_owned)
            };
            let run = |args: &[&str]| last(quiet(&theirs("lsipc", args)).out());
            // lsipc prints one digit for no permissions.
            let theirs = if mode == 0 { "0" } else { octal };
            assert_eq!(run(&["-m", "-P", "-r", "-o", "PERMS"]).as_deref(), Some(theirs));
            assert_eq!(run(&["-m", "-r", "-o", "PERMS"]).as_deref(), Some(letters));
            let ours = ipcs(&["-m", "--format", "raw", "-o", "perms,mode"]);
            assert_eq!(ours.out().lines().last(), Some(&*format!("{octal} {letters}")));
        }
    });
}

#[test]
fn default_columns_are_those_of_lsipc_and_what_shows_trouble() {
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
            let added: &[&str] = match kind {
                "msg" => &["QBYTES", "USE"],
                "sem" => &["OTIME"],
                _ => &[],
            };
            let mut shown = headings(ipcs(&[option, "--table"]).out());
            assert!(added.iter().all(|name| shown.iter().any(|known| known == name)), "{shown:?}");
            shown.retain(|name| !added.contains(&&**name));
            assert_eq!(shown, expected, "{kind}");
        }
    });
}

#[test]
fn time_and_creator_views_have_the_columns_of_lsipc() {
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
                // Our view has the columns that the lsipc view adds, with names instead of ids.
                let added: Vec<_> = theirs.difference(&plain).collect();
                assert!(!added.is_empty(), "lsipc {option} {view} adds no column");
                for added in added {
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
fn sizes_and_times_are_those_of_lsipc() {
    isolated(|| {
        let _rich = rich();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (args, option) in [(&["-m"][..], "SIZE"), (&["-q"], "USEDBYTES")] {
            // Human-readable sizes by default, bytes with -b; no headings.
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
fn raw_export_and_lists_are_those_of_lsipc() {
    isolated(|| {
        let _rich = rich();
        let columns = "ID,KEY,OWNER,SIZE,NATTCH,CPID,LPID";
        let raw = quiet(&theirs("lsipc", ["-m", "-r", "-b", "-o", columns]));
        let ours = ipcs(&["-m", "--format", "raw", "-o", columns]);
        assert_eq!(ours.out(), raw.out());
        // The list of lsipc and our table differ in spaces, and in the sign for a use that never
        // happened.
        let list = quiet(&theirs("lsipc", ["-m", "-l", "-b", "-o", columns]));
        let table = ipcs(&["-m", "--table", "-b", "-o", columns]);
        let squeeze = |text: &str| {
            text.lines()
                .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
        };
        let never = |line: &str| line.strip_suffix(" -").map(|line| format!("{line} 0"));
        let shown: Vec<_> =
            squeeze(table.out()).iter().map(|line| never(line).unwrap_or(line.clone())).collect();
        assert_eq!(shown, squeeze(list.out()));
        // An empty field shifts the fields of lsipc, but not ours.
        let theirs_status = quiet(&theirs("lsipc", ["-m", "-r", "-o", "ID,STATUS,SIZE"]));
        assert!(theirs_status.out().contains("0  1B"), "{theirs_status:?}");
        let ours_status = ipcs(&["-m", "--format", "raw", "-o", "id,status,size"]);
        assert!(raw_rows(ours_status.out()).iter().all(|row| row.len() == 3));
        // Export has the same pairs except for the quotes of lsipc.
        let export = quiet(&theirs("lsipc", ["-m", "-e", "-b", "-o", columns]));
        let ours = ipcs(&["-m", "--format", "export", "-o", columns]);
        assert_eq!(ours.out().replace("KIND=shm ", ""), export.out().replace('"', ""));
    });
}

#[test]
fn details_have_the_values_of_lsipc() {
    isolated(|| {
        let _rich = rich();
        for (option, kind) in KINDS {
            let theirs = quiet(&theirs("lsipc", [option, "-i", "1", "-b"]));
            let details = ipcs(&[option, "-i", "1", "--table", "-b"]);
            let shown: BTreeSet<_> = details.out().split_whitespace().collect();
            let facts = theirs.out().lines().filter_map(|line| line.split_once(':'));
            let mut count = 0;
            for (label, value) in facts {
                // Times have another format, and a command may contain spaces.
                let value = value.trim();
                let plain = !value.is_empty() && !value.contains(' ');
                assert!(!plain || shown.contains(value), "{kind} {label} {value}: {details:?}");
                count += usize::from(plain);
            }
            assert!(count >= 8, "{kind}: {theirs:?}");
        }
    });
}

#[test]
fn limits_have_the_values_of_lsipc() {
    isolated(|| {
        let _rich = rich();
        let theirs = document_of(&quiet(&theirs("lsipc", ["-g", "-J", "-b"])).stdout);
        let ours = csv_rows(&ipcs(&["-l", "--format", "csv"]).stdout);
        let limits = theirs["ipclimits"].as_array().expect("limits");
        // Newer versions of lsipc also have the limits of POSIX queues.
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
            // Two sums of lsipc differ from the kernel's, which ours match. lsipc converts the sum of
            // all segment bytes to pages, and multiplies the number of sets by the size of the first.
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
fn json_has_numbers_where_lsipc_has_strings() {
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

//! Text and JSON have the same values: every column of every row, in every format.

use ipcs::columns::{COLUMNS, Json};
use ipcs::render::size::human;
use serde_json::Value;

use super::creator::Creator;
use super::{KINDS, between, columns, csv_rows, ipcs, objects, quiet, raw_rows, rich};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::programs::ours;

/// Columns of names and columns of their numbers. Where JSON has null for a name, text has the number.
const NAMES: [(&str, &str); 4] =
    [("owner", "uid"), ("group", "gid"), ("creator", "cuid"), ("creator_group", "cgid")];

/// Whether a column has this JSON type.
fn is(name: &str, json: Json) -> bool {
    COLUMNS.iter().any(|column| column.name == name && column.json == json)
}

/// The expected text of a column for an object in JSON.
pub(super) fn text_of(row: &Value, column: &str) -> String {
    if let (Value::Null, Some((_, number))) =
        (&row[column], NAMES.into_iter().find(|(name, _)| *name == column))
    {
        return row[number].to_string();
    }
    match (column, &row[column]) {
        ("processes", Value::Array(users)) => users.iter().map(user).collect::<Vec<_>>().join(","),
        ("alive", Value::Object(_)) => alive(row),
        // An empty field would look like a no.
        (name, Value::Null) if is(name, Json::Verdict) => "unknown".to_owned(),
        (_, Value::Null) => String::new(),
        (_, Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Array(words)) => {
            words.iter().map(|word| word.as_str().expect("a word")).collect::<Vec<_>>().join(",")
        }
        (_, other) => panic!("unexpected value of {column}: {other}"),
    }
}

/// The expected text in a table, which is for people.
fn table_text(row: &Value, column: &str) -> String {
    let value = &row[column];
    match value {
        Value::Number(seconds) if is(column, Json::Seconds) => {
            ipcs::render::time::age(-seconds.as_i64().expect("seconds"), 0)
        }
        Value::Number(percent) if is(column, Json::Percent) => {
            match percent.as_f64().expect("a number") {
                0.0 => "0%".to_owned(),
                percent @ ..10.0 => format!("{percent:.2}%"),
                percent => format!("{:.1}%", (percent * 10.0).floor() / 10.0),
            }
        }
        // Nobody has used the object in this way yet.
        Value::Number(pid) if is_never(row, column) => {
            assert_eq!(pid.as_u64(), Some(0), "{column} of {row}");
            "-".to_owned()
        }
        Value::String(command) if column == "command" => {
            let short = ipcs::processes::without_directories(command.as_bytes());
            String::from_utf8(short.into_owned()).expect("UTF-8")
        }
        Value::Null if !is(column, Json::Verdict) && text_of(row, column).is_empty() => {
            "-".to_owned()
        }
        _ => text_of(row, column),
    }
}

/// Whether the column has the process ID of a use that never happened.
fn is_never(row: &Value, column: &str) -> bool {
    let times: &[&str] = match column {
        "lpid" => &["atime", "dtime"],
        "lspid" => &["stime"],
        "lrpid" => &["rtime"],
        _ => return false,
    };
    times.iter().all(|time| row[*time].is_null())
}

fn user(user: &Value) -> String {
    let roles: Vec<_> =
        user["roles"].as_array().expect("roles").iter().filter_map(Value::as_str).collect();
    let access = user["access"].as_str().map(|access| format!(":{access}")).unwrap_or_default();
    format!("{}:{}{access}", user["pid"], roles.join("+"))
}

/// `field:pid:word` for each recorded pid. JSON has null for both `never` and `unknown`.
fn alive(row: &Value) -> String {
    let word = |pid: &Value, known: &Value| match known {
        Value::Null if *pid != 0 => "unknown",
        Value::Bool(true) => "alive",
        _ if *pid == 0 => "never",
        _ => "gone",
    };
    let fields = |names: [&str; 2]| {
        names.map(|name| format!("{name}:{}:{}", row[name], word(&row[name], &row["alive"][name])))
    };
    match row["kind"].as_str() {
        Some("shm") => fields(["cpid", "lpid"]).join(","),
        Some("msg") => fields(["lspid", "lrpid"]).join(","),
        _ => {
            let pids = row["alive"]["pids"].as_object().expect("pids");
            let one = |(pid, known): (&String, &Value)| {
                format!("pid:{pid}:{}", word(&Value::Null, known))
            };
            pids.iter().map(one).collect::<Vec<_>>().join(",")
        }
    }
}

/// Seconds since the epoch of an RFC 3339 time.
pub(super) fn instant(time: &str) -> i64 {
    let number = |from: usize, to: usize| time[from..to].parse::<i64>().expect(time);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    // Days from a civil date, with years that begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let offset = match &time[19..] {
        "Z" => 0,
        east => {
            let minutes = number(20, 22) * 60 + number(23, 25);
            if east.starts_with('-') { -minutes } else { minutes }
        }
    };
    ((days * 24 + number(11, 13)) * 60 + number(14, 16) - offset) * 60 + number(17, 19)
}

/// The value of a variable in a line of `NAME=value` pairs. The values must not contain quotes.
pub(super) fn exported(line: &str, name: &str) -> String {
    let mut rest = line;
    while !rest.is_empty() {
        let (variable, value) = rest.split_once('=').expect("NAME=value");
        let (value, after) = match value.strip_prefix('\'') {
            Some(quoted) => {
                let (value, after) = quoted.split_once('\'').expect("a closing quote");
                (value, after.strip_prefix(' ').unwrap_or(after))
            }
            None => value.split_once(' ').unwrap_or((value, "")),
        };
        if variable == name {
            return value.to_owned();
        }
        rest = after;
    }
    panic!("{name} is not in {line}")
}

#[test]
fn columns_are_equal_in_json_csv_raw_and_export() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let _rich = rich();
        let _creator = Creator::named(&[b"maker", b"of  segments"]);
        for (option, kind) in KINDS {
            let names = columns(kind);
            let list = names.join(",");
            let format = |format| ipcs(&[option, "-o", &list, "--format", format]);
            let (json, [csv, raw, export]) = between(
                || objects(kind, &[option, "-o", &list]),
                || ["csv", "raw", "export"].map(format),
            );
            assert!(json.len() >= 3);
            let csv = csv_rows(&csv.stdout);
            assert_eq!(csv[0], names);
            let raw = raw_rows(raw.out());
            let export: Vec<_> = export.out().lines().collect();
            assert_eq!([csv.len() - 1, raw.len(), export.len()], [json.len(); 3], "{kind}");
            for (at, row) in json.iter().enumerate() {
                for (column, name) in names.iter().enumerate() {
                    let expected = text_of(row, name);
                    let context = format!("{kind} {name} of {row}");
                    assert_eq!(csv[at + 1][column], expected, "csv: {context}");
                    assert_eq!(raw[at][column], expected.as_bytes(), "raw: {context}");
                    let variable = ipcs::render::export::variable(name);
                    assert_eq!(exported(export[at], &variable), expected, "export: {context}");
                }
            }
        }
    });
}

#[test]
fn columns_are_equal_in_json_and_tables() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let _rich = rich();
        let _creator = Creator::named(&[b"maker", b"of  segments"]);
        for (option, kind) in KINDS {
            let names = columns(kind);
            let all = names.join(",");
            for name in names {
                // An offset with half an hour.
                let args = [option, "-o", name, "-b", "--time-format", "iso"];
                let (json, table) = between(
                    || objects(kind, &[option, "-o", &all]),
                    || quiet(&ours("ipcs", args).env("TZ", "IST-5:30")),
                );
                let lines: Vec<_> = table.out().split_terminator('\n').collect();
                assert_eq!(lines[0].trim(), name.to_uppercase());
                let expected: Vec<_> = json.iter().map(|row| text_of(row, name)).collect();
                let shown = lines[1..].iter().map(|line| line.trim_start());
                if is(name, Json::Time) {
                    let when = |time: &str| (!matches!(time, "" | "-")).then(|| instant(time));
                    let shown: Vec<_> = shown.map(when).collect();
                    assert_eq!(shown, expected.iter().map(|t| when(t)).collect::<Vec<_>>());
                    assert!(
                        table.out().contains("+05:30") || expected.iter().all(String::is_empty)
                    );
                } else {
                    let expected: Vec<_> = json.iter().map(|row| table_text(row, name)).collect();
                    assert_eq!(shown.collect::<Vec<_>>(), expected, "{kind} {name}");
                }
            }
        }
    });
}

#[test]
fn human_sizes_are_equal_to_the_bytes_in_json() {
    isolated(|| {
        let _rich = rich();
        for (option, kind) in KINDS {
            let json = objects(kind, &[option, "--human"]);
            for name in columns(kind).into_iter().filter(|name| is(name, Json::Bytes)) {
                let bytes = json.iter().map(|row| row[name].as_u64());
                let expected: Vec<_> =
                    bytes.map(|b| b.map(|b| human(b).to_string()).unwrap_or_default()).collect();
                let table = ipcs(&[option, "-o", name]);
                let shown: Vec<_> = table.out().lines().skip(1).map(str::trim).collect();
                assert_eq!(shown, expected, "{name}");
                let csv =
                    csv_rows(&ipcs(&[option, "-o", name, "--human", "--format", "csv"]).stdout);
                assert_eq!(csv[1..].concat(), expected, "{name}");
            }
        }
        let sizes = ipcs(&["-m", "-o", "size"]);
        assert_eq!(sizes.out(), "SIZE\n  1B\n4.9K\n2.8G\n  1M\n  4K\n");
    });
}

#[test]
fn semaphores_of_a_set_are_equal_in_every_format() {
    isolated(|| {
        let _rich = rich();
        let json = &objects("sem", &["-s", "-i", "0"])[0];
        let semaphores = json["semaphores"].as_array().expect("semaphores");
        let one = |of: &Value| {
            let mut text = format!("{}={}", of["num"], of["value"]);
            for name in ["ncount", "zcount", "pid"] {
                if of[name] != 0 {
                    text.push_str(&format!("/{name}:{}", of[name]));
                }
            }
            text
        };
        let expected = semaphores.iter().map(one).collect::<Vec<_>>().join(",");
        assert!(expected.starts_with("0=0/ncount:1"), "{expected}");
        let csv = csv_rows(&ipcs(&["-s", "-i", "0", "--format", "csv"]).stdout);
        let at = csv[0].iter().position(|name| name == "semaphores").expect("the column");
        assert_eq!(csv[1][at], expected);
        let details = ipcs(&["-s", "-i", "0", "--table"]);
        let lines: Vec<Vec<_>> =
            details.out().lines().map(|l| l.split_whitespace().collect()).collect();
        for of in semaphores {
            let fields =
                ["num", "value", "ncount", "zcount", "pid"].map(|name| of[name].to_string());
            assert!(lines.iter().any(|line| *line == fields), "{fields:?} in {}", details.out());
        }
    });
}

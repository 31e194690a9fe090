//! `--sort` compares values, is stable, and puts missing values last.

use std::cmp::Ordering;

use serde_json::Value;

use super::creator::Creator;
use super::{KINDS, columns, ipcs, objects, refused, rich};
use crate::support::json::ids as ids_of;
use crate::support::namespace::isolated;
use crate::support::objects::{Queue, Sems, Shm};

/// The ids of the objects of one kind, in the order of the output.
fn ids(kind: &str, args: &[&str]) -> Vec<i32> {
    ids_of(&objects(kind, args))
}

/// Compares numbers by value and strings by their bytes.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => {
            a.as_f64().partial_cmp(&b.as_f64()).expect("numbers")
        }
        (Value::Number(a), Value::Number(b)) => a.as_i64().cmp(&b.as_i64()),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) if a.iter().all(Value::is_string) => {
            let join = |words: &[Value]| {
                words.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            };
            join(a).cmp(&join(b))
        }
        (Value::Array(a), Value::Array(b)) => a.len().cmp(&b.len()),
        (Value::Object(_), Value::Object(_)) => Ordering::Equal,
        other => panic!("not comparable: {other:?}"),
    }
}

/// The value of a column, unless it is null or an empty list.
fn value<'a>(row: &'a Value, column: &str) -> Option<&'a Value> {
    let value = &row[column];
    let is_empty_list = column == "status" && value.as_array().is_some_and(Vec::is_empty);
    (!value.is_null() && !is_empty_list).then_some(value)
}

#[test]
fn sorts_by_every_column_in_both_directions() {
    isolated(|| {
        let _rich = rich();
        let _creators = [Creator::named(&[b"zzz"]), Creator::named(&[b"aaa"])];
        for (option, kind) in KINDS {
            let names = columns(kind);
            let all = names.join(",");
            for name in names.iter().filter(|name| !is_name(name) && **name != "alive") {
                for sort in [(*name).to_owned(), format!("-{name}")] {
                    let sorted = objects(kind, &[option, "-o", &all, "--sort", &sort]);
                    let descending = sort.starts_with('-');
                    // The kernel lists objects in the order of their ids.
                    let mut expected: Vec<_> = sorted.iter().collect();
                    expected.sort_by_key(|row| row["id"].as_i64());
                    // The sort of the standard library is stable.
                    expected.sort_by(|a, b| match (value(a, name), value(b, name)) {
                        (Some(a), Some(b)) if descending => compare(b, a),
                        (Some(a), Some(b)) => compare(a, b),
                        (a, b) => a.is_none().cmp(&b.is_none()),
                    });
                    let ids =
                        |rows: &[&Value]| rows.iter().map(|r| r["id"].clone()).collect::<Vec<_>>();
                    let sorted: Vec<_> = sorted.iter().collect();
                    assert_eq!(ids(&sorted), ids(&expected), "{kind} --sort {sort}");
                }
            }
        }
    });
}

fn is_name(column: &str) -> bool {
    ["owner", "group", "creator", "creator_group"].contains(&column)
}

#[test]
fn sorts_names_alphabetically_after_numbers() {
    isolated(|| {
        let _rich = rich();
        let owners = |args: &[&str]| {
            let run =
                ipcs(&[&["-m", "--format", "raw", "--no-headings", "-o", "owner"], args].concat());
            run.out().lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let up = ["4000000000", "a-very-long-account-name", "root", "root", "root"];
        assert_eq!(owners(&["--sort", "owner"]), up);
        assert_eq!(owners(&["--sort", "-USER"]), up.iter().rev().copied().collect::<Vec<_>>());
        let numbers = ["0", "0", "0", "4242", "4000000000"];
        assert_eq!(owners(&["--sort", "owner", "--numeric"]), numbers);
    });
}

#[test]
fn sorts_sizes_as_numbers_and_is_stable() {
    isolated(|| {
        for size in [5000, 400, 30_000, 400, 5000] {
            Shm::private(size, 0o600);
        }
        assert_eq!(ids("shm", &["--sort", "size"]), [1, 3, 0, 4, 2]);
        assert_eq!(ids("shm", &["--sort", "-size"]), [2, 0, 4, 1, 3]);
        assert_eq!(ids("shm", &["--sort", "-size,-id"]), [2, 4, 0, 3, 1]);
        assert_eq!(ids("shm", &["--sort", "+SIZE,-ID"]), [3, 1, 4, 0, 2]);
        assert_eq!(ids("shm", &["--sort", "perms,owner,-id"]), [4, 3, 2, 1, 0]);
        // The last of repeated options counts.
        assert_eq!(ids("shm", &["--sort", "size", "--sort=-id"]), [4, 3, 2, 1, 0]);
        // A size that is shown with a unit is sorted as a number.
        let human = ipcs(&["-m", "--table", "--no-headings", "-o", "size", "--sort", "size"]);
        let shown: Vec<_> = human.out().lines().map(str::trim).collect();
        assert_eq!(shown, ["400B", "400B", "4.9K", "4.9K", "29.3K"]);
    });
}

#[test]
fn sorts_keys_as_unsigned_numbers() {
    isolated(|| {
        for key in [0x7fff_ffff, 0xffff_fff0, 0x10, 0x8000_0000] {
            Shm::keyed(key, 1, 0o600);
        }
        assert_eq!(ids("shm", &["--sort", "key"]), [2, 0, 3, 1]);
        assert_eq!(ids("shm", &["--sort", "-key"]), [1, 3, 0, 2]);
    });
}

#[test]
fn sorts_every_format() {
    isolated(|| {
        for size in [2000, 1000, 3000] {
            Shm::keyed(size as u32, size, 0o600);
        }
        let sort = ["-m", "--sort", "-size"];
        let keys = ["0x00000bb8", "0x000007d0", "0x000003e8"];
        for format in ["classic", "table", "json", "jsonl", "csv", "raw", "export"] {
            let run = ipcs(&[&sort[..], &["--format", format]].concat());
            let found: Vec<_> = keys.map(|key| run.out().find(key)).to_vec();
            assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{run:?}");
        }
        // By a column that is not shown.
        let run = ipcs(&["-m", "--sort", "size", "-o", "id", "--format", "raw"]);
        assert_eq!(run.out(), "ID\n1\n0\n2\n");
    });
}

#[test]
fn does_not_sort_kinds_without_the_column() {
    isolated(|| {
        for size in [10, 30, 20] {
            Shm::private(size, 0o600);
            Queue::private(0o600);
            Sems::private(1, 0o600);
        }
        assert_eq!(ids("shm", &["--sort", "-size"]), [1, 2, 0]);
        assert_eq!(ids("msg", &["--sort", "-size"]), [0, 1, 2]);
        assert_eq!(ids("sem", &["--sort", "-size,-id"]), [2, 1, 0]);
    });
}

#[test]
fn reports_unknown_columns() {
    isolated(|| {
        for (sort, reason) in [
            (
                "sizes",
                "unknown column 'sizes'; did you mean 'size' (shm and pshm)? --list-columns lists all columns",
            ),
            (
                "--size",
                "unknown column '-size'; did you mean 'size' (shm and pshm)? --list-columns lists all columns",
            ),
            ("", "empty column name; --list-columns lists all columns"),
            ("-", "empty column name; --list-columns lists all columns"),
            ("id,", "empty column name; --list-columns lists all columns"),
            ("semaphores", "column 'semaphores' needs -i"),
        ] {
            assert_eq!(refused(&[&format!("--sort={sort}")]), reason);
        }
        assert_eq!(
            refused(&["-q", "--sort", "nattch"]),
            "column 'nattch' belongs to shm, which is not chosen"
        );
    });
}

#[test]
fn top_keeps_the_first_rows_of_each_kind_after_sorting() {
    isolated(|| {
        for size in [10, 30, 20] {
            Shm::private(size, 0o600);
        }
        for _ in 0..3 {
            Queue::private(0o600);
        }
        let ids = |kind: &str, args: &[&str]| {
            let rows = objects(kind, args);
            rows.iter().map(|row| row["id"].as_i64().expect("an id")).collect::<Vec<_>>()
        };
        assert_eq!(ids("shm", &["-m", "--top", "2"]), [0, 1]);
        assert_eq!(ids("shm", &["-m", "--top", "2", "--sort", "-size"]), [1, 2]);
        assert_eq!(ids("shm", &["-m", "--top", "9"]), [0, 1, 2]);
        assert_eq!(ids("shm", &["-m", "--top", "99999999999999999999999"]), [0, 1, 2]);
        assert_eq!(ids("msg", &["-a", "--top", "1"]), [0]);
        // Rows that pass no filter do not count.
        assert_eq!(ids("shm", &["-m", "--top", "1", "--min-size", "15"]), [1]);
        let rows = |args: &[&str]| ipcs(args).out().lines().count();
        assert_eq!(rows(&["-m", "--top", "2", "--table"]), 3);
        assert_eq!(rows(&["-m", "--top", "2", "--format", "csv"]), 3);
        assert_eq!(rows(&["-m"]) - rows(&["-m", "--top", "1"]), 2);
        for bad in ["0", "", "x", "-1", "1.5"] {
            assert_eq!(
                refused(&["-m", &format!("--top={bad}")]),
                format!("invalid number of rows: '{bad}': use a number from 1")
            );
        }
    });
}

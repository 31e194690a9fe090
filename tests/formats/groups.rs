//! `-u --group-by`: totals of groups.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::creator::Creator;
use super::terminal::screen;
use super::{NAMELESS, csv_rows, ipcs, quiet, raw_rows, rich};
use crate::support::json::document;
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{add_users, isolated, require_root, require_users, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::ours;

const OWNER: &[&str] = &["-u", "--group-by", "owner"];

fn with(more: &[&str]) -> Vec<String> {
    [OWNER, more].concat().iter().map(|word| (*word).to_owned()).collect()
}

/// The groups by owner in JSON.
fn groups(more: &[&str]) -> Vec<Value> {
    let mut document =
        document(&quiet(&ours("ipcs", with(more).into_iter().chain(["-J".to_owned()]))));
    assert_eq!(document["group_by"], "owner");
    match document["groups"].take() {
        Value::Array(groups) => groups,
        other => panic!("{other}"),
    }
}

fn text(more: &[&str]) -> String {
    quiet(&ours("ipcs", with(more))).out().to_owned()
}

/// What jq makes of a document.
fn jq(program: &str, document: &str) -> Value {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), document).expect("writing the document");
    let output = Command::new("/usr/bin/jq").args(["-c", program]).arg(file.path()).output();
    let output = output.unwrap_or_else(|error| panic!("running jq: {error}"));
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The groups by a name and a number, without percentages, in the order of the numbers.
fn sums_by_jq(name: &str, number: &str, list: &str) -> Value {
    let program = format!(
        "[.shm[], .msg[], .sem[]] | group_by(.{number}) | map({{
            {name}: .[0].{name}, {number}: .[0].{number},
            shm: (map(select(.kind == \"shm\")) | {{objects: length, bytes: (map(.size) | add // 0),
                rss: (map(.rss) | add // 0), attached: (map(.nattch) | add // 0)}}),
            msg: (map(select(.kind == \"msg\")) | {{objects: length,
                messages: (map(.qnum) | add // 0), bytes: (map(.cbytes) | add // 0)}}),
            sem: (map(select(.kind == \"sem\")) | {{objects: length,
                semaphores: (map(.nsems) | add // 0)}})}})"
    );
    jq(&program, list)
}

#[test]
fn sums_equal_those_of_jq_for_many_objects() {
    require_users("it gives objects to other users");
    isolated(|| {
        let names: Vec<_> = (0..30).map(|n| (format!("user{n}"), 5000 + n)).collect();
        add_users(&names);
        // The last ten of 40 owners have no names.
        for n in 0..1000_u32 {
            let (uid, gid) = (5000 + n * n % 40, 5000 + n % 7);
            let size = 1 + n as usize * 37;
            let segment = Shm::private(size, 0o600);
            segment.set(uid, gid, 0o600);
            if n % 50 == 0 {
                segment.attach().touch(size);
            }
            let queue = Queue::private(0o600);
            (0..n % 3).for_each(|length| queue.send(length as usize * 10));
            queue.set((5000 + n % 40) % 5039, gid, 0o600);
            Sems::private(1 + (n % 9).cast_signed(), 0o600).set(5039 - n % 40, gid, 0o600);
        }
        let _attached = [0, 1, 1, 2].map(|id| Shm { id }.attach());
        let list = ipcs(&["--json"]);
        for (by, name, number) in
            [("owner", "owner", "uid"), ("group", "group", "gid"), ("creator", "creator", "cuid")]
        {
            let run = ipcs(&["-u", "--group-by", by, "--json"]);
            let program = format!("[.groups[] | del(.percent_of_limit)] | sort_by(.{number})");
            let expected = sums_by_jq(name, number, list.out());
            assert_eq!(jq(&program, run.out()), expected, "{by}");
        }
        let owners = groups(&[]);
        assert_eq!(owners.iter().filter(|group| group["owner"].is_null()).count(), 10);
        let names = ["rss", "attached"].map(|name| owners.iter().any(|one| one["shm"][name] != 0));
        assert_eq!(names, [true, true], "some are resident and attached");
    });
}

#[test]
fn the_group_that_fills_a_limit_most_is_first() {
    require_users("it gives objects to other users");
    isolated(|| {
        set_sysctl("shmmni", "100");
        set_sysctl("sem", "32000 1000 500 10");
        for uid in [11, 12] {
            // The same number of segments, which is 5 percent; the second one is larger.
            (0..5).for_each(|_| Shm::private(uid as usize * 1000, 0o600).set(uid, 1, 0o600));
        }
        // One set of ten, but nine tenths of all semaphores.
        Sems::private(900, 0o600).set(13, 1, 0o600);
        // Equal in everything but the number.
        for uid in [15, 14] {
            Queue::private(0o600).set(uid, 1, 0o600);
        }
        let order = |groups: &[Value]| -> Vec<u64> {
            groups.iter().map(|group| group["uid"].as_u64().expect("a uid")).collect()
        };
        let all = groups(&[]);
        assert_eq!(order(&all), [13, 12, 11, 14, 15]);
        let percent = &all[0]["percent_of_limit"];
        assert_eq!((&percent["semmni"], &percent["semmns"]), (&json!(10), &json!(90)));
        assert_eq!(
            (&percent["shmmni"], &all[1]["percent_of_limit"]["shmmni"]),
            (&json!(0), &json!(5))
        );
        assert_eq!(order(&groups(&["--top", "2"])), [13, 12]);
        assert_eq!(order(&groups(&["--sort", "-UID"])), [15, 14, 13, 12, 11]);
        assert_eq!(order(&groups(&["--sort", "-shm,shm_bytes", "--top", "2"])), [11, 12]);
        assert_eq!(order(&groups(&["-m"])), [12, 11]);
        let rows = csv_rows(text(&["--format", "csv"]).as_bytes());
        let last = |row: &[String]| row[row.len() - 2..].join(" ");
        assert_eq!((last(&rows[0]), last(&rows[1])), ("percent limit".into(), "90 semmns".into()));
        // The row is marked as the limit would be.
        let colored = text(&["-s", "--table", "--color", "always"]);
        assert!(colored.lines().nth(1).is_some_and(|row| row.contains('\x1b')), "{colored:?}");
        let calm = text(&["-m", "--table", "--color", "always"]);
        assert!(!calm.lines().nth(1).is_some_and(|row| row.contains('\x1b')), "{calm:?}");
    });
}

#[test]
fn a_limit_of_zero_is_the_fullest_and_has_no_percentage() {
    isolated(|| {
        Queue::private(0o600);
        Sems::private(3, 0o600);
        set_sysctl("msgmni", "0");
        set_sysctl("sem", "-1 -1 -1 7");
        let [group] = &groups(&[])[..] else { panic!("one group") };
        assert_eq!(group["percent_of_limit"]["msgmni"], Value::Null);
        assert_eq!(group["percent_of_limit"]["semmns"], Value::Null);
        assert!(text(&["--table"]).trim_end().ends_with("-  msgmni"), "{}", text(&["--table"]));
    });
}

#[test]
fn each_format_has_the_same_sums() {
    isolated(|| {
        let _rich = rich();
        let all = groups(&[]);
        assert_eq!(all.len(), 3);
        let member = |group: &Value, path: &str| match group.pointer(path) {
            Some(Value::Null) | None => group["uid"].to_string(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        // The columns of text and where JSON has them.
        let columns = [
            ("owner", "/owner"),
            ("uid", "/uid"),
            ("shm", "/shm/objects"),
            ("shm_bytes", "/shm/bytes"),
            ("rss", "/shm/rss"),
            ("attached", "/shm/attached"),
            ("msg", "/msg/objects"),
            ("messages", "/msg/messages"),
            ("msg_bytes", "/msg/bytes"),
            ("sem", "/sem/objects"),
            ("semaphores", "/sem/semaphores"),
            ("shmmni_percent", "/percent_of_limit/shmmni"),
            ("shmall_percent", "/percent_of_limit/shmall"),
            ("msgmni_percent", "/percent_of_limit/msgmni"),
            ("semmni_percent", "/percent_of_limit/semmni"),
            ("semmns_percent", "/percent_of_limit/semmns"),
        ];
        let expected: Vec<Vec<String>> = all
            .iter()
            .map(|group| columns.iter().map(|(_, path)| member(group, path)).collect())
            .collect();
        let cut = |row: &Vec<String>| row[..columns.len()].to_vec();
        let csv = csv_rows(text(&["--format", "csv"]).as_bytes());
        assert_eq!(cut(&csv[0]), columns.map(|(name, _)| name));
        assert_eq!(csv[1..].iter().map(cut).collect::<Vec<_>>(), expected);
        let raw = text(&["--format", "raw"]);
        let raw = raw_rows(&raw).into_iter().map(|row| {
            row.into_iter().map(|cell| String::from_utf8(cell).expect("UTF-8")).collect()
        });
        assert_eq!(raw.map(|row| cut(&row)).collect::<Vec<_>>(), expected);
        let lines = text(&["--format", "jsonl"]);
        let lines: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines, all);
        let export = text(&["--format", "export"]);
        let first = format!("OWNER={} IPC_UID={} SHM=", expected[0][0], expected[0][1]);
        assert!(export.starts_with(&first), "{export}");
        // Text for people has no single percentages.
        let words =
            |line: &str| -> Vec<String> { line.split_whitespace().map(String::from).collect() };
        for format in ["classic", "table"] {
            let run = text(&["--format", format, "-b"]);
            let rows: Vec<_> = run.lines().map(words).filter(|row| row.len() == 13).collect();
            let shown: Vec<_> = rows[1..].iter().map(|row| row[..11].to_vec()).collect();
            let expected: Vec<_> = expected.iter().map(|row| row[..11].to_vec()).collect();
            assert_eq!(shown, expected, "{run}");
        }
        assert!(text(&[]).starts_with("\n------ Totals by Owner --------\nowner "));
        assert!(!text(&["--no-headings"]).contains("owner"));
        assert!(text(&["--human"]).contains(" 2.8G "), "{}", text(&["--human"]));
        assert!(text(&["--table"]).contains(" 2.8G "));
        let numeric = &groups(&["--numeric"])[0];
        assert_eq!((&numeric["owner"], numeric["uid"].is_u64()), (&Value::Null, true));
        assert!(text(&["--table", "--numeric"]).contains("\n4242 "));
    });
}

#[test]
fn kinds_select_members_and_columns() {
    isolated(|| {
        let _rich = rich();
        let names = |value: &Value| -> Vec<String> {
            value.as_object().expect("an object").keys().cloned().collect()
        };
        for (option, kind, limits) in [
            ("-m", "shm", &["shmall", "shmmni"][..]),
            ("-q", "msg", &["msgmni"]),
            ("-s", "sem", &["semmni", "semmns"]),
        ] {
            let group = &groups(&[option])[0];
            let mut expected = ["owner", "percent_of_limit", kind, "uid"];
            expected.sort_unstable();
            let mut found = names(group);
            found.sort_unstable();
            assert_eq!(found, expected);
            let mut found = names(&group["percent_of_limit"]);
            found.sort_unstable();
            assert_eq!(found, limits);
        }
        assert!(text(&["-s", "--format", "csv"]).starts_with(
            "owner,uid,sem,semaphores,semmni_percent,semmns_percent,percent,limit\r\n"
        ));
    });
}

#[test]
fn a_namespace_without_objects_has_no_groups() {
    isolated(|| {
        let run = ipcs(&["-u", "--group-by", "owner", "--json"]);
        assert_eq!(run.out(), "{\"group_by\":\"owner\",\"groups\":[]}\n");
        assert!(text(&["--table"]).starts_with("OWNER"));
        assert_eq!(text(&["--format", "jsonl"]), "");
    });
}

#[test]
fn filters_select_the_objects_that_are_counted() {
    require_root("it gives objects to other users");
    isolated(|| {
        Shm::private(5000, 0o600);
        Shm::private(100, 0o600).set(NAMELESS, 0, 0o600);
        let uid = absent_user();
        left_by(uid, &["segment 4096", "set 2"]);
        let counted = |more: &[&str]| -> Vec<(u64, u64)> {
            let number = |group: &Value, path: &str| {
                group.pointer(path).and_then(Value::as_u64).expect("a number")
            };
            let all = groups(more);
            all.iter().map(|one| (number(one, "/uid"), number(one, "/shm/objects"))).collect()
        };
        assert_eq!(counted(&["--min-size", "5000"]), [(0, 1)]);
        assert_eq!(counted(&["--owner", &NAMELESS.to_string()]), [(NAMELESS.into(), 1)]);
        assert_eq!(counted(&["--orphaned"]), [(uid.into(), 1)]);
        assert_eq!(counted(&["--key", "any"]), []);
        let group = &groups(&["--orphaned"])[0];
        assert_eq!(group["sem"], json!({"objects": 1, "semaphores": 2}));
    });
}

#[test]
fn commands_are_those_of_creators_that_run() {
    isolated(|| {
        let _first = Creator::named(&[b"maker", b"of segments"]);
        let _second = Creator::named(&[b"maker", b"of segments"]);
        let hostile = Creator::named(&[b"maker\x1b[2J\n"]);
        drop(Creator::named(&[b"gone"]));
        Queue::private(0o600);
        let run = ipcs(&["-u", "--group-by", "command", "--json"]);
        let document = document(&run);
        let all = document["groups"].as_array().expect("groups");
        let of = |command: Value| {
            let found = all.iter().find(|group| group["command"] == command);
            found.unwrap_or_else(|| panic!("{command} in {document}")).clone()
        };
        assert_eq!(of(json!("maker of segments"))["shm"]["objects"], 2);
        assert_eq!(of(json!("maker\x1b[2J\n"))["shm"]["objects"], 1);
        let unknown = of(Value::Null);
        assert_eq!(
            (&unknown["shm"]["objects"], &unknown["msg"]["objects"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(all.len(), 3);
        for format in ["classic", "table", "raw"] {
            let run = ipcs(&["-u", "--group-by", "command", "--format", format]);
            assert!(run.out().contains("maker\\x1b[2J\\x0a "), "{run:?}");
            assert!(!run.out().contains('\x1b'), "{run:?}");
        }
        drop(hostile);
    });
}

#[test]
fn hostile_user_names_are_escaped() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[("e\x1b[31mvil \u{202e}n", 4343), ("\u{8868}\u{8868}", 4344)]);
        Shm::private(1, 0o600).set(4343, 4344, 0o600);
        for by in ["owner", "group"] {
            for format in ["classic", "table", "raw"] {
                let run = ipcs(&["-u", "--group-by", by, "--format", format]);
                assert!(!run.out().contains(['\x1b', '\u{202e}']), "{run:?}");
                let name = if by == "owner" { "e\\x1b[31mvil" } else { "表表" };
                assert!(run.out().contains(name), "{run:?}");
            }
        }
        assert_eq!(groups(&[])[0]["owner"], "e\x1b[31mvil \u{202e}n");
        // A wide name does not shift the columns.
        let run = ipcs(&["-u", "--group-by", "group"]);
        let column = |line: &str, word: &str| {
            line.find(word)
                .map(|at| line[..at].chars().map(|c| if c == '表' { 2 } else { 1 }).sum())
        };
        let at: Vec<Option<usize>> =
            run.out().lines().skip(2).zip(["gid", "4344"]).map(|(l, w)| column(l, w)).collect();
        assert_eq!(at, [Some(11), Some(11)], "{run:?}");
    });
}

#[test]
fn a_table_fits_a_terminal() {
    isolated(|| {
        let _rich = rich();
        for width in [50, 80, 160] {
            let lines =
                screen(width, &["-u", "--group-by", "owner", "--table"], &[("NO_COLOR", "1")]);
            assert_eq!(lines.len(), 4, "{lines:#?}");
            let is_shown = |name: &str| lines[0].split_whitespace().any(|word| word == name);
            assert!(is_shown("OWNER") && is_shown("PERCENT") && is_shown("LIMIT"), "{lines:#?}");
            assert_eq!(is_shown("UID"), width == 160, "{lines:#?}");
        }
    });
}

#[test]
fn what_cannot_be_combined_is_refused() {
    isolated(|| {
        let refused = |args: &[&str]| {
            let run = ours("ipcs", args).run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{run:?}");
            let line = run.err().lines().next().expect("a line");
            line.strip_prefix("ipcs: ").expect("the name").to_owned()
        };
        let needs = "--group-by needs -u: ipcs -u --group-by owner";
        assert_eq!(refused(&["--group-by", "owner"]), needs);
        assert_eq!(refused(&["-u", "-t", "--group-by", "owner"]), needs);
        for (args, view) in [
            (&["-l"][..], "-l"),
            (&["-u", "-l"], "-l"),
            (&["-m", "-i", "0"], "-i"),
            (&["-u", "--list-columns"], "--list-columns"),
            (&["-u", "--list-namespaces"], "--list-namespaces"),
        ] {
            let expected =
                format!("--group-by cannot be used with {view}: only the totals of -u have groups");
            assert_eq!(refused(&[args, &["--group-by", "owner"]].concat()), expected);
        }
        let by = |more: &[&str]| refused(&[OWNER, more].concat());
        assert_eq!(by(&["-P"]), "-P cannot be used with -u: -u shows no objects");
        assert_eq!(by(&["-o", "uid"]), "--output cannot be used with -u: -u has its own columns");
        assert!(
            by(&["--sort", "semphores"]).contains("did you mean 'semaphores'? columns: owner, ")
        );
        assert!(by(&["-m", "--sort", "semaphores"]).starts_with("unknown column 'semaphores' of "));
        assert!(by(&["--sort", ""]).starts_with("unknown column ''"));
        assert!(by(&["--top", "0"]).starts_with("invalid number of rows: '0'"));
        assert!(refused(&["-u", "--group-by=ownr"]).contains("; did you mean 'owner'? "));
        // The last view counts, and the last grouping.
        assert!(text(&["-l", "-u", "--group-by", "group"]).contains("Totals by Group"));
    });
}

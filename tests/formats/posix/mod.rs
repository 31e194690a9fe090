//! POSIX objects: every field, in every format, is what the C library says of the object.

mod hostile;
mod limits;
mod musl;
mod unreadable;
mod words;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ipcs::columns::{self, Needs};
use ipcs::model::Kind;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::consistency::{exported, instant, text_of};
use super::{between, csv_rows, ipcs, objects, raw_rows};
use crate::support::actor::Actor;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::posix;
use crate::support::programs::ours;

/// The kinds as options and as words.
const KINDS: [(&str, &str); 3] = [("-m", "pshm"), ("-q", "pmsg"), ("-s", "psem")];

/// The columns of a kind.
fn columns_of(kind: &str) -> Vec<&'static str> {
    let kind = Kind::POSIX.iter().copied().find(|known| known.word() == kind).expect("a kind");
    columns::of_kind(kind)
        .filter(|column| !column.needs.has(Needs::PLACE))
        .map(|column| column.name)
        .collect()
}

/// The objects of a kind in JSON, by their names.
fn by_name(kind: &str) -> BTreeMap<String, Value> {
    let name = |object: &Value| object["name"].as_str().expect("a name").to_owned();
    objects(kind, &["--posix"]).into_iter().map(|object| (name(&object), object)).collect()
}

/// The C program of the tests.
struct Maker {
    _directory: TempDir,
    path: PathBuf,
}

impl Maker {
    fn compiled_by(compiler: &str) -> Maker {
        assert!(Path::new(compiler).exists(), "this test needs {compiler}");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("objects");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/posix/objects.c");
        let run = Command::new(compiler)
            .args(["-O1", "-pthread", "-o", path.to_str().expect("UTF-8"), source, "-lrt"])
            .output()
            .expect("running the compiler");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        Maker { _directory: directory, path }
    }

    /// What it prints.
    fn run(&self, args: &[&str]) -> Vec<Value> {
        let run = Command::new(&self.path).args(args).output().expect("running it");
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
        let text = String::from_utf8(run.stdout).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Starts it, and waits for its first line.
    fn start(&self, args: &[&str]) -> Running {
        Running::start(Command::new(&self.path).args(args)).0
    }
}

/// A program that is killed at the end.
struct Running(Child);

impl Running {
    /// Also returns the first line that it prints.
    fn start(command: &mut Command) -> (Running, Value) {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let running = Running(child);
        let line = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        (running, line)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Requires that an object in JSON has the fields that the C library reported.
fn assert_reported(found: &Value, reported: &Value) {
    for (name, value) in reported.as_object().expect("an object") {
        let found = match (name.as_str(), reported["kind"].as_str()) {
            // The kernel sets all three times together, and ours is one of them. That of the last
            // access is the report's own.
            ("atime" | "ctime" | "size" | "allocated" | "links", Some("pmsg")) => continue,
            ("mtime", Some("pmsg")) => json!(instant(found["used"].as_str().expect("a time"))),
            ("atime" | "mtime" | "ctime", _) => {
                json!(instant(found[name].as_str().expect("a time")))
            }
            _ => found[name].clone(),
        };
        assert_eq!(found, *value, "{name} of {found}");
    }
}

#[test]
fn fields_are_those_of_the_c_library() {
    isolated(|| {
        let maker = Maker::compiled_by("/usr/bin/cc");
        let reports = maker.run(&["make"]);
        let [shm, msg, sem] = KINDS.map(|(_, kind)| by_name(kind));
        let names = [
            "made-empty",
            "made-sparse",
            "made-used",
            "/made-queue",
            "/made-none",
            "made-five",
            "made-zero",
            "made-most",
        ];
        assert_eq!(names.len(), reports.len());
        for (name, report) in names.into_iter().zip(&reports) {
            let found = [&shm, &msg, &sem].into_iter().find_map(|objects| objects.get(name));
            assert_reported(found.expect(name), report);
        }
        assert_eq!(shm["made-sparse"]["size"], 1_i64 << 40);
        assert_eq!(shm["made-used"]["allocated"].as_u64().map(|bytes| bytes >= 8193), Some(true));
        assert_eq!(msg["/made-queue"]["cbytes"], 99);
        assert_eq!(sem["made-five"]["waiting"], 0);
        // The file of a semaphore, which the C library does not report.
        let most = &sem["made-most"];
        assert_eq!((&most["perms"], &most["status"]), (&json!("0600"), &json!([])));
    });
}

#[test]
fn objects_of_python_are_shown_as_they_are() {
    isolated(|| {
        const PYTHON: &str = "/usr/bin/python3";
        assert!(Path::new(PYTHON).exists(), "this test needs {PYTHON}");
        let maker = Maker::compiled_by("/usr/bin/cc");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/posix/objects.py");
        let (mut python, names) = Running::start(Command::new(PYTHON).args(["-I", script]));
        for (kind, software) in
            [("pshm", "Python shared_memory"), ("psem", "Python multiprocessing")]
        {
            let found = by_name(kind);
            let names = names[kind].as_array().expect("names");
            assert_eq!(found.len(), names.len(), "{found:?}");
            for name in names {
                let name = name.as_str().expect("a name");
                let found = &found[name.trim_start_matches('/')];
                let slashed = format!("/{}", name.trim_start_matches('/'));
                assert_reported(found, &maker.run(&["report", kind, &slashed])[0]);
                assert_eq!(found["software"], software);
            }
        }
        let size = &by_name("pshm").into_values().next().expect("one")["size"];
        assert!(size.as_u64() >= Some(5000), "{size}");
        // It removes them itself.
        drop(python.0.stdin.take());
        assert!(python.0.wait().expect("its status").success());
    });
}

/// Objects in several states, and the only process that has queues open. This one may share what it
/// has open with the programs that it starts.
fn several() -> Actor {
    let _ = posix::shm(b"/empty", 0, 0o600);
    let _ = posix::shm(b"/psm_0123abcd", 5000, 0o644);
    let _ = posix::shm(b"/sparse", 1 << 40, 0o000);
    let mut actor = Actor::start();
    for (name, mode) in [("/q1", 0o622), ("/q2", 0o600)] {
        drop(posix::queue(name, mode));
        actor.tell(&format!("posix queue {name}"));
    }
    posix::semaphore(b"/s1", 3);
    posix::semaphore(b"/s2", 0);
    std::fs::write("/dev/shm/sem.foreign", "text").expect("a file");
    std::fs::create_dir("/dev/shm/directory").expect("a directory");
    actor
}

#[test]
fn columns_are_equal_in_json_csv_raw_export_and_jsonl() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let _actor = several();
        for (option, kind) in KINDS {
            let names = columns_of(kind);
            let list = names.join(",");
            let args = ["--posix", option, "-o", &list];
            let format = |format| ipcs(&[&args[..], &["--format", format]].concat());
            let (json, [csv, raw, export, jsonl]) =
                between(|| objects(kind, &args), || ["csv", "raw", "export", "jsonl"].map(format));
            assert!(json.len() >= 2, "{kind}");
            let csv = csv_rows(&csv.stdout);
            assert_eq!(csv[0], names);
            let raw = raw_rows(raw.out());
            let export: Vec<_> = export.out().lines().collect();
            let jsonl = jsonl.out().lines().map(|line| serde_json::from_str(line).expect("JSON"));
            assert_eq!(jsonl.collect::<Vec<Value>>(), json);
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
fn tables_and_classic_lists_have_the_fields_of_json() {
    isolated(|| {
        let _actor = several();
        for (option, kind, classic) in [
            ("-m", "pshm", &["size", "allocated", "status", "name"][..]),
            ("-q", "pmsg", &["cbytes", "qnum", "maxmsg", "name"]),
            ("-s", "psem", &["value", "waiting", "status", "name"]),
        ] {
            let json = objects(kind, &["--posix", option]);
            let args = ["--posix", option, "-b", "--no-headings"];
            let lines = |args: &[&str]| -> Vec<Vec<String>> {
                let run = ipcs(args);
                let lines = run.out().lines().filter(|line| !line.is_empty());
                lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
            };
            let table = lines(&[&args[..], &["-o", &classic.join(",")]].concat());
            let list = lines(&args);
            assert_eq!((table.len(), list.len()), (json.len(), json.len()));
            for (at, row) in json.iter().enumerate() {
                let values = classic.iter().map(|name| (*name, text_of(row, name)));
                // An empty status is left out.
                let values = values.filter(|(name, text)| *name != "status" || !text.is_empty());
                let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
                let values: Vec<_> = values.map(|(_, text)| dash(text)).collect();
                assert_eq!(table[at], values, "table");
                let owner = row["owner"].as_str().expect("a name").to_owned();
                let perms = row["perms"].as_str().expect("octal").trim_start_matches('0');
                let perms = if perms.is_empty() { "0" } else { perms }.to_owned();
                assert_eq!(list[at], [vec![owner, perms], values].concat(), "classic");
            }
        }
    });
}

#[test]
fn one_object_has_the_fields_of_the_list() {
    isolated(|| {
        let _actor = several();
        for (_, kind) in KINDS {
            for (name, object) in by_name(kind) {
                let run = ours("ipcs", ["--name", &name, "--json"]).run();
                assert_eq!((run.status, run.err()), (Some(0), ""), "{name}");
                let found = crate::support::json::document(&run)[kind].take();
                assert_eq!(found, json!([object]), "{name}");
            }
        }
    });
}

/// Two threads read a long directory.
#[test]
fn many_files_are_listed_in_the_order_of_their_names() {
    isolated(|| {
        let names: Vec<_> = (0..6000).map(|at| format!("x{at:05}")).collect();
        for name in names.iter().rev() {
            std::fs::write(format!("/dev/shm/{name}"), name).expect("a file");
        }
        let listed = objects("pshm", &["--posix", "-m", "-o", "name,size"]);
        let found: Vec<_> = listed.iter().map(|object| object["name"].as_str()).collect();
        assert_eq!(found, names.iter().map(|name| Some(&name[..])).collect::<Vec<_>>());
        assert!(listed.iter().all(|object| object["size"] == 6));
    });
}

//! Names that strangers chose, and files in /dev/shm that are not objects.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::{Value, json};

use super::{KINDS, by_name, csv_rows, ipcs, objects, raw_rows};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::posix;
use crate::support::programs::ours;

/// Names that could break a format or control a terminal, in the order of their bytes.
fn names(longest: usize) -> Vec<Vec<u8>> {
    let mut names = [
        &b" "[..],
        b"  leading and  double ",
        b"a\nb\r\n",
        b"\x1b[2J\x1b]0;title\x07",
        b"-",
        b"--json",
        b"$(id) `id` 'q' \"q\" \\ \\x41",
        b"a,b;c=d|e",
        b"%s%n",
        b"\xff\xfe\xc3",
        "\u{202e}evil\u{2066}\u{9b}31m\u{200b}".as_bytes(),
        "表表".as_bytes(),
        b"\x01\x7f",
        b"...",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    names.push(vec![b'l'; longest]);
    names.push([vec![b'\n'; longest - 1], vec![0xff]].concat());
    names.sort();
    names
}

fn path(file: &[u8]) -> PathBuf {
    Path::new("/dev/shm").join(OsStr::from_bytes(file))
}

/// Makes an object of each kind with each name; returns the names of the kind.
fn make(kind: &str) -> Vec<Vec<u8>> {
    match kind {
        "pshm" => {
            let names = names(255);
            names.iter().for_each(|name| drop(posix::shm(name, 1, 0o600)));
            names
        }
        "pmsg" => {
            let slashed = names(255).into_iter().map(|name| [b"/", &name[..]].concat());
            slashed.inspect(|name| drop(posix::queue(name, 0o600))).collect()
        }
        _ => {
            let names = names(251);
            names.iter().for_each(|name| posix::semaphore(name, 7));
            names
        }
    }
}

/// The bytes with those that are not UTF-8 as `\xHH`, as JSON and CSV have them.
fn with_hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// Whether a character can control a terminal or hide text.
fn is_dangerous(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

#[test]
fn every_format_has_the_names() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        for (option, kind) in KINDS {
            let names = make(kind);
            let texts: Vec<_> = names.iter().map(|name| with_hex(name)).collect();
            let args = ["--posix", option, "-o", "name,perms,kind"];
            let with = |format| ipcs(&[&args[..], &["--format", format]].concat());
            let json = objects(kind, &args);
            let found: Vec<_> = json.iter().map(|object| object["name"].as_str()).collect();
            assert_eq!(found, texts.iter().map(|text| Some(&text[..])).collect::<Vec<_>>(), "json");
            let jsonl = with("jsonl");
            let lines = jsonl.out().lines().map(|line| serde_json::from_str(line).expect("JSON"));
            assert_eq!(lines.collect::<Vec<Value>>(), json, "jsonl");
            let csv = csv_rows(&with("csv").stdout);
            let found: Vec<_> = csv[1..].iter().map(|row| row[0].clone()).collect();
            assert_eq!(found, texts, "csv");
            let raw = raw_rows(with("raw").out());
            assert_eq!(
                raw.iter().map(|row| &row[0]).collect::<Vec<_>>(),
                names.iter().collect::<Vec<_>>()
            );
            for (line, name) in with("export").stdout.split(|byte| *byte == b'\n').zip(&names) {
                let script = [line, b"\nprintf %s \"$NAME\""].concat();
                let run = std::process::Command::new("/bin/dash")
                    .arg("-c")
                    .arg(OsStr::from_bytes(&script))
                    .output()
                    .expect("running dash");
                assert_eq!(run.stdout, *name, "export: {}", name.escape_ascii());
            }
            assert_lines_are_safe(option, names.len());
        }
    });
}

/// Text for people has one line for each object, and nothing that controls a terminal.
fn assert_lines_are_safe(option: &str, count: usize) {
    for view in [&["--table"][..], &[], &["-t"], &["-c"], &["-P", "--table"]] {
        let run = ipcs(&[&["--posix", option, "--no-headings"], view].concat());
        assert_eq!(run.out().find(is_dangerous), None, "{run:?}");
        let lines = run.out().lines().filter(|line| !line.trim().is_empty());
        assert_eq!(lines.count(), count, "{view:?}: {run:?}");
    }
}

#[test]
fn each_name_finds_its_object() {
    isolated(|| {
        for kind in ["pshm", "psem"] {
            for name in make(kind) {
                let slashed = [b"/", &name[..]].concat();
                let [name, slashed] = [&name, &slashed].map(|name| OsStr::from_bytes(name));
                let option = if kind == "pshm" { "-m" } else { "-s" };
                for typed in [name, slashed] {
                    let args = ["--posix", option, "--json", "--name"].map(OsStr::new);
                    let run = ours("ipcs", [&args[..], &[typed]].concat()).run();
                    assert_eq!((run.status, run.err()), (Some(0), ""), "{}", typed.display());
                    let found = crate::support::json::objects(kind, &run);
                    assert_eq!(found.len(), 1);
                    assert_eq!(found[0]["name"], with_hex(name.as_bytes()));
                }
            }
        }
    });
}

#[test]
fn other_files_are_shown_as_what_they_are() {
    isolated(|| {
        let _ = posix::shm(b"empty", 0, 0o600);
        let _ = posix::shm(b"sparse", 1 << 40, 0o600);
        fs::hard_link(path(b"sparse"), path(b"twice")).expect("a hard link");
        symlink("/etc/passwd", path(b"link")).expect("a link");
        symlink("nowhere", path(b"dangling")).expect("a link");
        symlink("sparse", path(b"sem.link")).expect("a link");
        mkfifo(&path(b"fifo"), Mode::S_IRUSR).expect("a pipe");
        let _socket = UnixListener::bind(path(b"socket")).expect("a socket");
        fs::create_dir(path(b"directory")).expect("a directory");
        fs::create_dir(path(b"sem.directory")).expect("a directory");
        for (name, size) in [("sem.empty", 0), ("sem.short", 31), ("sem.zeros", 32), ("sem.", 5)] {
            fs::write(path(name.as_bytes()), vec![b'x'; size]).expect("a file");
        }
        let shm = by_name("pshm");
        let status = |name: &str| shm[name]["status"].clone();
        for (name, expected) in [
            ("empty", json!([])),
            ("sparse", json!([])),
            ("sem.", json!([])),
            ("link", json!(["link"])),
            ("dangling", json!(["link"])),
            ("fifo", json!(["fifo"])),
            ("socket", json!(["socket"])),
            ("directory", json!(["directory"])),
        ] {
            assert_eq!(status(name), expected, "{name}");
        }
        assert_eq!(shm.len(), 9, "{shm:?}");
        let figures = |name: &str| ["size", "allocated", "links"].map(|of| shm[name][of].as_u64());
        assert_eq!(figures("empty"), [Some(0), Some(0), Some(1)]);
        assert_eq!(figures("sparse"), [Some(1 << 40), Some(0), Some(2)]);
        assert_eq!(figures("twice"), figures("sparse"));
        // The size of the link, not of the file that it leads to.
        assert_eq!(shm["link"]["size"], "/etc/passwd".len());
        let sem = by_name("psem");
        for name in ["link", "directory", "empty", "short", "zeros"] {
            assert_eq!(sem[name]["status"], json!(["foreign"]), "{name}");
            assert_eq!(sem[name]["value"], Value::Null, "{name}");
        }
        assert_eq!(sem.len(), 5, "{sem:?}");
    });
}

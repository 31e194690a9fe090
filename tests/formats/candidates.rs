//! `--list-candidates`, which the completions ask. `tests/docs/completions` asks through the shells.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use ::ipcs::escape::is_unsafe;
use ::ipcs::render::namespaces::LIST_COLUMNS;

use super::{NAMELESS, ipcs, refused};
use crate::support::namespace::{add_users, another, isolated, require_users};
use crate::support::objects::{Queue, Sems, Shm, two_of_each};
use crate::support::posix;
use crate::support::programs::ours;

const KINDS: [&str; 17] = [
    "shm",
    "msg",
    "sem",
    "pshm",
    "pmsg",
    "psem",
    "name",
    "shm-key",
    "msg-key",
    "sem-key",
    "id",
    "key",
    "pid",
    "namespace",
    "one-namespace",
    "column",
    "sort-column",
];

/// The candidates: value and description.
fn list(kind: &str, words: &[&str]) -> Vec<(String, String)> {
    let run = ipcs(&[&["--list-candidates", kind, "--"], words].concat());
    run.out()
        .lines()
        .map(|line| {
            let (value, description) = line.split_once('\t').expect("a tab in each line");
            assert!(!value.is_empty() && !description.contains('\t'), "{kind}: {line:?}");
            (value.to_owned(), description.to_owned())
        })
        .collect()
}

fn values(kind: &str, words: &[&str]) -> Vec<String> {
    list(kind, words).into_iter().map(|(value, _)| value).collect()
}

#[test]
fn names_are_offered_as_they_may_be_typed() {
    isolated(|| {
        for name in ["/foo", "/with blank", "/-n", "/a'b", "/shm", "/line\nbreak", "/fo.2"] {
            drop(posix::shm(name, 10, 0o600));
        }
        fs::create_dir("/dev/shm/food").expect("a directory");
        drop(posix::queue("/foq", 0o600));
        posix::semaphore("/fos", 1);
        assert_eq!(values("pshm", &[]), ["fo.2", "foo"]);
        assert_eq!(values("pshm:/f", &["/fo.2"]), ["/foo"]);
        assert_eq!(values("pshm", &["foo"]), ["fo.2"]);
        assert_eq!(values("pmsg", &[]), ["/foq"]);
        assert_eq!(values("pmsg:f", &[]), ["foq"]);
        assert_eq!(values("psem", &[]), ["fos"]);
        assert_eq!(values("name:fo", &[]), ["fo.2", "foo", "foq", "fos"]);
        let text = |kind: &str| list(kind, &[]).remove(0).1;
        assert!(text("pshm").ends_with(", 10B"), "{}", text("pshm"));
        assert!(text("psem").ends_with(", value 1"), "{}", text("psem"));
    });
}

#[test]
fn describes_objects_by_owner_and_size() {
    require_users("it gives objects to other users");
    isolated(|| {
        let segment = Shm::keyed(0xabc, 3 << 20, 0o600);
        segment.set(NAMELESS, NAMELESS, 0o600);
        let held = [segment.attach(), segment.attach()];
        Shm::private(1, 0o600);
        let removed = Shm::keyed(0xdef, 10, 0o600);
        let _kept = removed.attach();
        removed.remove();
        Queue::keyed(1, 0o600).send(2048);
        Sems::keyed(2, 1, 0o600);
        let described = |kind: &str| list(kind, &[]);
        let pair = |value: &str, text: &str| (value.to_owned(), text.to_owned());
        let first = format!("{NAMELESS}, 3M, 2 attached");
        assert_eq!(
            described("shm"),
            [
                pair("0", &first),
                pair("1", "root, 1B, 0 attached"),
                pair("2", "root, 10B, 1 attached")
            ]
        );
        // Neither a private segment nor a removed one has a key.
        assert_eq!(described("shm-key"), [pair("0x00000abc", &first)]);
        assert_eq!(described("msg-key"), [pair("0x00000001", "root, 1 message, 2K")]);
        assert_eq!(described("sem"), [pair("0", "root, 1 semaphore")]);
        assert_eq!(
            described("key").into_iter().map(|(value, _)| value).collect::<Vec<_>>(),
            ["none", "any", "0x00000abc", "0x00000001", "0x00000002"]
        );
        // A shell drops what does not begin with the typed text.
        assert_eq!(values("key:0xa", &[]), ["0xabc"]);
        assert_eq!(values("shm-key:0x0000", &[]), ["0x00000abc"]);
        drop(held);
    });
}

#[test]
fn takes_kinds_from_an_unfinished_command_line() {
    isolated(|| {
        two_of_each();
        for words in [&["-m", "-i", ""][..], &["-mi"], &["--nosuch", "--shm", "-i"]] {
            assert_eq!(values("id", words), values("shm", &[]), "{words:?}");
        }
        for words in [&[][..], &["-a", "-m"], &["-ms"], &["--owner", "-m"], &["-i", "-m"]] {
            assert_eq!(values("id", words), [""; 0], "{words:?}");
        }
        assert!(values("column", &["-q", "-o", "x"]).contains(&"qbytes".to_owned()));
        assert!(!values("column", &["-o", "x", "-m"]).contains(&"qbytes".to_owned()));
        assert!(!values("sort-column", &["-s", "-i5"]).contains(&"semaphores".to_owned()));
        let of_namespaces = values("sort-column", &["--list-namespaces"]);
        assert_eq!(of_namespaces, LIST_COLUMNS.iter().map(|it| it.name).collect::<Vec<_>>());
    });
}

#[test]
fn every_column_that_is_listed_can_be_shown() {
    isolated(|| {
        // Processes that cannot be inspected give a message, but the status is 0.
        let works = |args: &[&str]| {
            let run = ours("ipcs", args).run();
            assert_eq!(run.status, Some(0), "{args:?}: {run:?}");
        };
        for kind in ["-m", "-q", "-s"] {
            let columns = values("column", &[kind]).join(",");
            works(&[kind, "-o", &columns]);
            let columns = values("sort-column", &[kind]).join(",");
            works(&[kind, "--sort", &columns]);
        }
    });
}

#[test]
fn lists_at_most_a_thousand_that_begin_as_typed() {
    isolated(|| {
        for _ in 0..1199 {
            Shm::private(1, 0o600);
        }
        let last = Shm::private(1, 0o600).id;
        assert_eq!(values("shm", &[]).len(), 1000);
        let last = last.to_string();
        assert_eq!(values(&format!("shm:{last}"), &[]), [last.as_str()]);
        let mut named: Vec<_> = values("shm", &[]);
        named.truncate(500);
        let words: Vec<_> = named.iter().map(String::as_str).collect();
        let others = values("shm", &words);
        assert_eq!(others.len(), 700, "without the 500 that are named");
        let named: HashSet<_> = named.into_iter().collect();
        assert!(others.iter().all(|id| !named.contains(id)));
    });
}

/// Shells show descriptions as they are.
#[test]
fn descriptions_have_no_control_characters() {
    require_users("it adds users");
    isolated(|| {
        add_users(&[(b"a\x1b[2J\t\xe2\x80\xaeb\xff", 61_002)]);
        Shm::private(1, 0o600).set(61_002, 0, 0o600);
        let owner = "a\\x1b[2J\\x09\\xe2\\x80\\xaeb\\xff";
        assert_eq!(list("shm", &[])[0].1, format!("{owner}, 1B, 0 attached"));

        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join(OsStr::from_bytes(b"\n1\t$(x)\x1b"));
        fs::copy("/bin/sleep", &path).expect("copying a program");
        let mut child =
            Command::new(&path).arg("1000").stdout(Stdio::null()).spawn().expect("running it");
        let pid = child.id().to_string();
        let described = list(&format!("pid:{pid}"), &[]);
        child.kill().and_then(|()| child.wait()).expect("ending it");
        assert_eq!(described, [(pid, "\\x0a1\\x09$(x)\\x1b".to_owned())]);

        for kind in KINDS {
            for (value, description) in list(kind, &[]) {
                let text = format!("{value}{description}");
                assert!(!text.chars().any(is_unsafe), "{kind}: {text:?}");
            }
        }
    });
}

#[test]
fn processes_are_those_that_could_use_objects() {
    isolated(|| {
        let pids = values("pid", &[]);
        let own = std::process::id().to_string();
        assert!(pids.contains(&own), "{own} in {pids:?}");
        for pid in pids {
            // Kernel threads and zombies have no command line.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/status")) else { continue };
            assert!(!stat.contains("Kthread:\t1"), "{stat}");
        }
    });
}

#[test]
fn namespaces_are_named_by_their_oldest_process() {
    isolated(|| {
        let (mut child, other) = another(|| {
            let child = Command::new("/bin/sleep").arg("1000").spawn().expect("running it");
            (child, fs::read_link("/proc/thread-self/ns/ipc").expect("a namespace"))
        });
        let pid = child.id().to_string();
        let all = list("namespace", &[]);
        let one = list("one-namespace", &[]);
        child.kill().and_then(|()| child.wait()).expect("ending it");
        assert_eq!(all[0], ("all".to_owned(), "every namespace".to_owned()));
        let found: Vec<_> = all.iter().filter(|(value, _)| *value == pid).collect();
        assert_eq!(found, [&(pid.clone(), "sleep, 1 process".to_owned())], "{other:?}");
        assert!(one.contains(found[0]) && one.iter().all(|(value, _)| value != "all"));
    });
}

#[test]
fn is_hidden_and_has_to_be_written_in_full() {
    isolated(|| {
        for help in ["-h", "--help"] {
            assert!(!ipcs(&[help]).out().contains("candidates"), "{help}");
        }
        for option in ["--list-candidate", "--list-can"] {
            let reason = refused(&[option, "shm"]);
            assert!(reason.starts_with(&format!("unrecognized option '{option}'")), "{reason}");
            assert!(!reason.contains("--list-candidates"), "{reason}");
        }
        // --list-c is the beginning of --list-columns only.
        assert_eq!(ipcs(&["--list-c"]).stdout, ipcs(&["--list-columns"]).stdout);
        for kind in ["", "SHM", "nosuch"] {
            let error = refused(&["--list-candidates", kind]);
            assert!(error.contains("not a kind of candidates; valid values: shm, "), "{error}");
        }
    });
}

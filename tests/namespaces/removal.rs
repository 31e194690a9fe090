//! `ipcrm --namespace`: removes in the named namespace and in no other.
//!
//! The namespaces of other tests exist at the same time. So each filter has a user whom no other
//! test has.

use std::fs::File;
use std::os::fd::AsRawFd;

use ipcs::sys::namespace::in_namespace;
use serde_json::Value;

use super::own;
use crate::ipcrm::interactive::on_terminal;
use crate::support::actor::Actor;
use crate::support::json::document;
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root, require_users};
use crate::support::objects::{Queue, as_user};
use crate::support::programs::{Outcome, ours};
use crate::support::table::remaining;

/// What is left behind in each namespace: ids 0 and 1 of each kind.
const ALL: &str = "shm0 shm1 msg0 msg1 sem0 sem1";

/// A namespace with objects that nobody uses, and a process.
struct Left {
    file: File,
    number: u64,
    actor: Actor,
}

impl Left {
    fn by(uid: u32) -> Left {
        another(|| {
            left_by(uid, &["two-of-each"]);
            let file = File::open("/proc/thread-self/ns/ipc").unwrap();
            Left { file, number: own(), actor: Actor::start() }
        })
    }

    fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }

    fn remaining(&self) -> String {
        in_namespace(&self.file, remaining).unwrap()
    }
}

/// Runs ipcrm, without what it says of the namespaces of other tests.
fn ipcrm(args: &[&str]) -> Outcome {
    ours("ipcrm", args).run()
}

/// Two namespaces with the same ids as here.
fn three_times(body: impl FnOnce(u32, [Left; 2]) + Send) {
    isolated(|| {
        require_users("it enters namespaces of other users");
        let uid = absent_user();
        left_by(uid, &["two-of-each"]);
        body(uid, [Left::by(uid), Left::by(uid)]);
    });
}

#[test]
fn removes_only_in_the_named_namespace() {
    three_times(|uid, [first, second]| {
        let (path, uid) = (first.path(), uid.to_string());
        for (args, out, left) in [
            (&["shm", "0"][..], "resource(s) deleted\n", "shm1 msg0 msg1 sem0 sem1"),
            (&["-q", "1", "-S", "0x12"], "", "shm1 msg0 sem1"),
            (&["-n", "shm", "1"], "would remove segment 1 (owner UID, 4K)\n", "shm1 msg0 sem1"),
            (
                &["-n", "shm", "--owner", &uid],
                "would remove segment 1 (owner UID, 4K, idle 0s)\nwould remove 1 segment (4K) of UID\n",
                "shm1 msg0 sem1",
            ),
            (&["shm", "--owner", &uid], "removed 1 segment (4K) of UID\n", "msg0 sem1"),
            (&["-a"], "", ""),
        ] {
            let run = ipcrm(&[&["--namespace", &path], args].concat());
            let idle =
                |text: String| text.replace("idle 1s", "idle 0s").replace("idle 2s", "idle 0s");
            assert_eq!(idle(run.out().to_owned()), out.replace("UID", &uid), "{args:?}: {run:?}");
            assert_eq!((run.status, run.err()), (Some(0), ""), "{args:?}");
            assert_eq!(first.remaining(), left, "{args:?}");
            assert_eq!((remaining().as_str(), second.remaining().as_str()), (ALL, ALL), "{args:?}");
        }
    });
}

#[test]
fn a_process_names_its_namespace() {
    three_times(|_, [first, second]| {
        let run = ipcrm(&["--namespace", &first.actor.pid().to_string(), "sem", "0", "5"]);
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: invalid id (5)\n"), "{run:?}");
        assert_eq!(first.remaining(), "shm0 shm1 msg0 msg1 sem1");
        assert_eq!((remaining().as_str(), second.remaining().as_str()), (ALL, ALL));
    });
}

#[test]
fn all_removes_what_a_filter_selects_in_every_namespace() {
    require_root(EVERY_PROCESS);
    three_times(|uid, [first, mut second]| {
        let user = uid.to_string();
        // Queues of another user, and one that is in use.
        in_namespace(&second.file, || as_user(absent_user(), 0, || Queue::private(0o600))).unwrap();
        second.actor.attach(1, "rw");
        let args = ["--namespace", "all", "shm", "msg", "--orphaned", "--owner", &user];
        let dry = ipcrm(&[&["-n"][..], &args].concat());
        let lines = |run: &Outcome, number: u64| {
            let begin = format!("namespace {number}");
            run.out().lines().filter(|line| line.starts_with(&begin)).count()
        };
        assert_eq!((lines(&dry, own()), lines(&dry, first.number)), (5, 5), "{dry:?}");
        assert_eq!(lines(&dry, second.number), 4, "{dry:?}");
        assert!(
            dry.out().contains(&format!("namespace {}: would remove segment 1 (", first.number))
        );
        let last =
            format!("all namespaces: would remove 5 segments (22.6K) and 6 queues of {user}");
        assert_eq!(dry.out().lines().last(), Some(&*last), "{dry:?}");
        let run = ipcrm(&args);
        let title = |number: u64, what: &str| format!("namespace {number} ({what}): ");
        let both = format!("removed 2 segments (8.9K) and 2 queues of {user}\n");
        let one = format!("removed 1 segment (4.9K) and 2 queues of {user}\n");
        for line in [
            title(own(), "this one") + &both,
            title(first.number, &format!("process {}", first.actor.pid())) + &both,
            title(second.number, &format!("process {}", second.actor.pid())) + &one,
        ] {
            assert!(run.out().contains(&line), "{line:?}: {run:?}");
        }
        let last = format!("all namespaces: removed 5 segments (22.6K) and 6 queues of {user}");
        assert_eq!(run.out().lines().last(), Some(&*last), "{run:?}");
        assert_eq!((remaining(), first.remaining()), ("sem0 sem1".into(), "sem0 sem1".into()));
        assert_eq!(second.remaining(), "shm1 msg2 sem0 sem1");
        let none = ipcrm(&args);
        assert_eq!(none.out(), "all namespaces: nothing matched\n");
    });
}

#[test]
fn json_says_in_which_namespace_an_object_was() {
    require_root(EVERY_PROCESS);
    three_times(|uid, [first, second]| {
        let user = uid.to_string();
        let numbers = |list: &Value| {
            let mut numbers: Vec<_> = list
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["namespace"].as_u64().unwrap())
                .collect();
            numbers.sort_unstable();
            numbers
        };
        let args = ["-J", "--namespace", "all", "sem", "--key", "any", "--owner", &user];
        let removed = &document(&ipcrm(&args))["removed"];
        let mut expected = [own(), first.number, second.number];
        expected.sort_unstable();
        assert_eq!(numbers(removed), expected);
        let one = document(&ipcrm(&["-J", "--namespace", &first.path(), "sem", "1", "7"]));
        assert_eq!(numbers(&one["removed"]), [first.number]);
        assert_eq!(numbers(&one["failed"]), [first.number]);
        // Without the option there is no such member.
        assert_eq!(document(&ipcrm(&["-J", "sem", "1"]))["removed"][0]["namespace"], Value::Null);
    });
}

#[test]
fn all_needs_a_filter() {
    three_times(|_, [first, _]| {
        for args in [&["shm", "0"][..], &["-m", "0"], &["-a"], &["--all=shm"], &["-a", "-n"]] {
            let run = ipcrm(&[args, &["--namespace", "all"]].concat());
            assert_eq!(
                (run.status, run.out(), run.err()),
                (
                    Some(1),
                    "",
                    "ipcrm: --namespace all needs a filter, such as --orphaned\n\
                     Try 'ipcrm --help' for more information.\n"
                ),
                "{args:?}"
            );
        }
        assert_eq!((remaining().as_str(), first.remaining().as_str()), (ALL, ALL));
    });
}

#[test]
fn a_wrong_namespace_removes_nothing() {
    require_root(EVERY_PROCESS);
    three_times(|_, [first, _]| {
        let ended = another(Actor::start).end().to_string();
        let file = "/proc/self/ns/net".to_owned();
        for (typed, message) in [
            (&ended, format!("no process {ended}")),
            (&file, format!("'{file}' is not an IPC namespace")),
            (
                &"/nonexistent/file".to_owned(),
                "cannot open '/nonexistent/file': No such file or directory".to_owned(),
            ),
        ] {
            for args in [&["shm", "0"][..], &["-a"], &["-a", "--unused"]] {
                let run = ipcrm(&[args, &["--namespace", typed]].concat());
                let expected = format!("ipcrm: {message}\n");
                assert_eq!((run.status, run.out(), run.err()), (Some(1), "", &*expected));
            }
        }
        let run = ipcrm(&["shm", "0", "x", "--namespace", &first.path()]);
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert!(run.err().starts_with("ipcrm: invalid id: x\n"), "{run:?}");
        assert_eq!((remaining().as_str(), first.remaining().as_str()), (ALL, ALL));
    });
}

#[test]
fn an_ordinary_user_cannot_enter_a_namespace_of_root() {
    three_times(|uid, [first, _]| {
        let run = ours("ipcrm", ["-a", "--namespace", &first.path()]).user(uid, uid).run();
        assert_eq!((run.status, run.out()), (Some(1), ""), "{run:?}");
        assert!(run.err().ends_with("ermission denied\n"), "{run:?}");
        assert_eq!(first.remaining(), ALL);
    });
}

#[test]
fn quitting_ends_the_run_in_all_namespaces() {
    require_root(EVERY_PROCESS);
    three_times(|uid, [first, second]| {
        let user = uid.to_string();
        let args = ["-i", "--namespace", "all", "sem", "--owner", &user];
        let session = on_terminal(&args, "y\nq\n", true);
        assert_eq!(session.status, Some(0), "{}", session.screen);
        let question = format!("namespace {}: remove semaphore set 0 (", own());
        assert!(session.screen.contains(&question), "{}", session.screen);
        assert!(
            session.stdout.ends_with(&format!(
                "all namespaces: removed 1 semaphore set of {user}; 1 not processed\n"
            )),
            "{}",
            session.stdout
        );
        assert_eq!(remaining(), "shm0 shm1 msg0 msg1 sem1");
        assert_eq!((first.remaining().as_str(), second.remaining().as_str()), (ALL, ALL));
        let session = on_terminal(&args, "a\n", true);
        assert_eq!(session.status, Some(0), "{}", session.screen);
        let rest = "shm0 shm1 msg0 msg1";
        assert_eq!([remaining(), first.remaining(), second.remaining()], [rest; 3]);
    });
}

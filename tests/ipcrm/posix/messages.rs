//! Messages, exit status and what is left, as util-linux 2.41 and later have them.

use std::os::unix::fs::chown;

use serde_json::json;

use crate::support::json::document;
use crate::support::leftovers::absent_user;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::two_of_each;
use crate::support::posix::{files, queue, queues, semaphore, shm};
use crate::support::programs::{Outcome, ours};
use crate::support::table::remaining;

fn run(args: &[&str]) -> Outcome {
    ours("ipcrm", args).run()
}

#[track_caller]
fn assert_run(args: &[&str], status: i32, out: &str, err: &str) {
    let run = run(args);
    assert_eq!((run.status, run.out(), run.err()), (Some(status), out, err), "{args:?}");
}

/// Shared memory `both` and `foo`, the semaphores `both` and `sema`, the queues `bar` and `both`.
fn make() {
    for name in ["/foo", "/both"] {
        drop(shm(name, 5000, 0o600));
    }
    for name in ["/sema", "/both"] {
        semaphore(name, 1);
    }
    for name in ["/bar", "/both"] {
        drop(queue(name, 0o600));
    }
    assert_eq!(
        (files(), queues()),
        ("both foo sem.both sem.sema".to_owned(), "bar both".to_owned())
    );
}

#[test]
fn options_name_objects_of_their_kind() {
    isolated(|| {
        make();
        assert_run(&["--posix-shmem", "both"], 0, "", "");
        assert_eq!(
            (files(), queues()),
            ("foo sem.both sem.sema".to_owned(), "bar both".to_owned())
        );
        assert_run(&["--posix-semaphore", "/both", "--posix-mqueue=/both"], 0, "", "");
        assert_eq!((files(), queues()), ("foo sem.sema".to_owned(), "bar".to_owned()));
    });
}

#[test]
fn verbose_runs_announce_each_removal_once() {
    isolated(|| {
        make();
        two_of_each();
        assert_run(
            &[
                "-v",
                "--posix-semaphore",
                "sema",
                "-m",
                "0",
                "--posix-shmem",
                "/nope",
                "--posix-shmem",
                "foo",
                "--posix-mqueue",
                "bar",
            ],
            1,
            "removing POSIX semaphore `sema'\n\
             removing shared memory segment id `0'\n\
             removing POSIX shared memory `/nope'\n\
             removing POSIX shared memory `foo'\n\
             removing POSIX message queue `bar'\n",
            "ipcrm: name `/nope' not found\n",
        );
        assert_eq!((files(), queues()), ("both sem.both".to_owned(), "both".to_owned()));
        assert_run(&["-v", "-apshm"], 0, "removing POSIX shared memory `both'\n", "");
        assert_run(&["-v", "-apmsg"], 0, "removing POSIX message queue `/both'\n", "");
        assert_run(&["-v", "-apsem"], 0, "removing POSIX semaphore `both'\n", "");
        assert_eq!((files(), queues()), (String::new(), String::new()));
        assert_eq!(remaining(), "shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn a_kind_word_prints_a_line_if_all_went_well() {
    isolated(|| {
        make();
        assert_run(&["pshm", "both", "/foo"], 0, "resource(s) deleted\n", "");
        assert_run(&["psem", "both", "nope"], 1, "", "ipcrm: name `nope' not found\n");
        assert_run(&["pmsg", "/bar", "--ignore-missing", "nope"], 0, "resource(s) deleted\n", "");
        assert_eq!((files(), queues()), ("sem.sema".to_owned(), "both".to_owned()));
        assert_run(
            &["pshm"],
            1,
            "",
            "ipcrm: not enough arguments\nTry 'ipcrm --help' for more information.\n",
        );
    });
}

#[test]
fn all_without_a_kind_and_filters_without_one_leave_posix_objects() {
    isolated(|| {
        make();
        two_of_each();
        assert_run(&["-a"], 0, "", "");
        assert_eq!(remaining(), "");
        assert_eq!(run(&["--all", "--min-size", "0", "--force"]).out(), "nothing matched\n");
        assert_eq!(
            (files(), queues()),
            ("both foo sem.both sem.sema".to_owned(), "bar both".to_owned())
        );
        assert_run(&["-a", "-apsem"], 0, "", "");
        assert_eq!((files(), queues()), ("both foo".to_owned(), "bar both".to_owned()));
    });
}

#[test]
fn names_that_no_object_can_have_are_missing() {
    isolated(|| {
        make();
        std::fs::create_dir("/dev/shm/d").expect("a directory");
        std::fs::write("/dev/shm/d/inner", "").expect("a file");
        let long = "x".repeat(256);
        let missing = ["", "/", ".", "..", "a/b", "d/inner", "../null", &long];
        for kind in ["pshm", "psem", "pmsg"] {
            let lines = missing.map(|name| match (kind, name.len()) {
                ("pmsg", 256) => format!("ipcrm: name `{name}' too long\n"),
                _ => format!("ipcrm: name `{name}' not found\n"),
            });
            // What is named right beside them is removed.
            let args = [&[kind, "both"][..], &missing].concat();
            assert_run(&args, 1, "", &lines.concat());
        }
        assert_eq!((files(), queues()), ("d foo sem.sema".to_owned(), "bar".to_owned()));
        let args = ["pshm", "foo", ".", "--ignore-missing"];
        assert_run(&args, 0, "resource(s) deleted\n", "");
        let args = ["--posix-mqueue", &long, "--posix-mqueue", "bar", "--ignore-missing"];
        assert_run(&args, 0, "", "");
        assert_eq!((files(), queues()), ("d sem.sema".to_owned(), String::new()));
    });
}

#[test]
fn a_dry_run_says_what_would_happen() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        make();
        let owner = nix::unistd::User::from_uid(nix::unistd::geteuid())
            .expect("the user database")
            .expect("a user")
            .name;
        for (args, out) in [
            (
                &["-n", "pshm", "foo", "nope", "foo", ""][..],
                format!(
                    "would remove shared memory object foo (owner {owner}, 4.9K)\n\
                     would fail: name `nope' not found\n\
                     would fail: name `foo' not found\n\
                     would fail: name `' not found\n"
                ),
            ),
            (
                &["-n", "--posix-semaphore", "sema", "--posix-mqueue", "bar"],
                format!(
                    "would remove POSIX semaphore sema (owner {owner}, value 1)\n\
                     would remove POSIX queue /bar (owner {owner}, empty)\n"
                ),
            ),
            (
                &["-n", "-apsem"],
                format!(
                    "would remove POSIX semaphore both (owner {owner}, value 1)\n\
                     would remove POSIX semaphore sema (owner {owner}, value 1)\n\
                     would remove 2 POSIX semaphores\n"
                ),
            ),
        ] {
            assert_run(args, 0, &out, "");
        }
        assert_eq!(
            (files(), queues()),
            ("both foo sem.both sem.sema".to_owned(), "bar both".to_owned())
        );
    });
}

#[test]
fn a_filter_removes_what_passes() {
    isolated(|| {
        make();
        drop(shm("/large", 1 << 40, 0o600));
        let run = run(&["pshm", "--min-size", "1T", "--force"]);
        assert_eq!((run.status, run.out()), (Some(0), "removed 1 shared memory object\n"));
        assert_eq!(files(), "both foo sem.both sem.sema");
        assert_run(
            &["psem", "pmsg", "pshm", "--max-size", "1M", "--force"],
            0,
            "removed 2 shared memory objects, 2 POSIX semaphores and 2 POSIX queues\n",
            "",
        );
        assert_eq!((files(), queues()), (String::new(), String::new()));
    });
}

#[test]
fn a_filter_keeps_what_is_open() {
    isolated(|| {
        let _shm = shm("/foo", 5000, 0o600);
        let _queue = queue("/bar", 0o600);
        for kind in ["pshm", "pmsg"] {
            let run = run(&[kind, "--min-size", "0"]);
            assert_eq!(run.status, Some(0), "{run:?}");
            assert!(run.out().starts_with("nothing removed; "), "{run:?}");
            assert!(run.err().starts_with("ipcrm: kept "), "{run:?}");
        }
        assert_eq!((files(), queues()), ("foo".to_owned(), "bar".to_owned()));
    });
}

#[test]
fn a_dry_run_says_who_uses_an_object() {
    require_root("an ordinary user cannot inspect every process");
    isolated(|| {
        let _shm = shm("/foo", 5000, 0o600);
        let _queue = queue("/bar", 0o600);
        drop(shm("/free", 5000, 0o600));
        let line = |kind: &str, name: &str, rest: &str| {
            let run = run(&["-n", kind, name]);
            assert_eq!((run.status, run.err()), (Some(0), ""));
            assert!(run.out().ends_with(rest), "{run:?}");
        };
        line("pshm", "foo", "(owner root, 4.9K, used by 1 process)\n");
        line("pshm", "free", "(owner root, 4.9K)\n");
        line("pmsg", "bar", "(owner root, empty, used by 1 process)\n");
        let forced = run(&["-n", "pshm", "--min-size", "1", "--force"]);
        assert!(forced.out().contains("4.9K, used by 1 process, idle "), "{forced:?}");
        let json = ours("ipcrm", ["-n", "-J", "pshm", "foo", "free"]).run();
        let users = |at: usize| document(&json)["would_remove"][at]["users"].clone();
        assert_eq!([users(0), users(1)], [json!(1), json!(0)]);
    });
}

#[test]
fn a_filter_removes_what_nothing_uses() {
    require_root("an ordinary user cannot inspect every process");
    isolated(|| {
        let open = shm("/open", 10, 0o600);
        let uid = absent_user();
        for name in ["/open", "/free"] {
            if name == "/free" {
                drop(shm(name, 10, 0o600));
            }
            chown(format!("/dev/shm{name}").as_str(), Some(uid), None).expect("its owner");
        }
        let run = run(&["pshm", "--min-size", "1"]);
        assert_eq!((run.status, files()), (Some(0), "open".to_owned()), "{run:?}");
        assert!(run.out().starts_with("removed 1 shared memory object; kept 1 in use"), "{run:?}");
        assert!(run.err().starts_with("ipcrm: kept shared memory object open ("), "{run:?}");
        assert!(run.err().contains(&format!("pid {} (", std::process::id())), "{run:?}");
        drop(open);
        let run = ours("ipcrm", ["pshm", "--orphaned"]).run();
        assert_eq!((run.status, files()), (Some(0), String::new()), "{run:?}");
    });
}

//! What is read, and what is printed.

use serde_json::json;

use super::{assert_first_of, causes, causes_of};
use crate::support::actor::Actor;
use crate::support::json::document;
use crate::support::namespace::{another, isolated, set_sysctl};
use crate::support::objects::{Sems, Shm};
use crate::support::programs::ours;

#[test]
fn text_has_the_full_limit_first_and_fits_80_columns() {
    isolated(|| {
        set_sysctl("sem", "250 32000 100 2");
        Sems::private(3, 0o600);
        Sems::private(4, 0o600);
        let run = ours("ipcs", ["--explain", "semget: No space left on device"]).run();
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(
            run.out(),
            "Why semget fails with ENOSPC:\n\
             \n\
             full: semmni, number of sets\n    \
             2 of 2 in use; root owns 2\n    \
             see       ipcs -s --owner root\n    \
             clean up  ipcrm -n sem --owner root --orphaned\n    \
             raise     sysctl -w kernel.sem=\"250 32000 100 4\"\n\
             \n\
             not this: semmns, semaphores in all sets: 7 of 32000 in use\n"
        );
        for word in
            ["ENOSPC", "ENOMEM", "EINVAL", "SIGKILL", "SIGBUS", "mq_open", "EPERM", "EAGAIN"]
        {
            let run = ours("ipcs", ["--explain", word]).run();
            assert_eq!((run.status, run.err()), (Some(0), ""), "{run:?}");
            assert!(run.out().lines().all(|line| line.len() <= 80), "{run:?}");
        }
    });
}

/// The commands that are recommended work.
#[test]
fn recommended_commands_can_be_run() {
    isolated(|| {
        set_sysctl("shmmni", "1");
        Shm::private(1, 0o600);
        let first = assert_first_of(&causes("shmget: ENOSPC"), ("shmmni", "full"));
        let command = |name: &str| first["commands"][name].as_str().expect("a command").to_owned();
        for name in ["show", "remove"] {
            let line = command(name);
            let mut words = line.split(' ');
            let run = ours(words.next().expect("a program"), words).run();
            assert_eq!((run.status, run.err()), (Some(0), ""), "{line}: {run:?}");
        }
        let raise = command("raise");
        let value = raise.strip_prefix("sysctl -w kernel.shmmni=").expect("a sysctl");
        set_sysctl("shmmni", value);
        Shm::private(1, 0o600);
    });
}

#[test]
fn unknown_words_name_the_nearest_known_one() {
    let refused = |word: &str| {
        let run = ours("ipcs", ["--explain", word]).run();
        assert_eq!((run.status, run.out()), (Some(1), ""), "{run:?}");
        run.err().to_owned()
    };
    assert_eq!(refused("semgt"), "ipcs: cannot explain 'semgt'; did you mean 'semget'?\n");
    assert_eq!(refused("").lines().count(), 1);
    assert!(refused("xyzzy").starts_with("ipcs: cannot explain 'xyzzy': use a call"));
    let line = refused("semget: Permission denied");
    assert!(line.starts_with("ipcs: no limit makes semget fail with EACCES"), "{line}");
}

#[test]
fn a_line_of_a_log_is_read() {
    isolated(|| {
        set_sysctl("shmmax", "4096");
        let run = ours(
            "ipcs",
            [
                "--json",
                "--explain",
                "FATAL:  could not create shared memory segment: Invalid argument\nDETAIL:  Failed system call was shmget(key=5432001, size=4011376640, 03600).",
            ],
        )
        .run();
        let found = document(&run)["explain"].take();
        assert_eq!((&found["call"], &found["error"]), (&json!("shmget"), &json!("EINVAL")));
        assert_eq!(found["causes"][0]["limit"], "shmmax");
    });
}

#[test]
fn another_namespace_is_explained_by_its_own_figures() {
    isolated(|| {
        let actor = another(|| {
            set_sysctl("sem", "250 32000 100 1");
            Sems::private(1, 0o600);
            Actor::start()
        });
        let pid = actor.pid().to_string();
        assert!(causes("semget: ENOSPC").iter().all(|cause| cause["verdict"] == "not_this"));
        let args = ["--explain", "semget: ENOSPC", "--json", "--namespace", &pid];
        let first = assert_first_of(&causes_of(&ours("ipcs", args)), ("semmni", "full"));
        let commands = json!({
            "show": format!("ipcs -s --owner root --namespace {pid}"),
            "remove": format!("ipcrm -n sem --owner root --orphaned --namespace {pid}"),
            "raise": format!(
                "nsenter --target {pid} --ipc sysctl -w kernel.sem=\"250 32000 100 2\""
            ),
        });
        assert_eq!(first["commands"], commands);
        // Its limits are those of the process.
        let args = ["--explain", "RLIMIT shmat", "--json", "--namespace", &pid];
        let all = causes_of(&ours("ipcs", args));
        let memory = all.iter().find(|it| it["limit"] == "RLIMIT_AS").expect("a cause");
        assert!(memory["reason"].as_str().expect("text").contains(&format!("process {pid}")));
    });
}

#[test]
fn what_cannot_be_combined_is_an_error() {
    for (args, message) in [
        (&["--explain", "semget", "-s"][..], "-s cannot be used with --explain"),
        (
            &["--explain", "semget", "--namespace", "all"],
            "--explain cannot be used with --namespace all",
        ),
        (&["--explain", "semget", "--format", "csv"], "--explain has two formats"),
        (&["--explain", "semget", "--owner", "root"], "--owner cannot be used with --explain"),
    ] {
        let run = ours("ipcs", args).run();
        assert_eq!(run.status, Some(1), "{run:?}");
        assert!(run.err().starts_with(&format!("ipcs: {message}")), "{run:?}");
    }
}

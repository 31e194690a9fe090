//! `ipcrm --dry-run`.

use serde_json::Value;

use crate::support::json::document;
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root, require_users};
use crate::support::objects::{Queue, Shm, two_of_each};
use crate::support::programs::ours;
use crate::support::table::remaining;

#[test]
fn describes_named_objects_and_keeps_them() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        two_of_each();
        Queue { id: 0 }.send(1500);
        let before = remaining();
        let run = ours("ipcrm", ["-n", "-M", "0x12", "-q", "0", "-s0", "-m", "77", "-M0"]).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).expect("users");
        let user = user.expect("the tests' user has a name").name;
        assert_eq!(
            run.out(),
            format!(
                "would remove segment 0 (key 0x00000012, owner {user}, 4.9K)\n\
                 would remove queue 0 (key 0x00000012, owner {user}, 1 message, 1.5K)\n\
                 would remove semaphore set 0 (key 0x00000012, owner {user}, 3 semaphores)\n\
                 would fail: invalid id (77)\n\
                 would fail: illegal key (0)\n"
            )
        );
        assert_eq!(remaining(), before);
    });
}

/// As in a rootless container that shares the IPC namespace of its host, where root of the
/// container has no rights over the objects.
#[test]
fn capabilities_in_another_user_namespace_do_not_allow_removal() {
    require_users("it removes what belongs to another user");
    isolated(|| {
        Shm::private(1, 0o600);
        ours("ipcmk", ["-M", "2", "-p", "666"]).nobody().run();
        let named = ours("ipcrm", ["-n", "-m", "0", "-m", "1"]);
        assert!(!named.run().out().contains("would fail"));
        let run = named.through(&["/usr/bin/unshare", "--user", "--map-root-user"]).run();
        assert!(run.out().contains("would remove segment 0 "), "{run:?}");
        assert!(run.out().contains("would fail: permission denied for id (1)"), "{run:?}");
    });
}

#[test]
fn refuses_a_malformed_command_line() {
    isolated(|| {
        let run = ours("ipcrm", ["-n", "-m", "bad"]).run();
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert!(run.err().starts_with("ipcrm: failed to parse argument: 'bad'\n"));
    });
}

#[test]
fn lists_each_object_once() {
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["-n", "-m0", "-m0", "-M0x12", "-ashm"]).run();
        let lines: Vec<_> = run
            .out()
            .lines()
            .map(|l| l.split(" (owner").next().and_then(|l| l.split(" (key").next()))
            .collect();
        assert_eq!(
            lines,
            [
                Some("would remove segment 0"),
                Some("would fail: invalid id (0)"),
                Some("would fail: invalid key (0x12)"),
                Some("would remove segment 1"),
                Some("would remove 2 segments (8.9K); 2 would fail"),
            ]
        );
    });
}

#[test]
fn a_dry_run_of_all_ends_with_a_summary() {
    isolated(|| {
        let last = |args: &[&str]| {
            let run = ours("ipcrm", args).run();
            assert_eq!((run.status, run.err()), (Some(0), ""));
            run.out().lines().last().map(str::to_owned)
        };
        assert_eq!(last(&["-n", "-a"]).as_deref(), Some("would remove nothing"));
        two_of_each();
        let attached = Shm::keyed(0x99, 10, 0o600).attach();
        let summary = "would remove 3 segments (8.9K), 2 semaphore sets and 2 queues; 1 segment at \
                       the last detach";
        assert_eq!(last(&["-n", "-a"]).as_deref(), Some(summary));
        assert_eq!(last(&["-n", "-asem"]).as_deref(), Some("would remove 2 semaphore sets"));
        // Objects that are named get no summary.
        assert!(last(&["-n", "-m0"]).expect("a line").starts_with("would remove segment "));
        drop(attached);
    });
}

/// The objects removed and the failures that `ipcrm --json` reports.
fn lists(args: &[&str], nobody: bool) -> (Value, Value) {
    let mut program = ours("ipcrm", ["--json"].iter().chain(args));
    if nobody {
        program = program.nobody();
    }
    let run = program.run();
    let mut document = document(&run);
    let dry = args.contains(&"-n");
    assert_eq!(
        document.get("removed").is_none(),
        dry,
        "only a real run has the list of removed objects"
    );
    let done = document[if dry { "would_remove" } else { "removed" }].take();
    (done, document["failed"].take())
}

#[test]
fn predicts_the_next_run() {
    isolated(|| {
        for line in [
            "-m0 -m0 -q1 -S0x12 -m5",
            "-a",
            "-asem -m1",
            "sem 1 0 1",
            "-M0 -Q0x12 -amsg",
            "-m0 -M0x12",
            // An attached segment is only marked, and can be removed once more.
            "-m2 -m2",
            "-ashm -m2 -m0",
            // Its key is released at once.
            "-m2 -M0x99 -m2",
            "-M0x99 -M0x99 -m2",
        ] {
            another(|| {
                two_of_each();
                let attached = Shm::keyed(0x99, 10, 0o600).attach();
                let args: Vec<_> = line.split(' ').collect();
                let dry = [&["-n"], &args[..]].concat();
                assert_eq!(lists(&dry, false), lists(&args, false), "ipcrm {line}");
                drop(attached);
            });
        }
    });
}

#[test]
fn predicts_denied_permissions() {
    require_users("it acts as another user");
    isolated(|| {
        two_of_each();
        Shm::private(10, 0o600).set(65_534, 65_534, 0);
        for args in [&["-m0", "-m2", "-q0"][..], &["-a"]] {
            let dry = [&["-n"], args].concat();
            another(|| {
                two_of_each();
                Shm::private(10, 0o600).set(65_534, 65_534, 0);
                assert_eq!(lists(&dry, true), lists(args, true), "ipcrm {args:?}");
            });
        }
        assert_eq!(remaining(), "shm0 shm1 shm2 msg0 msg1 sem0 sem1");
    });
}

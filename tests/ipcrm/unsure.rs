//! Objects that may be in use, and those that are: what is removed on request only.

use serde_json::json;

use crate::support::actor::{Actor, in_call, until};
use crate::support::json::{document, names};
use crate::support::leftovers::{absent_user, as_absent_user, left_by};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root, require_users};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::{Outcome, ours};
use crate::support::table::remaining;

fn ipcrm(args: &[&str]) -> Outcome {
    ours("ipcrm", args).run()
}

/// Makes a set that root has given to a user without processes: root may want it back.
fn given_set() -> String {
    let uid = absent_user();
    Sems::private(1, 0o600).set(uid, uid, 0o600);
    uid.to_string()
}

/// How to see what a run kept.
fn form(rest: &str) -> String {
    format!("to see those untouched for a day: ipcrm -n {rest} --include-unsure --idle 1d")
}

#[test]
fn names_the_process_that_may_come_back() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let uid = absent_user();
        let mut owner = Actor::of(uid);
        owner.make_set(1);
        let pid = owner.pid();
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).expect("its name");
        let name = format!("{} ({pid})", comm.trim_end());
        let args = ["sem", "--owner", &uid.to_string()];
        let run = ipcrm(&args);
        assert_eq!(
            (run.status, run.out()),
            (Some(0), &*format!("nothing removed; 1 may be in use ({name} may come back to it)\n"))
        );
        let who = format!("{} ({pid}, {uid})", comm.trim_end());
        let reason =
            format!("may be in use: {who} started before its last use and may come back to it");
        assert!(run.err().starts_with("ipcrm: kept semaphore set 0 (owner "), "{run:?}");
        assert!(run.err().ends_with(&format!("): {name} may come back to it\n")), "{run:?}");
        owner.make_set(1);
        let run = ipcrm(&[&["-n"], &args[..]].concat());
        let summary =
            format!("would remove nothing; 2 may be in use ({name} may come back to them)");
        assert_eq!(run.out().lines().last(), Some(summary.as_str()));
        let run = ipcrm(&[&["-J"], &args[..]].concat());
        let document = document(&run);
        assert_eq!(
            (names(&document["kept"]), &document["unsure"]),
            ("sem0 sem1".into(), &json!(2))
        );
        assert_eq!(document["kept"][0]["reason"], reason);
        assert_eq!(document["kept"][0]["processes"][0]["pid"], pid);
        // It is sure when the process has gone.
        owner.end();
        assert_eq!(ipcrm(&args).out(), format!("removed 2 semaphore sets of {uid}\n"));
    });
}

#[test]
fn without_a_process_the_summary_shows_how_to_see_the_objects() {
    require_root("it gives objects to other users");
    isolated(|| {
        let owner = given_set();
        let args = ["sem", "--owner", &owner];
        let form = form(&format!("sem --owner {owner}"));
        let run = ipcrm(&args);
        assert_eq!(run.out(), format!("nothing removed; 1 may be in use ({form})\n"));
        let reason = "may be in use: its creator is root, whose processes may come back to it";
        assert!(run.err().ends_with("): may be in use: its creator is root\n"), "{run:?}");
        let document = document(&ipcrm(&[&["-J"], &args[..]].concat()));
        assert_eq!(document["unsure"], 1);
        assert_eq!(
            (&document["kept"][0]["reason"], &document["removed"]),
            (&json!(reason), &json!([]))
        );
        let (other, _) = as_absent_user(|| Sems::private(1, 0o600));
        let both = format!("{owner},{other}");
        let args = ["-n", "sem", "--owner", &both];
        let dry = ipcrm(&args);
        let summary = format!(
            "would remove 1 semaphore set; would keep 1 that may be in use; {}",
            form.replace(&owner, &both)
        );
        assert_eq!(dry.out().lines().last(), Some(summary.as_str()));
        let run = ipcrm(&args[1..]);
        assert!(
            run.out().starts_with("removed 1 semaphore set; 1 kept that may be in use; to see ")
        );
        assert_eq!(remaining(), "sem0");
    });
}

/// A filter that asks for a verdict counts what is not sure, and lists it only with `-v`.
#[test]
fn orphaned_and_unused_count_what_is_not_sure() {
    require_root("it gives objects to other users");
    isolated(|| {
        given_set();
        for filter in ["--orphaned", "--unused"] {
            let run = ipcrm(&["-a", filter]);
            let form = form(&format!("-a {filter}"));
            assert_eq!(
                (run.status, run.out(), run.err()),
                (Some(0), &*format!("nothing removed; 1 may be in use ({form})\n"), "")
            );
            let run = ipcrm(&["-v", "-a", filter]);
            assert!(run.err().starts_with("ipcrm: kept semaphore set 0 "), "{run:?}");
            let document = document(&ipcrm(&["-J", "-a", filter]));
            assert_eq!(document, json!({"removed": [], "kept": [], "failed": [], "unsure": 1}));
            // An object that does not pass the other conditions is not counted.
            let run = ipcrm(&["-a", filter, "--older", "1h"]);
            assert_eq!(run.out(), "nothing matched\n");
            let run = ipcrm(&["-n", "-a", filter, "--include-unsure", "--idle", "0s"]);
            assert!(run.out().ends_with("would remove 1 semaphore set\n"), "{run:?}");
        }
        let run = ipcrm(&["-a", "--orphaned", "--include-unsure", "--idle", "0s"]);
        assert_eq!((run.out(), remaining()), ("removed 1 semaphore set\n", String::new()));
    });
}

/// `--unused` asks of a segment only that nothing is attached.
#[test]
fn unused_removes_a_detached_segment_whose_user_lives() {
    isolated(|| {
        let uid = absent_user();
        let mut owner = Actor::of(uid);
        owner.tell("keyed-segment 5 10");
        let args = ["shm", "--owner", &uid.to_string()];
        assert!(ipcrm(&args).out().starts_with("nothing removed; 1 may be in use ("));
        let run = ipcrm(&[&args[..], &["--orphaned"]].concat());
        assert_eq!(run.out(), "nothing matched\n", "its creator is alive");
        let run = ipcrm(&[&args[..], &["--unused"]].concat());
        assert_eq!(run.out(), format!("removed 1 segment (10B) of {uid}\n"));
    });
}

#[test]
fn include_unsure_needs_an_idle_time() {
    isolated(|| {
        Sems::private(1, 0o600);
        for args in [&["-a", "--include-unsure"][..], &["-a", "--orphaned", "--include-unsure"]] {
            let run = ipcrm(args);
            assert_eq!((run.status, run.out()), (Some(1), ""));
            let message =
                "ipcrm: --include-unsure needs --idle: untouched for how long, as in --idle 1d\n";
            assert!(run.err().starts_with(message), "{run:?}");
        }
        assert_eq!(remaining(), "sem0");
    });
}

#[test]
fn filters_that_mean_nothing_together_are_refused() {
    isolated(|| {
        Sems::private(1, 0o600);
        let unsure = ["-a", "--include-unsure", "--idle", "0s"];
        for (args, message) in [
            (&["-a", "--unused", "--in-use"][..], "--unused cannot be used with --in-use"),
            (&["-a", "--in-use", "--orphaned"], "--orphaned cannot be used with --in-use"),
            (
                &[&unsure[..], &["--in-use"]].concat(),
                "--include-unsure cannot be used with --in-use",
            ),
            (&[&unsure[..], &["--force"]].concat(), "--include-unsure cannot be used with --force"),
        ] {
            let run = ipcrm(args);
            assert_eq!((run.status, run.out()), (Some(1), ""), "{args:?}");
            assert!(run.err().starts_with(&format!("ipcrm: {message}")), "{run:?}");
        }
        assert_eq!(remaining(), "sem0");
        let run = ours("ipcs", ["--unused", "--in-use"]).run();
        assert_eq!((run.status, run.out()), (Some(1), ""));
    });
}

#[test]
fn include_unsure_keeps_what_is_in_use() {
    isolated(|| {
        let segments = [Shm::private(10, 0o600), Shm::private(10, 0o600)];
        let _attachment = segments[1].attach();
        let sets = [(); 2].map(|()| Sems::private(1, 0o600));
        sets[1].operate(0, 1);
        let args = ["-a", "--include-unsure", "--idle"];
        assert_eq!(ipcrm(&[&args[..], &["1h"]].concat()).out(), "nothing matched\n");
        let run = ipcrm(&[&args[..], &["0s"]].concat());
        assert_eq!(run.out(), "removed 1 segment (10B) and 1 semaphore set; kept 2 in use\n");
        assert_eq!(remaining(), "shm1 sem1");
    });
}

#[test]
fn in_use_selects_what_only_force_removes() {
    require_users("it acts as another user");
    isolated(|| {
        let uid = absent_user();
        left_by(uid, &["segment 10", "set 1", "queue"]);
        let _attachment = Shm { id: 0 }.attach();
        Sems { id: 0 }.operate(0, 1);
        let owner = uid.to_string();
        let args = ["-a", "--in-use", "--owner", &owner];
        let run = ipcrm(&args);
        assert_eq!((run.status, run.out()), (Some(0), "nothing removed; kept 2 in use\n"));
        let document = document(&ipcrm(&[&["-J"], &args[..]].concat()));
        assert_eq!(
            (names(&document["kept"]), &document["unsure"]),
            ("shm0 sem0".into(), &json!(0))
        );
        assert_eq!(document["kept"][0]["reason"], "in use: attached (nattch 1)");
        let run = ipcrm(&[&["-v", "--force"], &args[..]].concat());
        assert!(run.out().contains("): in use\n"), "{run:?}");
        let summary = format!(
            "removed 1 segment (10B) and 1 semaphore set of {uid}; 1 segment at the last detach"
        );
        assert_eq!(run.out().lines().last(), Some(summary.as_str()));
        assert_eq!(remaining(), "shm0 msg0");
    });
}

#[test]
fn a_dry_run_of_named_objects_counts_blocked_threads_and_messages() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(3, 0o600);
        let queue = Queue::keyed(0x12, 0o600);
        queue.send(10);
        let would = |kind: &str, id: i32| {
            let run = ipcrm(&["-n", kind, &id.to_string()]);
            assert_eq!((run.status, run.err()), (Some(0), ""));
            run.out().to_owned()
        };
        assert_eq!(
            would("sem", set.id),
            "would remove semaphore set 0 (owner root, 3 semaphores)\n"
        );
        let mut actor = Actor::start();
        actor.tell(&format!("thread semop {set} 1:-1"));
        actor.tell(&format!("thread semop {set} 2:-1"));
        set.set_value(0, 1);
        actor.tell(&format!("thread semop {set} 0:0"));
        until("three threads wait", || (0..3).map(|num| set.blocked(num)).sum::<i32>() == 3);
        assert_eq!(
            would("sem", set.id),
            "would remove semaphore set 0 (owner root, 3 semaphores, 3 blocked)\n"
        );
        assert_eq!(
            would("msg", queue.id),
            "would remove queue 0 (key 0x00000012, owner root, 1 message, 10B)\n"
        );
        // It waits for a message of another type.
        actor.say(&format!("msgrcv {queue} 5"));
        until("it waits for a message", || in_call(actor.pid(), nix::libc::SYS_msgrcv, queue.id));
        assert_eq!(
            would("msg", queue.id),
            "would remove queue 0 (key 0x00000012, owner root, 1 message, 10B, 1 blocked)\n"
        );
        let run = ipcrm(&["-n", "-amsg"]);
        assert!(run.out().contains("10B, 1 blocked)"), "{run:?}");
    });
}

//! `ipcrm` with filters: which objects it removes and keeps, and what it prints.

use serde_json::json;

use crate::support::actor::{Actor, in_call, until};
use crate::support::json::{document, names};
use crate::support::leftovers::{absent_user, as_absent_user, left_by, two_left_of_each};
use crate::support::namespace::{
    EVERY_PROCESS, add_users, another, cover_with, isolated, other_mounts, require_root,
    require_users,
};
use crate::support::objects::{Queue, Sems, Shm, as_user, two_of_each};
use crate::support::programs::{Outcome, ours};
use crate::support::table::remaining;

fn ipcrm(args: &[&str]) -> Outcome {
    ours("ipcrm", args).run()
}

/// Makes segments 0 to 3 and sets 0 to 3. A user without processes, who is returned, has made and
/// owns 0 and 1. This process uses 1 and 3.
fn four_of_each() -> (u32, impl Sized) {
    let uid = absent_user();
    left_by(uid, &["keyed-segment 256 5000", "keyed-segment 257 5000"]);
    as_user(uid, uid, || [0x100, 0x101].map(|key| Sems::keyed(key, 2, 0o600)));
    for key in [0x102, 0x103] {
        Shm::keyed(key, 5000, 0o600);
        Sems::keyed(key, 2, 0o600);
    }
    for id in [1, 3] {
        Sems { id }.operate(1, 1);
    }
    (uid, [1, 3].map(|id| Shm { id }.attach()))
}

#[test]
fn removes_matching_objects_and_keeps_those_in_use() {
    require_root("it acts as another user");
    isolated(|| {
        let (uid, _attachments) = four_of_each();
        let run = ipcrm(&["shm", "sem", "--owner", &uid.to_string()]);
        assert_eq!(run.status, Some(0));
        assert_eq!(
            run.out(),
            format!("removed 1 segment (4.9K) and 1 semaphore set of {uid}; kept 2 in use\n")
        );
        let pid = std::process::id();
        let lines: Vec<_> = run.err().lines().collect();
        let [segment, set] = lines[..] else { panic!("{run:?}") };
        let start = format!("ipcrm: kept segment 1 (owner {uid}, 4.9K, 1 attached");
        assert!(segment.starts_with(&start), "{segment}");
        assert!(segment.contains(&format!("): in use: pid {pid} (")), "{segment}");
        assert!(set.starts_with(&format!("ipcrm: kept semaphore set 1 (owner {uid}, ")), "{set}");
        assert!(set.contains(&format!("): in use: last user alive: pid {pid} (")), "{set}");
        assert_eq!(remaining(), "shm1 shm2 shm3 sem1 sem2 sem3");
    });
}

#[test]
fn all_selects_every_kind_and_a_kind_word_selects_one() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        two_left_of_each();
        let run = ipcrm(&["--all", "--key", "0x12", "--unused", "-n"]);
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let run = ipcrm(&["sem", "--key", "18"]);
        assert_eq!((run.out(), run.status), ("removed 1 semaphore set\n", Some(0)));
        let run = ipcrm(&["--all=shm", "--key", "0x12,0x13"]);
        assert_eq!(run.out(), "removed 1 segment (4.9K)\n");
        assert_eq!(remaining(), "shm1 msg0 msg1 sem1");
        let run = ipcrm(&["-a", "--min-size", "4096"]);
        assert_eq!(run.out(), "removed 1 segment (4K)\n");
        let run = ipcrm(&["-a", "--min-size", "1M"]);
        assert_eq!((run.out(), run.err(), run.status), ("nothing matched\n", "", Some(0)));
        let run = ipcrm(&["-J", "-a", "--min-size", "1M"]);
        assert_eq!(document(&run), json!({"removed": [], "kept": [], "failed": [], "unsure": 0}));
    });
}

/// The last of repeated filters counts, but every one of them must be valid.
#[test]
fn an_invalid_repeated_value_removes_nothing() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        two_left_of_each();
        let before = remaining();
        for (option, wrong, right, reason) in [
            (
                "--older",
                "bad",
                "0s",
                "'bad' is not a duration such as 90s, 15min, 2h, 3d, 1w or 1h30m",
            ),
            (
                "--idle",
                "1.5h",
                "0s",
                "'1.5h' is not a duration such as 90s, 15min, 2h, 3d, 1w or 1h30m",
            ),
            ("--min-size", "zz", "1", "'zz' is not a size such as 4096, 64K or 1.5GiB"),
            ("--max-size", "zz", "9", "'zz' is not a size such as 4096, 64K or 1.5GiB"),
            ("--full", "x%", "0", "'x%' is not a percentage such as 80, 80% or 99.5"),
            ("--used-by", "me", "1", "'me' is not a process ID such as 1234"),
            ("--key", "zz", "0x12", "'zz' is not a key such as 0x1234, 4660 or 011064"),
            ("--group", "nosuch", "0", "unknown group 'nosuch'"),
            ("--created-by", "nosuch", "0", "unknown user 'nosuch'"),
            ("--owner", "", "0", "unknown user ''"),
        ] {
            for order in [[wrong, right, right], [right, wrong, right], [right, right, wrong]] {
                let [a, b, c] = order;
                let run = ipcrm(&["-a", "--force", option, a, option, b, option, c]);
                assert_eq!((run.status, run.out()), (Some(1), ""), "{option} {order:?}");
                let message = run.err().lines().next().unwrap_or_default();
                assert!(message.starts_with(&format!("ipcrm: {option}: {reason}")), "{run:?}");
                assert_eq!(remaining(), before);
            }
        }
        let run = ipcrm(&["-a", "--key", "a", "--key", "b,0x12", "--key", "0x12", "--older", "c"]);
        let messages = run.err().lines().filter(|line| line.starts_with("ipcrm: --")).count();
        assert_eq!((messages, remaining()), (3, before), "{run:?}");
        let run =
            ipcrm(&["-a", "--key", "0x13", "--key", "0x12", "--older", "1h", "--older", "0s"]);
        assert_eq!(run.out(), "removed 1 segment (4.9K), 1 semaphore set and 1 queue\n");
        assert_eq!(remaining(), "shm1 msg1 sem1");
    });
}

#[test]
fn selects_the_objects_that_ipcs_lists() {
    require_users("it gives objects to other users");
    isolated(|| {
        let (uid, _attachments) = four_of_each();
        let uid = uid.to_string();
        two_of_each();
        Queue { id: 0 }.send(1500);
        let filters: [&[&str]; 10] = [
            &["--owner", &uid],
            &["--owner", "root", "--key", "0x12,0x102"],
            &["--created-by", "0", "--min-size", "3"],
            &["--group", &uid, "--older", "0s"],
            &["--idle", "0s"],
            &["--older", "1h"],
            &["--unused"],
            &["--orphaned"],
            &["--in-use"],
            &["--unused", "--owner", "0"],
        ];
        for filter in filters {
            let listed = ours("ipcs", [&["--json"], filter].concat()).run();
            let listed = document(&listed);
            let all = |kind: &str| names(&listed[kind]);
            let mut expected: Vec<String> = ["shm", "sem", "msg"].iter().map(|k| all(k)).collect();
            expected.retain(|ids| !ids.is_empty());
            let mut expected: Vec<&str> = expected.iter().flat_map(|ids| ids.split(' ')).collect();
            let run = ipcrm(&[&["-n", "-J", "-a"], filter].concat());
            let document = document(&run);
            let both = format!("{} {}", names(&document["would_remove"]), names(&document["kept"]));
            let mut selected: Vec<&str> = both.split_whitespace().collect();
            expected.sort_unstable();
            selected.sort_unstable();
            assert_eq!(selected, expected, "{filter:?}");
        }
    });
}

#[test]
fn a_dry_run_predicts_the_next_run() {
    require_users("it acts as other users");
    isolated(|| {
        let filters: [&[&str]; 9] = [
            &["-a", "--owner", "UID"],
            &["shm", "--owner", "UID", "--force"],
            &["sem", "shm", "--idle", "0s"],
            &["-a", "--unused"],
            &["-a", "--orphaned"],
            &["-a", "--include-unsure", "--idle", "0s"],
            &["-a", "--in-use"],
            &["-a", "--in-use", "--force"],
            &["--all=sem", "--created-by", "root", "--min-size", "2"],
        ];
        for nobody in [false, true] {
            for filter in filters {
                another(|| {
                    let (uid, _attachments) = four_of_each();
                    two_of_each();
                    let before = remaining();
                    let args = filter.iter().map(|arg| arg.replace("UID", &uid.to_string()));
                    let args: Vec<String> = args.collect();
                    let run = |more: &[&str]| {
                        let more = more.iter().map(|&arg| arg.to_owned());
                        let program = ours("ipcrm", more.chain(args.iter().cloned()));
                        if nobody { program.nobody().run() } else { program.run() }
                    };
                    let text = run(&["-n"]);
                    assert_eq!((text.status, text.err()), (Some(0), ""), "{filter:?}");
                    let dry = document(&run(&["-n", "--json"]));
                    assert_eq!(remaining(), before);
                    let real = document(&run(&["--json"]));
                    let (would, removed) = (names(&dry["would_remove"]), names(&real["removed"]));
                    assert_eq!(would, removed, "{filter:?}");
                    for list in ["kept", "failed"] {
                        assert_eq!(names(&dry[list]), names(&real[list]), "{filter:?}: {list}");
                    }
                    assert_eq!(dry["unsure"], real["unsure"], "{filter:?}");
                    let lines =
                        text.out().lines().filter(|line| line.starts_with("would remove ")).count()
                            - usize::from(!text.out().contains("nothing matched"));
                    assert_eq!(lines, removed.split_whitespace().count(), "{text:?}");
                });
            }
        }
    });
}

#[test]
fn a_dry_run_describes_objects_and_reasons() {
    require_users("it acts as another user");
    isolated(|| {
        let (_, _attachments) = four_of_each();
        let queue = Queue::keyed(0x77, 0o600);
        for _ in 0..3 {
            queue.send(500);
        }
        let run = ipcrm(&["-n", "sem", "shm", "msg", "--owner", "0", "--idle", "0s", "--force"]);
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let lines: Vec<_> = run.out().lines().map(without_durations).collect();
        assert_eq!(
            lines,
            [
                "would remove segment 2 (key 0x00000102, owner root, 4.9K, idle X)",
                "would remove segment 3 (owner root, 4.9K, 1 attached, idle X); freed when the last process detaches",
                "would remove semaphore set 2 (key 0x00000102, owner root, 2 semaphores, idle X)",
                "would remove semaphore set 3 (key 0x00000103, owner root, 2 semaphores, idle X)",
                "would remove queue 0 (key 0x00000077, owner root, 3 messages, 1.5K, idle X)",
                "would remove 2 segments (9.8K), 2 semaphore sets and 1 queue (1.5K) of root; 1 segment at the last detach",
            ]
        );
        let run = ipcrm(&["-n", "-J", "msg", "--key", "0x77", "--force"]);
        let mut document = document(&run);
        document["would_remove"][0]["idle"].take();
        assert_eq!(
            document,
            json!({"would_remove": [
                {"kind": "msg", "id": 0, "key": "0x00000077", "owner": "root", "uid": 0,
                 "cbytes": 1500, "qnum": 3, "idle": null, "reason": "key 0x00000077"}],
                "kept": [], "failed": [], "unsure": 0})
        );
    });
}

/// Replaces `idle 3s` by `idle X`, because the time varies.
fn without_durations(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        if words[at - 1] == "idle" {
            let rest = words[at].trim_start_matches(|c: char| c.is_ascii_alphanumeric()).to_owned();
            words[at] = format!("X{rest}");
        }
    }
    words.join(" ")
}

#[test]
fn force_removes_objects_in_use_and_reports_marked_segments() {
    isolated(|| {
        let segment = Shm::keyed(0x5, 100, 0o600);
        let attachment = segment.attach();
        let set = Sems::private(1, 0o600);
        set.operate(0, 1);
        let queue = Queue::private(0o600);
        queue.send(1);
        let run = ipcrm(&["-a", "--min-size", "1"]);
        assert_eq!(run.out(), "nothing removed; kept 3 in use\n");
        assert_eq!(remaining(), "shm0 msg0 sem0");
        let run = ipcrm(&["-a", "--min-size", "1", "--force"]);
        assert_eq!(run.status, Some(0));
        assert_eq!(
            run.out(),
            "removed 1 segment (100B), 1 semaphore set and 1 queue (1B); 1 segment at the last detach\n"
        );
        assert!(
            run.err().starts_with("ipcrm: marked segment 0 (")
                && run.err().ends_with(" for destruction: freed when the last process detaches\n"),
            "{run:?}"
        );
        assert_eq!(remaining(), "shm0");
        // A marked segment cannot be removed again, and is not reported as removed.
        let run = ipcrm(&["-a", "--min-size", "1", "--force"]);
        assert_eq!(run.out(), "nothing removed; kept 1 in use\n");
        let reason = format!("): already marked for destruction: pid {} (", std::process::id());
        assert!(run.err().contains(&reason), "{run:?}");
        drop(attachment);
        let attachment = Shm::keyed(0x6, 100, 0o600).attach();
        let run = ipcrm(&["shm", "--key", "6", "--force"]);
        let summary = "removed 1 segment (100B), freed when the last process detaches\n";
        assert_eq!(run.out(), summary);
        drop(attachment);
        assert_eq!(remaining(), "");
    });
}

#[test]
fn lists_blocked_processes() {
    isolated(|| {
        let set = Sems::private(3, 0o600);
        let mut actor = Actor::start();
        actor.say(&format!("semop {} 1:-1", set.id));
        until("the actor waits", || set.blocked(1) == 1);
        let run = ipcrm(&["-J", "sem", "--older", "0s"]);
        let document = document(&run);
        assert_eq!(names(&document["kept"]), "sem0");
        let kept = &document["kept"][0];
        assert_eq!(kept["reason"], "in use: 1 thread is blocked on it");
        assert_eq!(kept["processes"][0]["pid"], actor.pid());
        assert!(kept["processes"][0]["command"].as_str().expect("text").contains("an actor"));
        assert_eq!(remaining(), "sem0");
    });
}

/// The processes are found by one walk, which has to look for every reason at once.
#[test]
fn lists_the_processes_of_objects_kept_for_different_reasons() {
    isolated(|| {
        let (segment, set) = (Shm::private(10, 0o600), Sems::private(1, 0o600));
        let queue = Queue::private(0o600);
        let [mut attacher, mut waiter, mut receiver] = [(); 3].map(|()| Actor::start());
        attacher.attach(segment, "rw");
        waiter.say(&format!("semop {set} 0:-1"));
        until("the waiter waits", || set.blocked(0) == 1);
        receiver.say(&format!("msgrcv {queue} 0"));
        until("the receiver waits", || in_call(receiver.pid(), nix::libc::SYS_msgrcv, queue.id));
        let users = [attacher.pid(), waiter.pid(), receiver.pid()];
        for (kinds, users) in [
            (&["shm", "sem", "msg"][..], &users[..]),
            (&["shm", "sem"], &users[..2]),
            (&["shm", "msg"], &[users[0], users[2]]),
            (&["sem", "msg"], &users[1..]),
        ] {
            let run = ipcrm(&[kinds, &["--older", "0s"]].concat());
            let lines: Vec<_> = run.err().lines().collect();
            assert_eq!(lines.len(), users.len(), "{run:?}");
            for (line, pid) in lines.iter().zip(users) {
                assert!(line.contains(&format!(": pid {pid} (")), "{run:?}");
            }
        }
        assert_eq!(remaining(), "shm0 msg0 sem0");
    });
}

#[test]
fn lists_the_users_that_fit_in_text() {
    isolated(|| {
        let segment = Shm::private(10, 0o600);
        let mut users = [(); 7].map(|()| Actor::start());
        for user in &mut users {
            user.attach(segment, "rw");
        }
        let run = ipcrm(&["shm", "--older", "0s"]);
        let named = run.err().matches("pid ").count();
        assert!((1..6).contains(&named), "{run:?}");
        assert!(run.err().ends_with(&format!(") and {} more\n", 7 - named)), "{run:?}");
        assert!(run.err().trim_end().chars().count() <= 100, "{run:?}");
        let run = ipcrm(&["-J", "shm", "--older", "0s"]);
        let all = document(&run)["kept"][0]["processes"].as_array().map(Vec::len);
        assert_eq!(all, Some(7), "JSON lists all of them: {run:?}");
    });
}

#[test]
fn removes_sets_whose_last_operator_has_ended() {
    require_root("it looks at other processes");
    isolated(|| {
        let (_, sets) = as_absent_user(|| [(); 2].map(|()| Sems::private(1, 0o600)));
        let mut actor = Actor::start();
        actor.tell(&format!("operate {} 2", sets[0].id));
        let run = ipcrm(&["sem", "--older", "0s"]);
        assert_eq!(run.out(), "nothing removed; kept 2 in use\n");
        actor.end();
        let run = ipcrm(&["sem", "--older", "0s"]);
        assert_eq!((run.out(), run.err()), ("removed 2 semaphore sets\n", ""));
    });
}

#[test]
fn lists_a_process_with_several_blocked_threads_once() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let mut actor = Actor::start();
        for _ in 0..2 {
            actor.tell(&format!("thread semop {} 0:-1", set.id));
        }
        until("both threads wait", || set.blocked(0) == 2);
        let run = ipcrm(&["-J", "sem", "--older", "0s"]);
        let kept = &document(&run)["kept"][0];
        assert_eq!(kept["reason"], "in use: 2 threads are blocked on it");
        assert_eq!(kept["processes"].as_array().map(Vec::len), Some(1), "{kept}");
        assert_eq!(kept["processes"][0]["pid"], actor.pid());
    });
}

#[test]
fn lists_processes_that_cannot_be_inspected() {
    require_users("it acts as another user");
    isolated(|| {
        let (uid, _) = as_absent_user(|| Queue::private(0o600));
        let other = Actor::start();
        let run = ours("ipcrm", ["-J", "msg", "--older", "0s"]).user(uid, uid).run();
        let kept = &document(&run)["kept"][0];
        let reason = kept["reason"].as_str().expect("a reason");
        assert!(
            reason.starts_with("may be in use: ")
                && reason.ends_with(" could not be inspected: permission denied"),
            "{reason}"
        );
        let processes = kept["processes"].as_array().expect("processes");
        assert!(processes.iter().any(|process| process["pid"] == other.pid()), "{kept}");
        assert_eq!(remaining(), "msg0");
    });
}

#[test]
fn exits_1_after_an_unreadable_row() {
    isolated(|| {
        two_left_of_each();
        let run = other_mounts(|| {
            let text = std::fs::read_to_string("/proc/sysvipc/shm").expect("the list");
            let text = format!("{text}   what is this\n");
            cover_with("/proc/sysvipc/shm", text.as_bytes());
            ipcrm(&["shm", "--older", "0s"])
        });
        assert_eq!((run.status, run.out()), (Some(1), "removed 2 segments (8.9K)\n"));
        assert!(run.err().starts_with("ipcrm: /proc/sysvipc/shm: line 4: "), "{run:?}");
        assert_eq!(remaining(), "msg0 msg1 sem0 sem1");
    });
}

#[test]
fn lists_at_most_twenty_kept_objects() {
    isolated(|| {
        for _ in 0..30 {
            Sems::private(1, 0o600).operate(0, 1);
        }
        let run = ipcrm(&["sem", "--older", "0s"]);
        assert_eq!((run.out(), run.status), ("nothing removed; kept 30 in use\n", Some(0)));
        assert_eq!(run.err().lines().count(), 21);
        assert!(run.err().ends_with("ipcrm: and 10 more; --verbose lists them\n"), "{run:?}");
        let run = ipcrm(&["-v", "sem", "--older", "0s"]);
        assert_eq!(run.err().lines().count(), 30);
        let run = ipcrm(&["-n", "sem", "--older", "0s"]);
        assert_eq!((run.out().lines().count(), run.err()), (31, ""));
        assert!(run.out().ends_with("would remove nothing; would keep 30 in use\n"));
    });
}

#[test]
fn verbose_reports_each_removal() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        two_left_of_each();
        let run = ipcrm(&["-v", "shm", "sem", "--key", "0x12"]);
        let lines: Vec<_> = run.out().lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("removed segment 0 (key 0x00000012, owner "));
        assert!(lines[0].ends_with("s)"), "what is described is no reason too: {run:?}");
        assert!(lines[1].starts_with("removed semaphore set 0 (key 0x00000012, owner "));
        assert_eq!(lines[2], "removed 1 segment (4.9K) and 1 semaphore set");
    });
}

#[test]
fn reports_objects_of_others_and_removes_own_ones() {
    require_users("it acts as another user");
    isolated(|| {
        let theirs = [Shm::private(10, 0o644).id, Shm::private(10, 0o600).id];
        let unreadable = Sems::private(1, 0o600);
        let readable = Sems::private(1, 0o644);
        let uid = absent_user();
        left_by(uid, &["segment 10", "segment 10", "set 1"]);
        assert_eq!(theirs, [0, 1]);
        let run = ours("ipcrm", ["shm", "sem", "--older", "0s"]).user(uid, uid).run();
        assert_eq!(run.status, Some(1));
        // Who waits on a set is not visible to an ordinary user.
        assert_eq!(
            run.out(),
            "removed 2 segments (20B); 1 kept that may be in use; to see those untouched \
             for a day: ipcrm -n shm sem --older 0s --include-unsure --idle 1d; 4 failed\n"
        );
        let mut expected = String::new();
        for id in [theirs[0], theirs[1], unreadable.id, readable.id] {
            expected.push_str(&format!("ipcrm: permission denied for id ({id})\n"));
        }
        let (failures, kept) = run.err().split_at(expected.len());
        assert_eq!(failures, expected);
        assert!(kept.starts_with("ipcrm: kept semaphore set 2 (owner "), "{kept}");
        assert_eq!(remaining(), "shm0 shm1 sem0 sem1 sem2");
        let args = ["sem", "--older", "0s", "--include-unsure", "--idle", "0s"];
        let run = ours("ipcrm", args).user(uid, uid).run();
        assert_eq!(run.out(), "removed 1 semaphore set; 2 failed\n");
        let run = ours("ipcrm", ["-J", "sem", "--older", "0s"]).user(uid, uid).run();
        assert_eq!(document(&run)["failed"][0]["errno"], "EPERM");
    });
}

#[test]
fn escapes_user_names() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[("e\x1b[31mvil\u{202e}n", 4343)]);
        let segment = Shm::private(1, 0o600);
        segment.set(4343, 4343, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        let set = Sems::private(1, 0o600);
        set.set(4343, 4343, 0o600);
        let safe = "owner e\\x1b[31mvil\\xe2\\x80\\xaen";
        for args in [
            &["-n", "-m", "0"][..],
            &["-n", "-a", "--owner", "4343"],
            &["-n", "-a", "--group", "4343"],
            &["shm", "--owner", "4343"],
            &["-v", "sem", "--owner", "4343"],
            &["shm", "--owner", "4343", "--force"],
        ] {
            let run = ipcrm(args);
            assert_eq!(run.status, Some(0), "{run:?}");
            let text = format!("{}{}", run.out(), run.err());
            assert!(text.contains(safe), "{args:?}: {text:?}");
            let dangerous = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert_eq!(text.find(dangerous), None, "{args:?}: {text:?}");
        }
    });
}

#[test]
fn removes_orphaned_objects() {
    require_root("it acts as another user");
    isolated(|| {
        let set = Sems::private(2, 0o600);
        let segment = Shm::private(10, 0o600);
        // The creator counts too, so a user without processes makes these.
        let (_, gone) = as_absent_user(|| [(); 2].map(|()| Sems::private(2, 0o600).id));
        let run = ipcrm(&["-a", "--orphaned"]);
        // A set of root may always be wanted; the creator of the segment is alive.
        let form =
            "to see those untouched for a day: ipcrm -n -a --orphaned --include-unsure --idle 1d";
        assert_eq!(
            (run.out(), run.err()),
            (&*format!("removed 2 semaphore sets; 1 kept that may be in use; {form}\n"), "")
        );
        assert_eq!(gone, [1, 2]);
        assert_eq!(remaining(), format!("shm{} sem{}", segment.id, set.id));
        // --force does not change what the filter selects.
        let run = ipcrm(&["-a", "--orphaned", "--force"]);
        assert_eq!(run.out(), format!("nothing removed; 1 may be in use ({form})\n"));
    });
}

//! `--namespace` and `--list-namespaces` of the programs.

use serde_json::Value;

use super::{element, elsewhere, ids, ipcs, isolated_alone, own};
use crate::support::json::document;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::ours;
use crate::support::table::remaining;

#[test]
fn objects_are_listed_under_their_own_namespace() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        Shm::private(100, 0o600);
        Shm::private(100, 0o600);
        let ([mut actor], other) = elsewhere();
        let made = actor.make_segment(4096);
        assert_eq!(made.id, 0, "the same id as here");
        let pid = actor.pid().to_string();
        for scope in ["all", &pid, &format!("/proc/{pid}/ns/ipc")] {
            let one = element(&document(&ipcs(&["-m", "--namespace", scope, "--json"])), other);
            assert_eq!((ids(&one, "shm"), &one["shm"][0]["size"]), (vec![0], &4096.into()));
            assert_eq!((&one["current"], &one["pid"]), (&false.into(), &actor.pid().into()));
        }
        let all = document(&ipcs(&["-m", "--namespace", "all", "--json"]));
        let here = element(&all, own());
        assert_eq!((ids(&here, "shm"), &here["current"]), (vec![0, 1], &true.into()));
        // Without the option only the own namespace is listed, without a word about others.
        assert_eq!(document(&ipcs(&["-m", "--json"]))["shm"].as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn each_format_says_which_namespace_an_object_is_in() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let ([mut actor], other) = elsewhere();
        actor.make_segment(4096);
        let pid = actor.pid().to_string();
        let scope = ["-m", "--namespace", &pid];
        let run = |more: &[&str]| ipcs(&[&scope[..], more].concat()).out().to_owned();
        let heading = format!("IPC namespace {other}: 1 process, oldest {pid}: ");
        for format in ["classic", "table"] {
            let text = run(&["--format", format]);
            assert!(text.starts_with(&heading), "{text}");
        }
        let classic = run(&[]);
        let (_, list) = classic.split_once('\n').expect("lines");
        assert!(list.starts_with("\n------ Shared Memory Segments --------\n"), "{list}");
        assert!(!run(&["--no-headings"]).contains("IPC namespace"));
        let csv = run(&["--format", "csv", "-o", "+rss"]);
        assert!(csv.starts_with("namespace,container,key,id,"), "{csv}");
        assert!(csv.contains(&format!("\n{other},,0x00000000,0,")), "{csv}");
        let line: Value = serde_json::from_str(&run(&["--format", "jsonl"])).expect("JSON");
        assert_eq!((&line["namespace"], &line["container"]), (&other.into(), &Value::Null));
        let all = ipcs(&["-m", "--namespace", "all", "--format", "csv"]);
        assert_eq!(all.out().matches("namespace,").count(), 1, "one header");
    });
}

#[test]
fn limits_totals_and_single_objects_are_those_of_the_namespace() {
    isolated(|| {
        let ([mut actor], other) = elsewhere();
        actor.make_segment(4096);
        Queue::private(0o600);
        let pid = actor.pid().to_string();
        let scope = ["--namespace", &pid, "--json"];
        let of = |more: &[&str]| element(&document(&ipcs(&[more, &scope].concat())), other);
        assert_eq!(of(&["-u"])["usage"]["shm"]["used_ids"], 1);
        assert_eq!(of(&["-u"])["usage"]["msg"]["msgpool"], 0);
        assert!(of(&["-l"])["limits"]["sem"]["semmni"].is_u64());
        assert_eq!(ids(&of(&["-m", "-i", "0"]), "shm"), [0]);
        let missing = ours("ipcs", ["-q", "-i", "0", "--namespace", &pid]).run();
        assert_eq!((missing.status, missing.err()), (Some(1), "ipcs: id 0 not found\n"));
    });
}

#[test]
fn processes_belong_to_the_objects_of_their_own_namespace() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let here = Shm::private(4096, 0o600);
        let _attachment = here.attach();
        let ([mut actor], other) = elsewhere();
        let there = actor.make_segment(4096);
        assert_eq!(there.id, here.id);
        actor.attach(there, "rw");
        let all = document(&ipcs(&["-m", "-P", "--namespace", "all", "--json"]));
        let users = |inode| -> Vec<i64> {
            let element = element(&all, inode);
            let users = element["shm"][0]["processes"].as_array().expect("processes").clone();
            users.iter().map(|user| user["pid"].as_i64().expect("a pid")).collect()
        };
        assert_eq!(users(other), [i64::from(actor.pid())]);
        assert_eq!(users(own()), [i64::from(std::process::id())]);
    });
}

#[test]
fn namespaces_are_listed_with_what_is_in_them() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        Sems::private(3, 0o600);
        let ([mut actor], other) = elsewhere();
        actor.make_segment(4096);
        let listed = document(&ipcs(&["--list-namespaces", "--json"]));
        let there = element(&listed, other);
        assert_eq!(there["shm"], serde_json::json!({ "objects": 1, "bytes": 4096 }));
        assert_eq!((&there["processes"], &there["error"]), (&1.into(), &Value::Null));
        let here = element(&listed, own());
        assert_eq!(here["sem"], serde_json::json!({ "objects": 1, "semaphores": 3 }));
        let table = ipcs(&["--list-namespaces"]);
        let line = table.out().lines().find(|line| line.contains(&other.to_string()));
        assert!(line.expect("a row").contains(" 4K "), "{table:?}");
    });
}

/// The command says more than the counts that are left out.
#[test]
fn a_narrow_list_of_namespaces_has_room_for_the_commands() {
    isolated(|| {
        let ([mut actor], other) = elsewhere();
        actor.make_segment(1 << 30);
        let run = ours("ipcs", ["--list-namespaces"]).env("COLUMNS", "80").run();
        let heading = run.out().lines().next().expect("a heading");
        let words: Vec<&str> = heading.split_whitespace().collect();
        let expected =
            ["NAMESPACE", "PID", "SHM", "SHM_BYTES", "MSG", "SEM", "CONTAINER", "COMMAND"];
        assert_eq!(words, expected, "{run:?}");
        let line = run.out().lines().find(|line| line.contains(&other.to_string()));
        assert!(line.expect("a row").contains("  integration-"), "{run:?}");
        assert!(run.out().lines().all(|line| line.chars().count() <= 80), "{run:?}");
    });
}

#[test]
fn what_is_not_a_namespace_is_an_error() {
    isolated(|| {
        for (typed, reason) in [
            ("/proc/self/status", "'/proc/self/status' is not an IPC namespace"),
            ("/proc/self/ns/pid", "'/proc/self/ns/pid' is not an IPC namespace"),
            ("2147483647", "no process 2147483647"),
            (
                "4026532181",
                "no process 4026532181; to name a namespace, use the ID of a process in it (see ipcs --list-namespaces)",
            ),
            ("", "--namespace needs a process ID, a path or all"),
        ] {
            let run = ours("ipcs", ["--namespace", typed]).run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{typed}");
            let first = run.err().lines().next();
            assert_eq!(first, Some(&*format!("ipcs: {reason}")), "{typed}");
        }
    });
}

#[test]
fn ipcmk_creates_objects_in_another_namespace() {
    isolated(|| {
        let ([actor], other) = elsewhere();
        let pid = actor.pid().to_string();
        let run = ours("ipcmk", ["-S", "3", "--namespace", &pid]).run();
        assert_eq!((run.status, run.out()), (Some(0), "Semaphore id: 0\n"), "{run:?}");
        assert_eq!(remaining(), "", "nothing here");
        let there = document(&ipcs(&["-s", "--namespace", &pid, "--json"]));
        assert_eq!(element(&there, other)["sem"][0]["nsems"], 3);
        let all = ours("ipcmk", ["-Q", "--namespace", "all"]).run();
        assert_eq!((all.status, all.out()), (Some(1), ""), "{all:?}");
    });
}

#[test]
fn columns_are_listed_as_usual_beside_a_namespace() {
    isolated(|| {
        let plain = ipcs(&["--list-columns"]);
        assert_eq!(ipcs(&["--list-columns", "--namespace", "all"]).out(), plain.out());
    });
}

#[test]
fn totals_of_groups_are_those_of_each_namespace() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        Queue::private(0o600);
        let ([mut actor], other) = elsewhere();
        actor.make_segment(4096);
        actor.make_segment(4096);
        let pid = actor.pid().to_string();
        let by_owner = ["-u", "--group-by", "owner"];
        let all = document(&ipcs(&[&by_owner[..], &["--namespace", "all", "--json"]].concat()));
        let (here, there) = (element(&all, own()), element(&all, other));
        assert_eq!(
            (&there["group_by"], there["groups"].as_array().map(Vec::len)),
            (&"owner".into(), Some(1))
        );
        let objects = |one: &Value, kind: &str| one["groups"][0][kind]["objects"].as_u64();
        assert_eq!((objects(&there, "shm"), objects(&there, "msg")), (Some(2), Some(0)));
        assert_eq!((objects(&here, "shm"), objects(&here, "msg")), (Some(0), Some(1)));
        let csv = ipcs(&[&by_owner[..], &["-m", "--namespace", &pid, "--format", "csv"]].concat());
        assert!(csv.out().starts_with("namespace,container,owner,uid,shm,"), "{csv:?}");
        assert!(csv.out().contains(&format!("\r\n{other},,root,0,2,8192,")), "{csv:?}");
        let text = ipcs(&[&by_owner[..], &["--namespace", &pid]].concat());
        assert!(text.out().starts_with(&format!("IPC namespace {other}: ")), "{text:?}");
    });
}

#[test]
fn namespaces_are_the_groups_of_one_list() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        Queue::private(0o600);
        let ([mut actor], other) = elsewhere();
        actor.make_segment(4096);
        actor.make_segment(8192);
        let by = ["-u", "--group-by", "namespace", "--json"];
        let groups = |more: &[&str]| -> Vec<(u64, u64, u64)> {
            let document = document(&ipcs(&[&by[..], more].concat()));
            assert_eq!(document["group_by"], "namespace");
            let number = |value: &Value| value.as_u64().expect("a number");
            let groups = document["groups"].as_array().expect("groups");
            let group = |one: &Value| {
                let [shm, msg] = ["shm", "msg"].map(|kind| number(&one[kind]["objects"]));
                (number(&one["namespace"]), shm, msg)
            };
            // Other tests have namespaces at the same time.
            let ours = groups.iter().map(group).filter(|group| [own(), other].contains(&group.0));
            ours.collect()
        };
        // The own one has fewer objects, and both are far from their limits.
        assert_eq!(groups(&["--namespace", "all"]), [(other, 2, 0), (own(), 0, 1)]);
        assert_eq!(groups(&[]), [(own(), 0, 1)]);
        assert_eq!(groups(&["--namespace", &actor.pid().to_string()]), [(other, 2, 0)]);
        assert_eq!(groups(&["--namespace", "all", "--min-size", "8000"]), [(other, 1, 0)]);
        let csv = ipcs(&["-u", "--group-by", "namespace", "--namespace", "all", "--format", "csv"]);
        assert_eq!(csv.out().matches("namespace,container,").count(), 1, "{csv:?}");
        let table = ipcs(&["-u", "--group-by", "namespace", "--namespace", "all"]);
        assert!(table.out().starts_with("\n------ Totals by Namespace --------\n"), "{table:?}");
        assert!(!table.out().contains("IPC namespace"), "{table:?}");
        // An ordinary user need not enter the own namespace.
        let nobody = ours("ipcs", by).nobody().run();
        assert_eq!((nobody.status, nobody.err()), (Some(0), ""), "{nobody:?}");
        assert_eq!(document(&nobody)["groups"][0]["namespace"], own());
    });
}

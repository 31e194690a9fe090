//! The documents of ipcrm and ipcmk.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;

use super::super::creator::Creator;
use super::super::{NAMELESS, document, ipcs, rich};
use super::{assert_invalid, assert_valid, schema};
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::posix;
use crate::support::programs::ours;

#[test]
fn removals_are_valid() {
    isolated(|| {
        let _rich = rich();
        let schema = schema("ipcrm");
        let dry = ours("ipcrm", ["--json", "-n", "-m", "0", "-M", "0x99", "-s", "1"]).run();
        let dry = document(&dry);
        assert_valid(&schema, &dry);
        assert_eq!(dry["would_remove"].as_array().map(Vec::len), Some(2));
        let denied = document(&ours("ipcrm", ["-J", "-m", "2", "-q", "0"]).nobody().run());
        assert_valid(&schema, &denied);
        assert_eq!(denied["failed"].as_array().map(Vec::len), Some(2));
        let run = ours("ipcrm", ["-J", "-m", "1", "-M", "0x99", "-q", "77", "-S", "0x77"]).run();
        let removed = document(&run);
        assert_valid(&schema, &removed);
        assert_eq!(removed["removed"].as_array().map(Vec::len), Some(2));
        assert_eq!(removed["removed"][0]["uid"], NAMELESS);
        assert_eq!(removed["failed"].as_array().map(Vec::len), Some(2));
        // With --namespace, each element says which namespace it is in.
        for (list, value) in [("removed", json!(4_026_531_839_u64)), ("failed", json!(1))] {
            let mut named = removed.clone();
            named[list][0]["namespace"] = value;
            assert_valid(&schema, &named);
            named[list][0]["namespace"] = json!("1");
            assert_invalid(&schema, &named);
        }
        assert_valid(&schema, &document(&ours("ipcrm", ["-a", "--json"]).run()));
        assert_valid(&schema, &document(&ours("ipcrm", ["-a", "--json"]).run()));
        for wrong in [
            json!({"kept": [], "failed": []}),
            json!({"removed": [], "would_remove": [], "kept": [], "failed": []}),
            json!({"removed": [{"kind": "shm"}], "kept": [], "failed": []}),
        ] {
            assert_invalid(&schema, &wrong);
        }
    });
}

#[test]
fn removals_of_posix_objects_are_valid() {
    isolated(|| {
        let schema = schema("ipcrm");
        drop(posix::shm("/foo", 5000, 0o600));
        drop(posix::queue("/bar", 0o600));
        posix::semaphore("/sema", 1);
        for name in ["dir", "sem.dir"] {
            fs::create_dir(format!("/dev/shm/{name}")).expect("a directory");
        }
        let valid = |args: &[&str]| {
            let document = document(&ours("ipcrm", [&["--json"], args].concat()).run());
            assert_valid(&schema, &document);
            document
        };
        let all = ["pshm", "pmsg", "psem", "--min-size", "0", "--force"];
        let selected = valid(&[&["-n"], &all[..]].concat());
        assert_eq!(selected["would_remove"].as_array().map(Vec::len), Some(3));
        assert_eq!(selected["kept"].as_array().map(Vec::len), Some(2));
        for (field, value) in
            [("id", json!(1)), ("key", json!("0x00000001")), ("name", json!(null))]
        {
            let mut wrong = selected.clone();
            wrong["would_remove"][0][field] = value;
            assert_invalid(&schema, &wrong);
        }
        let named = valid(&["-n", "pshm", "foo", "nope", "a/b", "dir"]);
        assert_eq!(named["failed"].as_array().map(Vec::len), Some(3));
        valid(&["--all=pshm"]);
        let removed = valid(&all);
        assert_eq!(removed["removed"].as_array().map(Vec::len), Some(2));
    });
}

#[test]
fn clean_ups_are_valid() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        // Of each kind, one object is in use and one is not.
        let mut creator = Creator::named(&[b"maker", b"of segments"]);
        creator.attach();
        Queue::private(0o600).send(10);
        Sems::private(2, 0o600).operate(1, 1);
        left_by(absent_user(), &["keyed-segment 18 5000", "queue", "set 2"]);
        let schema = schema("ipcrm");
        let run = |args: &[&str], nobody: bool| {
            let program = ours("ipcrm", [&["--json"], args].concat());
            let document = document(&if nobody { program.nobody().run() } else { program.run() });
            assert_valid(&schema, &document);
            let kinds = |list: &str| -> BTreeSet<String> {
                let rows = document[list].as_array().map(Vec::as_slice).unwrap_or_default();
                rows.iter().filter_map(|row| row["kind"].as_str().map(str::to_owned)).collect()
            };
            let lists = ["would_remove", "removed", "kept", "failed"].map(kinds);
            (document, lists.map(|kinds| kinds.into_iter().collect::<Vec<_>>().join(" ")))
        };
        let of = |lists: &[String; 4]| lists.clone().map(|list| list.leak() as &str);
        // Each list has every kind at least once.
        let all = "msg sem shm";
        let (dry, lists) = run(&["-n", "-a", "--older", "0s", "--min-size", "0"], false);
        assert_eq!(of(&lists), [all, "", all, ""], "{dry:#}");
        for kept in dry["kept"].as_array().expect("an array") {
            assert_eq!(kept["processes"].as_array().map(Vec::len), Some(1), "{kept:#}");
        }
        let (denied, lists) = run(&["-a", "--older", "0s"], true);
        assert_eq!(of(&lists), ["", "", "", all], "{denied:#}");
        let (_, lists) = run(&["-n", "-a", "--older", "0s"], true);
        assert_eq!(of(&lists), ["", "", "", all]);
        let (forced, lists) = run(&["-n", "-a", "--older", "0s", "--force"], false);
        assert_eq!(of(&lists)[0], all, "{forced:#}");
        let (real, lists) = run(&["-a", "--older", "0s"], false);
        assert_eq!(of(&lists), ["", all, all, ""], "{real:#}");
        let (forced, lists) = run(&["-a", "--older", "0s", "--force"], false);
        assert_eq!(of(&lists)[1], all, "{forced:#}");
        let (_, lists) = run(&["-a", "--unused"], false);
        assert_eq!(of(&lists), [""; 4]);
        assert_valid(
            &schema,
            &json!({"removed": [], "failed": [], "unsure": 0, "kept": [
            // A kept object whose slot has another object.
            {"kind": "msg", "id": 1, "key": "0x00000001", "owner": null, "uid": 5, "idle": null,
             "reason": "removed; its slot now holds id 32769"}]}),
        );
        for (list, pointer, value) in [
            ("would_remove", "/kind", json!("other")),
            ("would_remove", "/idle", json!(null)),
            ("would_remove", "/reason", json!(1)),
            ("would_remove", "/nsems", json!(1)),
            ("kept", "/idle", json!(null)),
            ("kept", "/processes", json!(null)),
            ("kept", "/size", json!("1")),
            ("kept", "/cbytes", json!(1)),
        ] {
            let mut bad = dry.clone();
            let rows = bad[list].as_array_mut().expect("an array");
            let row = rows.iter_mut().find(|row| row["kind"] == "shm").expect("a segment");
            row[&pointer[1..]] = value;
            assert_invalid(&schema, &bad);
        }
        for (list, name) in [
            ("would_remove", "idle"),
            ("would_remove", "reason"),
            ("would_remove", "nattch"),
            ("kept", "idle"),
            ("kept", "reason"),
            ("kept", "size"),
            ("kept", "processes"),
        ] {
            let mut bad = dry.clone();
            let rows = bad[list].as_array_mut().expect("an array");
            let row = rows.iter_mut().find(|row| row["kind"] == "shm").expect("a segment");
            row.as_object_mut().and_then(|row| row.remove(name)).expect(name);
            assert_invalid(&schema, &bad);
        }
        for unsure in [json!(null), json!(-1), json!("0")] {
            let mut bad = dry.clone();
            bad["unsure"] = unsure;
            assert_invalid(&schema, &bad);
        }
    });
}

#[test]
fn creations_are_valid() {
    isolated(|| {
        let schema = schema("ipcmk");
        for (args, count) in [
            (&["-M", "5000"][..], 1),
            (&["-Q", "-p", "0600"], 1),
            (&["-S", "3"], 1),
            (&["-M", "1", "-Q", "-S", "250"], 3),
            (&["-m", "0", "-q", "-s", "-n", "a"], 3),
            (&["-q", "-n", "/b", "--maxmsg", "1", "--msgsize", "1"], 1),
            (&["-s", "-n", "b", "--value", "2147483647", "-M", "1"], 2),
        ] {
            let run = ours("ipcmk", [args, &["--json"]].concat()).run();
            assert_eq!(run.status, Some(0), "{run:?}");
            let document = document(&run);
            assert_valid(&schema, &document);
            assert_eq!(document["created"].as_array().map(Vec::len), Some(count));
        }
        assert_invalid(
            &schema,
            &json!({"created": [{"kind": "shm", "id": 1, "key": "0x00000001"}]}),
        );
        for bad in [
            json!({"kind": "pshm", "name": "x", "perms": "0644"}),
            json!({"kind": "pmsg", "name": "x", "maxmsg": 1, "msgsize": 1, "perms": "0644"}),
            json!({"kind": "psem", "name": "x", "value": null, "perms": "0644"}),
            json!({"kind": "psem", "name": "x", "id": 0, "value": 0, "perms": "0644"}),
        ] {
            assert_invalid(&schema, &json!({"created": [bad]}));
        }
    });
}

#[test]
fn invalid_documents_are_refused() {
    isolated(|| {
        Shm::private(1, 0o600);
        Queue::private(0o600);
        Sems::private(1, 0o600);
        let list = schema("ipcs-list");
        let good = document(&ipcs(&["--json"]));
        assert_valid(&list, &good);
        for (pointer, value) in [
            ("/shm/0/size", json!("1")),
            ("/shm/0/status", json!(["hugetlb"])),
            ("/shm/0/key", json!("1234")),
            ("/shm/0/kind", json!("msg")),
            ("/msg/0/ctime", json!("2026-11-23 05:56:26")),
            ("/msg/0/ctime", json!("2026-11-23T05:56:26+01:00")),
            ("/msg/0/perms", json!("640")),
            ("/sem/0/mode", json!("rwxrwxrwt")),
            ("/sem/0/uid", json!(null)),
            ("/sem", json!({})),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).expect(pointer) = value;
            assert_invalid(&list, &bad);
        }
        let detail = document(&ipcs(&["-s", "-i", "0", "--json"]));
        assert_invalid(&list, &detail);
        assert_invalid(&schema("ipcs-id"), &json!({"sem": [good["sem"][0]]}));
    });
}

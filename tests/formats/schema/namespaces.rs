//! The documents of namespaces.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::{document, ipcs, rich};
use super::{assert_invalid, assert_valid, read, schema, validator};
use crate::support::namespace::{another, cover_by, isolated};
use crate::support::objects::Queue;
use crate::support::programs::ours;

#[test]
fn documents_of_namespaces_are_valid() {
    isolated(|| {
        let _rich = rich();
        let run = |args: &[&str]| ours("ipcs", [args, &["--json"]].concat()).run();
        let names = schema("ipcs-namespaces");
        let scope = ["--namespace", "all"];
        for view in [
            &[][..],
            &["-P"],
            &["-m", "-q"],
            &["-m", "--orphaned"],
            &["-s", "-i", "2"],
            &["-s", "-i", "2", "-P"],
            &["-m", "-i", "77777"],
            &["-l"],
            &["-s", "-l"],
            &["-u"],
            &["-u", "--group-by", "owner"],
            &["-m", "-u", "--group-by", "command"],
        ] {
            assert_valid(&names, &document(&run(&[view, &scope].concat())));
        }
        let pid = std::process::id().to_string();
        assert_valid(&names, &document(&run(&["-P", "--namespace", &pid])));
        let listed = document(&run(&["--list-namespaces"]));
        assert_valid(&schema("ipcs-list-namespaces"), &listed);
        assert_eq!(listed["namespaces"][0]["current"], true);
        let closed = ClosedNamespace::new();
        let path = closed.path();
        let nobody = |args: &[&str]| {
            let args = [args, &["--namespace", &path, "--json"]].concat();
            let run = ours("ipcs", args).nobody().run();
            assert_eq!(run.status, Some(1), "{run:?}");
            let document = document(&run);
            assert!(document["namespaces"][0]["error"].is_string(), "{document}");
            document
        };
        let by_group = ["-u", "--group-by", "group"];
        for view in [&[][..], &["-m"], &["-P"], &["-l"], &["-u"], &by_group] {
            assert_valid(&names, &nobody(view));
        }
        let list = nobody(&["--list-namespaces"]);
        assert_valid(&schema("ipcs-list-namespaces"), &list);
        assert_eq!(list["namespaces"][0]["shm"], Value::Null);
        assert_invalid_namespaces(&document(&run(&scope)), &listed);
    });
}

/// A namespace that an ordinary user can open and not enter.
struct ClosedNamespace {
    directory: tempfile::TempDir,
    number: u64,
}

impl ClosedNamespace {
    fn new() -> ClosedNamespace {
        let directory = tempfile::tempdir().expect("a directory");
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(directory.path(), everybody).expect("its mode");
        let other = another(|| fs::File::open("/proc/thread-self/ns/ipc").expect("a namespace"));
        let number = std::os::unix::fs::MetadataExt::ino(&other.metadata().expect("its number"));
        let closed = ClosedNamespace { directory, number };
        fs::write(closed.path(), "").expect("a file");
        let source = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&other));
        cover_by(&closed.path(), Path::new(&source));
        closed
    }

    fn path(&self) -> String {
        self.directory.path().join("namespace").to_str().expect("a path in UTF-8").to_owned()
    }
}

/// Documents that differ from a valid one in one value.
fn assert_invalid_namespaces(objects: &Value, listed: &Value) {
    for (name, document, pointer, value) in [
        ("ipcs-namespaces", objects, "namespace", json!("1")),
        ("ipcs-namespaces", objects, "pid", json!(0)),
        ("ipcs-namespaces", objects, "container", json!({"engine": "docker"})),
        ("ipcs-namespaces", objects, "error", json!("Permission denied")),
        ("ipcs-namespaces", objects, "shm", json!([{}])),
        ("ipcs-namespaces", objects, "limits", json!({})),
        ("ipcs-namespaces", objects, "group_by", json!("owner")),
        ("ipcs-namespaces", objects, "groups", json!([])),
        ("ipcs-namespaces", objects, "more", json!(1)),
        ("ipcs-list-namespaces", listed, "shm", json!([])),
        ("ipcs-list-namespaces", listed, "sem", json!({"objects": 1})),
        ("ipcs-list-namespaces", listed, "current", json!(null)),
    ] {
        let mut bad = document.clone();
        bad["namespaces"][0][pointer] = value;
        assert_invalid(&schema(name), &bad);
    }
    let mut bare = objects.clone();
    let element = bare["namespaces"][0].as_object_mut().expect("a namespace");
    element.retain(|name, _| !["shm", "msg", "sem"].contains(&name.as_str()));
    assert_invalid(&schema("ipcs-namespaces"), &bare);
}

#[test]
fn lines_of_namespaces_are_valid() {
    isolated(|| {
        let _rich = rich();
        let pid = std::process::id().to_string();
        let lines = |args: &[&str]| -> Vec<Value> {
            let run = ipcs(&[args, &["--format", "jsonl"]].concat());
            run.out().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
        };
        let scope = ["--namespace", "/proc/thread-self/ns/ipc"];
        let object = schema("object");
        let objects = lines(&scope);
        assert_eq!(objects.len(), 11);
        for one in objects {
            assert_valid(&object, &one);
            assert!(one["namespace"].is_u64(), "{one}");
        }
        let part = |name: &str| {
            validator(
                &json!({"$ref": format!("ipcs-{name}"), "$schema": read("object")["$schema"]}),
            )
        };
        let line = part("namespaces.schema.json#/$defs/line");
        for view in ["-l", "-u"] {
            let lines = lines(&[&[view][..], &["--namespace", &pid]].concat());
            assert_eq!(lines.len(), 1);
            assert_valid(&line, &lines[0]);
        }
        let listed = part("list-namespaces.schema.json#/$defs/namespace");
        let lines = lines(&["--list-namespaces", "--namespace", &pid]);
        assert_eq!(lines.len(), 1);
        assert_valid(&listed, &lines[0]);
        assert_invalid(&line, &lines[0]);
    });
}

#[test]
fn a_namespace_that_cannot_be_entered_is_a_group_without_totals() {
    isolated(|| {
        Queue::private(0o600);
        let closed = ClosedNamespace::new();
        let args = ["-q", "-u", "--group-by", "namespace", "--namespace", "all"];
        let nobody = |more: &[&str]| ours("ipcs", [&args[..], more].concat()).nobody().run();
        let run = nobody(&["--json", "--sort", "msg", "--top", "1"]);
        let line = format!("cannot enter namespace {}: Operation not permitted\n", closed.number);
        assert!(run.status == Some(1) && run.err().contains(&line), "{run:?}");
        let totals = document(&run);
        let schema = schema("ipcs-groups");
        assert_valid(&schema, &totals);
        let groups = totals["groups"].as_array().expect("groups");
        let group = json!({
            "namespace": closed.number, "container": null, "msg": null, "percent_of_limit": null,
            "error": "Operation not permitted",
        });
        assert!(groups.contains(&group), "{totals}");
        assert!(groups[0]["error"].is_null() && groups[0]["msg"]["objects"] == 1, "{totals}");
        for (pointer, value) in [("/groups/1/error", json!(null)), ("/groups/0/msg", json!(null))] {
            let mut bad = totals.clone();
            *bad.pointer_mut(pointer).expect(pointer) = value;
            assert_invalid(&schema, &bad);
        }
        let lines = nobody(&["--format", "jsonl"]);
        let all = lines.out().lines().map(|line| serde_json::from_str(line).expect("JSON"));
        assert!(all.collect::<Vec<Value>>().contains(&group), "{lines:?}");
        // Text has only the message.
        for format in ["classic", "table", "csv", "raw", "export"] {
            let run = nobody(&["--format", format]);
            assert!(run.status == Some(1) && run.err().contains(&line), "{run:?}");
            assert!(!run.out().contains(&closed.number.to_string()), "{run:?}");
        }
    });
}

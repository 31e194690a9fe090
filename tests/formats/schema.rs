//! Real output is valid by the JSON Schemas in `schema/`, which contain every column.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ipcs::columns::{self, Needs};
use ipcs::model::Kind;
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};

use super::creator::Creator;
use super::{KINDS, NAMELESS, document, ipcs, objects, rich};
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{another, cover_by, isolated, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::posix;
use crate::support::programs::ours;

/// All schemas of the directory. Each has a test here.
const SCHEMAS: [&str; 12] = [
    "ipcmk",
    "ipcrm",
    "ipcs-explain",
    "ipcs-groups",
    "ipcs-id",
    "ipcs-limits",
    "ipcs-list-namespaces",
    "ipcs-list",
    "ipcs-name",
    "ipcs-namespaces",
    "ipcs-usage",
    "object",
];

/// Resolves references from one schema to another.
struct Directory;

impl Retrieve for Directory {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.path().as_str().trim_start_matches('/');
        Ok(read(name.strip_suffix(".schema.json").ok_or("not the name of a schema")?))
    }
}

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/schema"))
}

fn read(name: &str) -> Value {
    let path = directory().join(format!("{name}.schema.json"));
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_base_uri("file:///")
        .with_retriever(Directory)
        .should_validate_formats(true)
        .build(schema)
        .unwrap_or_else(|error| panic!("not a schema: {error}"))
}

fn schema(name: &str) -> Validator {
    validator(&read(name))
}

#[track_caller]
fn assert_valid(validator: &Validator, value: &Value) {
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{value:#}\n{}", errors.join("\n"));
}

#[track_caller]
fn assert_invalid(validator: &Validator, value: &Value) {
    assert!(!validator.is_valid(value), "the schema accepts this: {value:#}");
}

#[test]
fn schemas_are_valid_and_strict() {
    let mut names: Vec<_> = fs::read_dir(directory())
        .expect("the directory of the schemas")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    assert_eq!(names, SCHEMAS.map(|name| format!("{name}.schema.json")));
    for name in SCHEMAS {
        let schema = read(name);
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert_strict(name, &schema);
    }
}

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

/// Requires that every object schema says whether it allows additional properties.
fn assert_strict(path: &str, schema: &Value) {
    match schema {
        Value::Object(map) => {
            if map.get("type") == Some(&json!("object")) {
                assert!(
                    map.contains_key("additionalProperties"),
                    "{path} does not set additionalProperties"
                );
            }
            for (key, value) in map {
                assert_strict(&format!("{path}/{key}"), value);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assert_strict(path, item)),
        _ => {}
    }
}

#[test]
fn schema_properties_are_the_columns() {
    let schema = read("object");
    for kind in Kind::ORDER.iter().copied() {
        let object = &schema["$defs"][kind.word()];
        let properties = object["properties"].as_object().expect("properties");
        let columns: Vec<_> = columns::of_kind(kind).collect();
        let known: BTreeSet<_> = properties.keys().map(String::as_str).collect();
        assert_eq!(known, columns.iter().map(|column| column.name).collect(), "{kind:?}");
        let required: BTreeSet<_> = object["required"]
            .as_array()
            .expect("names")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let plain = columns.iter().filter(|column| column.needs.is_field());
        assert_eq!(required, plain.map(|column| column.name).collect(), "{kind:?}");
    }
}

#[test]
fn lists_are_valid() {
    isolated(|| {
        let list = schema("ipcs-list");
        assert_valid(&list, &document(&ipcs(&["--json"])));
        let _rich = rich();
        for view in [&[][..], &["-m"], &["-q", "-s"], &["-t"], &["-p"], &["-c"], &["--numeric"]] {
            assert_valid(&list, &document(&ipcs(&[view, &["--json"]].concat())));
        }
        let nobody = document(&ours("ipcs", ["-J"]).nobody().run());
        assert_valid(&list, &nobody);
        assert_eq!(nobody["shm"].as_array().map(Vec::len), Some(5));
        let lines = ipcs(&["--format", "jsonl"]);
        let object = schema("object");
        for line in lines.out().lines() {
            assert_valid(&object, &serde_json::from_str(line).expect("a line of JSON"));
        }
        assert_eq!(lines.out().lines().count(), 11);
    });
}

#[test]
fn lists_with_processes_are_valid() {
    isolated(|| {
        let _rich = rich();
        let creator = Creator::named(&[b"maker", b"of segments"]);
        let list = schema("ipcs-list");
        let document = document(&ipcs(&["-P", "--json"]));
        assert_valid(&list, &document);
        let made = document["shm"]
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["id"] == creator.segment))
            .expect("the segment of the creator");
        assert_eq!(made["processes"][0]["command"], "maker of segments");
        assert_eq!(document["sem"][0]["waiting"], 1);
        let mut half = document.clone();
        half["shm"][0].as_object_mut().expect("a row").remove("orphaned");
        assert_invalid(&list, &half);
        let one = super::document(&ipcs(&["-s", "-i", "0", "-P", "--json"]));
        assert_valid(&schema("ipcs-id"), &one);
    });
}

#[test]
fn details_are_valid_with_and_without_read_permission() {
    isolated(|| {
        let _rich = rich();
        let schema = schema("ipcs-id");
        for (option, kind) in KINDS {
            for id in ["0", "1", "2"] {
                let document = document(&ipcs(&[option, "-i", id, "--json"]));
                assert_valid(&schema, &document);
                assert_eq!(document[kind].as_array().map(Vec::len), Some(1));
            }
            let nobody = ours("ipcs", [option, "-i", "2", "--json"]).nobody().run();
            assert_eq!(nobody.status, Some(i32::from(kind == "sem")), "{nobody:?}");
            assert_valid(&schema, &document(&nobody));
            let nothing = ours("ipcs", [option, "-i", "77", "--json"]).run();
            assert_eq!(nothing.status, Some(1));
            assert_eq!(document(&nothing), json!({ kind: [] }));
            assert_valid(&schema, &document(&nothing));
        }
        let sem = document(&ours("ipcs", ["-s", "-i", "2", "--json"]).nobody().run());
        assert_eq!(sem["sem"][0]["semaphores"], Value::Null);
        assert_eq!(sem["sem"][0]["uid"], 4242);
    });
}

#[test]
fn selected_columns_are_the_only_properties() {
    isolated(|| {
        let _rich = rich();
        for (option, kind) in KINDS {
            let of =
                Kind::SYSTEM_V.iter().copied().find(|known| known.word() == kind).expect("a kind");
            let of_lists = columns::of_kind(of).filter(|column| {
                !column.needs.has(Needs::SEMAPHORES) && !column.needs.has(Needs::PLACE)
            });
            let names: Vec<_> = of_lists.map(|column| column.name).collect();
            for asked in names.windows(3) {
                let narrow = validator(&narrowed(kind, asked));
                let rows = objects(kind, &[option, "-o", &asked.join(",")]);
                assert!(rows.len() >= 3, "{rows:?}");
                rows.iter().for_each(|row| assert_valid(&narrow, row));
            }
        }
        // A missing, additional or mistyped property is invalid.
        let narrow = validator(&narrowed("shm", &["id", "size"]));
        let row = &objects("shm", &["-m", "-o", "id,size"])[0];
        assert_valid(&narrow, row);
        assert_invalid(&narrow, &json!({"id": row["id"]}));
        assert_invalid(&narrow, &json!({"id": 0, "size": 1, "uid": 0}));
        assert_invalid(&narrow, &json!({"id": 0, "size": "1"}));
    });
}

/// The schema of an object with these properties and no others.
fn narrowed(kind: &str, names: &[&str]) -> Value {
    let mut schema = read("object");
    let mut defs = schema["$defs"].take();
    let object = defs.as_object_mut().and_then(|defs| defs.remove(kind)).expect(kind);
    let properties: serde_json::Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), object["properties"][name].clone())).collect();
    assert!(properties.values().all(Value::is_object), "{names:?}");
    json!({
        "$schema": schema["$schema"], "$defs": defs, "type": "object",
        "properties": properties, "required": names, "additionalProperties": false,
    })
}

#[test]
fn limits_and_summary_are_valid() {
    isolated(|| {
        let _rich = rich();
        for (view, name, key) in [("-l", "ipcs-limits", "limits"), ("-u", "ipcs-usage", "usage")] {
            let schema = schema(name);
            let all = document(&ipcs(&[view, "-J"]));
            assert_valid(&schema, &all);
            assert_eq!(all[key].as_object().map(serde_json::Map::len), Some(3));
            for (option, kind) in KINDS {
                let one = document(&ipcs(&[view, option, "-J"]));
                assert_valid(&schema, &one);
                let kinds: Vec<_> = one[key].as_object().expect("an object").keys().collect();
                assert_eq!(kinds, [kind]);
            }
            let mut more = all.clone();
            more[key]["shm"]["more"] = json!(1);
            assert_invalid(&schema, &more);
        }
    });
}

#[test]
fn explanations_are_valid() {
    isolated(|| {
        let _rich = rich();
        let schema = schema("ipcs-explain");
        set_sysctl("shmmni", "1");
        let words = ["ENOSPC", "EINVAL", "ENOMEM", "EPERM", "EACCES", "EAGAIN", "EMFILE", "E2BIG"];
        for word in words.iter().chain(&["EFBIG", "ERANGE", "SIGBUS", "SIGKILL", "shmget"]) {
            let found = document(&ipcs(&["--explain", word, "-J"]));
            assert_valid(&schema, &found);
        }
        let found = document(&ipcs(&["--explain", "shmget: ENOSPC", "-J"]));
        assert!(found["explain"]["causes"][0]["holder"].is_object(), "{found}");
        let mut more = found.clone();
        more["explain"]["causes"][0]["more"] = json!(1);
        assert_invalid(&schema, &more);
        let mut less = found;
        less["explain"]["causes"][0].as_object_mut().expect("a cause").remove("used");
        assert_invalid(&schema, &less);
    });
}

#[test]
fn groups_are_valid() {
    isolated(|| {
        let _rich = rich();
        let _creator = Creator::named(&[b"maker"]);
        let schema = schema("ipcs-groups");
        let mut by_owner = Value::Null;
        for by in ["owner", "creator", "group", "command", "namespace"] {
            for kinds in [&[][..], &["-m"], &["-q"], &["-s"], &["-m", "-s"]] {
                let args = [&["-u", "-J", "--group-by", by], kinds].concat();
                let document = document(&ipcs(&args));
                assert_valid(&schema, &document);
                assert!(document["groups"].as_array().is_some_and(|groups| !groups.is_empty()));
                if by == "owner" && kinds.is_empty() {
                    by_owner = document;
                }
            }
        }
        set_sysctl("msgmni", "0");
        set_sysctl("sem", "-1 -1 -1 7");
        assert_valid(&schema, &document(&ipcs(&["-u", "-J", "--group-by", "owner"])));
        for (pointer, value) in [
            ("/group_by", json!("creator")),
            ("/groups/0/uid", json!(null)),
            ("/groups/0/shm", json!(null)),
            ("/groups/0/shm/objects", json!("1")),
            ("/groups/0/percent_of_limit/shmmni", json!("1")),
            ("/groups", json!({})),
        ] {
            let mut bad = by_owner.clone();
            *bad.pointer_mut(pointer).expect(pointer) = value;
            assert_invalid(&schema, &bad);
        }
        let mut more = by_owner.clone();
        more["groups"][0]["gid"] = json!(1);
        assert_invalid(&schema, &more);
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

#[test]
fn negative_limits_are_shown_as_the_kernel_has_them() {
    isolated(|| {
        set_sysctl("sem", "-1 5 -6 7");
        let document = document(&ipcs(&["-s", "-l", "-J"]));
        assert_valid(&schema("ipcs-limits"), &document);
        let expected =
            json!({"semmni": 7, "semmsl": -1, "semmns": 5, "semopm": -6, "semvmx": 32767});
        assert_eq!(document["limits"]["sem"], expected);
        let run = ipcs(&["-s", "-l", "--format", "csv"]);
        assert!(run.out().contains("\r\nsem,semmsl,semaphores per set,-1,,,,"), "{run:?}");
    });
}

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

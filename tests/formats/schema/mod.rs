//! Real output is valid by the JSON Schemas in `schema/`, which contain every column.

mod namespaces;
mod removals;
mod totals;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ipcs::columns::{self, Needs};
use ipcs::model::Kind;
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};

use super::creator::Creator;
use super::{KINDS, document, ipcs, objects, rich};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
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
    require_root(EVERY_PROCESS);
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

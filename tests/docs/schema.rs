//! The schema of an object: the definitions of the three kinds are generated from the table of
//! columns. The definitions to which they refer are written by hand.

use std::fmt::Write as _;

use ipcs::columns::{self, Column, Json, Needs};
use ipcs::model::Kind;

use super::{check, read};

const PATH: &str = "schema/object.schema.json";

#[test]
fn object_properties_are_up_to_date() {
    let mut text = read(PATH);
    for kind in Kind::ORDER.iter().copied() {
        let begin = format!("\n    \"{}\": {{\n", kind.word());
        let (before, rest) = text.split_once(&begin).expect("the definition of a kind");
        let (_, after) = rest.split_once("\n    }").expect("its end");
        text = format!("{before}{begin}{}{after}", definition(kind));
    }
    check(PATH, &text);
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for reference in text.split("\"#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(schema["$defs"][reference].is_object(), "{PATH} does not define {reference}");
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Shm => "shared memory segment",
        Kind::Msg => "message queue",
        Kind::Sem => "semaphore set",
        Kind::Pshm => "POSIX shared memory object, or another file in /dev/shm",
        Kind::Pmsg => "POSIX message queue",
        Kind::Psem => "POSIX semaphore, or a file that is named like one",
    }
}

/// The definition of an object of a kind, without the last brace.
fn definition(kind: Kind) -> String {
    let columns: Vec<_> = columns::of_kind(kind).collect();
    let properties: Vec<_> = columns
        .iter()
        .map(|column| format!("        {}: {}", quoted(column.name), property(column, kind)))
        .collect();
    let required =
        columns.iter().filter(|column| column.needs.is_field()).map(|column| column.name);
    // The columns of processes occur all together or not at all.
    let processes: Vec<_> = columns
        .iter()
        .filter(|column| column.needs.has(Needs::PROCESSES))
        .map(|column| column.name)
        .collect();
    let together: Vec<_> = processes
        .iter()
        .map(|name| {
            let others = processes.iter().filter(|other| *other != name);
            format!("        {}: {}", quoted(name), list(others.copied()))
        })
        .collect();
    let mut text = String::new();
    let _ = write!(
        text,
        r#"      "description": "A {noun}. With -P, it also has the process fields.",
      "type": "object",
      "properties": {{
{}
      }},
      "required": {},
      "additionalProperties": false,
      "dependentRequired": {{
{}
      }}
    }}"#,
        properties.join(",\n"),
        list(required),
        together.join(",\n"),
        noun = noun(kind),
    );
    text
}

fn property(column: &Column, kind: Kind) -> String {
    let mut description = column.help.to_owned();
    if !column.null.is_empty() {
        let _ = write!(description, "; null {}", column.null);
    }
    if column.needs.has(Needs::COMMAND) || column.needs.has(Needs::CLOCK) {
        description += "; only with -o";
    }
    if column.json == Json::Seconds {
        description += "; in seconds";
    }
    let kinds_of_value = shape(column.json, kind, !column.null.is_empty());
    format!("{{ \"description\": {}, {kinds_of_value} }}", quoted(&description))
}

/// The schema of a value.
fn shape(json: Json, kind: Kind, null: bool) -> String {
    let of = |name: &str| match null {
        true => format!(r#""type": ["{name}", "null"]"#),
        false => format!(r#""type": "{name}""#),
    };
    let defined = |name: &str| match null {
        true => format!(r##""anyOf": [{{ "$ref": "#/$defs/{name}" }}, {{ "type": "null" }}]"##),
        false => format!(r##""$ref": "#/$defs/{name}""##),
    };
    let items =
        |name: &str| format!(r##"{}, "items": {{ "$ref": "#/$defs/{name}" }}"##, of("array"));
    match json {
        Json::Text | Json::Name => of("string"),
        Json::Number | Json::Bytes | Json::Seconds => {
            format!(r#"{}, "minimum": 0"#, of("integer"))
        }
        Json::Percent => format!(r#"{}, "minimum": 0"#, of("number")),
        Json::Bool | Json::Verdict => of("boolean"),
        Json::Kind => format!(r#""const": "{}""#, kind.word()),
        Json::Key => defined("key"),
        Json::Id => defined("id"),
        Json::UserId => defined("uid"),
        Json::ProcessId => defined("pid"),
        Json::Perms => defined("perms"),
        Json::Mode => defined("mode"),
        Json::Time => defined("time"),
        Json::Status if kind.is_posix() => defined("file_status"),
        Json::Status => defined("status"),
        Json::Users => items(&format!("{}_user", kind.word())),
        Json::Recorded => defined(&format!("{}_alive", kind.word())),
        Json::Keepers => items("keeper"),
        Json::Semaphores => items("semaphore"),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text")
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", names.map(quoted).collect::<Vec<_>>().join(", "))
}

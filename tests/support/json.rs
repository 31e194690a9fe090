//! The JSON documents of our programs.

use serde_json::Value;

use super::programs::Outcome;

/// The one JSON document that a program printed.
pub fn document(run: &Outcome) -> Value {
    assert!(run.out().ends_with("}\n"), "{run:?}");
    serde_json::from_str(run.out()).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// The objects of one kind in a document of `ipcs`.
pub fn objects(kind: &str, run: &Outcome) -> Vec<Value> {
    match document(run)[kind].take() {
        Value::Array(objects) => objects,
        other => panic!("{kind} is {other}: {run:?}"),
    }
}

/// The ids of objects, in their order.
pub fn ids(objects: &[Value]) -> Vec<i32> {
    let id = |object: &Value| object["id"].as_i64().and_then(|id| i32::try_from(id).ok());
    objects.iter().map(|object| id(object).expect("an id")).collect()
}

/// The kinds and ids of a list of objects, as `shm0 sem1`.
pub fn names(list: &Value) -> String {
    let name =
        |object: &Value| format!("{}{}", object["kind"].as_str().expect("a kind"), object["id"]);
    list.as_array().expect("an array").iter().map(name).collect::<Vec<_>>().join(" ")
}

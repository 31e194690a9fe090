//! The tables of /proc/sysvipc, in this thread's namespace.

use std::fs;

/// The fields of each row of a table: `shm`, `msg` or `sem`.
pub fn rows(kind: &str) -> Vec<Vec<String>> {
    let path = format!("/proc/sysvipc/{kind}");
    let table = fs::read_to_string(&path).unwrap_or_else(|error| panic!("reading {path}: {error}"));
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    table.lines().skip(1).map(fields).collect()
}

/// The ids in a table, in its order.
pub fn ids(kind: &str) -> Vec<i32> {
    rows(kind).iter().map(|row| row[1].parse().expect("an id")).collect()
}

/// All objects of the namespace, as `shm0 msg1`.
pub fn remaining() -> String {
    let names = |kind| ids(kind).into_iter().map(move |id| format!("{kind}{id}"));
    ["shm", "msg", "sem"].into_iter().flat_map(names).collect::<Vec<_>>().join(" ")
}

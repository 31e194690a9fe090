//! What `ipcrm` does that util-linux' does not.

mod dry_run;
mod filters;
mod interactive;
mod json;
pub mod many;
mod order_and_exit;
mod recheck;
mod recipes;
mod refused;
mod stale;

use std::fs;

use crate::support::objects::{Queue, Sems, Shm};

/// The ids that are left: `shm0 msg1`.
fn left() -> String {
    let mut ids = Vec::new();
    for kind in ["shm", "msg", "sem"] {
        let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).expect("/proc/sysvipc");
        for line in table.lines().skip(1) {
            let id = line.split_whitespace().nth(1).expect("an id");
            ids.push(format!("{kind}{id}"));
        }
    }
    ids.join(" ")
}

/// Ids 0 and 1 of each kind; id 0 has the key 0x12.
fn two_of_each() {
    Shm::keyed(0x12, 5000, 0o640);
    Queue::keyed(0x12, 0o644);
    Sems::keyed(0x12, 3, 0o600);
    Shm::private(4096, 0o600);
    Queue::private(0o600);
    Sems::private(1, 0o600);
}

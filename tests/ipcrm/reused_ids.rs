//! An id whose object is gone and whose slot in the kernel's table has another object.
//!
//! The `*_STAT` calls look up the slot only, so they return the other object.

use serde_json::json;

use super::interactive::on_terminal;
use crate::support::json::document;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::ours;
use crate::support::table::remaining;

/// The difference between consecutive ids of one slot.
const NEXT: i32 = 32_768;

/// Removes the objects with id 0 of each kind and makes others in their slots.
fn reuse_slots() {
    Shm::private(10, 0o600).remove();
    Queue::private(0o600).remove();
    Sems::private(1, 0o600).remove();
    for kind in ["shm", "msg", "sem"] {
        set_sysctl(&format!("{kind}_next_id"), &NEXT.to_string());
    }
    assert_eq!(Shm::keyed(0x5, 10, 0o600).id, NEXT);
    assert_eq!(Queue::keyed(0x5, 0o600).id, NEXT);
    assert_eq!(Sems::keyed(0x5, 1, 0o600).id, NEXT);
}

const OTHERS: &str = "shm32768 msg32768 sem32768";
const NAMED: [&str; 6] = ["-m", "0", "-q", "0", "-s", "0"];

#[test]
fn a_dry_run_reports_the_old_id_as_invalid() {
    isolated(|| {
        reuse_slots();
        let run = ours("ipcrm", [&["-n"], &NAMED[..]].concat()).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(run.out(), "would fail: invalid id (0)\n".repeat(3));
        assert_eq!(remaining(), OTHERS);
    });
}

#[test]
fn json_reports_the_old_id_as_invalid() {
    isolated(|| {
        reuse_slots();
        for dry in [false, true] {
            let args = [if dry { &["-J", "-n"][..] } else { &["-J"] }, &NAMED].concat();
            let run = ours("ipcrm", args).run();
            let document = document(&run);
            let failed = |kind: &str| {
                json!({"kind": kind, "id": 0, "key": null, "owner": null, "uid": null,
                       "errno": "EINVAL", "message": "invalid id (0)"})
            };
            assert_eq!(document["failed"], json!([failed("shm"), failed("msg"), failed("sem")]));
            let done = &document[if dry { "would_remove" } else { "removed" }];
            assert_eq!(done, &json!([]), "{document}");
        }
        assert_eq!(remaining(), OTHERS);
    });
}

#[test]
fn asks_no_question_about_the_new_object() {
    isolated(|| {
        reuse_slots();
        let run = on_terminal(&[&["-i"], &NAMED[..]].concat(), "y\ny\ny\n", true);
        assert_eq!(run.status, Some(1));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 0, "{}", run.screen);
        assert_eq!(run.screen.matches("ipcrm: invalid id (0)").count(), 3, "{}", run.screen);
        assert_eq!(remaining(), OTHERS);
    });
}

//! An id whose object is gone and whose place in the kernel's table another object has taken: the
//! kernel looks only at the place when it is asked what is there.

use serde_json::{Value, json};

use super::interactive::on_terminal;
use super::left;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::ours;

/// What ids of the same place differ by.
const NEXT: i32 = 32_768;

/// The places 0 of every kind had an object with id 0 once.
fn reused_places() {
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
fn a_dry_run_does_not_take_another_object_for_it() {
    isolated(|| {
        reused_places();
        let run = ours("ipcrm", [&["-n"], &NAMED[..]].concat()).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(run.out(), "would fail: invalid id (0)\n".repeat(3));
        assert_eq!(left(), OTHERS);
    });
}

#[test]
fn a_document_does_not_describe_another_object() {
    isolated(|| {
        reused_places();
        for dry in [false, true] {
            let args = [if dry { &["-J", "-n"][..] } else { &["-J"] }, &NAMED].concat();
            let run = ours("ipcrm", args).run();
            let document: Value = serde_json::from_str(run.out()).expect("JSON");
            let failed = |kind: &str| {
                json!({"kind": kind, "id": 0, "key": null, "owner": null, "uid": null,
                       "errno": "EINVAL", "message": "invalid id (0)"})
            };
            assert_eq!(document["failed"], json!([failed("shm"), failed("msg"), failed("sem")]));
            let done = &document[if dry { "would_remove" } else { "removed" }];
            assert_eq!(done, &json!([]), "{document}");
        }
        assert_eq!(left(), OTHERS);
    });
}

#[test]
fn nobody_is_asked_about_another_object() {
    isolated(|| {
        reused_places();
        let run = on_terminal(&[&["-i"], &NAMED[..]].concat(), "y\ny\ny\n", true);
        assert_eq!(run.status, Some(1));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 0, "{}", run.screen);
        assert_eq!(run.screen.matches("ipcrm: invalid id (0)").count(), 3, "{}", run.screen);
        assert_eq!(left(), OTHERS);
    });
}

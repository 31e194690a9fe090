//! `ipcrm --json`.

use serde_json::{Value, json};

use crate::support::json::{document, names};
use crate::support::namespace::{isolated, require_users};
use crate::support::objects::{Queue, Sems, Shm, two_of_each};
use crate::support::programs::ours;
use crate::support::table::remaining;

/// The name and uid of the user that runs the tests, in JSON.
fn me() -> (Value, Value) {
    let uid = nix::unistd::geteuid();
    let user = nix::unistd::User::from_uid(uid).expect("the user database");
    (json!(user.map(|user| user.name)), json!(uid.as_raw()))
}

#[test]
fn describes_removed_objects() {
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["-J", "-S", "0x12", "-m", "1", "-q", "77", "-M", "0x99"]).run();
        assert_eq!(run.status, Some(1));
        assert_eq!(run.err(), "ipcrm: invalid id (77)\nipcrm: invalid key (0x99)\n");
        let (owner, uid) = me();
        assert_eq!(
            document(&run),
            json!({
                "removed": [
                    {"kind": "sem", "id": 0, "key": "0x00000012", "owner": owner, "uid": uid},
                    {"kind": "shm", "id": 1, "key": "0x00000000", "owner": owner, "uid": uid},
                ],
                "kept": [],
                "failed": [
                    {"kind": "msg", "id": 77, "key": null, "owner": null, "uid": null,
                     "errno": "EINVAL", "message": "invalid id (77)"},
                    {"kind": "shm", "id": null, "key": "0x00000099", "owner": null, "uid": null,
                     "errno": "ENOENT", "message": "invalid key (0x99)"},
                ],
                "unsure": 0,
            })
        );
        assert_eq!(remaining(), "shm0 msg0 msg1 sem1");
    });
}

#[test]
fn prints_only_the_document_on_standard_output() {
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["-v", "--json", "shm", "0"]).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(document(&run)["removed"][0]["id"], 0);
        for args in [&["-J", "-m", "1", "-m", "bad"][..], &["-J", "shm"], &["-J", "--nosuch"]] {
            let run = ours("ipcrm", args).run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{args:?}");
        }
        let nothing = ours("ipcrm", ["--json", "-m", "0"]).run();
        assert_eq!(document(&nothing)["removed"], json!([]));
    });
}

#[test]
fn all_removes_by_kind_and_index() {
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["--all", "--json"]).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(names(&document(&run)["removed"]), "shm0 shm1 sem0 sem1 msg0 msg1");
        assert_eq!(remaining(), "");
    });
}

#[test]
fn an_owner_without_a_name_is_null() {
    require_users("it gives objects to other users");
    isolated(|| {
        Shm::private(1, 0o600).set(4_000_000, 0, 0o600);
        let run = ours("ipcrm", ["-J", "-m", "0"]).run();
        let removed = &document(&run)["removed"][0];
        assert_eq!((&removed["owner"], &removed["uid"]), (&Value::Null, &json!(4_000_000)));
    });
}

#[test]
fn reports_the_errno_of_a_denied_removal() {
    require_users("it acts as another user");
    isolated(|| {
        Queue::keyed(0x34, 0o644);
        Sems::private(1, 0o600);
        let run = ours("ipcrm", ["-J", "-Q", "0x34", "-s", "0"]).nobody().run();
        assert_eq!(run.status, Some(1));
        assert_eq!(
            run.err(),
            "ipcrm: permission denied for key (0x34)\nipcrm: permission denied for id (0)\n"
        );
        let failed = &document(&run)["failed"];
        assert_eq!(
            failed[0],
            json!({"kind": "msg", "id": 0, "key": "0x00000034", "owner": "root", "uid": 0,
                   "errno": "EPERM", "message": "permission denied for key (0x34)"})
        );
        assert_eq!((&failed[1]["errno"], &failed[1]["uid"]), (&json!("EPERM"), &json!(0)));

        // With --all a readable object is reported and an unreadable one is skipped.
        let run = ours("ipcrm", ["-J", "-a"]).nobody().run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: permission denied for id (0)\n"));
        let document = document(&run);
        let failed = document["failed"].as_array().expect("an array");
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["kind"], "msg");
        assert_eq!(remaining(), "msg0 sem0");
    });
}

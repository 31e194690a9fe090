//! `ipcrm --json` with POSIX objects.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::{Value, json};

use crate::support::json::document;
use crate::support::namespace::isolated;
use crate::support::posix::{files, queue, semaphore, shm};
use crate::support::programs::ours;

fn me() -> (Value, Value) {
    let uid = nix::unistd::geteuid();
    let user = nix::unistd::User::from_uid(uid).expect("the user database");
    (json!(user.map(|user| user.name)), json!(uid.as_raw()))
}

#[test]
fn objects_have_names_in_place_of_ids() {
    isolated(|| {
        drop(shm("/foo", 5000, 0o600));
        drop(queue("/bar", 0o600));
        semaphore("/sema", 1);
        let args = [
            "-J",
            "--posix-shmem",
            "/foo",
            "--posix-mqueue",
            "bar",
            "--posix-semaphore",
            "sema",
            "--posix-shmem",
            "/gone",
            "--posix-shmem",
            "a/b",
        ];
        let run = ours("ipcrm", args).run();
        assert_eq!(run.status, Some(1));
        let (owner, uid) = me();
        let removed = |kind: &str, name: &str| json!({"kind": kind, "id": null, "name": name, "key": null, "owner": owner, "uid": uid});
        let failed = |name: &str, typed: &str| {
            json!({"kind": "pshm", "id": null, "name": name, "key": null, "owner": null,
                "uid": null, "errno": "ENOENT", "message": format!("name `{typed}' not found")})
        };
        assert_eq!(
            document(&run),
            json!({
                "removed": [removed("pshm", "foo"), removed("pmsg", "/bar"), removed("psem", "sema")],
                "kept": [],
                "failed": [failed("gone", "/gone"), failed("a/b", "a/b")],
                "unsure": 0,
            })
        );
    });
}

#[test]
fn a_filter_gives_sizes_and_reasons() {
    isolated(|| {
        drop(shm("/foo", 5000, 0o600));
        std::fs::create_dir("/dev/shm/dir").expect("a directory");
        let args = ["-n", "-J", "pshm", "--min-size", "1", "--force"];
        let run = ours("ipcrm", args).run();
        let document = document(&run);
        let removed = &document["would_remove"][0];
        assert_eq!((&removed["name"], &removed["size"]), (&json!("foo"), &json!(5000)));
        assert_eq!(removed["allocated"], json!(0));
        assert_eq!(removed["reason"], json!("size at least 1"));
        let kept = &document["kept"][0];
        assert_eq!((&kept["name"], &kept["reason"]), (&json!("dir"), &json!("not an object")));
        assert_eq!(files(), "dir foo");
    });
}

#[test]
fn names_are_valid_utf_8() {
    isolated(|| {
        let name = b"\xff\n\"";
        drop(shm([&b"/"[..], name].concat(), 10, 0o600));
        let args = [OsStr::new("-J"), OsStr::new("pshm"), OsStr::from_bytes(name)];
        let run = ours("ipcrm", args).run();
        assert_eq!(document(&run)["removed"][0]["name"], json!("\\xff\n\""));
    });
}

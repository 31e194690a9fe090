//! Objects that the user may not read: what anyone may know of them is shown, the rest is null.

use serde_json::Value;

use super::by_name;
use crate::support::json::objects;
use crate::support::namespace::{isolated, require_users};
use crate::support::posix;
use crate::support::programs::ours;

#[test]
fn objects_that_may_not_be_read_have_their_known_fields() {
    require_users("it lists the objects of another user");
    isolated(|| {
        let _ = posix::shm(b"/x", 5000, 0);
        let _queue = posix::queue(b"/x", 0);
        posix::semaphore(b"/x", 3);
        // Without privileges, queues need the usual mount, and one that shows whose they are.
        let _readable = posix::queue(b"/y", 0o644);
        posix::mount_queues();
        for (kind, name, unknown) in [
            ("pshm", "x", &[][..]),
            ("pmsg", "/x", &["qnum", "cbytes", "use", "maxmsg", "msgsize"]),
            ("psem", "x", &["value", "waiting"]),
        ] {
            let by_root = &by_name(kind)[name];
            let run = ours("ipcs", ["--posix", "--json"]).nobody().run();
            assert_eq!((run.status, run.err()), (Some(0), ""));
            let by_nobody = objects(kind, &run).into_iter().find(|object| object["name"] == name);
            let mut expected = by_root.clone();
            for field in unknown {
                assert_ne!(expected[field], Value::Null, "{field}");
                expected[field] = Value::Null;
            }
            assert_eq!(by_nobody, Some(expected));
        }
    });
}

#[test]
fn a_file_with_a_lease_is_shown_and_removed() {
    isolated(|| {
        let memory = posix::shm(b"/x", 32, 0o600);
        let semaphore = posix::shm(b"/sem.y", 32, 0o600);
        posix::lease(&memory);
        posix::lease(&semaphore);
        let run = ours("ipcs", ["--posix", "--json"]).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let named = |kind: &str, name: &str| {
            let found = objects(kind, &run).into_iter().find(|object| object["name"] == name);
            found.expect("the object")
        };
        assert_eq!(named("pshm", "x")["size"], 32);
        assert_eq!(named("psem", "y")["value"], Value::Null);
        let run = ours("ipcrm", ["--posix-shmem", "x", "--posix-semaphore", "y"]).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(posix::files(), "");
    });
}

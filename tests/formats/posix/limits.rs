//! Limits, totals and groups of POSIX objects.

use std::fs;
use std::os::unix::fs::chown;

use nix::sys::statvfs::statvfs;
use serde_json::{Value, json};

use super::super::ipcs;
use crate::support::json::document;
use crate::support::leftovers::absent_user;
use crate::support::namespace::{isolated, require_users};
use crate::support::posix::{self, queue, semaphore, send, shm};
use crate::support::programs::ours;

fn json_of(args: &[&str]) -> Value {
    document(&ipcs(&[&["--posix", "--json"], args].concat()))
}

#[test]
fn limits_are_those_of_the_namespace_and_of_dev_shm() {
    isolated(|| {
        let set = |name: &str, value: u64| {
            fs::write(format!("/proc/sys/fs/mqueue/{name}"), value.to_string()).expect(name);
        };
        set("queues_max", 7);
        set("msg_max", 11);
        set("msgsize_max", 4096);
        set("msg_default", 5);
        set("msgsize_default", 1024);
        let fs = statvfs("/dev/shm").expect("statvfs");
        let expected = json!({"limits": {
            "pshm": {
                "devshm_bytes": fs.blocks() * fs.fragment_size(),
                "devshm_inodes": fs.files(),
            },
            "pmsg": {
                "queues_max": 7,
                "msg_max": 11,
                "msgsize_max": 4096,
                "msg_default": 5,
                "msgsize_default": 1024,
            },
            "psem": {"value_max": i32::MAX},
        }});
        let limits = json_of(&["-l"]);
        assert_eq!(limits["limits"], expected["limits"]);
        let queues = json!({"queues_max": {"used": 0, "limit": 7, "percent": 0, "state": "ok"}});
        assert_eq!(limits["use"]["pmsg"], queues);
        assert_eq!(json_of(&["-l", "-q"])["limits"].as_object().expect("kinds").len(), 1);
        let text = ipcs(&["--posix", "-l", "-q"]);
        assert_eq!(
            text.out(),
            "\n------ POSIX Messages Limits --------\n\
             max number of queues = 7\n\
             max messages per queue = 11\n\
             max size of message (bytes) = 4096\n\
             default max messages = 5\n\
             default max size of message (bytes) = 1024\n\n"
        );
    });
}

#[test]
fn totals_are_the_sums_over_the_objects() {
    isolated(|| {
        let queues = [queue("/a", 0o600), queue("/b", 0o600)];
        send(&queues[0], "hello");
        send(&queues[1], "x");
        let _memory = [shm("m", 5000, 0o600), shm("n", 1 << 30, 0o600)];
        fs::write("/dev/shm/scratch", [1; 9000]).expect("a file");
        semaphore("s", 1);
        let usage = json_of(&["-u"])["usage"].clone();
        assert_eq!(usage["pmsg"], json!({"queues": 2, "messages": 2, "bytes": 6}));
        assert_eq!(usage["psem"], json!({"semaphores": 1}));
        let fs = statvfs("/dev/shm").expect("statvfs");
        let used = (fs.blocks() - fs.blocks_free()) * fs.fragment_size();
        assert_eq!(
            usage["pshm"],
            json!({
                "objects": 3,
                "devshm_bytes": used,
                "devshm_inodes": fs.files() - fs.files_free(),
            })
        );
        assert!(used >= 9000);
        let table = ipcs(&["--posix", "-l", "-q", "--format", "raw", "-b"]);
        let row = table.out().lines().find(|line| line.contains(" queues_max ")).expect("a row");
        assert!(
            row.starts_with("pmsg queues_max number\\x20of\\x20queues 256 2 0.78 ok "),
            "{row}"
        );
    });
}

#[test]
fn a_queue_that_may_not_be_read_leaves_its_totals_unknown() {
    isolated(|| {
        posix::mount_queues();
        // One that may be read shows whose queues are mounted.
        let _queues = [queue("/secret", 0o600), queue("/open", 0o644)];
        let run = ours("ipcs", ["--posix", "-u", "-q", "--json"]).nobody().run();
        let usage = document(&run)["usage"].clone();
        assert_eq!(usage, json!({"pmsg": {"queues": 2, "messages": null, "bytes": null}}));
        let text = ours("ipcs", ["--posix", "-u", "-q"]).nobody().run();
        assert!(text.out().contains("messages = -\nused space = -\n"), "{text:?}");
    });
}

#[test]
fn groups_have_the_sums_of_their_objects() {
    require_users("it gives objects to other users");
    isolated(|| {
        let user = absent_user();
        let give = |name: &str| chown(format!("/dev/shm/{name}"), Some(user), None).expect("chown");
        let _memory = [shm("m", 5000, 0o600), shm("n", 300, 0o600), shm("mine", 7, 0o600)];
        fs::write("/dev/shm/n", [1; 300]).expect("writing");
        semaphore("s", 1);
        ["m", "n", "sem.s"].into_iter().for_each(give);
        send(&queue("/q", 0o600), "hello");
        let groups = json_of(&["-u", "--group-by", "owner"])["groups"].clone();
        let groups = groups.as_array().expect("groups");
        assert_eq!(groups.len(), 2);
        let of = |uid: u32| groups.iter().find(|group| group["uid"] == uid).expect("a group");
        let left = of(user);
        assert_eq!(left["pshm"], json!({"objects": 2, "bytes": 5300, "allocated": 4096}));
        assert_eq!(left["pmsg"], json!({"objects": 0, "messages": 0, "bytes": 0}));
        assert_eq!(left["psem"], json!({"objects": 1}));
        assert_eq!(of(0)["pmsg"], json!({"objects": 1, "messages": 1, "bytes": 5}));
        assert_eq!(of(0)["percent_of_limit"]["queues_max"], 0.39);
        // Nobody has recorded who made them.
        let makers = json_of(&["-u", "--group-by", "creator", "-m"])["groups"].clone();
        assert_eq!(makers[0]["creator"], Value::Null);
        assert_eq!(makers[0]["pshm"]["objects"], 3);
        let both = document(&ipcs(&["--with-posix", "-u", "--group-by", "owner", "--json"]));
        assert_eq!(both["groups"][0]["shm"]["objects"], 0);
        let filtered = json_of(&["-u", "--group-by", "owner", "--min-size", "5000", "-m"]);
        assert_eq!(filtered["groups"][0]["pshm"]["objects"], 1);
    });
}

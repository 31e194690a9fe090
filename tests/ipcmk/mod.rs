//! Features of `ipcmk` that util-linux' does not have.

mod keys;
mod posix;

use serde_json::{Value, json};

use crate::support::json::document;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::programs::ours;
use crate::support::table;

/// The first columns of a table: key, id, permissions, and the size of the object.
fn rows(kind: &str) -> Vec<Vec<String>> {
    let mut rows = table::rows(kind);
    rows.iter_mut().for_each(|row| row.truncate(4));
    rows
}

/// A key of JSON as the signed number of /proc.
fn signed(key: &Value) -> String {
    let hex = key.as_str().and_then(|key| key.strip_prefix("0x")).expect("0x...");
    assert_eq!(hex.len(), 8);
    u32::from_str_radix(hex, 16).expect("hex").cast_signed().to_string()
}

#[test]
fn json_contains_the_random_keys() {
    isolated(|| {
        let args = ["-J", "-S", "3", "-Q", "-M", "1MiB", "-p", "640"];
        let run = ours("ipcmk", args).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let document = document(&run);
        let created = document["created"].as_array().expect("an array");
        let kinds: Vec<_> = created.iter().map(|object| &object["kind"]).collect();
        assert_eq!(kinds, ["shm", "msg", "sem"]);
        for (object, extent) in created.iter().zip(["1048576", "0", "3"]) {
            let kind = object["kind"].as_str().expect("kind");
            assert_eq!(rows(kind), [[&signed(&object["key"]), "0", "640", extent]], "{kind}");
            assert_eq!((&object["id"], &object["perms"]), (&json!(0), &json!("0640")));
        }
        assert_eq!(created[0]["size"], 1_048_576);
        assert_eq!(created[2]["nsems"], 3);
        assert_eq!((created[1].get("size"), created[1].get("nsems")), (None, None));
    });
}

#[test]
fn accepts_a_key() {
    isolated(|| {
        let run = ours("ipcmk", ["--key", "0xfffffffe", "-M", "1", "-Q"]).run();
        assert_eq!(
            (run.status, run.out()),
            (Some(0), "Shared memory id: 0\nMessage queue id: 0\n")
        );
        assert_eq!((&rows("shm")[0][0], &rows("msg")[0][0]), (&"-2".into(), &"-2".into()));
        // The same key in another notation.
        let run = ours("ipcmk", ["--key=-2", "-Q"]).run();
        let message = "ipcmk: create message queue failed: File exists\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", message));
    });
}

#[test]
fn refuses_key_zero_before_making_anything() {
    isolated(|| {
        let run = ours("ipcmk", ["--key", "0x0", "-M", "1", "-Q"]).run();
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert_eq!(run.err(), "ipcmk: illegal key (0x0)\n");
        assert_eq!(rows("shm").len() + rows("msg").len(), 0);
    });
}

#[test]
fn reports_objects_made_before_a_failure() {
    isolated(|| {
        let run = ours("ipcmk", ["--json", "-M", "1", "-S", "0"]).run();
        assert_eq!(
            (run.status, run.err()),
            (Some(1), "ipcmk: create semaphore failed: Invalid argument\n")
        );
        let document = document(&run);
        assert_eq!(document["created"].as_array().map(Vec::len), Some(1));
        assert_eq!(document["created"][0]["kind"], "shm");
    });
}

#[test]
fn reports_every_malformed_argument_and_makes_nothing() {
    isolated(|| {
        let args = ["-J", "-Q", "-M", "5x", "-S", "abc", "-p", "999", "--key", "0x1ffffffff"];
        let run = ours("ipcmk", args).run();
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert_eq!(
            run.err(),
            "ipcmk: failed to parse size: '5x': Invalid argument\n\
             ipcmk: failed to parse elements: 'abc'\n\
             ipcmk: failed to parse mode: '999'\n\
             ipcmk: failed to parse key: '0x1ffffffff': Numerical result out of range\n\
             Try 'ipcmk --help' for more information.\n"
        );
        assert_eq!(rows("msg").len(), 0);
    });
}

/// util-linux 2.38 drops the excess bits and makes the object.
#[test]
fn refuses_invalid_permissions() {
    isolated(|| {
        for mode in ["-1", "-0644", "-7777", "10000", "77777777777"] {
            let run = ours("ipcmk", ["-Q", "-p", mode]).run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{mode}");
            let message = format!("ipcmk: failed to parse mode: '{mode}'\n");
            assert!(run.err().starts_with(&message), "{run:?}");
        }
        assert_eq!(rows("msg").len(), 0);
        // The kernel ignores the other bits; older scripts may use them.
        assert_eq!(ours("ipcmk", ["-Q", "-p", "7644"]).run().status, Some(0));
        assert_eq!(rows("msg")[0][2], "644");
    });
}

/// util-linux reads 1.75K as 2099 bytes and 1.010K as 1126.
#[test]
fn reads_fractions_of_sizes_exactly() {
    isolated(|| {
        for size in ["1.75K", "1.010K", "1.25KB"] {
            assert_eq!(ours("ipcmk", ["-M", size]).run().status, Some(0), "{size}");
        }
        let sizes: Vec<_> = rows("shm").into_iter().map(|row| row[3].clone()).collect();
        assert_eq!(sizes, ["1792", "1034", "1250"]);
    });
}

#[test]
fn names_the_limit_that_refused() {
    isolated(|| {
        set_sysctl("shmmax", "8192");
        set_sysctl("shmall", "3");
        set_sysctl("shmmni", "2");
        set_sysctl("msgmni", "1");
        set_sysctl("sem", "10 15 5 2");
        let failed = |args: &[&str]| {
            let run = ours("ipcmk", args).run();
            assert_eq!(run.status, Some(1), "{args:?}");
            let (first, second) = run.err().split_once('\n').expect("a line");
            assert!(first.starts_with("ipcmk: create ") && first.contains(" failed: "), "{run:?}");
            second.to_owned()
        };
        let page = ipcs::sys::page_size();
        let two_pages = (page + 1).to_string();
        assert_eq!(
            failed(&["-M", "8193"]),
            "ipcmk: kernel.shmmax allows 8192 bytes in a segment, not 8193\n"
        );
        assert_eq!(
            failed(&["-S", "11"]),
            "ipcmk: semmsl (in kernel.sem) allows 10 semaphores in a set, not 11\n"
        );
        assert_eq!(failed(&["-S", "0"]), "", "no limit refuses an empty set");
        let make = |args: &[&str]| assert_eq!(ours("ipcmk", args).run().status, Some(0));
        make(&["-M", &two_pages, "-Q", "-S", "9"]);
        assert_eq!(failed(&["-Q"]), "ipcmk: kernel.msgmni allows 1 queues, and 1 exist\n");
        assert_eq!(
            failed(&["-M", &two_pages]),
            "ipcmk: kernel.shmall allows 3 pages; 2 are in use, and 2 more are needed\n"
        );
        assert_eq!(
            failed(&["-S", "7"]),
            "ipcmk: semmns (in kernel.sem) allows 15 semaphores; 9 are in use, and 7 more are \
             needed\n"
        );
        make(&["-M", "1", "-S", "1"]);
        assert_eq!(failed(&["-M", "1"]), "ipcmk: kernel.shmmni allows 2 segments, and 2 exist\n");
        assert_eq!(
            failed(&["-S", "1"]),
            "ipcmk: semmni (in kernel.sem) allows 2 sets, and 2 exist\n"
        );
        // Standard output has one document, also after a failure.
        let run = ours("ipcmk", ["-J", "-Q"]).run();
        assert_eq!((run.status, run.out()), (Some(1), "{\"created\":[]}\n"));
    });
}

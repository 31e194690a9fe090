//! What `ipcmk` does that util-linux' does not.

mod keys;

use std::fs;

use serde_json::{Value, json};

use crate::support::namespace::isolated;
use crate::support::programs::{Outcome, ours};

fn document(run: &Outcome) -> Value {
    assert!(run.out().ends_with("}\n"), "{run:?}");
    serde_json::from_str(run.out()).expect("one JSON document")
}

/// Columns of the rows of a table: key, id, permissions, and the next one.
fn rows(kind: &str) -> Vec<Vec<String>> {
    let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).expect("/proc/sysvipc");
    let columns = |line: &str| line.split_whitespace().take(4).map(str::to_owned).collect();
    table.lines().skip(1).map(columns).collect()
}

/// A key as JSON has it, as the signed number of /proc.
fn signed(key: &Value) -> String {
    let hex = key.as_str().and_then(|key| key.strip_prefix("0x")).expect("0x...");
    assert_eq!(hex.len(), 8);
    u32::from_str_radix(hex, 16).expect("hex").cast_signed().to_string()
}

#[test]
fn json_tells_the_drawn_keys() {
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
fn a_key_may_be_chosen() {
    isolated(|| {
        let run = ours("ipcmk", ["--key", "0xfffffffe", "-M", "1", "-Q"]).run();
        assert_eq!(
            (run.status, run.out()),
            (Some(0), "Shared memory id: 0\nMessage queue id: 0\n")
        );
        assert_eq!((&rows("shm")[0][0], &rows("msg")[0][0]), (&"-2".into(), &"-2".into()));
        // The same one in another way of writing it.
        let run = ours("ipcmk", ["--key=-2", "-Q"]).run();
        let message = "ipcmk: create message queue failed: File exists\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", message));
    });
}

#[test]
fn key_0_is_refused_before_anything_is_made() {
    isolated(|| {
        let run = ours("ipcmk", ["--key", "0x0", "-M", "1", "-Q"]).run();
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert_eq!(run.err(), "ipcmk: illegal key (0x0)\n");
        assert_eq!(rows("shm").len() + rows("msg").len(), 0);
    });
}

#[test]
fn what_was_made_before_a_failure_is_told() {
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
fn every_malformed_argument_gets_its_line_and_nothing_is_made() {
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

/// util-linux 2.38 drops the bits that do not fit, and makes the object.
#[test]
fn permissions_that_are_none_are_refused() {
    isolated(|| {
        for mode in ["-1", "-0644", "-7777", "10000", "77777777777"] {
            let run = ours("ipcmk", ["-Q", "-p", mode]).run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{mode}");
            let told = format!("ipcmk: failed to parse mode: '{mode}'\n");
            assert!(run.err().starts_with(&told), "{run:?}");
        }
        assert_eq!(rows("msg").len(), 0);
        // These bits mean nothing to the kernel; older scripts may have them.
        assert_eq!(ours("ipcmk", ["-Q", "-p", "7644"]).run().status, Some(0));
        assert_eq!(rows("msg")[0][2], "644");
    });
}

/// util-linux counts 1.75K as 2099 bytes, and 1.010K as 1126.
#[test]
fn fractions_are_exact() {
    isolated(|| {
        for size in ["1.75K", "1.010K", "1.25KB"] {
            assert_eq!(ours("ipcmk", ["-M", size]).run().status, Some(0), "{size}");
        }
        let sizes: Vec<_> = rows("shm").into_iter().map(|row| row[3].clone()).collect();
        assert_eq!(sizes, ["1792", "1034", "1250"]);
    });
}

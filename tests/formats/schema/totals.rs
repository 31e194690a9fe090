//! Limits, totals, groups and explanations.

use serde_json::{Value, json};

use super::super::creator::Creator;
use super::super::{KINDS, document, ipcs, rich};
use super::{assert_invalid, assert_valid, schema};
use crate::support::namespace::{isolated, set_sysctl};

#[test]
fn limits_and_summary_are_valid() {
    isolated(|| {
        let _rich = rich();
        for (view, name, key) in [("-l", "ipcs-limits", "limits"), ("-u", "ipcs-usage", "usage")] {
            let schema = schema(name);
            let all = document(&ipcs(&[view, "-J"]));
            assert_valid(&schema, &all);
            assert_eq!(all[key].as_object().map(serde_json::Map::len), Some(3));
            for (option, kind) in KINDS {
                let one = document(&ipcs(&[view, option, "-J"]));
                assert_valid(&schema, &one);
                let kinds: Vec<_> = one[key].as_object().expect("an object").keys().collect();
                assert_eq!(kinds, [kind]);
            }
            let mut more = all.clone();
            more[key]["shm"]["more"] = json!(1);
            assert_invalid(&schema, &more);
        }
    });
}

#[test]
fn explanations_are_valid() {
    isolated(|| {
        let _rich = rich();
        let schema = schema("ipcs-explain");
        set_sysctl("shmmni", "1");
        let words = ["ENOSPC", "EINVAL", "ENOMEM", "EPERM", "EACCES", "EAGAIN", "EMFILE", "E2BIG"];
        for word in words.iter().chain(&["EFBIG", "ERANGE", "SIGBUS", "SIGKILL", "shmget"]) {
            let found = document(&ipcs(&["--explain", word, "-J"]));
            assert_valid(&schema, &found);
        }
        let found = document(&ipcs(&["--explain", "shmget: ENOSPC", "-J"]));
        assert!(found["explain"]["causes"][0]["holder"].is_object(), "{found}");
        let mut more = found.clone();
        more["explain"]["causes"][0]["more"] = json!(1);
        assert_invalid(&schema, &more);
        let mut less = found;
        less["explain"]["causes"][0].as_object_mut().expect("a cause").remove("used");
        assert_invalid(&schema, &less);
    });
}

#[test]
fn groups_are_valid() {
    isolated(|| {
        let _rich = rich();
        let _creator = Creator::named(&[b"maker"]);
        let schema = schema("ipcs-groups");
        let mut by_owner = Value::Null;
        for by in ["owner", "creator", "group", "command", "namespace"] {
            for kinds in [&[][..], &["-m"], &["-q"], &["-s"], &["-m", "-s"]] {
                let args = [&["-u", "-J", "--group-by", by], kinds].concat();
                let document = document(&ipcs(&args));
                assert_valid(&schema, &document);
                assert!(document["groups"].as_array().is_some_and(|groups| !groups.is_empty()));
                if by == "owner" && kinds.is_empty() {
                    by_owner = document;
                }
            }
        }
        set_sysctl("msgmni", "0");
        set_sysctl("sem", "-1 -1 -1 7");
        assert_valid(&schema, &document(&ipcs(&["-u", "-J", "--group-by", "owner"])));
        for (pointer, value) in [
            ("/group_by", json!("creator")),
            ("/groups/0/uid", json!(null)),
            ("/groups/0/shm", json!(null)),
            ("/groups/0/shm/objects", json!("1")),
            ("/groups/0/percent_of_limit/shmmni", json!("1")),
            ("/groups", json!({})),
        ] {
            let mut bad = by_owner.clone();
            *bad.pointer_mut(pointer).expect(pointer) = value;
            assert_invalid(&schema, &bad);
        }
        let mut more = by_owner.clone();
        more["groups"][0]["gid"] = json!(1);
        assert_invalid(&schema, &more);
    });
}

#[test]
fn negative_limits_are_shown_as_the_kernel_has_them() {
    isolated(|| {
        set_sysctl("sem", "-1 5 -6 7");
        let document = document(&ipcs(&["-s", "-l", "-J"]));
        assert_valid(&schema("ipcs-limits"), &document);
        let expected =
            json!({"semmni": 7, "semmsl": -1, "semmns": 5, "semopm": -6, "semvmx": 32767});
        assert_eq!(document["limits"]["sem"], expected);
        let run = ipcs(&["-s", "-l", "--format", "csv"]);
        assert!(run.out().contains("\r\nsem,semmsl,semaphores per set,-1,,,,"), "{run:?}");
    });
}

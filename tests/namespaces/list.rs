//! `--list-namespaces`: what is missing, the order, and every format.

use serde_json::{Value, json};

use super::{element, own};
use crate::support::json::document;
use crate::support::namespace::isolated;
use crate::support::objects::Queue;
use crate::support::strace::with_calls_failing;

fn namespaces(document: &Value) -> &[Value] {
    document["namespaces"].as_array().expect("namespaces")
}

#[test]
fn sums_that_cannot_be_read_are_named() {
    isolated(|| {
        let queue = Queue::private(0o600);
        queue.send(4);
        let file = format!("/proc/{}/task/{}/ns/ipc", std::process::id(), nix::unistd::gettid());
        let list = ["--list-namespaces", "--namespace", &file];
        let fail = "shmctl:error=EIO";
        let line = format!(
            "ipcs: namespace {}: cannot read the totals of shared memory segments: Input/output error\n",
            own()
        );
        let run = with_calls_failing(fail, &[&list[..], &["--json"]].concat());
        assert_eq!((run.status, run.err()), (Some(1), &*line), "{run:?}");
        let one = element(&document(&run), own());
        assert_eq!((&one["shm"], &one["error"]), (&Value::Null, &Value::Null));
        assert_eq!(one["msg"], json!({ "objects": 1, "bytes": 4 }));
        let run = with_calls_failing(fail, &[&list[..], &["--format", "raw"]].concat());
        let row = run.out().lines().nth(1).expect("a row");
        let cells: Vec<&str> = row.split(' ').collect();
        assert_eq!((run.status, &cells[5..10]), (Some(1), &["-", "-", "1", "4", "0"][..]));
    });
}

#[test]
fn sums_of_other_namespaces_are_listed_beside_missing_ones() {
    isolated(|| {
        let _others = [(); 2].map(|()| super::elsewhere::<1>());
        // The first call of each thread fails.
        let args = ["--list-namespaces", "--json"];
        let run = with_calls_failing("shmctl:error=EIO:when=1", &args);
        let all = document(&run);
        let missing: Vec<u64> = namespaces(&all)
            .iter()
            .filter(|one| one["error"].is_null() && one["shm"].is_null())
            .map(|one| one["namespace"].as_u64().expect("a number"))
            .collect();
        assert!(!missing.is_empty() && missing.len() < namespaces(&all).len(), "{run:?}");
        let reason = ": cannot read the totals of shared memory segments: Input/output error";
        assert_eq!(run.err().matches(reason).count(), missing.len(), "{run:?}");
        for number in missing {
            assert!(run.err().contains(&format!("ipcs: namespace {number}{reason}")), "{run:?}");
        }
        assert_eq!(run.status, Some(1), "{run:?}");
    });
}

//! `--list-namespaces`: what is missing, the order, and every format.

use ::ipcs::render::namespaces::LIST_COLUMNS;
use serde_json::{Value, json};

use super::{element, ipcs, own};
use crate::support::actor::Actor;
use crate::support::json::document;
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root};
use crate::support::objects::{Queue, Shm};
use crate::support::programs::ours;
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

/// Makes three namespaces with 1, 3 and 2 segments, and queues with different bytes.
fn three() -> [(Actor, u64); 3] {
    [(1, 30), (3, 20), (2, 20)].map(|(segments, bytes)| {
        another(|| {
            for _ in 0..segments {
                Shm::private(4096, 0o600);
            }
            Queue::private(0o600).send(bytes);
            (Actor::start(), own())
        })
    })
}

#[test]
fn namespaces_are_sorted_by_any_column() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let made = three();
        let [one, three, two] = [0, 1, 2].map(|at| made[at].1);
        let sorted = |by: &str| -> Vec<u64> {
            // A record is one line here: in CSV, commands of other tests may have lines of their own.
            let run = ipcs(&["--list-namespaces", "--sort", by, "--format", "raw"]);
            let numbers = run.out().lines().skip(1).map(|line| {
                let (number, _) = line.split_once(' ').expect("fields");
                number.parse().expect("a number")
            });
            // Other tests have namespaces at the same time.
            numbers.filter(|number| made.iter().any(|(_, known)| number == known)).collect()
        };
        assert_eq!(sorted("shm"), [one, two, three]);
        assert_eq!(sorted("-shm_bytes"), [three, two, one]);
        assert_eq!(sorted("msg_bytes,-SHM"), [three, two, one]);
        assert_eq!(sorted("-msg_bytes,+shm"), [one, two, three]);
        let mut numbers = [one, two, three];
        numbers.sort_unstable();
        assert_eq!(sorted("namespace"), numbers);
        for column in LIST_COLUMNS {
            assert_eq!(sorted(column.name).len(), 3, "{}", column.name);
        }
    });
}

#[test]
fn each_format_has_the_order_and_the_first_namespaces() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let _other = super::elsewhere::<1>();
        let number = own().to_string();
        for format in ["classic", "table", "csv", "raw", "export", "json", "jsonl"] {
            let run = |more: &[&str]| {
                let args = ["--list-namespaces", "--format", format];
                ipcs(&[&args[..], more].concat()).out().to_owned()
            };
            let lines = |text: &str| -> Vec<String> {
                let text = text.replace(",{\"namespace\"", ",\n{\"namespace\"");
                text.lines().map(str::to_owned).collect()
            };
            let last = lines(&run(&["--sort", "current"])).pop().expect("a line");
            assert!(last.contains(&number), "{format}: {last}");
            let only = lines(&run(&["--sort", "-current", "--top", "1"]));
            let has_heading = matches!(format, "classic" | "table" | "csv" | "raw");
            assert_eq!(only.len(), 1 + usize::from(has_heading), "{format}: {only:?}");
            assert!(only[only.len() - 1].contains(&number), "{format}: {only:?}");
            let bare = lines(&run(&["--sort", "-current", "--top", "1", "--no-headings"]));
            assert_eq!(bare.len(), 1, "{format}: {bare:?}");
            assert!(bare[0].contains(&number), "{format}: {bare:?}");
        }
    });
}

#[test]
fn what_the_list_cannot_do_is_refused() {
    isolated(|| {
        let refused = |more: &[&str]| {
            let run = ours("ipcs", [&["--list-namespaces"][..], more].concat()).run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{run:?}");
            run.err().lines().next().expect("a line").to_owned()
        };
        let unknown = refused(&["--sort", "shm_byte"]);
        let expected = "ipcs: unknown column 'shm_byte' of --list-namespaces; did you mean 'shm_bytes'? columns: namespace, current, ";
        assert!(unknown.starts_with(expected), "{unknown}");
        assert!(refused(&["--sort", "size"]).starts_with("ipcs: unknown column 'size' of "));
        assert!(refused(&["--top", "0"]).starts_with("ipcs: invalid number of rows: '0'"));
        assert_eq!(
            refused(&["--output", "pid"]),
            "ipcs: --output cannot be used with --list-namespaces: --list-namespaces has its own columns"
        );
        assert_eq!(
            refused(&["--owner", "root"]),
            "ipcs: --owner cannot be used with --list-namespaces: namespaces cannot be filtered"
        );
    });
}

//! Columns, filters, sorting and output formats of `ipcs`.

mod advice;
mod candidates;
mod consistency;
mod creator;
mod filters;
mod glance;
mod groups;
mod hostile;
mod lsipc;
mod options;
mod posix;
mod proc_sysvipc;
mod schema;
mod shells;
mod sorting;
mod terminal;
mod times;

use ipcs::columns::{self, Needs};
use ipcs::model::Kind;
use serde_json::Value;

use crate::support::json::{document, objects as objects_of};
use crate::support::namespace::{add_users, require_users};
use crate::support::objects::{Attachment, Queue, Sems, Shm, Waiter};
use crate::support::programs::{Invocation, Outcome, ours};

/// A user whose name is longer than a classic column.
const LONG_NAME: &str = "a-very-long-account-name";
const LONG_UID: u32 = 4242;
/// A user id without a name.
const NAMELESS: u32 = 4_000_000_000;

/// The kinds as options and as words.
const KINDS: [(&str, &str); 3] = [("-m", "shm"), ("-q", "msg"), ("-s", "sem")];

/// The attachments and the waiter that keep the objects of [`rich`] in their states.
struct Rich {
    _attachments: Vec<Attachment>,
    _waiter: Waiter,
}

/// Makes objects in every state. Of each kind, id 1 has an owner without a name, id 2 one with a
/// long name.
fn rich() -> Rich {
    require_users("it gives objects to other users");
    add_users(&[(LONG_NAME, LONG_UID)]);
    let byte = Shm::keyed(0x1234, 1, 0o640);
    Shm::private(5000, 0o600).set(NAMELESS, NAMELESS - 1, 0o604);
    let large = Shm::unreserved(3_000_000_000, 0o666);
    large.set(LONG_UID, LONG_UID, 0o000);
    let gone = Shm::keyed(0x8000_0001, 1 << 20, 0o600);
    let locked = Shm::keyed(0xffff_ffff, 4096, 0o777);
    locked.lock();
    let attachments = vec![byte.attach(), gone.attach(), gone.attach_read_only()];
    attachments[1].touch(1 << 20);
    gone.remove();
    drop(locked.attach());

    let queue = Queue::keyed(0x77, 0o644);
    queue.send(1000);
    queue.send(500);
    let other = Queue::private(0o600);
    other.send(100);
    other.receive();
    other.set(NAMELESS, NAMELESS - 1, 0o602);
    Queue::keyed(0xdead_beef, 0o200).set(LONG_UID, LONG_UID, 0o060);

    let sems = Sems::keyed(0x77, 3, 0o600);
    sems.set_value(1, 32767);
    let waiter = sems.wait_for_increase(0, 1);
    sems.operate(2, 5);
    Sems::private(250, 0o600).set(NAMELESS, NAMELESS - 1, 0o660);
    Sems::private(1, 0o600).set(LONG_UID, LONG_UID, 0o620);
    Rich { _attachments: attachments, _waiter: waiter }
}

/// The columns that a list of this kind can have.
fn columns(kind: &str) -> Vec<&'static str> {
    let kind = Kind::SYSTEM_V.iter().copied().find(|known| known.word() == kind).expect("a kind");
    columns::of_kind(kind)
        .filter(|column| !column.needs.has(Needs::SEMAPHORES) && !column.needs.has(Needs::PLACE))
        .map(|column| column.name)
        .collect()
}

/// Runs our `ipcs`, which must succeed without diagnostics.
fn ipcs(args: &[&str]) -> Outcome {
    quiet(&ours("ipcs", args))
}

/// Runs a program that must succeed without diagnostics.
fn quiet(invocation: &Invocation) -> Outcome {
    let run = invocation.run();
    assert!(run.status == Some(0) && run.stderr.is_empty(), "{}: {run:?}", invocation.describe());
    run
}

/// The objects of one kind in JSON.
fn objects(kind: &str, args: &[&str]) -> Vec<Value> {
    objects_of(kind, &ipcs(&[args, &["--json"]].concat()))
}

/// The error of `ipcs` for an invalid command line; standard output must be empty.
fn refused(args: &[&str]) -> String {
    let run = ours("ipcs", args).run();
    assert_eq!((run.status, run.out()), (Some(1), ""), "{args:?}: {run:?}");
    let hint = "Try 'ipcs --help' for more information.\n";
    let reason = run.err().strip_suffix(hint).unwrap_or_else(|| panic!("{args:?}: {run:?}"));
    reason.replace("ipcs: ", "").trim_end().to_owned()
}

/// The result of `run` between two equal results of `reference`.
///
/// What is known about an object's users depends on all processes of the machine, which change.
fn between<K: PartialEq, R>(reference: impl Fn() -> K, run: impl Fn() -> R) -> (K, R) {
    for _ in 0..20 {
        let before = reference();
        let result = run();
        if reference() == before {
            return (before, result);
        }
    }
    panic!("the reference changed every time");
}

/// The fields of every line of `raw`, unescaped, without the headings.
fn raw_rows(text: &str) -> Vec<Vec<Vec<u8>>> {
    text.lines().skip(1).map(|line| line.split(' ').map(unescape).collect()).collect()
}

/// The bytes of a field of `raw`; `-` is an empty field.
fn unescape(field: &str) -> Vec<u8> {
    if field == "-" {
        return Vec::new();
    }
    let mut parts = field.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two digits after \\x"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

/// The records of CSV as a CSV parser reads them, beginning with the header.
fn csv_rows(text: &[u8]) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text)
        .records()
        .map(|record| record.expect("CSV").iter().map(str::to_owned).collect())
        .collect()
}

//! `ipcs --explain`: real calls are made to fail, and the reason has to be named first.

mod output;
mod posix;
mod processes;
mod system_v;

use nix::errno::Errno;
use serde_json::Value;

use crate::support::json::document;
use crate::support::programs::{Invocation, ours};

/// The causes, in their order.
fn causes_of(invocation: &Invocation) -> Vec<Value> {
    let run = invocation.run();
    assert_eq!((run.status, run.err()), (Some(0), ""), "{run:?}");
    let mut document = document(&run);
    let Value::Array(causes) = document["explain"]["causes"].take() else {
        panic!("no causes: {run:?}")
    };
    causes
}

fn causes(word: &str) -> Vec<Value> {
    causes_of(&ours("ipcs", ["--explain", word, "--json"]))
}

/// Requires that a call has failed in this way, and that this limit with this verdict is the first
/// one that is named for it. Returns what is said of it.
#[track_caller]
fn assert_first<T>(
    call: &str,
    failed: nix::Result<T>,
    errno: Errno,
    (limit, verdict): (&str, &str),
) -> Value {
    assert_eq!(failed.err(), Some(errno), "{call}");
    let causes = causes(&format!("{call}: {errno:?}"));
    assert_first_of(&causes, (limit, verdict))
}

#[track_caller]
fn assert_first_of(causes: &[Value], (limit, verdict): (&str, &str)) -> Value {
    let first = &causes[0];
    assert_eq!(
        (&first["limit"], &first["verdict"]),
        (&limit.into(), &verdict.into()),
        "{causes:#?}"
    );
    first.clone()
}

//! Programs under strace, which records their system calls and may change the results.

use std::fs;
use std::path::Path;

use super::programs::{Invocation, Outcome};

/// Runs a program under strace with these options; returns the outcome and the trace.
pub fn traced(invocation: Invocation, options: &[&str]) -> (Outcome, String) {
    traced_through(invocation, options, &[])
}

/// The same where another program starts it: `["/bin/sh", "-c", SCRIPT]`.
pub fn traced_through(
    invocation: Invocation,
    options: &[&str],
    starter: &[&str],
) -> (Outcome, String) {
    const STRACE: &str = "/usr/bin/strace";
    assert!(Path::new(STRACE).exists(), "this test needs {STRACE}: install strace");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a temporary path in UTF-8");
    let strace = [STRACE, "-f", "-qq", "-e", "signal=none", "-o", path];
    let run = invocation.through(&[&strace, options, &["--"], starter].concat()).run();
    let trace = fs::read_to_string(path).expect("what strace wrote");
    (run, trace)
}

/// Runs a program under strace and requires that `-e inject=` changed a call.
pub fn injected(invocation: Invocation, options: &[&str]) -> (Outcome, String) {
    let (run, trace) = traced(invocation, options);
    assert!(trace.contains("(INJECTED"), "strace changed no system call: {run:?}");
    (run, trace)
}

//! Programs under strace, which records their system calls and may change the results.

use std::fs;
use std::path::Path;

use super::programs::{Invocation, Outcome, ours};

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

/// Runs ipcs while strace makes some calls fail; `inject` is the value of its `-e inject=`. Of
/// read(2) only the calls on /proc/sysvipc/shm fail.
pub fn with_calls_failing(inject: &str, args: &[&str]) -> Outcome {
    let (call, _) = inject.split_once(':').expect("CALL:ERROR");
    let (trace, inject) = (format!("trace={call}"), format!("inject={inject}"));
    let list = ["-P", "/proc/sysvipc/shm"];
    let only = if call == "read" { &list[..] } else { &[] };
    let options = [only, &["-e", &trace, "-e", &inject]].concat();
    injected(ours("ipcs", args), &options).0
}

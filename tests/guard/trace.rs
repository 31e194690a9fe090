//! The system calls of one run, by strace.

use crate::support::programs::{Outcome, ours};
use crate::support::strace::traced_through;

/// The output of strace: one line per call.
pub struct Trace {
    text: String,
    /// Standard output.
    output: String,
    /// Bytes on standard output.
    pub written: usize,
}

/// Runs our `ipcs` under strace. It must succeed.
pub fn ipcs(args: &[&str]) -> Trace {
    ipcs_through(&[], args)
}

/// The same where another program starts it.
pub fn ipcs_through(starter: &[&str], args: &[&str]) -> Trace {
    let (run, text) = traced_through(ours("ipcs", args), &[], starter);
    assert_eq!(run.status, Some(0), "ipcs {args:?} under strace: {run:?}");
    Trace::of(text, &run)
}

impl Trace {
    /// The trace of a run.
    pub fn of(text: String, run: &Outcome) -> Trace {
        assert!(text.contains("execve("), "strace recorded no program start:\n{text}");
        Trace { text, output: run.out().to_owned(), written: run.stdout.len() }
    }

    /// The calls with this name, as `name(arguments) = result`.
    pub fn calls(&self, name: &str) -> Vec<&str> {
        let is_call = |line: &&str| {
            line.strip_prefix(name).is_some_and(|arguments| arguments.starts_with('('))
        };
        // With -f every line begins with the thread id.
        let calls = self.text.lines().filter_map(|line| line.split_once(' '));
        calls.map(|(_, call)| call.trim_start()).filter(is_call).collect()
    }

    /// The number of calls about IPC objects.
    pub fn ipc_calls(&self) -> usize {
        ["shmctl", "msgctl", "semctl"].iter().map(|name| self.calls(name).len()).sum()
    }

    /// How often opening a file with this text in its path was tried.
    pub fn opens(&self, path: &str) -> usize {
        self.opened().filter(|call| call.contains(path)).count()
    }

    /// The number of calls with a path that is this one or below it.
    pub fn about(&self, path: &str) -> usize {
        let ends = ["\"", "/"].map(|end| format!("\"{path}{end}"));
        self.text.lines().filter(|line| ends.iter().any(|text| line.contains(text))).count()
    }

    /// Opened files except libraries and the counters of a build with coverage.
    pub fn opened(&self) -> impl Iterator<Item = &str> {
        let own = |call: &&str| {
            !call.contains("/ld.so.") && !call.contains(".so.") && !call.contains(".profraw")
        };
        self.calls("openat").into_iter().filter(own)
    }

    /// The number of threads and processes that it started.
    pub fn threads(&self) -> usize {
        ["clone", "clone3", "fork", "vfork"].iter().map(|name| self.calls(name).len()).sum()
    }

    /// The lines of a classic list that begin with a key.
    pub fn rows(&self) -> usize {
        self.output.lines().filter(|line| line.starts_with("0x")).count()
    }

    /// The number of writes to standard output.
    pub fn writes(&self) -> usize {
        self.calls("write").iter().filter(|call| call.starts_with("write(1,")).count()
    }
}

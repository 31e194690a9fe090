//! The system calls of one run, by strace.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::programs::ours;

/// One line a call, as strace writes them.
pub struct Trace {
    text: String,
    /// Bytes on standard output.
    pub written: usize,
}

/// Runs our `ipcs` under strace. It must succeed.
pub fn ipcs(args: &[&str]) -> Trace {
    require_strace();
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a temporary path in UTF-8");
    let run = ours("ipcs", args)
        .through(&["/usr/bin/strace", "-f", "-qq", "-e", "signal=none", "-o", path, "--"])
        .run();
    assert_eq!(run.status, Some(0), "ipcs {args:?} under strace: {run:?}");
    let text = fs::read_to_string(path).expect("what strace wrote");
    assert!(text.contains("execve("), "strace saw no program start:\n{text}");
    Trace { text, written: run.stdout.len() }
}

fn require_strace() {
    let found = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "this test counts system calls and needs strace; install it to see it pass"
    );
}

impl Trace {
    /// The calls of that name, as `name(arguments) = result`.
    pub fn calls(&self, name: &str) -> Vec<&str> {
        let is_call = |line: &&str| {
            line.strip_prefix(name).is_some_and(|arguments| arguments.starts_with('('))
        };
        // With -f every line begins with the number of its thread.
        let calls = self.text.lines().filter_map(|line| line.split_once(' '));
        calls.map(|(_, call)| call.trim_start()).filter(is_call).collect()
    }

    /// Calls that ask about objects.
    pub fn ipc_calls(&self) -> usize {
        ["shmctl", "msgctl", "semctl"].iter().map(|name| self.calls(name).len()).sum()
    }

    /// How often files with that in their path were opened, or tried to be.
    pub fn opens(&self, path: &str) -> usize {
        self.opened().filter(|call| call.contains(path)).count()
    }

    /// Opened files that are no libraries. Nor do the counters of a build with coverage count.
    pub fn opened(&self) -> impl Iterator<Item = &str> {
        let own = |call: &&str| {
            !call.contains("/ld.so.") && !call.contains(".so.") && !call.contains(".profraw")
        };
        self.calls("openat").into_iter().filter(own)
    }

    /// Writes to standard output.
    pub fn writes(&self) -> usize {
        self.calls("write").iter().filter(|call| call.starts_with("write(1,")).count()
    }
}

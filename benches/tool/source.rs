//! Which source of the kernel a program read: the system calls tell.

use std::process::{Command, Stdio};

use crate::race::Candidate;

/// Calls that only ask how large the tables are, for each kind (`IPC_INFO`, `SEM_INFO`).
const INFO_CALLS: usize = 2;

/// `text`, `calls`, both where rows come from one and are completed by the other, `-` for neither;
/// with the first letter of each kind in front where they differ. Found by one run under strace.
pub fn sources(candidate: &Candidate<'_>) -> Result<String, String> {
    candidate.prepare()?;
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-e", "signal=none"]);
    command.args(["-e", "trace=openat,shmctl,msgctl,semctl", "-o", "/dev/stdout", "--"]);
    // The program writes to standard error, which goes nowhere: its output is not the trace.
    command.args(["sh", "-c", "exec \"$@\" >&2", "sh"]).args(candidate.words());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().map_err(|error| format!("strace: {error}"))?;
    let trace = String::from_utf8_lossy(&output.stdout);
    let found: Vec<(char, &str)> =
        ["msg", "shm", "sem"].iter().filter_map(|kind| source(&trace, kind)).collect();
    Ok(match found.as_slice() {
        [] => "-".to_owned(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, source)| source == first) => {
            (*first).to_owned()
        }
        _ => found
            .iter()
            .map(|(kind, source)| format!("{kind}:{source}"))
            .collect::<Vec<_>>()
            .join(" "),
    })
}

/// `None`: nothing was asked about this kind.
fn source(trace: &str, kind: &str) -> Option<(char, &'static str)> {
    let call = format!("{kind}ctl(");
    let file = format!("/proc/sysvipc/{kind}\"");
    let calls = trace.lines().filter(|line| line.contains(&call)).count();
    let text = trace.lines().any(|line| line.contains(&file));
    // How one kind's letter is told from the other: m(sg), s(hm), a(rrays of semaphores).
    let letter = match kind {
        "msg" => 'q',
        "shm" => 'm',
        _ => 's',
    };
    let source = match (text, calls) {
        (true, calls) if calls > INFO_CALLS => "text+calls",
        (true, _) => "text",
        (false, 0) => return None,
        (false, _) => "calls",
    };
    Some((letter, source))
}

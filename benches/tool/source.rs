//! Which source of the kernel a program read, found from its system calls.

use std::process::{Command, Stdio};

use crate::race::Candidate;

/// The number of calls per kind that only read the sizes of the tables (`IPC_INFO`, `SEM_INFO`).
const INFO_CALLS: usize = 2;

/// Finds the source by one run under strace.
///
/// The result is `text`, `calls`, `text+calls` if one completes the other, or `-` for neither. If
/// the kinds differ, each is preceded by the letter of its option.
pub fn sources(candidate: &Candidate<'_>) -> Result<String, String> {
    candidate.prepare()?;
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-e", "signal=none"]);
    command.args(["-e", "trace=openat,shmctl,msgctl,semctl", "-o", "/dev/stdout", "--"]);
    // The program writes to standard error, which is discarded, to keep its output out of the trace.
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

/// `None` if the program did not read this kind.
fn source(trace: &str, kind: &str) -> Option<(char, &'static str)> {
    let call = format!("{kind}ctl(");
    let file = format!("/proc/sysvipc/{kind}\"");
    let calls = trace.lines().filter(|line| line.contains(&call)).count();
    let text = trace.lines().any(|line| line.contains(&file));
    // The letter of the option for this kind.
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

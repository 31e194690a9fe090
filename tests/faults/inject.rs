//! Records the system calls of a command line, and lets one of them fail.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::time::Duration;

use super::exceptions::left_out;
use super::lines::Line;
use crate::support::programs::{Invocation, Outcome, ours};

/// The errors that are tried.
const ERRORS: [&str; 8] =
    ["EPERM", "EACCES", "ENOSYS", "EIO", "EMFILE", "EINTR", "ENOMEM", "ENOENT"];

/// After this time a run hangs.
const DEADLINE: Duration = Duration::from_secs(10);

pub const TIMEOUT: &str = "/usr/bin/timeout";
const STRACE: &str = "/usr/bin/strace";

/// Runs the program as nobody. CAP_DAC_READ_SEARCH lets it start from a private directory.
const AS_NOBODY: &str = "/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups \
                         --inh-caps=+dac_read_search --ambient-caps=+dac_read_search --";

/// One failure: the call with this name and number, counted in each thread, and its error.
#[derive(Clone, Debug)]
pub struct Fault {
    pub call: String,
    /// The call and what it is about, such as `openat(/proc/N/maps)`.
    pub signature: String,
    pub number: usize,
    /// All later calls of this name fail too.
    pub lasting: bool,
    pub error: &'static str,
}

impl Fault {
    /// The value of strace's `-e inject=`.
    pub fn expression(&self) -> String {
        let Fault { call, error, number, .. } = self;
        let lasting = if self.lasting { "+" } else { "" };
        format!("{call}:error={error}:when={number}{lasting}")
    }
}

/// One call of a trace.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    name: String,
    signature: String,
    number: usize,
}

/// The invocation of a line, without strace.
pub fn invocation(line: &Line) -> Invocation {
    let run = ours(line.program, line.words()).timeout(DEADLINE);
    if line.nobody {
        let words: Vec<_> = AS_NOBODY.split_whitespace().collect();
        return run.through(&words);
    }
    run
}

/// Runs a line under strace with these options; returns the outcome and the trace.
fn under_strace(line: &Line, options: &[&str]) -> (Outcome, String) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a temporary path in UTF-8");
    // strace leaves a program that hangs behind, timeout ends both.
    let seconds = DEADLINE.as_secs().to_string();
    let begin = [TIMEOUT, "-s", "KILL", &seconds, STRACE, "-f", "-qq", "-y", "-s", "100"];
    let begin = [&begin[..], &["-e", "signal=none", "-o", path], options, &["--"]].concat();
    let user: Vec<_> = if line.nobody { AS_NOBODY.split_whitespace().collect() } else { vec![] };
    let words = [begin, user].concat();
    let run = ours(line.program, line.words()).through(&words).timeout(DEADLINE * 2).run();
    (run, fs::read_to_string(path).expect("what strace wrote"))
}

/// Runs a line while a call fails. `None` if the run did not come to that call.
pub fn failing(line: &Line, fault: &Fault) -> Option<(Outcome, String)> {
    let (trace, inject) = (format!("trace={}", fault.call), fault.expression());
    let inject = format!("inject={inject}");
    let (run, trace) = under_strace(line, &["--seccomp-bpf", "-e", &trace, "-e", &inject]);
    trace.contains("(INJECTED)").then_some((run, trace))
}

/// All faults of a line that differ: of calls with the same signature the first and the last one
/// fail. Also returns the number of calls.
pub fn faults(line: &Line, live: i32) -> (Vec<Fault>, usize) {
    let (run, trace) = under_strace(line, &[]);
    assert!(run.status.is_some(), "{line:?} under strace: {run:?}");
    let (calls, before) = calls(&trace, live);
    let mut of_signature: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for call in &calls {
        of_signature.entry((&call.name, &call.signature)).or_default().push(call.number);
    }
    let directories: Vec<String> = of_signature
        .keys()
        .filter(|(name, _)| *name == "getdents64")
        .filter_map(|(_, signature)| Some(signature.split_once('(')?.1.to_owned()))
        .collect();
    let mut points = Vec::new();
    let mut first = BTreeMap::new();
    for ((call, signature), mut numbers) in of_signature {
        numbers.sort_unstable();
        numbers.dedup();
        // strace counts in each thread: the first calls of another thread have the numbers of
        // calls that the dynamic loader makes in the first one.
        let loader = before.get(call).copied().unwrap_or_default();
        numbers.retain(|number| *number > loader);
        if numbers.len() > 2 {
            numbers = vec![numbers[0], numbers[numbers.len() - 1]];
        }
        first.entry(call).or_insert((signature, loader + 1));
        points.extend(numbers.into_iter().map(|number| (call, signature, number, false)));
    }
    points.extend(first.into_iter().map(|(call, (signature, at))| (call, signature, at, true)));
    let faults = points.iter().flat_map(|&(call, signature, number, lasting)| {
        let fault = move |error| Fault {
            call: call.to_owned(),
            signature: signature.to_owned(),
            number,
            lasting,
            error,
        };
        ERRORS.into_iter().map(fault).filter(|fault| !left_out(fault, &directories))
    });
    (faults.collect(), calls.len())
}

/// The calls of a trace from `main` on, and how many calls of each name the first thread makes
/// before.
fn calls(trace: &str, live: i32) -> (Vec<Call>, HashMap<String, usize>) {
    let mut numbers: HashMap<(&str, String), usize> = HashMap::new();
    let mut before = HashMap::new();
    let mut calls = Vec::new();
    let mut in_main = false;
    for line in trace.lines() {
        let Some((thread, text)) = line.split_once(' ') else { continue };
        let Some((name, arguments)) = text.trim_start().split_once('(') else { continue };
        if !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') {
            continue;
        }
        let number = numbers.entry((thread, name.to_owned())).or_default();
        *number += 1;
        // What comes before is done by the dynamic loader or another program.
        let number = *number;
        in_main = match name {
            "execve" => false,
            // The first call of `main` looks for closed descriptors.
            "fcntl" => in_main || arguments.starts_with("0<") || arguments.starts_with("0,"),
            _ => in_main,
        };
        if !in_main {
            before.insert(name.to_owned(), number);
        }
        if in_main {
            calls.push(Call {
                signature: signature(name, arguments, live),
                name: name.to_owned(),
                number,
            });
        }
    }
    (calls, before)
}

/// The call and the path or the command that it is about. Processes have no numbers, but the one
/// that uses objects of the scene has a name.
fn signature(name: &str, arguments: &str, live: i32) -> String {
    let about = if ["shmctl", "msgctl", "semctl"].contains(&name) {
        let words = arguments.split([',', ' ', ')']).map(|word| word.trim_start_matches("IPC_64|"));
        words
            .filter(|word| {
                word.len() > 3 && word.starts_with(|char: char| char.is_ascii_uppercase())
            })
            .collect::<Vec<_>>()
            .join(" ")
    } else if name == "fcntl" || name == "ioctl" || name == "prctl" {
        arguments.split(')').next().unwrap_or_default().to_owned()
    } else {
        let (described, rest) = match (arguments.find('<'), arguments.find('"')) {
            (Some(at), quote) if quote.is_none_or(|quote| at < quote) => {
                (arguments[at + 1..].split('>').next(), quote.map(|at| &arguments[at..]))
            }
            (_, quote) => (None, quote.map(|at| &arguments[at..])),
        };
        let quoted = rest.and_then(|rest| rest.split('"').nth(1));
        let relative =
            ["openat", "newfstatat", "readlinkat", "statx", "faccessat2"].contains(&name);
        let base = described.filter(|_| !arguments.starts_with("AT_FDCWD"));
        let path = match (base, quoted.filter(|_| relative || base.is_none())) {
            (Some(base), Some(path)) => format!("{base}/{path}"),
            (base, path) => base.or(path).unwrap_or_default().to_owned(),
        };
        let descriptor = &arguments[..arguments.len().min(1)];
        if ["0", "1", "2"].contains(&descriptor) && path.starts_with("pipe:") {
            descriptor.to_owned()
        } else {
            path
        }
    };
    format!("{name}({})", without_numbers(&about, live))
}

/// Replaces numbers by `N`, and the process `live` by `LIVE`.
fn without_numbers(text: &str, live: i32) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|char: char| char.is_ascii_digit()) {
        let digits = rest[start..].find(|char: char| !char.is_ascii_hexdigit() && char != 'x');
        let end = digits.map_or(rest.len(), |length| start + length);
        out.push_str(&rest[..start]);
        let known = rest[start..end] == live.to_string();
        out.push_str(if known { "LIVE" } else { "N" });
        rest = &rest[end..];
    }
    out + rest
}

/// The signatures of the calls of a trace that were made to fail.
pub fn injected(trace: &str, live: i32) -> Vec<String> {
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut found = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if call.ends_with("<unfinished ...>") {
            begun.insert(thread, call);
        } else if call.contains("(INJECTED)") {
            let call =
                if call.starts_with("<...") { begun.get(thread).copied() } else { Some(call) };
            let parts = call.and_then(|call| call.split_once('('));
            found.extend(parts.map(|(name, arguments)| signature(name, arguments, live)));
        }
    }
    found
}

//! What the programs share: standard output, messages, exit codes.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use clap::CommandFactory;
use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::cli::help::{ShortHelp, short_help};
use crate::cli::{Typed, UsageError};
use crate::names;
use crate::render::json;
use crate::render::plugin::{self, Status};
use crate::sys::{allocator, error_text, retry, write_all};

/// Output is buffered to write rows in few calls, as stdio does for a pipe.
const OUTPUT_BUFFER: usize = 64 * 1024;

/// At most this number of reasons is in the line of a check that fails.
const REASONS: usize = 3;

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// Everything was done: status 0.
    Success,
    /// Something failed, or the command line was wrong: status 1.
    Failure,
    /// A check found something that should be looked at: status 1.
    Warning,
    /// A check found something that needs action: status 2.
    Critical,
    /// A check failed, so that the state is unknown: status 3.
    Unknown,
}

impl Exit {
    /// Success if both are.
    #[must_use]
    pub fn and(self, other: Exit) -> Exit {
        if self == Exit::Success { other } else { self }
    }

    /// The status that the parent process sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure | Exit::Warning => 1,
            Exit::Critical => 2,
            Exit::Unknown => 3,
        }
    }
}

/// A program: a function of its session and argv.
pub type Program = fn(&mut Session, Vec<OsString>) -> anyhow::Result<Exit>;

/// Runs a program and gives its exit status. `name` is the program's name where argv has
/// none.
pub fn run(name: &'static str, program: Program, argv: Vec<OsString>) -> u8 {
    let mut session = Session::new(invocation_name(&argv, name));
    let result = program(&mut session, argv);
    let result = session.checked(result);
    let exit = session.report_names();
    session.finish(result.map(|of_program| of_program.and(exit))).code()
}

/// The last component of argv[0], as `program_invocation_short_name`.
fn invocation_name(argv: &[OsString], fallback: &str) -> String {
    argv.first()
        .and_then(|path| Path::new(path).file_name())
        .map_or_else(|| fallback.to_owned(), |name| Typed::new(name).to_string())
}

/// The standard streams of one run, and the name that messages begin with.
#[derive(Debug)]
pub struct Session {
    name: String,
    out: BufWriter<Output>,
    terminal: Option<bool>,
    /// The messages of a session that is captured.
    messages: Vec<String>,
    /// How a run ends that fails.
    failure: Exit,
}

/// What a captured session has written.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Captured {
    /// Standard output.
    #[serde(with = "super::bytes")]
    pub output: Vec<u8>,
    /// The messages, without the name of the program.
    pub messages: Vec<String>,
}

impl Session {
    fn new(name: String) -> Session {
        Session {
            name,
            out: BufWriter::with_capacity(OUTPUT_BUFFER, Output::Stdout { error: None }),
            terminal: None,
            messages: Vec::new(),
            failure: Exit::Failure,
        }
    }

    /// A session whose output and messages are kept in memory.
    #[must_use]
    pub fn captured() -> Session {
        Session {
            name: String::new(),
            // The memory is a buffer already.
            out: BufWriter::with_capacity(0, Output::Memory(Vec::new())),
            terminal: Some(false),
            messages: Vec::new(),
            failure: Exit::Failure,
        }
    }

    /// Ends a captured session.
    #[must_use]
    pub fn into_captured(self) -> Captured {
        let (output, messages) = (self.out.into_parts().0, self.messages);
        match output {
            Output::Memory(output) => Captured { output, messages },
            Output::Stdout { .. } => Captured { output: Vec::new(), messages },
        }
    }

    /// From now on every error ends with the status of a check whose result is unknown, and its reason
    /// is the line of the check.
    pub fn begin_check(&mut self) {
        self.failure = Exit::Unknown;
        allocator::set_exit_status(Exit::Unknown.code());
    }

    /// The result of a program. The error of a check is its line on standard output.
    fn checked(&mut self, result: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
        match result {
            Err(error) if self.failure == Exit::Unknown => {
                let line = plugin::line(Status::Unknown, &reasons(&error), &[]);
                // A failed write is remembered.
                let _ = writeln!(self.out, "{line}");
                Ok(Exit::Unknown)
            }
            Ok(Exit::Failure) => Ok(self.failure),
            result => result,
        }
    }

    /// Standard output, buffered. A failed write is remembered and decides the exit status at the
    /// end, so callers need not report it.
    pub fn out(&mut self) -> &mut BufWriter<Output> {
        &mut self.out
    }

    /// Prints `NAME: message` on standard error and continues.
    pub fn warn(&mut self, message: impl Display) {
        if matches!(self.out.get_ref(), Output::Memory(_)) {
            self.messages.push(message.to_string());
            return;
        }
        // On a terminal both streams appear in the order of events, as with line-buffered stdio.
        // In a pipe only the order within each stream matters.
        if self.is_terminal() {
            let _ = self.out.flush();
        }
        let line = format!("{}: {message}\n", self.name);
        write_stderr(&line);
    }

    /// Writes a JSON document: indented on a terminal, otherwise on one line.
    ///
    /// # Errors
    /// Those of writing to standard output.
    pub fn json(&mut self, document: &impl Serialize) -> io::Result<()> {
        let is_terminal = self.is_terminal();
        json::write(&mut self.out, document, is_terminal)
    }

    fn is_terminal(&mut self) -> bool {
        *self.terminal.get_or_insert_with(|| io::stdout().is_terminal())
    }

    /// Prints the help of a definition.
    ///
    /// # Errors
    /// Those of writing to standard output.
    pub fn help<T: CommandFactory>(&mut self) -> io::Result<Exit> {
        write!(self.out, "{}", T::command().render_help())?;
        Ok(Exit::Success)
    }

    /// Prints the options that are used most.
    ///
    /// # Errors
    /// Those of writing to standard output.
    pub fn short_help<T: ShortHelp>(&mut self) -> io::Result<Exit> {
        write!(self.out, "{}", short_help::<T>())?;
        Ok(Exit::Success)
    }

    /// Prints the definition's name and the package's version.
    ///
    /// # Errors
    /// Those of writing to standard output.
    pub fn version<T: CommandFactory>(&mut self) -> io::Result<Exit> {
        writeln!(self.out, "{} {}", T::command().get_name(), env!("CARGO_PKG_VERSION"))?;
        Ok(Exit::Success)
    }

    /// Reports that names are missing because a look-up failed.
    fn report_names(&mut self) -> Exit {
        let Some(errno) = names::failure() else { return Exit::Success };
        let reason = error_text(errno);
        self.warn(format_args!("cannot look up names of users or groups: {reason}"));
        Exit::Failure
    }

    /// Flushes standard output and reports what went wrong. A write error takes precedence over
    /// every other error: later errors follow from it.
    fn finish(mut self, result: anyhow::Result<Exit>) -> Exit {
        let _ = self.out.flush();
        // Dropping the buffer must not try to write again.
        let (output, _) = self.out.into_parts();
        let error = match output {
            Output::Stdout { error } => error,
            Output::Memory(_) => None,
        };
        match (error, result) {
            (Some(Errno::EPIPE | Errno::EBADF), result) => result.unwrap_or(Exit::Success),
            (Some(errno), _) => {
                write_stderr(&format!("{}: write error: {}\n", self.name, error_text(errno)));
                self.failure
            }
            (None, Ok(exit)) => exit,
            (None, Err(error)) => {
                write_stderr(&describe(&self.name, &error));
                self.failure
            }
        }
    }
}

/// The reasons of an error that ends a run, in one line.
fn reasons(error: &anyhow::Error) -> String {
    match error.downcast_ref::<UsageError>() {
        Some(usage) => {
            let more = (usage.lines.len() > REASONS).then(|| "there are more errors".to_owned());
            let first = usage.lines.iter().take(REASONS).cloned();
            first.chain(more).collect::<Vec<_>>().join("; ")
        }
        None => format!("{error:#}").lines().collect::<Vec<_>>().join("; "),
    }
}

/// The lines of an error that ends a run.
fn describe(name: &str, error: &anyhow::Error) -> String {
    let Some(usage) = error.downcast_ref::<UsageError>() else {
        return format!("{error:#}").lines().map(|line| format!("{name}: {line}\n")).collect();
    };
    let reasons = usage.lines.iter().map(|line| format!("{name}: {line}\n"));
    let is_cut = usage.lines.len() > UsageError::MAX_LINES;
    let more = is_cut.then(|| format!("{name}: there are more errors\n"));
    let hint = format!("Try '{name} --help' for more information.\n");
    reasons.take(UsageError::MAX_LINES).chain(more).chain([hint]).collect()
}

/// A single write, so that messages of concurrent programs do not mix. A failure cannot be reported
/// anywhere.
fn write_stderr(text: &str) {
    let _ = write_all(io::stderr(), text.as_bytes());
}

/// Seconds since the epoch.
#[must_use]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Where the output of a session goes.
#[derive(Debug)]
pub enum Output {
    /// Standard output, unbuffered: std's own is line-buffered and hides EBADF.
    Stdout {
        /// The first error of a write.
        error: Option<Errno>,
    },
    /// Memory, for a session that is captured.
    Memory(Vec<u8>),
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let error = match self {
            Output::Memory(memory) => return memory.write(bytes),
            Output::Stdout { error } => error,
        };
        retry(|| nix::unistd::write(io::stdout(), bytes)).map_err(|errno| {
            error.get_or_insert(errno);
            // std would repeat an interrupted write without end.
            if errno == Errno::EINTR { io::Error::other(errno) } else { errno.into() }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_util_linux() {
        assert_eq!(Exit::Success.code(), 0);
        assert_eq!(Exit::Failure.code(), 1);
    }

    #[test]
    fn exit_codes_of_checks_are_those_of_monitoring_plugins() {
        let codes = [Exit::Success, Exit::Warning, Exit::Critical, Exit::Unknown].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
    }

    #[test]
    fn the_name_is_the_last_component_of_argv0() {
        let name = |argv: &[&str]| {
            let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
            invocation_name(&argv, "ipcs")
        };
        assert_eq!(name(&["/usr/bin/ipcs-new", "-m"]), "ipcs-new");
        assert_eq!(name(&["ipcrm"]), "ipcrm");
        assert_eq!(name(&[""]), "ipcs");
        assert_eq!(name(&[]), "ipcs");
    }

    #[test]
    fn usage_errors_have_a_line_each_and_a_hint() {
        let lines = vec!["one".to_owned(), "two".to_owned()];
        let error = anyhow::Error::from(UsageError { lines });
        assert_eq!(
            describe("ipcrm", &error),
            "ipcrm: one\nipcrm: two\nTry 'ipcrm --help' for more information.\n"
        );
    }

    #[test]
    fn shows_at_most_a_hundred_lines_of_a_usage_error() {
        let shown = |count: usize| {
            let lines = (0..count).map(|line| line.to_string()).collect();
            describe("ipcrm", &anyhow::Error::from(UsageError { lines }))
        };
        assert!(shown(100).ends_with("ipcrm: 99\nTry 'ipcrm --help' for more information.\n"));
        assert!(shown(101).ends_with(
            "ipcrm: 99\nipcrm: there are more errors\nTry 'ipcrm --help' for more information.\n"
        ));
    }

    #[test]
    fn every_line_of_an_error_begins_with_the_name() {
        let error = anyhow::anyhow!("create failed\nthe limit is 3");
        assert_eq!(describe("ipcmk", &error), "ipcmk: create failed\nipcmk: the limit is 3\n");
    }

    #[test]
    fn other_errors_show_their_context_on_one_line() {
        let error = anyhow::anyhow!("no such file").context("cannot read /proc");
        assert_eq!(describe("ipcs", &error), "ipcs: cannot read /proc: no such file\n");
    }
}

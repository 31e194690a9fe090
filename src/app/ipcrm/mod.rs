//! `ipcrm`: removes objects.

mod filter_args;
mod job;
mod namespaces;
mod operands;
mod progress;
mod prompt;
mod report;
mod request;
mod tally;

use std::ffi::OsString;

use anyhow::anyhow;

use self::job::Job;
use self::prompt::Terminal;
use self::report::{Place, Report};
use self::request::CheckedLine;
use self::tally::Tally;
use super::namespaces::NamespaceScope;
use super::session::{Exit, Session, now};
use crate::cli::ipcrm::{Ipcrm, NAMING_OPTIONS, UTIL_LINUX_OPTIONS};
use crate::cli::{UsageError, parse_in_order};
use crate::proc::ProcRoot;
use crate::removal;
use crate::sources::{Everything, ShmFiles};
use crate::sys::reason;

/// Runs the program.
///
/// # Errors
/// A wrong command line, a missing terminal, output that cannot be written.
pub fn run(session: &mut Session, argv: Vec<OsString>) -> anyhow::Result<Exit> {
    if argv.len() < 2 {
        return Err(UsageError::new("bad usage").into());
    }
    let parsed = parse_in_order::<Ipcrm>(&UTIL_LINUX_OPTIONS, &NAMING_OPTIONS, argv)?;
    let CheckedLine { request, style, scope, rest } = CheckedLine::check(&parsed)?;
    if parsed.args.short_help {
        return Ok(session.short_help::<Ipcrm>()?);
    }
    if parsed.args.help {
        return Ok(session.help::<Ipcrm>()?);
    }
    if parsed.args.version {
        return Ok(session.version::<Ipcrm>()?);
    }
    let terminal =
        match style.interactive {
            true => Some(Terminal::open().map_err(|e| {
                anyhow!("cannot open the terminal for --interactive: {}", reason(&e))
            })?),
            false => None,
        };
    let proc = ProcRoot::default();
    let job = Job { request: &request, style, scope: scope.as_ref(), now: now() };
    let mut run = Run { session, job, terminal, proc, tally: Tally::new(&job) };
    match &scope {
        None => run.here(None, ShmFiles::Own),
        Some((NamespaceScope::One(scope), _)) => run.within(scope)?,
        Some((NamespaceScope::All, _)) => run.within_all(),
    }
    let exit = run.finish()?;
    match rest {
        Some(wrong) => Err(wrong.into()),
        None => Ok(exit),
    }
}

/// A run: the request is carried out in one namespace after another.
struct Run<'a> {
    session: &'a mut Session,
    job: Job<'a>,
    terminal: Option<Terminal>,
    proc: ProcRoot,
    tally: Tally,
}

impl Run<'_> {
    /// Carries out the request in the namespace of the calling thread.
    fn here(&mut self, place: Option<Place>, files: ShmFiles) {
        let Run { session, job, terminal, proc, tally } = self;
        let source = Everything::new(proc, files);
        let mut report = Report::new(session, job, terminal.as_mut(), tally, place);
        let result = removal::run(job.request, job.options(), proc, &source, &mut report);
        // What was removed before the terminal was lost is reported anyway.
        report.finish(*result.as_ref().unwrap_or(&0));
        tally.terminal_error = result.err().map(|error| reason(&error));
    }

    /// Writes what is written at the end.
    fn finish(self) -> anyhow::Result<Exit> {
        let terminal_error = self.tally.terminal_error.clone();
        let exit = self.tally.finish(self.session, &self.job)?;
        match terminal_error {
            Some(error) => Err(anyhow!("cannot read the answer from the terminal: {error}")),
            None => Ok(exit),
        }
    }
}

//! `ipcrm`: removes objects.

mod filter_args;
mod operands;
mod progress;
mod prompt;
mod report;
mod request;

use std::ffi::OsString;

use anyhow::anyhow;

use self::prompt::Terminal;
use self::report::Report;
use self::request::CheckedLine;
use super::session::{Exit, Session, now};
use crate::cli::ipcrm::{Ipcrm, NAMING_OPTIONS, UTIL_LINUX_OPTIONS};
use crate::cli::{UsageError, parse_in_order};
use crate::proc::ProcRoot;
use crate::removal;
use crate::sources::{NamespaceHandle, SystemV};
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
    let CheckedLine { request, style, rest } = CheckedLine::check(&parsed)?;
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
    let source = SystemV::new(proc.clone(), NamespaceHandle::current());
    let now = now();
    let mut report = Report::new(session, &request, style, terminal, now);
    let options = report.options();
    let result = removal::run(&request, options, &proc, &source, &mut report);
    // What was removed before the terminal was lost is reported anyway.
    let exit = report.finish(result.as_ref().ok().copied())?;
    result.map_err(|e| anyhow!("cannot read the answer from the terminal: {}", reason(&e)))?;
    match rest {
        Some(wrong) => Err(wrong.into()),
        None => Ok(exit),
    }
}

//! `ipcrm`: removes objects.

mod choice;
mod clean;
mod document;
mod progress;
mod prompt;
mod report;
mod request;
mod tally;
mod words;

use std::ffi::OsString;

use anyhow::anyhow;

use super::edge::{Exit, Session, now};
use crate::cli::ipcrm::{Ipcrm, OLD_NAMES};
use crate::cli::{UsageError, parse_in_order};
use crate::removal::{Manner, execute};
use crate::sys::reason;
use prompt::Terminal;
use report::Report;
use request::{Request, Style};

/// Runs the program.
///
/// # Errors
/// A wrong command line, a terminal that is not there, output that cannot be written.
pub fn run(session: &mut Session, argv: Vec<OsString>) -> anyhow::Result<Exit> {
    if argv.len() < 2 {
        return Err(UsageError::new("bad usage").into());
    }
    let parsed = parse_in_order::<Ipcrm>(&OLD_NAMES, argv)?;
    let request = Request::check(&parsed)?;
    if parsed.args.help {
        return Ok(session.help::<Ipcrm>()?);
    }
    if parsed.args.version {
        return Ok(session.version::<Ipcrm>()?);
    }
    let terminal = match request.style.interactive {
        true => {
            Some(Terminal::open().map_err(|e| anyhow!("no terminal to ask on: {}", reason(&e)))?)
        }
        false => None,
    };
    if let Some(aim) = &request.aim {
        return clean::run(session, aim, request.style, terminal, now());
    }
    let manner = manner(request.style);
    let mut report = Report::new(session, request.style, terminal);
    let result = execute(&request.plan, manner, &mut report);
    // What was removed before the terminal went away is told all the same.
    let exit = report.finish()?;
    result.map_err(|e| anyhow!("cannot ask on the terminal: {}", reason(&e)))?;
    Ok(exit)
}

fn manner(style: Style) -> Manner {
    Manner {
        dry_run: style.dry_run,
        details: style.dry_run || style.interactive || style.json,
        announced: style.verbose || style.interactive,
    }
}

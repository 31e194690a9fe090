//! `ipcs`: command line, then sources, then rendering.

mod detail;
mod help;
mod list;
mod options;
mod output;
mod stream;
mod style;
mod sums;
mod who;

use std::ffi::OsString;

use self::options::{Options, Task};
use super::edge::{Exit, Session};
use crate::cli;
use crate::cli::ipcs::{IpcsArgs, OLD_NAMES};
use crate::collect::Gap;
use crate::proc::ProcRoot;

/// Runs `ipcs`.
///
/// # Errors
/// A wrong command line, and standard output that cannot be written.
pub fn run(session: &mut Session, argv: Vec<OsString>) -> anyhow::Result<Exit> {
    let args: IpcsArgs = cli::parse(OLD_NAMES, argv)?;
    let id = options::id(&args)?;
    if args.help {
        return Ok(session.help::<IpcsArgs>()?);
    }
    if args.version {
        return Ok(session.version::<IpcsArgs>()?);
    }
    let options = Options::resolve(&args, id)?;
    let proc = ProcRoot::default();
    match options.task {
        Task::List(view) => list::show(session, &proc, &options, view),
        Task::Detail(kind, id) => detail::show(session, &proc, &options, kind, id),
        Task::Columns => help::show_columns(session, &options),
        Task::Limits => sums::show_limits(session, &proc, &options),
        Task::Summary => sums::show_usage(session, &proc, &options),
    }
}

/// Reports what is missing in the answer, and tells the exit status that it leads to.
fn report(session: &mut Session, gaps: &[Gap]) -> Exit {
    const SHOWN: usize = 20;
    for gap in gaps.iter().take(SHOWN) {
        session.warn(gap);
    }
    if let Some(more) = gaps.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        session.warn(format_args!("{more} more rows could not be read"));
    }
    if gaps.is_empty() { Exit::Success } else { Exit::Failure }
}

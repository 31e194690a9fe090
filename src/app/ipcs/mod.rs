//! `ipcs`: command line, then sources, then rendering.

mod candidates;
mod check;
mod explain;
mod findings;
mod gaps;
mod groups;
mod limits;
mod list;
mod list_columns;
mod list_namespaces;
mod metrics;
mod metrics_args;
mod namespace_writer;
mod namespaces;
mod operands;
mod options;
mod output;
mod processes;
mod reading;
mod sort;
mod task;
mod terminal;
mod thresholds;
mod visits;

use std::ffi::OsString;

use self::options::Options;
use self::task::Task;
use super::session::{Exit, Session};
use crate::cli;
use crate::cli::getopt::has_option;
use crate::cli::habits::explained;
use crate::cli::ipcs::{IpcsArgs, UTIL_LINUX_OPTIONS};
use crate::proc::ProcRoot;

/// Runs `ipcs`.
///
/// # Errors
/// A wrong command line, and standard output that cannot be written.
pub fn run(session: &mut Session, argv: Vec<OsString>) -> anyhow::Result<Exit> {
    if has_option::<IpcsArgs>(UTIL_LINUX_OPTIONS, "check", &argv) {
        session.begin_check();
    }
    let args: Result<IpcsArgs, _> = cli::parse(UTIL_LINUX_OPTIONS, argv.clone());
    let args = args.map_err(|error| explained(error, None))?;
    if let Some(wanted) = &args.list_candidates {
        return Ok(candidates::show(session, &ProcRoot::default(), wanted, &args.operands)?);
    }
    let id = options::id(&args)?;
    if args.short_help {
        return Ok(session.short_help::<IpcsArgs>()?);
    }
    if args.help {
        return Ok(session.help::<IpcsArgs>()?);
    }
    if args.version {
        return Ok(session.version::<IpcsArgs>()?);
    }
    let note = operands::note(&args, argv)?;
    let options = Options::resolve(&args, id);
    let options = options.map_err(|error| explained(error, args.output.as_deref()))?;
    if let Some(note) = note {
        session.warn(note);
    }
    let proc = ProcRoot::default();
    match (options.task, &options.namespace) {
        (Task::Columns, _) => list_columns::show(session, &options),
        (Task::Namespaces, _) => list_namespaces::show(session, &proc, &options),
        (Task::Check(thresholds), _) => check::show(session, &proc, &options, thresholds),
        (Task::Metrics, _) => metrics::show(session, &proc, &options),
        (Task::Explain, _) => explain::show(session, &proc, &options),
        (_, Some(scope)) => namespaces::show(session, &proc, &options, scope),
        (Task::List(_) | Task::Detail(..) | Task::Named, None) => {
            list::show(session, &proc, &options)
        }
        (Task::Groups(by), None) => groups::show(session, &proc, &options, by),
        (Task::Limits | Task::Summary, None) => limits::show(session, &proc, &options),
    }
}

//! What goes with `--prometheus` on the command line.

use std::path::PathBuf;

use crate::cli::UsageError;
use crate::cli::ipcs::IpcsArgs;

/// Refuses options that choose something else to show, and `--write` alone.
///
/// # Errors
/// Which option, and why.
pub fn check(args: &IpcsArgs) -> Result<(), UsageError> {
    if !args.prometheus {
        return match args.write {
            Some(_) => {
                Err(UsageError::new("--write needs --prometheus: ipcs --prometheus --write FILE"))
            }
            None => Ok(()),
        };
    }
    let others = [
        ("-i", !args.id.is_empty()),
        ("--name", args.name.is_some()),
        ("--check", args.check.is_some()),
        ("--explain", args.explain.is_some()),
        ("--list-namespaces", args.list_namespaces),
        ("--list-columns", args.list_columns),
        ("-t", args.time),
        ("-p", args.pid),
        ("-c", args.creator),
        ("-l", args.limits),
        ("-u", args.summary),
        ("--json", args.json),
        ("--table", args.table),
        ("--format", args.format.is_some()),
        ("--time-format", args.time_format.is_some()),
        ("--human", args.human),
        ("--no-headings", args.no_headings),
    ];
    match others.iter().find(|(_, typed)| *typed) {
        Some((option, _)) => Err(UsageError::new(format!(
            "{option} cannot be used with --prometheus: the metrics and their format are fixed"
        ))),
        None => Ok(()),
    }
}

/// The file of `--write`.
///
/// # Errors
/// It has no name.
pub fn file_to_write(args: &IpcsArgs) -> Result<Option<PathBuf>, UsageError> {
    match args.write.as_ref().map(|typed| (typed, typed.as_encoded_bytes())) {
        None => Ok(None),
        Some((_, b"-")) => Err(UsageError::new(
            "--write needs the name of a file; without it, --prometheus writes to standard output",
        )),
        Some((_, b"")) => Err(UsageError::new("--write needs the name of a file")),
        Some((typed, _)) => Ok(Some(PathBuf::from(typed))),
    }
}

//! What is to be done, and which options cannot be combined with it.

use super::metrics_args;
use super::thresholds::{self, Thresholds};
use crate::cli::filters::FilterArgs;
use crate::cli::ipcs::{FormatName, GroupByName, IpcsArgs};
use crate::cli::{Typed, UsageError};
use crate::columns::View;
use crate::model::{Id, Kind, Kinds};
use crate::query::GroupBy;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Lists of objects.
    List(View),
    /// Everything about one System V object.
    Detail(Kind, Id),
    /// Everything about the POSIX objects with one name.
    Named,
    /// `-l`
    Limits,
    /// `-u`
    Summary,
    /// `-u --group-by`
    Groups(GroupBy),
    /// `--list-columns`
    Columns,
    /// `--list-namespaces`
    Namespaces,
    /// `--check`
    Check(Thresholds),
    /// `--prometheus`
    Metrics,
    /// `--explain`
    Explain,
}

impl Task {
    /// Whether single objects are shown.
    pub fn is_detail(self) -> bool {
        matches!(self, Task::Detail(..) | Task::Named)
    }
}

/// The last view that was typed.
pub fn resolve(args: &IpcsArgs, kinds: Kinds, id: Option<Id>) -> Result<Task, UsageError> {
    if let Some(typed) = &args.check {
        check_alone(args, kinds)?;
        return thresholds::resolve(typed.as_deref(), args.filters.first()).map(Task::Check);
    }
    if args.list_columns {
        return Ok(Task::Columns);
    }
    if args.list_namespaces {
        return Ok(Task::Namespaces);
    }
    if args.prometheus {
        return Ok(Task::Metrics);
    }
    if args.explain.is_some() {
        return Ok(Task::Explain);
    }
    if let (Some(_), Some(name)) = (id, &args.name) {
        let name = Typed::new(name);
        return Err(UsageError::new(format!(
            "-i cannot be used with --name {name}: POSIX objects have names, and the others have IDs"
        )));
    }
    if args.name.is_some() {
        return Ok(Task::Named);
    }
    if id.is_some() && (args.posix || args.with_posix) {
        let option = if args.posix { "--posix" } else { "--with-posix" };
        return Err(UsageError::new(format!(
            "-i cannot be used with {option}: POSIX objects have no IDs; use --name NAME"
        )));
    }
    if let Some(id) = id {
        let Some(kind) = kinds.single() else {
            return Err(UsageError::new("when using an ID, a single resource must be specified"));
        };
        return Ok(Task::Detail(kind, id));
    }
    Ok(match args {
        IpcsArgs { limits: true, .. } => Task::Limits,
        IpcsArgs { summary: true, group_by: Some(name), .. } => Task::Groups(group_by(*name)),
        IpcsArgs { summary: true, .. } => Task::Summary,
        IpcsArgs { time: true, .. } => Task::List(View::Time),
        IpcsArgs { pid: true, .. } => Task::List(View::Pid),
        IpcsArgs { creator: true, .. } => Task::List(View::Creator),
        _ => Task::List(View::Default),
    })
}

/// What `--group-by` says.
fn group_by(name: GroupByName) -> GroupBy {
    match name {
        GroupByName::Owner => GroupBy::Owner,
        GroupByName::Creator => GroupBy::Creator,
        GroupByName::Group => GroupBy::Group,
        GroupByName::Command => GroupBy::Command,
        GroupByName::Namespace => GroupBy::Namespace,
    }
}

/// Options that only make sense for some views must not be ignored elsewhere.
pub fn check(args: &IpcsArgs, task: Task) -> Result<(), UsageError> {
    let FilterArgs { unused, orphaned, include_unsure, .. } = args.filters;
    if include_unsure && !unused && !orphaned {
        return Err(UsageError::new("--include-unsure needs --unused or --orphaned"));
    }
    check_group_by(args, task)?;
    if task == Task::Explain {
        check_explain(args)?;
    }
    metrics_args::check(args)?;
    let (view, reason) = match task {
        Task::List(_) | Task::Columns | Task::Check(_) => return Ok(()),
        Task::Metrics => ("--prometheus", "metrics cannot be filtered or sorted"),
        Task::Explain => ("--explain", "causes cannot be filtered or sorted"),
        Task::Detail(..) => ("-i", "a single object cannot be filtered or sorted"),
        Task::Named => ("--name", "single objects cannot be filtered or sorted"),
        Task::Limits => ("-l", "limits cannot be filtered or sorted"),
        Task::Summary => (
            "-u",
            "totals cannot be filtered or sorted without --group-by: ipcs -u --group-by owner",
        ),
        Task::Groups(_) => ("-u", ""),
        Task::Namespaces => ("--list-namespaces", "namespaces cannot be filtered"),
    };
    let detail = task.is_detail();
    if args.processes && !detail {
        return Err(UsageError::new(format!(
            "-P cannot be used with {view}: {view} shows no objects"
        )));
    }
    let columns = args.output.is_some() && !detail;
    let has_order = matches!(task, Task::Groups(_) | Task::Namespaces);
    let option = args
        .filters
        .first()
        .filter(|_| !matches!(task, Task::Groups(_)))
        .or((args.sort.is_some() && !has_order).then_some("--sort"))
        .or((args.top.is_some() && !has_order).then_some("--top"))
        .or(columns.then_some("--output"));
    match option {
        None => Ok(()),
        Some(option @ "--output") => Err(UsageError::new(format!(
            "{option} cannot be used with {view}: {view} has its own columns"
        ))),
        Some(option) => {
            Err(UsageError::new(format!("{option} cannot be used with {view}: {reason}")))
        }
    }
}

/// A check has one line of its own, so only kinds, filters and namespaces go with it.
fn check_alone(args: &IpcsArgs, kinds: Kinds) -> Result<(), UsageError> {
    let others = [
        ("-i", !args.id.is_empty()),
        ("--name", args.name.is_some()),
        ("-t", args.time),
        ("-p", args.pid),
        ("-c", args.creator),
        ("-l", args.limits),
        ("-u", args.summary),
        ("--group-by", args.group_by.is_some()),
        ("-P", args.processes),
        ("--prometheus", args.prometheus),
        ("--write", args.write.is_some()),
        ("--explain", args.explain.is_some()),
        ("--json", args.json),
        ("--table", args.table),
        ("--format", args.format.is_some()),
        ("--color", args.color.is_some()),
        ("--output", args.output.is_some()),
        ("--sort", args.sort.is_some()),
        ("--top", args.top.is_some()),
        ("--no-headings", args.no_headings),
        ("--no-truncate", args.no_truncate),
        ("--list-columns", args.list_columns),
        ("--list-namespaces", args.list_namespaces),
        ("--bytes", args.bytes),
        ("--human", args.human),
        ("--time-format", args.time_format.is_some()),
    ];
    if let Some((option, _)) = others.into_iter().find(|(_, typed)| *typed) {
        return Err(UsageError::new(format!(
            "{option} cannot be used with --check: a check prints one line of its own"
        )));
    }
    if kinds == Kinds::PSEM && args.filters.first().is_none() {
        return Err(UsageError::new(
            "POSIX semaphores have no limit to check; with a filter they are counted: \
             ipcs --posix -s --idle 1d --check=1,10",
        ));
    }
    Ok(())
}

/// A word to explain says what it is about itself.
fn check_explain(args: &IpcsArgs) -> Result<(), UsageError> {
    let kinds = [
        ("-m", args.shmems),
        ("-q", args.queues),
        ("-s", args.semaphores),
        ("--posix", args.posix),
        ("--with-posix", args.with_posix),
    ];
    if let Some((option, _)) = kinds.iter().find(|(_, typed)| *typed) {
        return Err(UsageError::new(format!(
            "{option} cannot be used with --explain: name a call instead, such as semget"
        )));
    }
    let rows = [FormatName::Csv, FormatName::Raw, FormatName::Export];
    if args.format.is_some_and(|format| rows.contains(&format)) {
        return Err(UsageError::new("--explain has two formats: text, and with --json a document"));
    }
    Ok(())
}

/// Only totals have groups.
fn check_group_by(args: &IpcsArgs, task: Task) -> Result<(), UsageError> {
    let view = match task {
        _ if args.group_by.is_none() => return Ok(()),
        Task::Groups(_) | Task::Summary => return Ok(()),
        Task::List(_) => {
            return Err(UsageError::new("--group-by needs -u: ipcs -u --group-by owner"));
        }
        Task::Detail(..) => "-i",
        Task::Named => "--name",
        Task::Limits => "-l",
        Task::Columns => "--list-columns",
        Task::Namespaces => "--list-namespaces",
        Task::Check(_) => "--check",
        Task::Metrics => "--prometheus",
        Task::Explain => "--explain",
    };
    Err(UsageError::new(format!(
        "--group-by cannot be used with {view}: only the totals of -u have groups"
    )))
}

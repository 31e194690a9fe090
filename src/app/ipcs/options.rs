//! What the command line means.

use std::os::unix::ffi::OsStrExt;

use super::super::filters;
use super::style::Style;
use crate::cli::ipcs::{FormatName, IpcsArgs, TimeFormatName};
use crate::cli::{Typed, UsageError};
use crate::columns::{self, Chosen, Needs, Reach, View};
use crate::model::{Id, Kind, Kinds, ParseNumberError};
use crate::processes::Request;
use crate::render::classic::Unit;
use crate::render::time::TimeFormat;
use crate::select::{Filter, SortBy};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Lists of objects.
    List(View),
    /// Everything about one object.
    Detail(Kind, Id),
    /// `-l`
    Limits,
    /// `-u`
    Summary,
    /// `--list-columns`
    Columns,
}

/// The command line, resolved.
#[derive(Debug)]
pub struct Options {
    /// What is to be done.
    pub task: Task,
    /// The kinds asked for.
    pub kinds: Kinds,
    /// How it is written.
    pub format: FormatName,
    /// The unit of sizes in classic views.
    pub unit: Unit,
    /// Colours, width, headings.
    pub style: Style,
    /// Whether numbers stand for names.
    pub numeric: bool,
    /// How times are written; `None` for what the format does by itself.
    pub times: Option<TimeFormat>,
    /// The columns of `-o`.
    pub columns: Option<Chosen>,
    /// The columns of `--sort`.
    pub sort: Vec<SortBy>,
    /// Which objects.
    pub filter: Filter,
    /// Whether the processes are shown too.
    pub processes: bool,
}

/// The last id, after every one typed was checked, as ever before anything else.
pub fn id(args: &IpcsArgs) -> Result<Option<Id>, UsageError> {
    let mut last = None;
    for typed in &args.id {
        last = Some(Id::parse_decimal(typed.as_bytes()).map_err(|error| {
            let typed = Typed::new(typed);
            UsageError::new(match error {
                ParseNumberError::Malformed => format!("failed to parse id argument: '{typed}'"),
                ParseNumberError::OutOfRange => {
                    format!("failed to parse id argument: '{typed}': {error}")
                }
            })
        })?);
    }
    Ok(last)
}

impl Options {
    /// Makes sense of what was typed.
    pub fn resolve(args: &IpcsArgs, id: Option<Id>) -> Result<Options, UsageError> {
        if let Some(operand) = args.operands.first() {
            return Err(UsageError::new(format!("unknown argument: {}", Typed::new(operand))));
        }
        let kinds = kinds(args);
        let task = task(args, kinds, id)?;
        check_combinations(args, task)?;
        let format = format(args)?;
        let options = Options {
            task,
            kinds,
            format,
            unit: match (args.bytes, args.human) {
                (true, _) => Unit::Bytes,
                (_, true) => Unit::Human,
                _ => Unit::Default,
            },
            style: Style::resolve(args, format),
            numeric: args.numeric,
            times: args.time_format.map(|name| match name {
                TimeFormatName::Short => TimeFormat::Short,
                TimeFormatName::Full => TimeFormat::Full,
                TimeFormatName::Iso => TimeFormat::Iso,
            }),
            columns: output(args, kinds, task)?,
            sort: sort(args, kinds)?,
            filter: filters::resolve(&args.filters)?,
            processes: args.processes,
        };
        options.check_one_header()?;
        Ok(options)
    }

    /// The columns to show for a kind; `view` are those that the view shows by itself.
    pub fn columns(
        &self,
        kind: Kind,
        view: &[&'static columns::Column],
    ) -> Vec<&'static columns::Column> {
        let mut shown = match &self.columns {
            Some(Chosen { add: false, columns }) => columns.clone(),
            Some(Chosen { add: true, columns }) => {
                let mut shown = view.to_vec();
                columns.iter().for_each(|column| columns::push(&mut shown, column));
                shown
            }
            None => view.to_vec(),
        };
        if self.processes && self.columns.as_ref().is_none_or(|chosen| chosen.add) {
            self.process_columns().into_iter().for_each(|column| columns::push(&mut shown, column));
        }
        shown.retain(|column| column.kinds.contains(kind));
        if matches!(self.format, FormatName::Jsonl | FormatName::Export) {
            shown.retain(|column| column.name != columns::KIND.name);
            shown.insert(0, &columns::KIND);
        }
        shown
    }

    /// What `-P` adds: everything in JSON; a table has tables of processes beside it.
    fn process_columns(&self) -> Vec<&'static columns::Column> {
        match self.format {
            FormatName::Json | FormatName::Jsonl => columns::process_json().collect(),
            FormatName::Table => columns::PROCESS_TABLE.to_vec(),
            _ => columns::PROCESS_TEXT.to_vec(),
        }
    }

    /// What the tables behind a list say again.
    pub fn spare_columns(&self) -> &'static [&'static columns::Column] {
        match (&self.columns, self.format) {
            (None, FormatName::Table) if self.processes => columns::PROCESS_TABLE,
            _ => &[],
        }
    }

    /// What a list can spare that nobody asked for by name.
    pub fn dispensable_columns(&self) -> &'static [&'static columns::Column] {
        match (&self.columns, self.task) {
            (None, Task::List(View::Default)) => columns::DISPENSABLE,
            _ => &[],
        }
    }

    /// What is to be looked for among the processes; `needs` are those of the columns.
    pub fn request(&self, needs: &[Needs]) -> Option<Request> {
        let shown = self.processes || needs.contains(&Needs::Processes);
        let request = self.filter.request(self.kinds);
        if shown {
            Some(request.and(Request::processes(self.kinds)))
        } else if self.filter.needs_processes() || needs.contains(&Needs::Command) {
            Some(request)
        } else {
            None
        }
    }

    /// The columns that the view shows by itself in this format.
    pub fn view_columns(&self, kind: Kind, view: View) -> Vec<&'static columns::Column> {
        match self.format {
            FormatName::Json | FormatName::Jsonl => {
                columns::of_kind(kind).filter(|column| column.is_plain()).collect()
            }
            _ => columns::of_view(kind, view).to_vec(),
        }
    }

    /// CSV has one header, so that several kinds need columns that all of them have.
    fn check_one_header(&self) -> Result<(), UsageError> {
        if self.format != FormatName::Csv || self.kinds.single().is_some() {
            return Ok(());
        }
        let common = match self.task {
            Task::Limits | Task::Summary | Task::Columns | Task::Detail(..) => true,
            Task::List(View::Creator) if self.columns.is_none() => true,
            Task::List(_) => self.columns.as_ref().is_some_and(|chosen| {
                !chosen.add && chosen.columns.iter().all(|column| self.kinds.within(column.kinds))
            }),
        };
        if common {
            return Ok(());
        }
        Err(UsageError::new(
            "csv has one header: choose one of -m, -q and -s, or with -o columns that all kinds have",
        ))
    }
}

fn kinds(args: &IpcsArgs) -> Kinds {
    let mut kinds = Kinds::NONE;
    for (asked, kind) in
        [(args.shmems, Kind::Shm), (args.queues, Kind::Msg), (args.semaphores, Kind::Sem)]
    {
        if asked {
            kinds.insert(kind);
        }
    }
    if args.all || kinds.is_empty() { Kinds::ALL } else { kinds }
}

fn task(args: &IpcsArgs, kinds: Kinds, id: Option<Id>) -> Result<Task, UsageError> {
    if args.list_columns {
        return Ok(Task::Columns);
    }
    if let Some(id) = id {
        let Some(kind) = kinds.single() else {
            return Err(UsageError::new("when using an ID, a single resource must be specified"));
        };
        return Ok(Task::Detail(kind, id));
    }
    Ok(match args {
        IpcsArgs { limits: true, .. } => Task::Limits,
        IpcsArgs { summary: true, .. } => Task::Summary,
        IpcsArgs { time: true, .. } => Task::List(View::Time),
        IpcsArgs { pid: true, .. } => Task::List(View::Pid),
        IpcsArgs { creator: true, .. } => Task::List(View::Creator),
        _ => Task::List(View::Default),
    })
}

/// What only makes sense for lists must not be ignored elsewhere.
fn check_combinations(args: &IpcsArgs, task: Task) -> Result<(), UsageError> {
    let (view, reason) = match task {
        Task::List(_) | Task::Columns => return Ok(()),
        Task::Detail(..) => ("-i", "one object is neither filtered nor sorted"),
        Task::Limits => ("-l", "the kernel's limits are neither filtered nor sorted"),
        Task::Summary => ("-u", "the kernel's sums are neither filtered nor sorted"),
    };
    let detail = matches!(task, Task::Detail(..));
    if args.processes && !detail {
        return Err(UsageError::new(format!(
            "-P and {view} exclude each other: {view} has no objects"
        )));
    }
    let columns = args.output.is_some() && !detail;
    let option = args
        .filters
        .first()
        .or(args.sort.is_some().then_some("--sort"))
        .or(columns.then_some("--output"));
    match option {
        None => Ok(()),
        Some(option @ "--output") => Err(UsageError::new(format!(
            "{option} and {view} exclude each other: {view} has its own columns"
        ))),
        Some(option) => {
            Err(UsageError::new(format!("{option} and {view} exclude each other: {reason}")))
        }
    }
}

fn format(args: &IpcsArgs) -> Result<FormatName, UsageError> {
    let explicit = match args {
        IpcsArgs { json: true, .. } => Some(FormatName::Json),
        IpcsArgs { table: true, .. } => Some(FormatName::Table),
        IpcsArgs { format, .. } => *format,
    };
    let new = [("--output", args.output.is_some()), ("--time-format", args.time_format.is_some())];
    let option = new.into_iter().find_map(|(name, typed)| typed.then_some(name));
    match (explicit, option) {
        (Some(FormatName::Classic), Some(option)) => Err(UsageError::new(format!(
            "{option} and --format classic exclude each other: its columns and times are fixed"
        ))),
        (Some(format), _) => Ok(format),
        (None, Some(_)) => Ok(FormatName::Table),
        (None, None) => Ok(FormatName::Classic),
    }
}

fn output(args: &IpcsArgs, kinds: Kinds, task: Task) -> Result<Option<Chosen>, UsageError> {
    let Some(typed) = &args.output else { return Ok(None) };
    let list = Typed::new(typed).to_string();
    let detail = matches!(task, Task::Detail(..));
    columns::parse_list(&list, Reach { kinds, processes: args.processes, detail })
        .map(Some)
        .map_err(|error| UsageError::new(error.to_string()))
}

fn sort(args: &IpcsArgs, kinds: Kinds) -> Result<Vec<SortBy>, UsageError> {
    let Some(typed) = &args.sort else { return Ok(Vec::new()) };
    let list = Typed::new(typed).to_string();
    list.split(',')
        .map(|name| {
            let (name, descending) = match name.strip_prefix('-') {
                Some(name) => (name, true),
                None => (name.strip_prefix('+').unwrap_or(name), false),
            };
            let reach = Reach { kinds, processes: true, detail: false };
            let column =
                columns::find(name, reach).map_err(|error| UsageError::new(error.to_string()))?;
            Ok(SortBy { column, descending })
        })
        .collect()
}

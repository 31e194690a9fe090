//! Resolves the command line.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::super::filters;
use super::super::namespaces::{self, NamespaceScope};
use super::metrics_args;
use super::sort::{self, SortGroupsBy, SortNamespacesBy};
use super::task::{self, Task};
use super::terminal::Style;
use crate::cli::ipcs::{FormatName, IpcsArgs, TimeFormatName};
use crate::cli::numbers::{ParseNumberError, parse_decimal_id, parse_digits};
use crate::cli::{Typed, UsageError};
use crate::columns::{self, Adaption, Column, Columns, Needs, Scope, View};
use crate::model::{Id, Identity, Kind, Kinds, PosixName};
use crate::query::{Filter, Query, SortBy};
use crate::render::KindColumns;
use crate::render::classic::{self, Unit};
use crate::render::groups::GroupScope;
use crate::render::time::TimeFormat;
use crate::sources::ShmFiles;

/// The command line, resolved.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is to be done.
    pub task: Task,
    /// The kinds asked for.
    pub kinds: Kinds,
    /// The POSIX objects of `--name`, one of each kind.
    pub names: Vec<Identity>,
    /// The files of POSIX objects.
    pub shm_files: ShmFiles,
    /// How it is written.
    pub format: FormatName,
    /// The unit of sizes in classic views.
    pub unit: Unit,
    /// Colours, width, headings.
    pub style: Style,
    /// Whether numbers are shown instead of names.
    pub numeric: bool,
    /// How times are written; `None` for the default of the format.
    pub times: Option<TimeFormat>,
    /// The columns of `-o`.
    pub columns: Option<Columns>,
    /// The columns of `--sort`.
    pub sort: Vec<SortBy>,
    /// The same for groups.
    pub sort_groups: Vec<SortGroupsBy>,
    /// The same for the list of namespaces.
    pub sort_namespaces: Vec<SortNamespacesBy>,
    /// At most this number of rows of each kind.
    pub top: Option<usize>,
    /// Which objects.
    pub filter: Filter,
    /// Whether the processes are shown too.
    pub processes: bool,
    /// What `--explain` asks.
    pub explain: Vec<u8>,
    /// The IPC namespaces; `None` for that of the program.
    pub namespace: Option<NamespaceScope>,
    /// The file of `--write`.
    pub write: Option<PathBuf>,
}

/// The last id. All of them are checked, before anything else, as util-linux does.
pub fn id(args: &IpcsArgs) -> Result<Option<Id>, UsageError> {
    let mut last = None;
    for typed in &args.id {
        last = Some(parse_decimal_id(typed.as_bytes()).map_err(|error| {
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
    /// Resolves what was typed.
    pub fn resolve(args: &IpcsArgs, id: Option<Id>) -> Result<Options, UsageError> {
        let kinds = kinds(args);
        let task = task::resolve(args, kinds, id)?;
        task::check(args, task)?;
        let format = format(args)?;
        let grouped = match task {
            Task::Groups(by) => Some(GroupScope {
                by,
                kinds,
                places: args.namespace.is_some() && is_for_programs(format),
            }),
            _ => None,
        };
        let options = Options {
            task,
            kinds,
            names: names(args, kinds)?,
            shm_files: ShmFiles::Own,
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
                TimeFormatName::Age => TimeFormat::Age,
            }),
            columns: output(args, kinds, task)?,
            sort: match task {
                Task::Groups(_) | Task::Namespaces => Vec::new(),
                _ => sort::of_objects(args, kinds)?,
            },
            sort_groups: grouped.map_or(Ok(Vec::new()), |scope| sort::of_groups(args, scope))?,
            sort_namespaces: match task {
                Task::Namespaces => sort::of_namespaces(args)?,
                _ => Vec::new(),
            },
            top: top(args)?,
            filter: filters::resolve(&args.filters)?,
            processes: args.processes,
            explain: args.explain.clone().unwrap_or_default().into_encoded_bytes(),
            namespace: args.namespace.as_deref().map(namespaces::scope).transpose()?,
            write: metrics_args::file_to_write(args)?,
        };
        options.check_one_header()?;
        Ok(options)
    }

    /// The kinds in the order of the format.
    pub fn kinds_in_order(&self) -> impl Iterator<Item = Kind> {
        let classic = self.format == FormatName::Classic;
        self.kinds.in_order(if classic { Kind::CLASSIC_ORDER } else { Kind::ORDER })
    }

    /// The query for the command line; `columns` are those to show.
    pub fn query(&self, columns: &[KindColumns]) -> Query {
        let shown = columns.iter().flat_map(|columns| &columns.columns);
        let shown: Needs = shown.map(|column| column.needs).collect();
        let detail = match (self.format, self.task) {
            (FormatName::Classic, task) if task.is_detail() => Needs::QBYTES.and(Needs::SEMAPHORES),
            _ => Needs::NOTHING,
        };
        let grouped = match self.task {
            Task::Groups(by) => Some(by.needs(self.kinds)),
            _ => None,
        };
        let processes = if self.processes { Needs::PROCESSES } else { Needs::NOTHING };
        Query {
            kinds: self.kinds_in_order().collect(),
            only: match self.task {
                Task::Detail(kind, id) => Some(vec![Identity::sysv(kind, id)]),
                Task::Named => Some(self.names.clone()),
                _ => None,
            },
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            top: self.top.filter(|_| grouped.is_none()),
            numeric: self.numeric,
            needs: shown.and(detail).and(processes).and(grouped.unwrap_or_default()),
            place: None,
            walk: None,
            now: self.style.now,
        }
    }

    /// The columns to show of each kind.
    pub fn kind_columns(&self) -> Vec<KindColumns> {
        let of =
            |kind| KindColumns { kind, columns: self.columns_of(kind), adaption: self.adaption() };
        self.kinds_in_order().map(of).collect()
    }

    fn columns_of(&self, kind: Kind) -> Vec<&'static Column> {
        if self.format == FormatName::Classic {
            return match self.task {
                Task::List(view) => classic::columns(kind, view),
                _ => Vec::new(),
            };
        }
        let view = self.view_columns(kind);
        let mut shown = match &self.columns {
            Some(Columns { add: false, columns }) => columns.clone(),
            Some(Columns { add: true, columns }) => {
                let mut shown = view;
                columns.iter().for_each(|column| columns::add_once(&mut shown, column));
                shown
            }
            None => view,
        };
        if self.has_place_columns() && self.columns.as_ref().is_none_or(|chosen| chosen.add) {
            shown.splice(0..0, [&columns::NAMESPACE, &columns::CONTAINER]);
        }
        if self.processes && self.columns.as_ref().is_none_or(|chosen| chosen.add) {
            let added = self.process_columns().into_iter();
            added.for_each(|column| columns::add_once(&mut shown, column));
        }
        if self.is_fitted() {
            let extra = self.adaption().extra.iter();
            extra.for_each(|column| columns::add_once(&mut shown, column));
        }
        shown.retain(|column| column.kinds.contains(kind));
        if matches!(self.format, FormatName::Json | FormatName::Jsonl) {
            // The members of an object need different names.
            let named = std::mem::take(&mut shown);
            named.into_iter().for_each(|column| columns::add_once(&mut shown, column));
        }
        if matches!(self.format, FormatName::Jsonl | FormatName::Export) {
            shown.retain(|column| column.name != columns::KIND.name);
            shown.insert(0, &columns::KIND);
        }
        shown
    }

    /// The default columns of the view in this format.
    fn view_columns(&self, kind: Kind) -> Vec<&'static Column> {
        let json = matches!(self.format, FormatName::Json | FormatName::Jsonl);
        let all = columns::of_kind(kind);
        match self.task {
            // A card includes the creator's command line; elsewhere it is read only on request.
            Task::Detail(..) | Task::Named => {
                let card = self.format == FormatName::Table;
                all.filter(|column| {
                    let has = |needs| column.needs.has(needs);
                    let left_out = has(Needs::PROCESSES)
                        || has(Needs::PLACE)
                        || json && has(Needs::CLOCK)
                        || !card && has(Needs::COMMAND);
                    !left_out
                })
                .collect()
            }
            _ if json => all.filter(|column| column.needs.is_field()).collect(),
            Task::List(view) => columns::of_view(kind, view).to_vec(),
            // What is shown there are not objects.
            _ => Vec::new(),
        }
    }

    /// What `-P` adds: everything in JSON; in a table, the processes are lines under each row.
    fn process_columns(&self) -> Vec<&'static Column> {
        match self.format {
            FormatName::Json | FormatName::Jsonl => columns::process_json().collect(),
            FormatName::Table => columns::PROCESS_TABLE.to_vec(),
            _ => columns::PROCESS_TEXT.to_vec(),
        }
    }

    /// How a table adapts to the terminal. Columns that were requested by name stay.
    fn adaption(&self) -> Adaption {
        match (&self.columns, self.format, self.task) {
            (None, FormatName::Table, Task::List(_)) if self.processes => Adaption::WITH_PROCESSES,
            (None, FormatName::Table, Task::List(View::Default)) => Adaption::DEFAULT_VIEW,
            _ => Adaption::NONE,
        }
    }

    /// Whether each object has its namespace in columns. Text has a heading for each namespace, and
    /// JSON an object.
    fn has_place_columns(&self) -> bool {
        (self.task.is_detail() || matches!(self.task, Task::List(_))) && self.has_places()
    }

    /// Whether each line has to name its namespace.
    pub fn has_places(&self) -> bool {
        self.namespace.is_some() && is_for_programs(self.format)
    }

    /// Whether columns may be added that fill a wide terminal.
    fn is_fitted(&self) -> bool {
        let table = self.style.table;
        table.width.is_some() && !table.no_truncate
    }

    /// CSV has one header, so several kinds need columns that all of them have.
    fn check_one_header(&self) -> Result<(), UsageError> {
        if self.format != FormatName::Csv || self.kinds.single().is_some() {
            return Ok(());
        }
        let common = match self.task {
            Task::Named => self.names.len() < 2,
            Task::List(View::Creator) if self.columns.is_none() => true,
            Task::List(_) => self.columns.as_ref().is_some_and(|chosen| {
                !chosen.add && chosen.columns.iter().all(|column| self.kinds.within(column.kinds))
            }),
            // One kind of objects, or none at all.
            _ => true,
        };
        if common {
            return Ok(());
        }
        let both = self.kinds.intersects(Kinds::POSIX) && !self.kinds.within(Kinds::POSIX);
        Err(UsageError::new(match both {
            true => {
                "csv has only one header: list POSIX objects and those of System V in two runs, or use -o with columns that all kinds have"
            }
            false => {
                "csv has only one header: choose one of -m, -q and -s, or use -o with columns that all kinds have"
            }
        }))
    }
}

/// Whether the output has lines for programs, without headings for namespaces.
fn is_for_programs(format: FormatName) -> bool {
    matches!(format, FormatName::Jsonl | FormatName::Csv | FormatName::Raw | FormatName::Export)
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
    if args.list_columns && kinds.is_empty() && !args.all && !args.posix {
        return Kinds::EVERYTHING;
    }
    let system_v = if args.all || kinds.is_empty() { Kinds::SYSTEM_V } else { kinds };
    if args.with_posix && args.name.is_none() {
        system_v.and(system_v.in_posix())
    } else if args.posix || args.name.is_some() {
        system_v.in_posix()
    } else {
        system_v
    }
}

/// The objects of `--name`.
fn names(args: &IpcsArgs, kinds: Kinds) -> Result<Vec<Identity>, UsageError> {
    let Some(typed) = &args.name else { return Ok(Vec::new()) };
    let parse = |kind: Kind| PosixName::parse(kind, typed.as_bytes());
    let named: Vec<Identity> = kinds
        .iter()
        .filter_map(|kind| parse(kind).ok().map(|name| Identity::posix(kind, name)))
        .collect();
    match (kinds.iter().find_map(|kind| parse(kind).err()), named.is_empty()) {
        (Some(error), true) => {
            let typed = Typed::new(typed);
            Err(UsageError::new(format!("invalid name '{typed}': {error}")))
        }
        _ => Ok(named),
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
            "{option} cannot be used with --format classic: its columns and times are fixed"
        ))),
        (Some(format), _) => Ok(format),
        (None, Some(_)) => Ok(FormatName::Table),
        (None, None) if args.list_columns || args.list_namespaces => Ok(FormatName::Table),
        (None, None) => Ok(FormatName::Classic),
    }
}

fn output(args: &IpcsArgs, kinds: Kinds, task: Task) -> Result<Option<Columns>, UsageError> {
    let Some(typed) = &args.output else { return Ok(None) };
    let list = Typed::new(typed).to_string();
    let detail = task.is_detail();
    let namespaces = args.namespace.is_some();
    columns::parse_list(&list, Scope { kinds, processes: args.processes, detail, namespaces })
        .map(Some)
        .map_err(|error| UsageError::new(error.to_string()))
}

fn top(args: &IpcsArgs) -> Result<Option<usize>, UsageError> {
    let Some(typed) = &args.top else { return Ok(None) };
    let number = match parse_digits(typed.as_bytes(), 10) {
        // All rows fit in memory, and so does their number.
        Ok(number) => Some(usize::try_from(number).unwrap_or(usize::MAX)),
        Err(ParseNumberError::OutOfRange) => Some(usize::MAX),
        Err(ParseNumberError::Malformed) => None,
    };
    match number {
        Some(number @ 1..) => Ok(Some(number)),
        _ => Err(UsageError::new(format!(
            "invalid number of rows: '{}': use a number from 1",
            Typed::new(typed)
        ))),
    }
}

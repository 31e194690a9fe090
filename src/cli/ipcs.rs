//! The command line of `ipcs`.

use std::ffi::OsString;

use clap::{Parser, ValueEnum};

use super::candidates::Candidates;
use super::filters::FilterArgs;
use super::help::ShortHelp;

/// The long options of util-linux' ipcs. Their abbreviations keep their meaning.
pub const UTIL_LINUX_OPTIONS: &[&str] = &[
    "shmems",
    "queues",
    "semaphores",
    "all",
    "id",
    "time",
    "pid",
    "creator",
    "limits",
    "summary",
    "bytes",
    "human",
    "help",
    "version",
];

const KINDS: &str = "Kinds";
const VIEWS: &str = "Views";
const FORMATS: &str = "Formats";
const COLUMNS: &str = "Columns";
const UNITS: &str = "Units and names";
const MONITORING: &str = "Monitoring and diagnosis";
const SCOPE: &str = "Namespaces";
const OTHER: &str = "Other";

/// Show System V and POSIX IPC objects (shared memory, message queues, semaphores).
///
/// Without options, ipcs lists the System V objects of all three kinds.
#[derive(Clone, Debug, Default, Parser)]
#[command(
    name = "ipcs",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true,
    override_usage = "ipcs [OPTION...]\n       ipcs -m|-q|-s -i ID [OPTION...]"
)]
pub struct IpcsArgs {
    /// Show shared memory segments
    #[arg(short = 'm', long, help_heading = KINDS)]
    pub shmems: bool,
    /// Show message queues
    #[arg(short = 'q', long, help_heading = KINDS)]
    pub queues: bool,
    /// Show semaphore sets
    #[arg(short = 's', long, help_heading = KINDS)]
    pub semaphores: bool,
    /// Show all three kinds (the default)
    #[arg(short = 'a', long, help_heading = KINDS)]
    pub all: bool,

    /// Show POSIX objects instead of System V objects.
    ///
    /// These are shared memory, message queues and semaphores. -m, -q and -s choose from them as they do
    /// from those of System V.
    #[arg(long, help_heading = KINDS, overrides_with = "with_posix")]
    pub posix: bool,
    /// Show both System V and POSIX objects
    #[arg(long, help_heading = KINDS, overrides_with = "posix")]
    pub with_posix: bool,

    /// Show one object in full, with one of -m, -q, -s
    #[arg(short = 'i', long, value_name = "ID", action = clap::ArgAction::Append, help_heading = VIEWS)]
    pub id: Vec<OsString>,
    /// Show the POSIX objects with this name in full
    #[arg(long, value_name = "NAME", help_heading = VIEWS)]
    pub name: Option<OsString>,
    /// Show when each object was last used and last changed
    #[arg(short = 't', long, help_heading = VIEWS, overrides_with_all = ["pid", "creator", "limits", "summary"])]
    pub time: bool,
    /// Show the process IDs recorded for each object
    #[arg(short = 'p', long, help_heading = VIEWS, overrides_with_all = ["time", "creator", "limits", "summary"])]
    pub pid: bool,
    /// Show who created each object and who owns it
    #[arg(short = 'c', long, help_heading = VIEWS, overrides_with_all = ["time", "pid", "limits", "summary"])]
    pub creator: bool,
    /// Show the kernel's limits
    #[arg(short = 'l', long, help_heading = VIEWS, overrides_with_all = ["time", "pid", "creator", "summary"])]
    pub limits: bool,
    /// Show totals over all objects
    #[arg(short = 'u', long, help_heading = VIEWS, overrides_with_all = ["time", "pid", "creator", "limits"])]
    pub summary: bool,
    /// Show the totals of -u by owner or another word.
    ///
    /// The words are owner, creator, group, command and namespace. Each group of objects has one row with its sums, and the percentage that it uses of the
    /// limits. Filters select the objects that are counted. The command is that of the creator,
    /// which only segments have.
    #[arg(long, value_name = "WORD", value_enum, help_heading = VIEWS, hide_possible_values = true)]
    pub group_by: Option<GroupByName>,

    /// Check limits, or count objects (for monitoring).
    ///
    /// The line has performance data, and the exit status is 0 ok, 1 warning, 2 critical or 3
    /// unknown. The thresholds WARN,CRIT are percentages of the limits (80,95 by default), or with a
    /// filter numbers of objects. MONITORING below describes it.
    #[arg(long, value_name = "WARN,CRIT", num_args = 0..=1, require_equals = true, help_heading = MONITORING)]
    pub check: Option<Option<OsString>>,
    /// Print metrics for Prometheus
    #[arg(long, help_heading = MONITORING)]
    pub prometheus: bool,
    /// With --prometheus, replace FILE instead of printing
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = MONITORING)]
    pub write: Option<OsString>,
    /// Explain why a call fails: semget, ENOSPC.
    ///
    /// WORD is the name of a call, of an error, or a line such as "shmget: No space left on device".
    /// The causes that apply now come first.
    #[arg(long, value_name = "WORD", help_heading = MONITORING)]
    pub explain: Option<OsString>,

    /// Also show which processes use each object.
    ///
    /// This lists the processes that have it attached or are blocked on it, and says whether its
    /// creator and last user are alive and whether it is orphaned.
    #[arg(short = 'P', long, help_heading = VIEWS)]
    pub processes: bool,

    /// Format: classic, table, json, jsonl, csv, raw or export.
    ///
    /// The default is classic. OUTPUT below describes each format.
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = FORMATS, hide_possible_values = true, overrides_with_all = ["json", "table"])]
    pub format: Option<FormatName>,
    /// Short for --format json
    #[arg(short = 'J', long, help_heading = FORMATS, overrides_with_all = ["format", "table"])]
    pub json: bool,
    /// Short for --format table.
    ///
    /// With -i, the table has one row for each field. With -l and -u, it also shows how much of
    /// each limit is in use.
    #[arg(long, help_heading = FORMATS, overrides_with_all = ["format", "json"])]
    pub table: bool,
    /// Colour tables: auto (the default), always or never
    #[arg(long, value_name = "WHEN", value_enum, help_heading = FORMATS, hide_possible_values = true)]
    pub color: Option<When>,

    /// Show these columns: id,size or all; +id adds a column.
    ///
    /// Columns are separated by commas. +COLUMN adds a column to those that the view shows by
    /// default. The word all stands for every column; it includes the process columns only with -P.
    #[arg(short = 'o', long, value_name = "COLUMNS", help_heading = COLUMNS)]
    pub output: Option<OsString>,
    /// Sort by these columns: owner,-size (- is descending)
    #[arg(long, value_name = "COLUMNS", help_heading = COLUMNS)]
    pub sort: Option<OsString>,
    /// Show the first N objects of each kind, after sorting
    #[arg(long, value_name = "N", help_heading = COLUMNS)]
    pub top: Option<OsString>,
    /// Omit titles and headings
    #[arg(long, help_heading = COLUMNS)]
    pub no_headings: bool,
    /// Do not shorten text to fit the terminal
    #[arg(long, help_heading = COLUMNS)]
    pub no_truncate: bool,
    /// List all columns with their kinds and meaning
    #[arg(long, help_heading = COLUMNS)]
    pub list_columns: bool,

    #[allow(missing_docs, reason = "clap would take a comment for the description of the program")]
    #[command(flatten)]
    pub filters: FilterArgs,

    /// Print sizes in bytes
    #[arg(short = 'b', long, help_heading = UNITS, overrides_with = "human")]
    pub bytes: bool,
    /// Print sizes with a unit letter, such as 1.5K
    #[arg(long, help_heading = UNITS, overrides_with = "bytes")]
    pub human: bool,

    /// Time format: short, full, iso or age.
    ///
    /// short prints 14:05 or Nov 23, full prints 2026-11-23 14:05:26, iso prints RFC 3339 with the
    /// offset of the local time zone, and age prints how long ago it was, such as 3d.
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = UNITS, hide_possible_values = true)]
    pub time_format: Option<TimeFormatName>,
    /// Print user and group IDs instead of names
    #[arg(long, help_heading = UNITS)]
    pub numeric: bool,

    /// Show another IPC namespace, or all of them.
    ///
    /// It is that of a process, or of a file. PATH is a namespace file such as /proc/PID/ns/ipc, or a bind mount of one. Digits are a
    /// process ID. The word all stands for every namespace that can be found.
    #[arg(long, value_name = "PID|PATH", value_hint = clap::ValueHint::FilePath, help_heading = SCOPE)]
    pub namespace: Option<OsString>,
    /// List the IPC namespaces and what is in them
    #[arg(long, help_heading = SCOPE)]
    pub list_namespaces: bool,

    /// Print the options that are used most
    #[arg(short = 'h', help_heading = OTHER)]
    pub short_help: bool,
    /// Print all options
    #[arg(long, help_heading = OTHER)]
    pub help: bool,
    /// Print the version
    #[arg(short = 'V', long, help_heading = OTHER)]
    pub version: bool,

    /// List what a completion may offer; COMPLETION in the manual describes it
    #[arg(long, value_name = "KIND[:PREFIX]", hide = true)]
    pub list_candidates: Option<Candidates>,
    /// Operands are ignored, as in util-linux, or named in an error message
    #[arg(hide = true)]
    pub operands: Vec<OsString>,
}

impl ShortHelp for IpcsArgs {
    const MOST_USED: &'static [&'static str] = &[
        "shmems",
        "queues",
        "semaphores",
        "id",
        "processes",
        "time",
        "limits",
        "json",
        "output",
        "owner",
        "help",
    ];
    const EXAMPLES: &'static str = "\
Examples:
  ipcs -m -P                      See who uses which shared memory segment
  ipcs --posix --table            See POSIX objects, such as files in /dev/shm
  ipcs --orphaned                 See what no running process needs any more
  ipcrm shm 5                     Remove segment 5; see 'ipcrm -h'";
}

/// Values of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// The text of util-linux, byte for byte
    Classic,
    /// Aligned columns with headings
    Table,
    /// One JSON document
    Json,
    /// One JSON object per line
    Jsonl,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// Fields separated by one space
    Raw,
    /// NAME=value pairs for a shell
    Export,
}

/// Values of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Values of `--group-by`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GroupByName {
    /// The owner
    Owner,
    /// The creator
    Creator,
    /// The group of the owner
    Group,
    /// The command of the creator
    Command,
    /// The IPC namespace
    Namespace,
}

/// Values of `--time-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimeFormatName {
    /// 14:05 today, Nov 23 this year, 2025-Nov-23 in other years
    Short,
    /// 2026-11-23 14:05:26
    Full,
    /// RFC 3339 with the local offset
    Iso,
    /// How long ago: 3d
    Age,
}

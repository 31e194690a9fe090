//! The options of `ipcs`.

use std::ffi::OsString;

use clap::{Parser, ValueEnum};

use super::filters::FilterArgs;

/// The long options of util-linux' ipcs, whose abbreviations keep their meaning.
pub const OLD_NAMES: &[&str] = &[
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
const OTHER: &str = "Other";

/// Show the System V IPC objects of this machine: shared memory, message queues, semaphores.
///
/// Without options, all three kinds are listed.
#[derive(Clone, Debug, Default, Parser)]
#[command(
    name = "ipcs",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true,
    override_usage = "ipcs [OPTION...]\n       ipcs -m|-q|-s -i ID [OPTION...]"
)]
pub struct IpcsArgs {
    /// Shared memory segments
    #[arg(short = 'm', long, help_heading = KINDS)]
    pub shmems: bool,
    /// Message queues
    #[arg(short = 'q', long, help_heading = KINDS)]
    pub queues: bool,
    /// Semaphore sets
    #[arg(short = 's', long, help_heading = KINDS)]
    pub semaphores: bool,
    /// All three kinds (the default)
    #[arg(short = 'a', long, help_heading = KINDS)]
    pub all: bool,

    /// Everything about one object; needs exactly one of -m, -q and -s
    #[arg(short = 'i', long, value_name = "ID", action = clap::ArgAction::Append, help_heading = VIEWS)]
    pub id: Vec<OsString>,
    /// Times of the last use and change
    #[arg(short = 't', long, help_heading = VIEWS, overrides_with_all = ["pid", "creator", "limits", "summary"])]
    pub time: bool,
    /// Processes that the kernel recorded: creator and last user
    #[arg(short = 'p', long, help_heading = VIEWS, overrides_with_all = ["time", "creator", "limits", "summary"])]
    pub pid: bool,
    /// Creators and owners
    #[arg(short = 'c', long, help_heading = VIEWS, overrides_with_all = ["time", "pid", "limits", "summary"])]
    pub creator: bool,
    /// Limits of the system
    #[arg(short = 'l', long, help_heading = VIEWS, overrides_with_all = ["time", "pid", "creator", "summary"])]
    pub limits: bool,
    /// Sums over all objects
    #[arg(short = 'u', long, help_heading = VIEWS, overrides_with_all = ["time", "pid", "creator", "limits"])]
    pub summary: bool,

    /// Also who uses each object: attached, blocked, creator and last user, and whether it is
    /// orphaned
    #[arg(short = 'P', long, help_heading = VIEWS)]
    pub processes: bool,

    /// How to write: classic (as util-linux), table, json, jsonl (one object a line), csv, raw
    /// (fields separated by one blank), export (for a shell's eval)
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = FORMATS, hide_possible_values = true, overrides_with_all = ["json", "table"])]
    pub format: Option<FormatName>,
    /// The same as --format json: every field, whatever the view
    #[arg(short = 'J', long, help_heading = FORMATS, overrides_with_all = ["format", "table"])]
    pub json: bool,
    /// The same as --format table: fits a terminal; with -i a card, with -l and -u the use
    #[arg(long, help_heading = FORMATS, overrides_with_all = ["format", "json"])]
    pub table: bool,
    /// Colours in tables: auto, always or never; NO_COLOR is honoured
    #[arg(long, value_name = "WHEN", value_enum, help_heading = FORMATS, hide_possible_values = true)]
    pub color: Option<When>,

    /// Columns, separated by commas; +COLUMN adds to those of the view; all is
    /// every one, those of the processes only with -P
    #[arg(short = 'o', long, value_name = "COLUMNS", help_heading = COLUMNS)]
    pub output: Option<OsString>,
    /// Sort by columns, separated by commas; -COLUMN is descending
    #[arg(long, value_name = "COLUMNS", help_heading = COLUMNS)]
    pub sort: Option<OsString>,
    /// Leave out titles and headings
    #[arg(long, help_heading = COLUMNS)]
    pub no_headings: bool,
    /// Never cut a text to fit the terminal
    #[arg(long, help_heading = COLUMNS)]
    pub no_truncate: bool,
    /// Say what each column means and which kinds have it
    #[arg(long, help_heading = COLUMNS)]
    pub list_columns: bool,

    #[allow(missing_docs, reason = "clap would take a comment for the description of the program")]
    #[command(flatten)]
    pub filters: FilterArgs,

    /// Sizes in bytes
    #[arg(short = 'b', long, help_heading = UNITS, overrides_with = "human")]
    pub bytes: bool,
    /// Sizes as a figure and a letter: 1.5K
    #[arg(long, help_heading = UNITS, overrides_with = "bytes")]
    pub human: bool,

    /// Times: short (14:05, Nov 23), full (2026-11-23 14:05:26) or iso (RFC 3339, local)
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = UNITS, hide_possible_values = true)]
    pub time_format: Option<TimeFormatName>,
    /// Numbers in place of the names of users and groups
    #[arg(long, help_heading = UNITS)]
    pub numeric: bool,

    /// Show this help
    #[arg(short = 'h', long, help_heading = OTHER)]
    pub help: bool,
    /// Show the version
    #[arg(short = 'V', long, help_heading = OTHER)]
    pub version: bool,

    /// Nothing else is accepted; kept to name it in the message
    #[arg(hide = true)]
    pub operands: Vec<OsString>,
}

/// The words of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// As util-linux, to the byte
    Classic,
    /// Aligned, with headings
    Table,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// RFC 4180
    Csv,
    /// Fields separated by one blank
    Raw,
    /// NAME=value pairs for a shell
    Export,
}

/// The words of `--color`.
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

/// The words of `--time-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimeFormatName {
    /// 14:05 today, Nov 23 this year, 2025-Nov-23
    Short,
    /// 2026-11-23 14:05:26
    Full,
    /// RFC 3339 with the local offset
    Iso,
}

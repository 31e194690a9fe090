//! The options of `ipcs`.

use std::ffi::OsString;

use clap::Parser;

/// The long options of util-linux' ipcs, whose abbreviations keep their meaning.
pub const OLD_OPTIONS: &[&str] = &[
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
const UNITS: &str = "Units";
const OTHER: &str = "Other";

/// Show the System V IPC objects of this machine: shared memory, message queues, semaphores.
///
/// Without options, all three kinds are listed.
#[derive(Clone, Debug, Parser)]
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

    /// Write JSON with every field, whatever the view
    #[arg(short = 'J', long, help_heading = FORMATS)]
    pub json: bool,

    /// Sizes in bytes
    #[arg(short = 'b', long, help_heading = UNITS, overrides_with = "human")]
    pub bytes: bool,
    /// Sizes as a figure and a letter: 1.5K
    #[arg(long, help_heading = UNITS, overrides_with = "bytes")]
    pub human: bool,

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

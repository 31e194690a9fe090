//! The command line of `ipcrm`.

use std::ffi::OsString;

use clap::Parser;

use super::filters::FilterArgs;
use super::help::ShortHelp;

/// The long options of util-linux' ipcrm. Their abbreviations keep their meaning.
pub const UTIL_LINUX_OPTIONS: [&str; 13] = [
    "shmem-id",
    "shmem-key",
    "queue-id",
    "queue-key",
    "semaphore-id",
    "semaphore-key",
    "posix-shmem",
    "posix-mqueue",
    "posix-semaphore",
    "all",
    "verbose",
    "help",
    "version",
];

/// The options that name objects. The last one on the command line may lack its value, as scripts
/// make it from an empty line of `ipcs`; the objects named before it are removed all the same.
pub const NAMING_OPTIONS: [&str; 9] = [
    "shmem-id",
    "shmem-key",
    "queue-id",
    "queue-key",
    "semaphore-id",
    "semaphore-key",
    "posix-shmem",
    "posix-mqueue",
    "posix-semaphore",
];

const BY_NAME: &str = "Objects to remove";
const BEHAVIOUR: &str = "Behaviour";
const OTHER: &str = "Other";

/// Remove System V and POSIX IPC objects (shared memory, queues, semaphores).
///
/// ipcrm checks the whole command line first. If a part of it is invalid, nothing is removed, except in three cases that scripts rely on (see INVALID COMMAND LINES).
#[derive(Parser, Clone, Debug, Default)]
#[command(
    name = "ipcrm",
    override_usage = "ipcrm [OPTIONS]\n       ipcrm [OPTIONS] shm|msg|sem ID...\n       ipcrm [OPTIONS] pshm|pmsg|psem NAME...\n       ipcrm [OPTIONS] KIND...|--all[=KIND] FILTER...",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub struct Ipcrm {
    /// Segment with this ID (decimal, or hex with 0x)
    #[arg(short = 'm', long, value_name = "ID", help_heading = BY_NAME)]
    pub shmem_id: Vec<OsString>,
    /// Segment with this key (decimal, 0x or 0 octal)
    #[arg(short = 'M', long, value_name = "KEY", help_heading = BY_NAME)]
    pub shmem_key: Vec<OsString>,
    /// Queue with this ID
    #[arg(short = 'q', long, value_name = "ID", help_heading = BY_NAME)]
    pub queue_id: Vec<OsString>,
    /// Queue with this key
    #[arg(short = 'Q', long, value_name = "KEY", help_heading = BY_NAME)]
    pub queue_key: Vec<OsString>,
    /// Semaphore set with this ID
    #[arg(short = 's', long, value_name = "ID", help_heading = BY_NAME)]
    pub semaphore_id: Vec<OsString>,
    /// Semaphore set with this key
    #[arg(short = 'S', long, value_name = "KEY", help_heading = BY_NAME)]
    pub semaphore_key: Vec<OsString>,
    /// POSIX shared memory with this name.
    ///
    /// The leading slash of a name may be left out.
    #[arg(long, value_name = "NAME", help_heading = BY_NAME)]
    pub posix_shmem: Vec<OsString>,
    /// POSIX message queue with this name
    #[arg(long, value_name = "NAME", help_heading = BY_NAME)]
    pub posix_mqueue: Vec<OsString>,
    /// POSIX semaphore with this name
    #[arg(long, value_name = "NAME", help_heading = BY_NAME)]
    pub posix_semaphore: Vec<OsString>,
    /// All System V objects, or all objects of one kind.
    ///
    /// KIND is shm, msg, sem, pshm, pmsg or psem. It must be joined to the option: --all=shm or
    /// -ashm. Without it, POSIX objects stay.
    #[arg(short, long, value_name = "KIND", num_args = 0..=1, require_equals = true,
        help_heading = BY_NAME)]
    pub all: Vec<OsString>,
    /// Kind and IDs or names; with a filter, kinds.
    ///
    /// The kinds are shm, msg and sem with decimal IDs, and pshm, pmsg and psem with names of POSIX objects. With a filter, give one or more kinds and neither IDs nor names.
    #[arg(value_name = "KIND|ID|NAME", allow_negative_numbers = true, help_heading = BY_NAME)]
    pub operands: Vec<OsString>,

    /// Selects objects by their properties.
    #[command(flatten)]
    pub filters: FilterArgs,
    /// With a filter, also remove objects that are in use.
    ///
    /// A segment that is attached is marked for destruction. The kernel frees it when the last
    /// process detaches.
    #[arg(long, help_heading = BEHAVIOUR)]
    pub force: bool,
    /// Print what would happen, but remove nothing
    #[arg(short = 'n', long, help_heading = BEHAVIOUR)]
    pub dry_run: bool,
    /// Ask on the terminal before each removal
    #[arg(short, long, help_heading = BEHAVIOUR)]
    pub interactive: bool,
    /// Do not treat objects that do not exist as errors
    #[arg(long, help_heading = BEHAVIOUR)]
    pub ignore_missing: bool,
    /// In another IPC namespace, or in all of them.
    ///
    /// It is that of a process, or of a file. PATH is a namespace file such as /proc/PID/ns/ipc, or a bind mount of one. Digits are a
    /// process ID. The word all stands for every namespace that can be found, and needs a filter.
    #[arg(long, value_name = "PID|PATH", value_hint = clap::ValueHint::FilePath, help_heading = BEHAVIOUR)]
    pub namespace: Option<OsString>,

    /// Print each removal and every object that is kept
    #[arg(short, long, help_heading = OTHER)]
    pub verbose: bool,
    /// Print the result as one JSON document
    #[arg(short = 'J', long, help_heading = OTHER)]
    pub json: bool,
    /// Print the options that are used most
    #[arg(short = 'h', help_heading = OTHER)]
    pub short_help: bool,
    /// Print all options
    #[arg(long, help_heading = OTHER)]
    pub help: bool,
    /// Print the version
    #[arg(short = 'V', long, help_heading = OTHER)]
    pub version: bool,
}

impl ShortHelp for Ipcrm {
    const MOST_USED: &'static [&'static str] = &[
        "shmem_id",
        "queue_id",
        "semaphore_id",
        "all",
        "owner",
        "orphaned",
        "dry_run",
        "interactive",
        "help",
    ];
    const EXAMPLES: &'static str = "\
Examples:
  ipcrm shm 5 6 7                       Remove three segments
  ipcrm -n --all --orphaned --idle 1d   See what is left over, remove nothing
  ipcrm sem --owner www-data            Remove the unused sets of one user
  ipcs -h                               List objects and their IDs";
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn definition_is_valid_and_has_all_util_linux_options() {
        Ipcrm::command().debug_assert();
        let command = Ipcrm::command();
        let names: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long()).collect();
        for old in UTIL_LINUX_OPTIONS {
            assert!(names.contains(&old), "--{old}");
        }
    }
}

//! The command line of `ipcrm`.

use std::ffi::OsString;

use clap::Parser;

use super::filters::FilterArgs;

/// The long names that util-linux' ipcrm has too: abbreviations keep their meaning.
pub const OLD_NAMES: [&str; 10] = [
    "shmem-id",
    "shmem-key",
    "queue-id",
    "queue-key",
    "semaphore-id",
    "semaphore-key",
    "all",
    "verbose",
    "help",
    "version",
];

const BY_NAME: &str = "Objects to remove";
const MANNER: &str = "Manner";
const OTHER: &str = "Other";

/// Remove System V IPC objects: shared memory segments, message queues, semaphore sets.
///
/// The whole command line is checked first: when any of it makes no sense, nothing is removed.
#[derive(Parser, Clone, Debug, Default)]
#[command(
    name = "ipcrm",
    override_usage = "ipcrm [OPTIONS]\n       ipcrm [OPTIONS] shm|msg|sem ID...\n       ipcrm [OPTIONS] shm|msg|sem... FILTER...\n       ipcrm [OPTIONS] --all[=KIND] FILTER...",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub struct Ipcrm {
    /// Segment with this id (decimal, or hex behind 0x)
    #[arg(short = 'm', long, value_name = "ID", help_heading = BY_NAME)]
    pub shmem_id: Vec<OsString>,
    /// Segment with this key (decimal, 0x hex or 0 octal)
    #[arg(short = 'M', long, value_name = "KEY", help_heading = BY_NAME)]
    pub shmem_key: Vec<OsString>,
    /// Queue with this id
    #[arg(short = 'q', long, value_name = "ID", help_heading = BY_NAME)]
    pub queue_id: Vec<OsString>,
    /// Queue with this key
    #[arg(short = 'Q', long, value_name = "KEY", help_heading = BY_NAME)]
    pub queue_key: Vec<OsString>,
    /// Semaphore set with this id
    #[arg(short = 's', long, value_name = "ID", help_heading = BY_NAME)]
    pub semaphore_id: Vec<OsString>,
    /// Semaphore set with this key
    #[arg(short = 'S', long, value_name = "KEY", help_heading = BY_NAME)]
    pub semaphore_key: Vec<OsString>,
    /// Everything, or everything of one kind: shm, msg or sem (as in --all=shm or -ashm)
    #[arg(short, long, value_name = "KIND", num_args = 0..=1, require_equals = true,
        help_heading = BY_NAME)]
    pub all: Vec<OsString>,
    /// First a kind: shm, msg or sem. Then the decimal ids of its objects; beside a filter, more kinds
    #[arg(value_name = "KIND|ID", allow_negative_numbers = true, help_heading = BY_NAME)]
    pub operands: Vec<OsString>,

    /// What the objects are like.
    #[command(flatten)]
    pub filters: FilterArgs,
    /// Of what a filter chooses, also remove what is in use; an attached segment goes when the
    /// last process detaches
    #[arg(long, help_heading = MANNER)]
    pub force: bool,
    /// Only print what would be removed or kept, and what would fail
    #[arg(short = 'n', long, help_heading = MANNER)]
    pub dry_run: bool,
    /// Ask on the terminal before each removal: yes, no, all the rest, or quit
    #[arg(short, long, help_heading = MANNER)]
    pub interactive: bool,
    /// An object that does not exist is no failure
    #[arg(long, help_heading = MANNER)]
    pub ignore_missing: bool,

    /// Print each removal, and every object that is kept
    #[arg(short, long, help_heading = OTHER)]
    pub verbose: bool,
    /// Print what was removed and what failed as one JSON document
    #[arg(short = 'J', long, help_heading = OTHER)]
    pub json: bool,
    /// Print this text
    #[arg(short = 'h', long, help_heading = OTHER)]
    pub help: bool,
    /// Print the version
    #[arg(short = 'V', long, help_heading = OTHER)]
    pub version: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound_and_has_all_old_names() {
        Ipcrm::command().debug_assert();
        let command = Ipcrm::command();
        let names: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long()).collect();
        for old in OLD_NAMES {
            assert!(names.contains(&old), "--{old}");
        }
    }
}

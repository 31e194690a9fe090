//! The command line of `ipcmk`.

use std::ffi::OsString;

use clap::Parser;

/// The long names that util-linux' ipcmk has too: abbreviations keep their meaning.
pub const OLD_NAMES: [&str; 6] = ["shmem", "semaphore", "queue", "mode", "help", "version"];

const OBJECTS: &str = "Objects to make";
const PROPERTIES: &str = "Properties";
const OTHER: &str = "Other";

/// Make System V IPC objects: a shared memory segment, a message queue, a semaphore set.
#[derive(Parser, Clone, Debug, Default)]
#[command(
    name = "ipcmk",
    override_usage = "ipcmk [OPTIONS]",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub struct Ipcmk {
    /// A segment of this size (bytes, or with a suffix: K or KiB is 1024, KB is 1000, up to E)
    #[arg(short = 'M', long, value_name = "SIZE", help_heading = OBJECTS)]
    pub shmem: Vec<OsString>,
    /// A set of this many semaphores
    #[arg(short = 'S', long, value_name = "NUMBER", help_heading = OBJECTS)]
    pub semaphore: Vec<OsString>,
    /// A message queue
    #[arg(short = 'Q', long, help_heading = OBJECTS)]
    pub queue: bool,

    /// Permissions in octal [default: 0644]
    #[arg(short = 'p', long, value_name = "MODE", help_heading = PROPERTIES)]
    pub mode: Vec<OsString>,
    /// The key, which must be free (decimal, 0x hex or 0 octal) [default: a random one]
    #[arg(long, value_name = "KEY", help_heading = PROPERTIES)]
    pub key: Vec<OsString>,

    /// Print what was made as one JSON document
    #[arg(short = 'J', long, help_heading = OTHER)]
    pub json: bool,
    /// Print this text
    #[arg(short = 'h', long, help_heading = OTHER)]
    pub help: bool,
    /// Print the version
    #[arg(short = 'V', long, help_heading = OTHER)]
    pub version: bool,

    /// Words that mean nothing; old scripts may have them
    #[arg(hide = true)]
    pub operands: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound_and_has_all_old_names() {
        Ipcmk::command().debug_assert();
        let command = Ipcmk::command();
        let names: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long()).collect();
        for old in OLD_NAMES {
            assert!(names.contains(&old), "--{old}");
        }
    }
}

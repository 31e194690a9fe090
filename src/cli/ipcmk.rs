//! The command line of `ipcmk`.

use std::ffi::OsString;

use clap::Parser;

/// The long options of util-linux' ipcmk. Their abbreviations keep their meaning.
pub const UTIL_LINUX_OPTIONS: [&str; 10] = [
    "shmem",
    "semaphore",
    "queue",
    "posix-shmem",
    "posix-semaphore",
    "posix-mqueue",
    "name",
    "mode",
    "help",
    "version",
];

const OBJECTS: &str = "Objects to create";
/// One heading for all others: the help fits a screen of 24 lines.
const OPTIONS: &str = "Other options";

/// Create System V and POSIX shared memory, message queues and semaphores.
#[derive(Parser, Clone, Debug, Default)]
#[command(
    name = "ipcmk",
    override_usage = "ipcmk [OPTIONS]",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub struct Ipcmk {
    /// Segment of this size, such as 4096, 64K or 1.5GiB.
    ///
    /// K and KiB are 1024 bytes and KB is 1000 bytes. The other suffixes follow the same pattern,
    /// up to E.
    #[arg(short = 'M', long, value_name = "SIZE", help_heading = OBJECTS)]
    pub shmem: Vec<OsString>,
    /// Semaphore set with this many semaphores
    #[arg(short = 'S', long, value_name = "NUMBER", help_heading = OBJECTS)]
    pub semaphore: Vec<OsString>,
    /// Message queue
    #[arg(short = 'Q', long, help_heading = OBJECTS)]
    pub queue: bool,
    /// POSIX shared memory of this size; needs -n
    ///
    /// Its memory is taken when it is used. The size may exceed that of /dev/shm.
    #[arg(short = 'm', long, value_name = "SIZE", help_heading = OBJECTS)]
    pub posix_shmem: Vec<OsString>,
    /// POSIX semaphore; needs -n
    #[arg(short = 's', long, help_heading = OBJECTS)]
    pub posix_semaphore: bool,
    /// POSIX message queue; needs -n
    #[arg(short = 'q', long, help_heading = OBJECTS)]
    pub posix_mqueue: bool,

    /// Unused name of the POSIX objects
    ///
    /// The slash at its beginning may be left out. It has at most 255 bytes, a semaphore's at most 251, and no other slash.
    #[arg(short = 'n', long, value_name = "NAME", help_heading = OPTIONS)]
    pub name: Option<OsString>,
    /// Value of the POSIX semaphore [default: 0]
    ///
    /// At most 2147483647.
    #[arg(long, value_name = "NUMBER", help_heading = OPTIONS)]
    pub value: Vec<OsString>,
    /// Most messages in the POSIX queue
    ///
    /// The default is fs.mqueue.msg_default, 10 if that was not changed.
    #[arg(long, value_name = "NUMBER", help_heading = OPTIONS)]
    pub maxmsg: Vec<OsString>,
    /// Most bytes of a message in the POSIX queue
    ///
    /// The default is fs.mqueue.msgsize_default, 8192 if that was not changed.
    #[arg(long, value_name = "SIZE", help_heading = OPTIONS)]
    pub msgsize: Vec<OsString>,
    /// Permissions in octal [default: 0644]
    #[arg(short = 'p', long, value_name = "MODE", help_heading = OPTIONS)]
    pub mode: Vec<OsString>,
    /// Unused key (decimal, 0x hex, 0 octal) [default: random]
    #[arg(long, value_name = "KEY", help_heading = OPTIONS)]
    pub key: Vec<OsString>,
    /// IPC namespace of a process ID or file
    #[arg(long, value_name = "NS", value_hint = clap::ValueHint::FilePath, help_heading = OPTIONS)]
    pub namespace: Option<OsString>,
    /// Print the result as one JSON document
    #[arg(short = 'J', long, help_heading = OPTIONS)]
    pub json: bool,
    /// Print this help
    #[arg(short = 'h', long, help_heading = OPTIONS)]
    pub help: bool,
    /// Print the version
    #[arg(short = 'V', long, help_heading = OPTIONS)]
    pub version: bool,

    /// Operands are ignored, as in util-linux, because old scripts may pass them
    #[arg(hide = true)]
    pub operands: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn definition_is_valid_and_has_all_util_linux_options() {
        Ipcmk::command().debug_assert();
        let command = Ipcmk::command();
        let names: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long()).collect();
        for old in UTIL_LINUX_OPTIONS {
            assert!(names.contains(&old), "--{old}");
        }
    }
}

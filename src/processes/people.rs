//! Who a process is: its user and its command.

use std::os::unix::fs::MetadataExt;

use crate::proc::ProcRoot;
use crate::proc::cmdline::command_line;
use crate::proc::stat::Stat;

/// A process as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its effective user.
    pub uid: u32,
    /// Its command line, or its name in brackets: bytes from strangers, to be escaped.
    pub command: Vec<u8>,
}

/// Reads who a process is; `None` when it has gone.
pub(super) fn read_process(root: &ProcRoot, pid: i32) -> Option<Process> {
    // The directory belongs to the effective user, also of a process that is not dumpable
    // (fs/proc/base.c, `task_dump_owner`), and costs a fifth of a look into status.
    let uid = root.metadata(pid.to_string()).ok()?.uid();
    // Of a process that changed its rights the command line may be refused.
    let cmdline = root.read(format!("{pid}/cmdline")).unwrap_or_default();
    // The name stands in for an empty command line only.
    let needs_name = cmdline.iter().all(|byte| *byte == 0);
    let comm = if needs_name { read_comm(root, pid) } else { Vec::new() };
    Some(Process { pid, uid, command: command_line(&cmdline, &comm) })
}

fn read_comm(root: &ProcRoot, pid: i32) -> Vec<u8> {
    let stat = root.read(format!("{pid}/stat")).unwrap_or_default();
    Stat::parse(&stat).map(|stat| stat.comm).unwrap_or_default()
}

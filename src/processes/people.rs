//! Who a process is: its users and its command.

use crate::proc::ProcRoot;
use crate::proc::cmdline::command_line;
use crate::proc::stat::Stat;
use crate::proc::status::{Status, Uids};

/// A process as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its users, where they could be read.
    pub uids: Option<Uids>,
    /// Its command line, or its name in brackets: bytes from strangers, to be escaped.
    pub command: Vec<u8>,
}

/// Reads who a process is; `None` when it has gone.
pub(super) fn read_process(root: &ProcRoot, pid: i32) -> Option<Process> {
    let status = root.read(format!("{pid}/status")).ok()?;
    let uids = Status::parse(&status).ok().map(|status| status.uids);
    // Of a process that changed its rights the command line may be refused.
    let cmdline = root.read(format!("{pid}/cmdline")).unwrap_or_default();
    // The name stands in for an empty command line only; status has it too, but escaped.
    let needs_name = cmdline.iter().all(|byte| *byte == 0);
    let comm = if needs_name { read_comm(root, pid) } else { Vec::new() };
    Some(Process { pid, uids, command: command_line(&cmdline, &comm) })
}

fn read_comm(root: &ProcRoot, pid: i32) -> Vec<u8> {
    let stat = root.read(format!("{pid}/stat")).unwrap_or_default();
    Stat::parse(&stat).map(|stat| stat.comm).unwrap_or_default()
}

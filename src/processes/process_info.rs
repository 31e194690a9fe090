//! User and command of a process.

use std::io;

use crate::proc::cmdline::command_line;
use crate::proc::stat::Stat;
use crate::proc::{MemoryRead, ProcRoot, read_memory_while};

/// The most bytes of a command line that are read. A longer one, which may have megabytes, is cut
/// and ends with an ellipsis. Before Linux 4.2 the kernel showed as much.
const COMMAND: usize = 4096;

/// A process as shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its effective user.
    pub uid: u32,
    /// Its command line, or its name in brackets. It is untrusted and has to be escaped.
    pub command: Vec<u8>,
}

/// Reads user and command of some processes, in their order.
///
/// A command line is in the memory of its process, and reading a page of it may never finish. Then,
/// and where it may not be read, the process name is used instead.
///
/// # Errors
/// Those of stat(2): ENOENT if it has exited.
#[must_use]
pub fn read_processes(root: &ProcRoot, pids: &[i32]) -> Vec<io::Result<Process>> {
    read_processes_while(root, pids, &mut |_| {})
}

/// The same, with work to do while command lines are read (see [`read_memory_while`]).
///
/// # Errors
/// As [`read_processes`].
#[must_use]
pub fn read_processes_while(
    root: &ProcRoot,
    pids: &[i32],
    meanwhile: &mut dyn FnMut(usize),
) -> Vec<io::Result<Process>> {
    let path =
        |pid: &i32| MemoryRead { path: format!("{pid}/cmdline"), offset: 0, length: COMMAND };
    let wanted: Vec<MemoryRead> = pids.iter().map(path).collect();
    let command_lines = read_memory_while(root, &wanted, meanwhile);
    let both = pids.iter().zip(command_lines);
    both.map(|(pid, cmdline)| read_process(root, *pid, cmdline.unwrap_or_default())).collect()
}

fn read_process(root: &ProcRoot, pid: i32, mut cmdline: Vec<u8>) -> io::Result<Process> {
    let uid = root.user_of(pid)?;
    let is_cut = cmdline.len() >= COMMAND;
    let needs_name = cmdline.iter().all(|byte| *byte == 0);
    let comm = if needs_name { read_comm(root, pid) } else { Vec::new() };
    if is_cut {
        cmdline.extend_from_slice(b"...");
    }
    Ok(Process { pid, uid, command: command_line(&cmdline, &comm) })
}

fn read_comm(root: &ProcRoot, pid: i32) -> Vec<u8> {
    let stat = root.read(format!("{pid}/stat")).unwrap_or_default();
    Stat::parse(&stat).map(|stat| stat.comm).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_line_is_cut_visibly() {
        let tree = tempfile::tempdir().unwrap();
        let command_of = |length: usize| {
            let dir = tree.path().join(length.to_string());
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(dir.join("cmdline"), "x".repeat(length)).unwrap();
            let root = ProcRoot::at(tree.path());
            let read = read_processes(&root, &[length.try_into().unwrap()]).remove(0);
            String::from_utf8(read.unwrap().command).unwrap()
        };
        assert_eq!(command_of(COMMAND - 1), "x".repeat(COMMAND - 1));
        assert_eq!(command_of(2 << 20), "x".repeat(COMMAND) + "...");
    }
}

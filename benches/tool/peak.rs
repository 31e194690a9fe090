//! The peak resident memory of a program.

use std::fs;
use std::io::{self, Read, Write};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};

/// The size of the pipe to which the program writes, the minimum of the kernel.
const PIPE: i32 = 4096;

/// Runs a program and returns its peak memory in KiB; `None` if it writes nothing.
///
/// `ru_maxrss` would include the memory of the parent until exec. Instead the high-water mark of the
/// program is read each time it is blocked in a write to a full pipe. Memory that it needs after its
/// last write is missed.
///
/// # Errors
/// Those of starting the program and reading from it.
pub fn peak(mut command: Command) -> io::Result<Option<u64>> {
    let (mut reader, mut writer) = io::pipe()?;
    fcntl(&reader, FcntlArg::F_SETPIPE_SZ(PIPE))?;
    let mut buffer = [0; PIPE as usize];
    writer.write_all(&buffer)?;
    command.stdout(writer);
    let mut child = command.spawn()?;
    // The command keeps the other end of the pipe open.
    drop(command);
    let first = if blocked_in_write(&mut child)? { high_water(&child) } else { None };
    let mut highest = first;
    while reader.read(&mut buffer)? > 0 {
        highest = highest.max(high_water(&child));
    }
    child.wait()?;
    Ok(highest.filter(|_| first.is_some()))
}

/// Waits until a thread of the program writes to standard output; false if the program ends first.
fn blocked_in_write(child: &mut Child) -> io::Result<bool> {
    let write = format!("{} 0x1 ", nix::libc::SYS_write);
    let threads = format!("/proc/{}/task", child.id());
    loop {
        let mut threads = fs::read_dir(&threads).into_iter().flatten().flatten();
        let writes = |call: String| call.starts_with(&write);
        if threads.any(|thread| fs::read_to_string(thread.path().join("syscall")).is_ok_and(writes))
        {
            return Ok(true);
        }
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn high_water(child: &Child) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

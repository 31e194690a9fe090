//! Rows from the text of /proc/sysvipc.

use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::Gap;
use super::chunks::{CHUNK, Chunk, Outcome, Take};
use crate::model::Id;
use crate::proc::sysvipc::SysvipcRow;
use crate::proc::{Lines, ParseError, ProcRoot};

/// Bytes that go from one thread to the other at a time: the kernel gives 4 KiB to a read.
const BLOCK: usize = 32 * 1024;
/// Blocks that the reading thread may be ahead.
const AHEAD: usize = 16;

/// Reads the file of one kind. With `in_thread` the kernel writes its text on one processor while
/// the rows are made of it on another. An empty file (not even a header) is a masked one, and no
/// source.
pub(super) fn read<T: SysvipcRow>(
    proc: &ProcRoot,
    in_thread: bool,
    take: Take<'_, T>,
) -> io::Result<Outcome> {
    let Ok(file) = proc.open(T::file()) else { return Ok(Outcome::UseOther) };
    let file = &file;
    if !in_thread {
        return read_rows(proc, Lines::new(file), take);
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let helper = move || send_blocks(file, &sender);
        match thread::Builder::new().spawn_scoped(scope, helper) {
            Ok(_) => {
                read_rows(proc, Lines::new(Blocks { receiver, block: Vec::new(), at: 0 }), take)
            }
            // No thread is to be had (RLIMIT_NPROC, the pids of a cgroup): it goes without.
            Err(_) => read_rows(proc, Lines::new(file), take),
        }
    })
}

fn send_blocks(file: &File, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = Vec::with_capacity(BLOCK);
        let read = file.take(BLOCK as u64).read_to_end(&mut block);
        let last = !matches!(read, Ok(count) if count > 0);
        // Nobody listens any more where the output could not be written.
        if sender.send(read.map(|_| block)).is_err() || last {
            return;
        }
    }
}

/// A file that another thread reads.
struct Blocks {
    receiver: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    at: usize,
}

impl Read for Blocks {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            self.block = self.receiver.recv().unwrap_or_else(|_| Ok(Vec::new()))?;
            self.at = 0;
        }
        let count = (self.block.len() - self.at).min(buf.len());
        buf[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn read_rows<T: SysvipcRow, R: Read>(
    proc: &ProcRoot,
    mut lines: Lines<R>,
    take: Take<'_, T>,
) -> io::Result<Outcome> {
    let mut number = 0;
    let mut chunk = Chunk::default();
    loop {
        match lines.next_line() {
            Ok(Some(_)) if number == 0 => number = 1,
            Ok(Some(line)) => {
                number += 1;
                match T::parse(line) {
                    Ok(row) => chunk.rows.push(row),
                    Err(error) => chunk.gaps.push(row_gap(proc, T::file(), number, error)),
                }
                if chunk.rows.len() == CHUNK {
                    take(std::mem::take(&mut chunk))?;
                }
            }
            Ok(None) | Err(_) if number == 0 => return Ok(Outcome::UseOther),
            Ok(None) => break,
            Err(error) => {
                let path = proc.path(T::file()).display().to_string();
                chunk.gaps.push(Gap::Read { path, error });
                break;
            }
        }
    }
    take(chunk)?;
    Ok(Outcome::Done)
}

/// The row with an id, if there is one.
pub(super) fn find<T: SysvipcRow>(proc: &ProcRoot, id: Id, gaps: &mut Vec<Gap>) -> Option<T> {
    let mut found = None;
    let mut take = |mut chunk: Chunk<T>| {
        gaps.append(&mut chunk.gaps);
        found = found.or_else(|| chunk.rows.into_iter().find(|row| row.perm().id == id));
        Ok(Outcome::Done)
    };
    // Taking cannot fail.
    let _ = read(proc, false, &mut take);
    found
}

fn row_gap(proc: &ProcRoot, file: &str, line: usize, error: ParseError) -> Gap {
    Gap::Row { path: proc.path(file).display().to_string(), line, error }
}

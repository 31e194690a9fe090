//! Rows from the text of /proc/sysvipc.

use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::chunks::{CHUNK, Chunk, Outcome, TakeChunk};
use crate::model::{Id, Kind};
use crate::proc::{Lines, ProcRoot, sysvipc};
use crate::sources::{Gap, Lookup};

/// Bytes that one thread passes to the other at a time: the kernel returns 4 KiB per read.
const BLOCK: usize = 32 * 1024;
/// How many blocks the reading thread may be ahead.
const AHEAD: usize = 16;

/// Reads the file of one kind. With `in_thread` the kernel produces its text on one processor while
/// the rows are parsed on another. An empty file (not even a header) is masked and does not count
/// as a source.
pub(super) fn read(
    proc: &ProcRoot,
    kind: Kind,
    in_thread: bool,
    take: TakeChunk<'_>,
) -> io::Result<Outcome> {
    let Ok(file) = proc.open(sysvipc::file(kind)) else { return Ok(Outcome::TryOtherSource) };
    let file = &file;
    if !in_thread {
        return read_rows(proc, kind, Lines::new(file), take);
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let helper = move || send_blocks(file, &sender);
        match thread::Builder::new().spawn_scoped(scope, helper) {
            Ok(_) => {
                let blocks = Blocks { receiver, block: Vec::new(), at: 0 };
                read_rows(proc, kind, Lines::new(blocks), take)
            }
            // If no thread can be started (RLIMIT_NPROC, the pids limit of a cgroup), it works
            // without one.
            Err(_) => read_rows(proc, kind, Lines::new(file), take),
        }
    })
}

fn send_blocks(file: &File, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = Vec::with_capacity(BLOCK);
        let read = file.take(BLOCK as u64).read_to_end(&mut block);
        let last = !matches!(read, Ok(count) if count > 0);
        // The receiver is gone if the output could not be written.
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

fn read_rows<R: Read>(
    proc: &ProcRoot,
    kind: Kind,
    mut lines: Lines<R>,
    take: TakeChunk<'_>,
) -> io::Result<Outcome> {
    let path = || proc.path(sysvipc::file(kind)).display().to_string();
    let mut line_number = 0;
    let mut chunk = Chunk::default();
    loop {
        match lines.next_line() {
            Ok(Some(_)) if line_number == 0 => line_number = 1,
            Ok(Some(line)) => {
                line_number += 1;
                match sysvipc::parse(kind, line) {
                    Ok(object) => chunk.batch.objects.push(object),
                    Err(error) => {
                        chunk.batch.gaps.push(Gap::Row { path: path(), line: line_number, error });
                    }
                }
                if chunk.batch.objects.len() == CHUNK {
                    let outcome = take(std::mem::take(&mut chunk))?;
                    if outcome != Outcome::Done {
                        return Ok(outcome);
                    }
                }
            }
            Ok(None) | Err(_) if line_number == 0 => return Ok(Outcome::TryOtherSource),
            Ok(None) => break,
            Err(error) => {
                chunk.batch.gaps.push(Gap::Read { path: path(), error });
                break;
            }
        }
    }
    take(chunk)
}

/// The row with an id, if there is one.
pub(super) fn find(proc: &ProcRoot, kind: Kind, id: Id) -> Lookup {
    let mut lookup = Lookup::default();
    let mut take = |mut chunk: Chunk| {
        lookup.gaps.append(&mut chunk.batch.gaps);
        let found = chunk.batch.objects.into_iter().find(|row| row.id() == Some(id));
        lookup.object = lookup.object.take().or(found);
        Ok(Outcome::Done)
    };
    // Taking cannot fail.
    let _ = read(proc, kind, false, &mut take);
    lookup
}

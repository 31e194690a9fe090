//! Rows from the text of /proc/sysvipc.

use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::model::{Id, Kind, Object};
use crate::proc::{Lines, ProcRoot, sysvipc};
use crate::sources::chunks::{CHUNK, Chunk, Outcome, TakeChunk};
use crate::sources::{Batch, Gap, Lookup};
use crate::sys::ids::caller_owner;

/// Bytes that one thread passes to the other at a time: the kernel returns 4 KiB per read.
const BLOCK: usize = 32 * 1024;
/// How many blocks the reading thread may be ahead.
const AHEAD: usize = 16;

/// How the file of one kind is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub proc: &'a ProcRoot,
    pub kind: Kind,
    /// The kernel produces its text on one processor while the rows are parsed on another.
    pub in_thread: bool,
    /// A file that cannot be read is a gap, because only it has what is needed.
    pub required: bool,
}

/// Reads the file. One that begins with neither a header nor a row is masked (empty, or other text)
/// and does not count as a source.
pub(super) fn read(text: Text<'_>, take: TakeChunk<'_>) -> io::Result<Outcome> {
    let file = match text.proc.open(sysvipc::file(text.kind)) {
        Ok(file) => file,
        Err(error) => return text.unreadable(error, take),
    };
    let file = &file;
    if !text.in_thread {
        return text.read_rows(Lines::new(file), take);
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let helper = move || send_blocks(file, &sender);
        match thread::Builder::new().spawn_scoped(scope, helper) {
            Ok(_) => {
                let blocks = Blocks { receiver, block: Cursor::default() };
                text.read_rows(Lines::new(blocks), take)
            }
            // If no thread can be started (RLIMIT_NPROC, the pids limit of a cgroup), it works
            // without one.
            Err(_) => text.read_rows(Lines::new(file), take),
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
    block: Cursor<Vec<u8>>,
}

impl Read for Blocks {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.block.read(buf)? {
            0 => {
                self.block = Cursor::new(self.receiver.recv().unwrap_or_else(|_| Ok(Vec::new()))?);
                self.block.read(buf)
            }
            count => Ok(count),
        }
    }
}

impl Text<'_> {
    fn path(&self) -> String {
        self.proc.path(sysvipc::file(self.kind)).display().to_string()
    }

    fn read_rows<R: Read>(self, mut lines: Lines<R>, take: TakeChunk<'_>) -> io::Result<Outcome> {
        let mut chunk = Chunk::default();
        for number in 1.. {
            let line = match lines.next_line() {
                Ok(Some(line)) => line,
                Ok(None) if number == 1 => return Ok(Outcome::TryOtherSource),
                Ok(None) => break,
                Err(error) if number == 1 => return self.unreadable(error, take),
                Err(error) => {
                    chunk.batch.gaps.push(Gap::Read { path: self.path(), error });
                    break;
                }
            };
            if number == 1 && sysvipc::is_header(self.kind, line) {
                continue;
            }
            match sysvipc::parse(self.kind, line) {
                Ok(object) => chunk.batch.objects.push(with_caller_ids(object)),
                Err(_) if number == 1 => return Ok(Outcome::TryOtherSource),
                Err(error) => {
                    chunk.batch.gaps.push(Gap::Row { path: self.path(), line: number, error });
                }
            }
            if chunk.batch.objects.len().max(chunk.batch.gaps.len()) == CHUNK {
                let outcome = take(std::mem::take(&mut chunk))?;
                if outcome != Outcome::Done {
                    return Ok(outcome);
                }
            }
        }
        take(chunk)
    }

    /// Leaves the objects to another source. Sandboxes hide the file or put a directory in its place;
    /// this is not reported.
    fn unreadable(self, error: io::Error, take: TakeChunk<'_>) -> io::Result<Outcome> {
        let hidden = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory);
        if self.required && !hidden {
            let gaps = vec![Gap::Read { path: self.path(), error }];
            take(Chunk { batch: Batch { objects: Vec::new(), gaps }, misses: 0 })?;
        }
        Ok(Outcome::TryOtherSource)
    }
}

/// The object with users and groups as the caller numbers them. The calls have them so already.
fn with_caller_ids(object: Object) -> Object {
    let (owner, creator) = (caller_owner(object.owner), object.creator.map(caller_owner));
    Object { owner, creator, ..object }
}

/// The row with an id, if there is one. `None`: the file is not a source.
pub(super) fn find(proc: &ProcRoot, kind: Kind, id: Id, required: bool) -> Option<Lookup> {
    let mut lookup = Lookup::default();
    let mut take = |mut chunk: Chunk| {
        lookup.gaps.append(&mut chunk.batch.gaps);
        let found = chunk.batch.objects.into_iter().find(|row| row.id() == Some(id));
        lookup.object = lookup.object.take().or(found);
        Ok(Outcome::Done)
    };
    let text = Text { proc, kind, in_thread: false, required };
    // Taking cannot fail.
    let outcome = read(text, &mut take).unwrap_or(Outcome::TryOtherSource);
    (outcome != Outcome::TryOtherSource || !lookup.gaps.is_empty()).then_some(lookup)
}

//! Rows on their way from a source: in chunks, and where it pays from a second thread.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::Gap;

/// Indexes or rows of one chunk.
pub(super) const CHUNK: usize = 1024;
/// Below so many indexes a second thread costs more than it saves (starting one takes about as
/// long as a hundred calls).
const WORTH_A_THREAD: i32 = 4096;
/// Chunks that a thread may be ahead: what they hold is all that is ever in memory.
const AHEAD: usize = 4;

/// Some rows, in the order of their indexes, and what is missing among them.
#[derive(Debug)]
pub(super) struct Chunk<T> {
    pub rows: Vec<T>,
    pub gaps: Vec<Gap>,
    /// Indexes without an object.
    pub misses: u64,
}

impl<T> Default for Chunk<T> {
    fn default() -> Self {
        Chunk { rows: Vec::new(), gaps: Vec::new(), misses: 0 }
    }
}

/// How an attempt to read from one source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All that it has was read.
    Done,
    /// Another source should go on behind what was read so far.
    UseOther,
}

/// Takes chunks in order; `UseOther` ends the reading of this source.
pub(super) type Take<'a, T> = &'a mut dyn FnMut(Chunk<T>) -> io::Result<Outcome>;

/// Whether a table is long enough for a second thread, on a machine that has a second processor.
pub(super) fn worth_a_thread(max_index: i32) -> bool {
    max_index >= WORTH_A_THREAD
        && thread::available_parallelism().is_ok_and(|count| count.get() > 1)
}

/// Makes the chunks `0..count`, every second one in another thread, and hands them on in order.
/// Threads are in the namespaces of the one that starts them.
pub(super) fn by_two<T: Send>(
    count: usize,
    make: impl Fn(usize) -> Chunk<T> + Sync,
    take: Take<'_, T>,
) -> io::Result<Outcome> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let make = &make;
        let odd = move || (1..count).step_by(2).try_for_each(|at| sender.send(make(at)).ok());
        let helper = thread::Builder::new().spawn_scoped(scope, odd);
        for at in 0..count {
            let chunk = match (&helper, at % 2) {
                (Ok(_), 1) => receiver.recv().unwrap_or_else(|_| make(at)),
                _ => make(at),
            };
            if take(chunk)? == Outcome::UseOther {
                // The helper ends when it finds nobody to send to.
                drop(receiver);
                return Ok(Outcome::UseOther);
            }
        }
        Ok(Outcome::Done)
    })
}

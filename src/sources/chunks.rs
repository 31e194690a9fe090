//! Passes on rows from a source: in chunks, and from a second thread if that is faster.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::sources::Batch;

/// Indexes or rows of one chunk.
pub(super) const CHUNK: usize = 256;
/// Below this number of indexes or files a second thread costs more than it saves: starting one takes
/// about as long as a hundred calls.
const WORTH_A_THREAD: i32 = 4096;
/// How many chunks a thread may be ahead. It keeps a list from being in memory as a whole.
const AHEAD: usize = 4;

/// Some rows, and how many indexes without an object were among them.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub batch: Batch,
    /// Indexes without an object.
    pub misses: u64,
}

/// How an attempt to read from one source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All that the source has was read.
    Done,
    /// Another source has to continue after what was read so far.
    TryOtherSource,
    /// No more rows are needed.
    Stopped,
}

/// Takes chunks in order; any outcome but `Done` ends the reading.
pub(super) type TakeChunk<'a> = &'a mut dyn FnMut(Chunk) -> io::Result<Outcome>;

/// Whether a table or directory is long enough for a second thread, on a machine with more than one
/// processor.
pub(super) fn worth_a_thread(count: i32) -> bool {
    count >= WORTH_A_THREAD && thread::available_parallelism().is_ok_and(|count| count.get() > 1)
}

/// Produces the chunks `0..count`, every second one in another thread, and passes them on in order.
/// A thread inherits the namespaces of the thread that starts it.
pub(super) fn read_in_pairs(
    count: usize,
    make: impl Fn(usize) -> Chunk + Sync,
    take: TakeChunk<'_>,
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
            let outcome = take(chunk)?;
            if outcome != Outcome::Done {
                // The helper ends when the receiver is dropped.
                drop(receiver);
                return Ok(outcome);
            }
        }
        Ok(Outcome::Done)
    })
}

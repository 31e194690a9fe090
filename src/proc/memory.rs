//! Reads from the memory of other processes, each with a deadline.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::root::ProcRoot;
use crate::sys::reader::{Reader, Request};
use crate::sys::{Errno, errno_of};

/// How long to wait for the first page that is not available. A machine under load needs longer than
/// it seems.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same for later ones.
const IMPATIENCE: Duration = Duration::from_millis(50);
/// After this number of pages that were not available nothing more is read.
const MOST_STUCK: usize = 20;
/// How long all reads of a run together may take: memory may always come just in time.
const ALTOGETHER: Duration = Duration::from_secs(5);
/// How many reads a helper makes.
const AT_ONCE: usize = 256;

type Answers = Vec<io::Result<Vec<u8>>>;

/// A part of a file whose content the kernel reads from the memory of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryRead {
    /// The file, below the root.
    pub path: String,
    /// Where to begin.
    pub offset: u64,
    /// How many bytes to read at most.
    pub length: usize,
}

/// The helper processes that have not been waited for, so that their pids are not reused.
static HELPERS: Mutex<Vec<i32>> = Mutex::new(Vec::new());

fn helpers() -> MutexGuard<'static, Vec<i32>> {
    HELPERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a process is a helper of the running program. Its other children are not: a shell may
/// start processes and then `exec` the program, which becomes their parent.
#[must_use]
pub fn is_helper(pid: i32) -> bool {
    helpers().contains(&pid)
}

/// Starts a helper, of which [`is_helper`] knows before it can be seen.
fn start_helper(requests: &[Request]) -> nix::Result<Reader> {
    let mut helpers = helpers();
    let reader = Reader::start(requests)?;
    helpers.push(reader.pid());
    Ok(reader)
}

/// Waits for a helper that has answered everything.
fn end_helper(reader: Reader) {
    let mut helpers = helpers();
    helpers.retain(|pid| *pid != reader.pid());
    drop(reader);
}

/// Reads files that the kernel reads from the memory of other processes (`cmdline`, `mem`), in order.
/// Such a read may never end, so a helper process makes it (see [`crate::sys::reader`]).
///
/// Each answer is the result of open(2) and read(2), or ETIMEDOUT if the memory was not available
/// in time, or this run has waited for memory long enough.
#[must_use]
pub fn read_memory(root: &ProcRoot, wanted: &[MemoryRead]) -> Vec<io::Result<Vec<u8>>> {
    read_memory_while(root, wanted, &mut |_| {})
}

/// The same, with work to do while the helper reads: `meanwhile` is called with the index of each
/// read. It may be called again for one that has to be requested again, and not at all for one that
/// is not requested.
#[must_use]
pub fn read_memory_while(
    root: &ProcRoot,
    wanted: &[MemoryRead],
    meanwhile: &mut dyn FnMut(usize),
) -> Vec<io::Result<Vec<u8>>> {
    let start = Instant::now();
    let mut cost = root.waited.cost();
    let end = after(start, ALTOGETHER.saturating_sub(cost.time));
    let mut answers = Vec::with_capacity(wanted.len());
    while answers.len() < wanted.len() && cost.stuck < MOST_STUCK && Instant::now() < end {
        let rest = wanted.get(answers.len()..).unwrap_or_default();
        let next = rest.get(..AT_ONCE).unwrap_or(rest);
        let requests: Vec<Request> = next.iter().map(|one| request(root, one)).collect();
        let patience = if cost.stuck == 0 { PATIENCE } else { IMPATIENCE };
        match start_helper(&requests) {
            Ok(reader) => {
                (0..next.len()).for_each(|at| meanwhile(answers.len().saturating_add(at)));
                answers.extend(answers_until_stuck(reader, next.len(), patience, end));
            }
            Err(errno) => {
                cost.miss(rest.len(), errno);
                answers.resize_with(wanted.len(), || Err(errno.into()));
                return answers;
            }
        }
        let is_stuck = answers.last().is_some_and(is_given_up);
        cost.stuck = cost.stuck.saturating_add(is_stuck.into());
        cost.miss(usize::from(is_stuck), Errno::ETIMEDOUT);
    }
    for errno in wanted.iter().zip(&answers).filter_map(failure) {
        cost.miss(1, errno);
    }
    cost.miss(wanted.len().saturating_sub(answers.len()), Errno::ETIMEDOUT);
    answers.resize_with(wanted.len(), || Err(Errno::ETIMEDOUT.into()));
    cost.time = cost.time.saturating_add(start.elapsed());
    answers
}

/// The time after a duration of some seconds, which the clock can always hold.
fn after(start: Instant, duration: Duration) -> Instant {
    start.checked_add(duration).unwrap_or(start)
}

/// The error of a read that failed, unless it was given up, which is counted elsewhere, or the
/// process has ended, may not be read, or has nothing at that address.
fn failure((wanted, answer): (&MemoryRead, &io::Result<Vec<u8>>)) -> Option<Errno> {
    let errno = errno_of(answer.as_ref().err()?);
    let is_normal = match errno {
        Errno::ENOENT | Errno::ESRCH | Errno::EACCES | Errno::EPERM => true,
        Errno::EIO => wanted.offset > 0,
        _ => is_given_up(answer),
    };
    (!is_normal).then_some(errno)
}

/// Whether the memory was not available in time, or the helper was killed.
fn is_given_up(answer: &io::Result<Vec<u8>>) -> bool {
    matches!(answer.as_ref().err().map(errno_of), Some(Errno::ETIMEDOUT | Errno::EPIPE))
}

fn request(root: &ProcRoot, MemoryRead { path, offset, length }: &MemoryRead) -> Request {
    Request::new(root.path(path).as_os_str().as_bytes(), *offset, *length)
}

/// The answers up to and including the first one that does not come: for `patience`, or until `end`.
fn answers_until_stuck(reader: Reader, count: usize, patience: Duration, end: Instant) -> Answers {
    let mut there = reader.count();
    let waited = loop {
        let left = end.saturating_duration_since(Instant::now());
        match reader.wait(patience.min(left)) {
            Err(Errno::ETIMEDOUT) if patience < left && there < reader.count() => {
                there = reader.count();
            }
            waited => break waited,
        }
    };
    let mut answers: Answers =
        reader.answers().into_iter().map(|answer| answer.map_err(io::Error::from)).collect();
    if answers.len() == count {
        end_helper(reader);
    } else {
        // An error of the pipe says nothing about the file.
        let is_late = waited == Err(Errno::ETIMEDOUT);
        answers.push(Err((if is_late { Errno::ETIMEDOUT } else { Errno::EPIPE }).into()));
        reader.abandon();
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::process;

    #[test]
    fn a_run_that_has_waited_long_enough_reads_no_more() {
        let wanted = [MemoryRead { path: "self/cmdline".to_owned(), offset: 0, length: 4096 }];
        let read = |root: &ProcRoot| read_memory(root, &wanted).remove(0).map_err(|e| e.kind());
        let root = ProcRoot::default();
        assert!(read(&root).is_ok_and(|bytes| !bytes.is_empty()));
        assert_eq!(root.missed_memory(), None);
        root.waited.cost().time = ALTOGETHER;
        // All copies of the root have waited as long.
        assert_eq!(read(&root.clone()), Err(io::ErrorKind::TimedOut));
        assert_eq!(root.missed_memory(), Some((1, Errno::ETIMEDOUT)));
        let other = ProcRoot::default();
        other.waited.cost().stuck = MOST_STUCK;
        assert_eq!(read(&other), Err(io::ErrorKind::TimedOut));
    }

    /// Another process may get its pid.
    #[test]
    fn a_helper_that_has_ended_is_no_longer_known_as_one() {
        let wanted = [MemoryRead { path: "self/cmdline".to_owned(), offset: 0, length: 4096 }];
        assert!(read_memory(&ProcRoot::default(), &wanted)[0].is_ok());
        // Those of other tests end while the list is locked.
        let helpers = helpers();
        let ended: Vec<_> =
            helpers.iter().filter(|pid| process::exists(**pid) == Ok(false)).collect();
        assert!(ended.is_empty(), "{ended:?}");
    }
}

//! Reads files of /proc whose content the kernel reads from the memory of another process, in a
//! helper process.
//!
//! A page of that memory may never become available: it may belong to a file of a FUSE server that
//! has stopped, or to a range whose faults another process handles (userfaultfd(2)). A reader then
//! sleeps uninterruptibly and forever. So a child process reads. When it makes no progress, it is
//! abandoned. It exits by itself once the page becomes available or the other process exits. It holds
//! no descriptor but the end of a pipe, so no other process waits for it.
//!
//! The child has the requests from its parent, and writes its answers to memory that both share. It
//! exits after the last one, which the parent learns from the pipe.

use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc::{self, c_int, c_void};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

use super::retry;

/// The longest path that a request may have, with its NUL.
const PATH: usize = 128;
/// The most bytes of one answer.
pub const MOST: usize = 32 * 1024;

/// What is to be read: up to `length` bytes of a file from an offset on.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Empty for one that is too long.
    path: [u8; PATH],
    offset: u64,
    length: usize,
}

impl Request {
    /// A request; the answer to one with a path of more than 127 bytes is ENAMETOOLONG.
    #[must_use]
    pub fn new(path: &[u8], offset: u64, length: usize) -> Request {
        let mut request = Request { path: [0; PATH], offset, length: length.min(MOST) };
        // At least one byte stays zero and ends the path.
        if let Some((place, [_, ..])) = request.path.split_at_mut_checked(path.len()) {
            place.copy_from_slice(path);
        }
        request
    }
}

/// What precedes the bytes of an answer.
#[repr(C)]
#[derive(Clone, Copy)]
struct Head {
    errno: i32,
    length: u32,
}

const HEAD: usize = size_of::<Head>();
/// The number of answers precedes all of them.
const COUNT: usize = size_of::<AtomicUsize>();

/// Memory that the child shares: the number of answers, and one answer after another.
#[derive(Debug)]
struct Shared {
    start: NonNull<u8>,
    size: NonZeroUsize,
}

impl Shared {
    /// Room for all answers.
    fn new(requests: &[Request]) -> nix::Result<Shared> {
        let answers = requests.iter().map(|request| request.length.saturating_add(HEAD));
        let size = answers.fold(COUNT, usize::saturating_add);
        let size = NonZeroUsize::new(size).ok_or(Errno::EINVAL)?;
        let (protection, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, which replaces nothing.
        let start = unsafe { libc::mmap(ptr::null_mut(), size.get(), protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        NonNull::new(start.cast()).map(|start| Shared { start, size }).ok_or(Errno::ENOMEM)
    }

    /// The number of answers, which are complete.
    fn count(&self) -> &AtomicUsize {
        // SAFETY: the mapping begins with it, at the start of a page, and is zero at first. It lives
        // as long as `self`.
        unsafe { self.start.cast::<AtomicUsize>().as_ref() }
    }

    /// Bytes of a complete answer.
    fn bytes(&self, at: usize, length: usize) -> Option<Vec<u8>> {
        if at.checked_add(length)? > self.size.get() {
            return None;
        }
        let mut bytes = vec![0; length];
        // SAFETY: they are within the mapping (above), and the child writes them no more.
        unsafe {
            ptr::copy_nonoverlapping(self.start.as_ptr().add(at), bytes.as_mut_ptr(), length)
        };
        Some(bytes)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing refers to it any more. The child has
        // its own.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.size.get()) };
    }
}

/// A child process that reads.
#[derive(Debug)]
pub struct Reader {
    shared: Shared,
    /// It ends when the child exits.
    end: OwnedFd,
    pid: c_int,
}

impl Reader {
    /// Starts the child.
    ///
    /// # Errors
    /// EAGAIN: no more processes. EMFILE, ENFILE: no more descriptors. ENOMEM.
    pub fn start(requests: &[Request]) -> nix::Result<Reader> {
        let shared = Shared::new(requests)?;
        let (end, held) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: the child calls nothing but `serve`, which only makes system calls on memory that
        // is its own or shared with this value, and then ends: other threads and their locks do not
        // matter to it.
        match Errno::result(unsafe { libc::fork() })? {
            // SAFETY: this is the child, which has one thread; there is room for all answers.
            0 => unsafe { serve(requests, shared.start.as_ptr(), held.as_raw_fd()) },
            pid => Ok(Reader { shared, end, pid }),
        }
    }

    /// The child's pid, which no other process gets before this value is dropped.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// How many answers are there.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.count().load(Ordering::Acquire)
    }

    /// Waits until the child has exited, or has no longer the pipe.
    ///
    /// # Errors
    /// ETIMEDOUT: it did not in time.
    pub fn wait(&self, time: Duration) -> nix::Result<()> {
        let timeout =
            PollTimeout::try_from(time.as_millis().min(60_000)).unwrap_or(PollTimeout::ZERO);
        let mut end = [PollFd::new(self.end.as_fd(), PollFlags::POLLIN)];
        match retry(|| poll(&mut end, timeout))? {
            0 => Err(Errno::ETIMEDOUT),
            _ => Ok(()),
        }
    }

    /// The answers that are there: what open(2) and read(2) answered in the child.
    #[must_use]
    pub fn answers(&self) -> Vec<nix::Result<Vec<u8>>> {
        let mut at = COUNT;
        let mut next = || {
            let head = self.shared.bytes(at, HEAD)?;
            let &[a, b, c, d, e, f, g, h] = head.as_slice() else { return None };
            let errno = i32::from_ne_bytes([a, b, c, d]);
            let length = u32::from_ne_bytes([e, f, g, h]) as usize;
            let bytes = self.shared.bytes(at.saturating_add(HEAD), length)?;
            at = at.saturating_add(HEAD).saturating_add(length);
            Some(if errno == 0 { Ok(bytes) } else { Err(Errno::from_raw(errno)) })
        };
        (0..self.count()).map_while(|_| next()).collect()
    }

    /// Abandons the child, which may never exit.
    pub fn abandon(self) {
        let mut child = ManuallyDrop::new(self);
        // SAFETY: kill takes no pointer; the child was not waited for, so the number is its own.
        // The pipe and the memory are released once, and `child` is not used again.
        unsafe {
            libc::kill(child.pid, libc::SIGKILL);
            ptr::drop_in_place(&raw mut child.end);
            ptr::drop_in_place(&raw mut child.shared);
        }
    }
}

/// Only where every request was answered: then the child has exited, or the signal ends it at once.
/// Where signals are denied, it is not waited for.
impl Drop for Reader {
    fn drop(&mut self) {
        // SAFETY: neither call takes a pointer that is not null; the child is this process' own.
        unsafe {
            if libc::kill(self.pid, libc::SIGKILL) != 0 {
                return;
            }
            libc::syscall(
                libc::SYS_wait4,
                self.pid,
                ptr::null_mut::<c_int>(),
                0,
                ptr::null_mut::<c_void>(),
            );
        }
    }
}

/// The code of the child: answers all requests, and exits.
///
/// # Safety
/// Only in a child with one thread: descriptors are closed that other threads might use. `shared`
/// has room for the number of answers and all answers, and begins a page.
unsafe fn serve(requests: &[Request], shared: *mut u8, pipe: RawFd) -> ! {
    // SAFETY: all calls get pointers to the requests, whose paths end with a NUL, or to room for an
    // answer. The pipe is moved to the standard descriptors, every other descriptor is closed: this
    // process must not keep a pipe open that another process reads to its end.
    unsafe {
        // Raw calls where the C library's functions would only be one more symbol to look up at
        // every start of the programs.
        let exit = |status: c_int| -> ! {
            loop {
                libc::syscall(libc::SYS_exit_group, status);
            }
        };
        // The pipe has none of these numbers: they are open (see `entry`).
        if (0..3).any(|to| libc::syscall(libc::SYS_dup3, pipe, to, 0) < 0) {
            exit(1);
        }
        if libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, 0u32) != 0 {
            for fd in 3..4096 {
                libc::close(fd);
            }
        }
        let mut place = shared.add(COUNT);
        for request in requests {
            let count = read_file(request, place.add(HEAD), request.length);
            let head = match u32::try_from(count) {
                Ok(length) => Head { errno: 0, length },
                Err(_) => Head { errno: *libc::__errno_location(), length: 0 },
            };
            place.cast::<Head>().write_unaligned(head);
            place = place.add(HEAD).add(head.length as usize);
            // The parent that sees the new number also sees what was written before.
            (*shared.cast::<AtomicUsize>()).fetch_add(1, Ordering::Release);
        }
        exit(0)
    }
}

/// Reads a file into the given room; -1 with errno if that fails.
///
/// # Safety
/// The path ends with a NUL; `room` has `length` bytes.
unsafe fn read_file(request: &Request, room: *mut u8, length: usize) -> isize {
    // SAFETY: as the caller promises; the descriptor is this function's own.
    unsafe {
        // A pipe or terminal in the place of the file must not block.
        let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY;
        if request.path[0] == 0 {
            *libc::__errno_location() = libc::ENAMETOOLONG;
            return -1;
        }
        let fd = libc::open(request.path.as_ptr().cast(), flags);
        if fd < 0 {
            return -1;
        }
        let mut done = 0usize;
        let mut result = 0;
        while done < length {
            let offset = request.offset.wrapping_add(done as u64).cast_signed();
            let (place, left) = (room.add(done), length.saturating_sub(done));
            let count = libc::syscall(libc::SYS_pread64, fd, place, left, offset) as isize;
            if count <= 0 {
                result = count;
                break;
            }
            done = done.saturating_add(count.unsigned_abs());
            // The kernel reads as much as there is.
            if count.unsigned_abs() < left {
                break;
            }
        }
        let errno = *libc::__errno_location();
        libc::close(fd);
        if result < 0 && done == 0 {
            *libc::__errno_location() = errno;
            return -1;
        }
        done.cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn answers_come_in_order_and_errors_are_those_of_the_calls() {
        let requests = [
            Request::new(b"/proc/self/comm", 0, MOST),
            Request::new(b"/proc/self/nonexistent", 0, 5),
            Request::new(&[b'x'; PATH], 0, 1),
            Request::new(b"/proc/version", 6, 7),
        ];
        let reader = Reader::start(&requests).unwrap();
        reader.wait(SOON).unwrap();
        assert_eq!(reader.count(), 4);
        let answers = reader.answers();
        assert!(answers[0].as_ref().unwrap().ends_with(b"\n"));
        assert_eq!(answers[1..3], [Err(Errno::ENOENT), Err(Errno::ENAMETOOLONG)]);
        assert_eq!(answers[3].as_ref().unwrap(), b"version");
    }

    #[test]
    fn a_child_that_was_killed_has_answered_some() {
        let requests = [Request::new(b"/proc/self/stat", 0, MOST); 100];
        let reader = Reader::start(&requests).unwrap();
        // SAFETY: kill takes no pointer; the child was not waited for.
        unsafe { libc::kill(reader.pid(), libc::SIGKILL) };
        reader.wait(SOON).unwrap();
        let answers = reader.answers();
        assert!(answers.len() == reader.count() && answers.len() <= 100);
        assert!(
            answers.iter().all(|answer| answer.as_ref().is_ok_and(|text| text.ends_with(b"\n")))
        );
        assert_eq!(Reader::start(&[]).unwrap().answers(), []);
    }
}

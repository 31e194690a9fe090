//! Reads files of /proc whose content the kernel reads from the memory of another process, in a
//! helper process.
//!
//! A page of that memory may never become available: it may belong to a file of a FUSE server that
//! has stopped, or to a range whose faults another process handles (userfaultfd(2)). A reader then
//! sleeps uninterruptibly and forever. So a child process reads. When it does not answer in time,
//! it is abandoned. It exits by itself once the page becomes available or the other process exits.
//! It holds no descriptor but its two pipes, so no other process waits for it.

use std::collections::VecDeque;
use std::io::Read;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{self, c_int, c_void};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe2, read};

use super::{retry, write_all};

/// The longest path that a request may have, with its NUL.
const PATH: usize = 128;
/// The most bytes of one answer.
pub const MOST: usize = 32 * 1024;
/// How many bytes of answers are read at once.
const AT_ONCE: usize = 4096;

/// What is to be read.
#[repr(C)]
#[derive(Clone, Copy)]
struct Request {
    path: [u8; PATH],
    offset: u64,
    length: u64,
}

/// What precedes the bytes of an answer.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Head {
    errno: i32,
    length: u32,
}

/// Bytes of a request in the pipe.
pub const REQUEST: usize = size_of::<Request>();
const HEAD: usize = size_of::<Head>();
const _: () = assert!(REQUEST == PATH + 16 && HEAD == 8);

/// A child process that reads.
#[derive(Debug)]
pub struct Reader {
    requests: OwnedFd,
    answers: OwnedFd,
    /// What was read from the pipe and not taken yet.
    unread: VecDeque<u8>,
    pid: c_int,
}

impl Reader {
    /// Starts the child.
    ///
    /// # Errors
    /// EAGAIN: no more processes. EMFILE, ENFILE: no more descriptors.
    pub fn start() -> nix::Result<Reader> {
        let (request_end, requests) = pipe2(OFlag::O_CLOEXEC)?;
        let (answers, answer_end) = pipe2(OFlag::O_CLOEXEC)?;
        // Even where all requests under way fit, the pipe may have no room for the next one: the
        // kernel reuses a page only when it was read to its end.
        fcntl(&requests, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        // SAFETY: the child calls nothing but `serve`, which only makes system calls on memory of
        // its own stack, and then ends: other threads and their locks do not matter to it.
        match Errno::result(unsafe { libc::fork() })? {
            0 => {
                let (input, output) = (request_end.as_raw_fd(), answer_end.as_raw_fd());
                // SAFETY: this is the child, which has one thread; `serve` never returns.
                unsafe { serve(input, output) }
            }
            pid => Ok(Reader { requests, answers, unread: VecDeque::new(), pid }),
        }
    }

    /// The child's pid, which no other process gets before this value is dropped.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Asks for up to `length` bytes of a file from an offset on. Several requests may be under
    /// way, as long as they fit a pipe; answers come in order.
    ///
    /// # Errors
    /// ENAMETOOLONG: a path of more than 127 bytes. EPIPE: the child has exited. EAGAIN: answers
    /// have to be taken first.
    pub fn request(&self, path: &[u8], offset: u64, length: usize) -> nix::Result<()> {
        let mut request = Request { path: [0; PATH], offset, length: length.min(MOST) as u64 };
        match request.path.split_at_mut_checked(path.len()) {
            // At least one byte stays zero and ends the path.
            Some((place, [_, ..])) => place.copy_from_slice(path),
            _ => return Err(Errno::ENAMETOOLONG),
        }
        // SAFETY: the structure has no padding (asserted above), so all of its bytes are set.
        let bytes =
            unsafe { std::slice::from_raw_parts((&raw const request).cast::<u8>(), REQUEST) };
        write_all(&self.requests, bytes)
    }

    /// The next answer.
    ///
    /// # Errors
    /// ETIMEDOUT: none came before the deadline; the child must not be asked again. EPIPE: the child
    /// does not answer. Otherwise what open(2) or read(2) answered in the child.
    pub fn answer(&mut self, deadline: Instant) -> nix::Result<Vec<u8>> {
        // An error of the pipe says nothing about the file.
        let of_pipe = |errno| if errno == Errno::ETIMEDOUT { errno } else { Errno::EPIPE };
        let mut head = [0u8; HEAD];
        self.read_exact(&mut head, deadline).map_err(of_pipe)?;
        let [a, b, c, d, e, f, g, h] = head;
        let errno = i32::from_ne_bytes([a, b, c, d]);
        let length = u32::from_ne_bytes([e, f, g, h]);
        if errno != 0 {
            return Err(Errno::from_raw(errno));
        }
        let mut bytes = vec![0; (length as usize).min(MOST)];
        self.read_exact(&mut bytes, deadline).map_err(of_pipe)?;
        Ok(bytes)
    }

    fn read_exact(&mut self, mut bytes: &mut [u8], deadline: Instant) -> nix::Result<()> {
        while !bytes.is_empty() {
            if self.unread.is_empty() {
                self.fill(deadline)?;
            }
            // Reading from memory cannot fail.
            let count = self.unread.read(bytes).unwrap_or(0);
            bytes = bytes.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads as many answers as are there: one call for several short ones.
    fn fill(&mut self, deadline: Instant) -> nix::Result<()> {
        retry(|| {
            let left = deadline.saturating_duration_since(Instant::now());
            wait_readable(self.answers.as_fd(), left)
        })?;
        let mut bytes = [0; AT_ONCE];
        let count = retry(|| read(&self.answers, &mut bytes))?;
        self.unread.extend(bytes.get(..count).unwrap_or_default());
        if count == 0 { Err(Errno::EPIPE) } else { Ok(()) }
    }

    /// Abandons the child, which may never exit.
    pub fn abandon(self) {
        let mut child = ManuallyDrop::new(self);
        // SAFETY: kill takes no pointer; the child was not waited for, so the number is its own.
        // The pipes are closed once, and `child` is not used again.
        unsafe {
            libc::kill(child.pid, libc::SIGKILL);
            ptr::drop_in_place(&raw mut child.requests);
            ptr::drop_in_place(&raw mut child.answers);
            ptr::drop_in_place(&raw mut child.unread);
        }
    }
}

/// Only where every request was answered: then the child is idle, and the signal ends it at once.
/// Where signals are denied, it ends after this process has closed its pipes, and is not waited for.
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

fn wait_readable(fd: BorrowedFd<'_>, left: Duration) -> nix::Result<()> {
    let timeout = PollTimeout::try_from(left.as_millis().min(60_000)).unwrap_or(PollTimeout::ZERO);
    match poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], timeout) {
        Ok(0) => Err(Errno::ETIMEDOUT),
        Ok(_) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// The code of the child: answers requests until there are no more, and exits.
///
/// # Safety
/// Only in a child with one thread: descriptors are closed that other threads might use.
unsafe fn serve(input: RawFd, output: RawFd) -> ! {
    let mut request = Request { path: [0; PATH], offset: 0, length: 0 };
    let mut answer = [0u8; HEAD + MOST];
    // SAFETY: all calls get pointers to these two buffers and lengths within them; the path ends
    // with a NUL because a request is at most one byte shorter. The two pipes are moved to
    // the standard descriptors, every other descriptor is closed: this process must not keep a pipe
    // open that another process reads to its end.
    unsafe {
        // Raw calls where the C library's functions would only be one more symbol to look up at
        // every start of the programs.
        let exit = |status: c_int| -> ! {
            loop {
                libc::syscall(libc::SYS_exit_group, status);
            }
        };
        let moved =
            |from: RawFd, to: RawFd| from == to || libc::syscall(libc::SYS_dup3, from, to, 0) >= 0;
        // Neither pipe has one of these numbers: they are open (see `entry`).
        if !moved(input, 0) || !moved(output, 1) || !moved(output, 2) {
            exit(1);
        }
        if libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, 0u32) != 0 {
            for fd in 3..4096 {
                libc::close(fd);
            }
        }
        let place = (&raw mut request).cast::<c_void>();
        while libc::read(0, place, REQUEST) == REQUEST as isize {
            let room = answer[HEAD..].as_mut_ptr();
            let length = usize::try_from(request.length).unwrap_or(0).min(MOST);
            let count = read_file(&request, room, length);
            let head = match usize::try_from(count) {
                Ok(count) => Head { errno: 0, length: count as u32 },
                Err(_) => Head { errno: *libc::__errno_location(), length: 0 },
            };
            answer[..4].copy_from_slice(&head.errno.to_ne_bytes());
            answer[4..HEAD].copy_from_slice(&head.length.to_ne_bytes());
            let end = HEAD.saturating_add(head.length as usize);
            let mut rest = answer.get(..end).unwrap_or_default();
            while !rest.is_empty() {
                let written = libc::write(1, rest.as_ptr().cast(), rest.len());
                if written <= 0 {
                    exit(1);
                }
                rest = rest.get(written.unsigned_abs()..).unwrap_or_default();
            }
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

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn answers_come_in_order_and_errors_are_those_of_the_calls() {
        let mut reader = Reader::start().unwrap();
        reader.request(b"/proc/self/comm", 0, MOST).unwrap();
        reader.request(b"/proc/self/nonexistent", 0, 5).unwrap();
        reader.request(b"/proc/version", 6, 7).unwrap();
        assert!(reader.answer(soon()).unwrap().ends_with(b"\n"));
        assert_eq!(reader.answer(soon()), Err(Errno::ENOENT));
        assert_eq!(reader.answer(soon()).unwrap(), b"version");
        assert_eq!(reader.request(&[b'x'; PATH], 0, 1), Err(Errno::ENAMETOOLONG));
    }

    #[test]
    fn a_missing_answer_times_out() {
        let mut reader = Reader::start().unwrap();
        assert_eq!(reader.answer(Instant::now()), Err(Errno::ETIMEDOUT));
        reader.abandon();
    }
}

//! Work in a child process, for what only a process can do as a whole: a user namespace can be
//! entered by a process with one thread only (setns(2)).

use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc::{self, c_int, c_void};
use nix::unistd::{pipe2, read};

use super::{retry, write_all};

/// The bytes before a message: its length.
const HEAD: usize = size_of::<u64>();
/// How many bytes are read at a time.
const BLOCK: usize = 64 * 1024;

/// One end of the connection between parent and child.
#[derive(Debug)]
pub struct Pipes {
    input: OwnedFd,
    output: OwnedFd,
}

impl Pipes {
    /// The ends of the parent and of the child.
    fn pair() -> nix::Result<(Pipes, Pipes)> {
        let (from_child, to_parent) = pipe2(OFlag::O_CLOEXEC)?;
        let (from_parent, to_child) = pipe2(OFlag::O_CLOEXEC)?;
        let parent = Pipes { input: from_child, output: to_child };
        Ok((parent, Pipes { input: from_parent, output: to_parent }))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// EPIPE: the other side has ended.
    pub fn send(&self, message: &[u8]) -> nix::Result<()> {
        write_all(&self.output, &(message.len() as u64).to_ne_bytes())?;
        write_all(&self.output, message)
    }

    /// Waits for the next message.
    ///
    /// # Errors
    /// EPIPE: the other side has ended.
    pub fn receive(&self) -> nix::Result<Vec<u8>> {
        let head = self.read_exact(HEAD)?;
        let head = head.as_slice().try_into().map_err(|_| Errno::EPIPE)?;
        self.read_exact(usize::try_from(u64::from_ne_bytes(head)).map_err(|_| Errno::EMSGSIZE)?)
    }

    fn read_exact(&self, length: usize) -> nix::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let done = bytes.len();
            bytes.resize(length.min(done.saturating_add(BLOCK)), 0);
            let room = bytes.get_mut(done..).unwrap_or_default();
            match retry(|| read(&self.input, room))? {
                0 => return Err(Errno::EPIPE),
                count => bytes.truncate(done.saturating_add(count)),
            }
        }
        Ok(bytes)
    }
}

/// How a child has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// That could not be found out.
    Unknown,
}

/// A child process. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Child {
    /// `None`: it has been waited for.
    pid: Option<c_int>,
    /// The connection to it.
    pub pipes: Pipes,
}

/// Runs `work` in a child process, which then exits at once: nothing that this process has buffered
/// is written by the child, and no destructor of what it had before runs twice.
///
/// The calling process must have one thread. A lock that another one holds would stay locked in the
/// child forever.
///
/// # Errors
/// EAGAIN: no more processes. EMFILE, ENFILE: no more descriptors.
pub fn start(work: impl FnOnce(&Pipes)) -> nix::Result<Child> {
    let (pipes, of_child) = Pipes::pair()?;
    // SAFETY: the child gets a copy of all memory, and the C library keeps its own locks usable in
    // it. The caller makes sure that no other thread holds one of ours. The child never returns
    // from here.
    match Errno::result(unsafe { libc::fork() })? {
        0 => {
            // If the child held these too, it would not notice that the parent has ended.
            drop(pipes);
            let is_done = catch_unwind(AssertUnwindSafe(|| work(&of_child))).is_ok();
            exit(if is_done { 0 } else { 101 })
        }
        pid => Ok(Child { pid: Some(pid), pipes }),
    }
}

/// Ends the process, and nothing else.
fn exit(status: c_int) -> ! {
    loop {
        // SAFETY: the call takes a number and does not return.
        unsafe { libc::syscall(libc::SYS_exit_group, status) };
    }
}

impl Child {
    /// Waits for its end.
    #[must_use]
    pub fn wait(mut self) -> Ended {
        self.reap()
    }

    fn reap(&mut self) -> Ended {
        let Some(pid) = self.pid.take() else { return Ended::Unknown };
        let mut status: c_int = 0;
        let wait = || {
            let no_usage = ptr::null_mut::<c_void>();
            // SAFETY: the status lives through the call; the child is this process' own.
            Errno::result(unsafe {
                libc::syscall(libc::SYS_wait4, pid, &raw mut status, 0, no_usage)
            })
        };
        match retry(wait) {
            Ok(_) if libc::WIFEXITED(status) => Ended::Exited(libc::WEXITSTATUS(status)),
            Ok(_) if libc::WIFSIGNALED(status) => Ended::Killed(libc::WTERMSIG(status)),
            _ => Ended::Unknown,
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let Some(pid) = self.pid else { return };
        // SAFETY: kill takes no pointer; the child was not waited for, so the number is its own.
        if unsafe { libc::kill(pid, libc::SIGKILL) } == 0 {
            self.reap();
        }
    }
}

/// The process that this one is a child of, if it is one of the program's own children that entered
/// a namespace; else 0.
static PARENT: AtomicI32 = AtomicI32::new(0);

/// The process that was started as the program, if this is its child in a namespace.
#[must_use]
pub fn program() -> Option<i32> {
    Some(PARENT.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
}

/// Ends this process as soon as the one that started it ends.
///
/// Entering a user namespace may undo it (`commit_creds` of the kernel), so it is called afterwards.
pub fn end_with(parent: u32) {
    // SAFETY: the request takes a number.
    unsafe { libc::syscall(libc::SYS_prctl, libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
    PARENT.store(parent.cast_signed(), Ordering::Relaxed);
    if std::os::unix::process::parent_id() != parent {
        exit(1);
    }
}

/// Keeps the processes of a namespace that this one enters from tracing it, and from getting at
/// what is outside through it.
///
/// # Errors
/// Those of prctl(2).
pub fn forbid_tracing() -> nix::Result<()> {
    // SAFETY: the request takes a number.
    let done = unsafe { libc::syscall(libc::SYS_prctl, libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    Errno::result(done).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The test process has threads, so that these children do nothing that takes a lock.

    #[test]
    fn messages_arrive_whole_and_in_order() {
        let child = start(|pipes| {
            while let Ok(message) = pipes.receive() {
                let _ = pipes.send(&message);
            }
        })
        .unwrap();
        // More than a pipe has room for.
        for length in [0, 1, BLOCK, 3 * BLOCK + 1] {
            let message: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            std::thread::scope(|scope| {
                scope.spawn(|| child.pipes.send(&message).unwrap());
                assert!(child.pipes.receive() == Ok(message.clone()), "{length}");
            });
        }
        let Child { pid, .. } = &child;
        let pid = pid.unwrap();
        drop(child);
        assert_eq!(super::super::process::exists(pid), Ok(false));
    }

    #[test]
    fn the_end_of_a_child_is_noticed() {
        let ended = |work: fn(&Pipes)| {
            let child = start(work).unwrap();
            assert_eq!(child.pipes.receive(), Err(Errno::EPIPE));
            child.wait()
        };
        assert_eq!(ended(|_| ()), Ended::Exited(0));
        // In the middle of a message.
        assert_eq!(ended(|pipes| write_all(&pipes.output, &[1, 0, 0]).unwrap()), Ended::Exited(0));
        let killed = |_: &Pipes| {
            // SAFETY: the calls take numbers.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        };
        assert_eq!(ended(killed), Ended::Killed(libc::SIGKILL));
        // The parent is another one.
        assert_eq!(ended(|_| end_with(0)), Ended::Exited(1));
    }
}

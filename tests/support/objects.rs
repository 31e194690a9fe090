//! Real System V objects in every state a listing can show.
//!
//! Everything here panics with a reason when the kernel refuses, so that no test
//! passes without the state that it is about. Objects are not removed on drop:
//! they end with the namespace.

use std::fmt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ipcs::model;
use ipcs::sys::StatBy;
use nix::errno::Errno;
use nix::libc;
use nix::unistd::gettid;

use super::actor::until;
pub use super::sys::Permissions;
use super::{namespace, sys};

/// The key of an object without a key (`IPC_PRIVATE`).
pub const PRIVATE: u32 = 0;

/// How long a thread may take until the kernel counts it as a waiter.
const DEADLINE: Duration = Duration::from_secs(10);

fn created(what: &str, key: u32, result: nix::Result<i32>) -> i32 {
    result.unwrap_or_else(|error| panic!("creating {what} with key {key:#x}: {error}"))
}

fn creation_flags(mode: u32) -> i32 {
    libc::IPC_CREAT | libc::IPC_EXCL | i32::try_from(mode).expect("a mode of at most 0777")
}

fn done(what: &str, id: i32, result: nix::Result<()>) {
    result.unwrap_or_else(|error| panic!("{what} of id {id}: {error}"));
}

/// A shared memory segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shm {
    pub id: i32,
}

impl Shm {
    /// Makes a segment with a key, which may be [`PRIVATE`].
    pub fn keyed(key: u32, size: usize, mode: u32) -> Self {
        let result = sys::shmget(key.cast_signed(), size, creation_flags(mode));
        Self { id: created("a segment", key, result) }
    }

    /// Makes a segment without a key.
    pub fn private(size: usize, mode: u32) -> Self {
        Self::keyed(PRIVATE, size, mode)
    }

    /// Makes a segment that may be larger than the machine's memory.
    pub fn unreserved(size: usize, mode: u32) -> Self {
        let flags = creation_flags(mode) | libc::SHM_NORESERVE;
        let result = sys::shmget(PRIVATE.cast_signed(), size, flags);
        Self { id: created("an unreserved segment", PRIVATE, result) }
    }

    /// Attaches it to this process until the attachment is dropped.
    pub fn attach(self) -> Attachment {
        self.attach_with(0)
    }

    /// Attaches it for reading only.
    pub fn attach_read_only(self) -> Attachment {
        self.attach_with(libc::SHM_RDONLY)
    }

    fn attach_with(self, flags: i32) -> Attachment {
        let address = sys::shmat(self.id, flags)
            .unwrap_or_else(|error| panic!("attaching segment {}: {error}", self.id));
        Attachment { address }
    }

    /// Locks it in memory (`SHM_LOCK`).
    pub fn lock(self) {
        done("SHM_LOCK", self.id, sys::shmctl(self.id, libc::SHM_LOCK).map(drop));
    }

    /// Reads its state with the library.
    pub fn stat(self) -> model::Object {
        let result = ipcs::sys::shm::stat(self.id, StatBy::Any);
        result.unwrap_or_else(|error| panic!("stat of segment {}: {error}", self.id))
    }

    /// Removes it; while it is attached it is only marked for destruction.
    pub fn remove(self) {
        done("IPC_RMID", self.id, sys::shmctl(self.id, libc::IPC_RMID).map(drop));
    }

    /// Gives it another owner and mode.
    pub fn set(self, uid: u32, gid: u32, mode: u32) {
        let to = Permissions { uid, gid, mode };
        done("IPC_SET", self.id, sys::shm_set(self.id, to));
    }
}

/// Formats an object as its id.
macro_rules! display_as_id {
    ($($object:ty),*) => {$(
        impl fmt::Display for $object {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.id.fmt(f)
            }
        }
    )*};
}

display_as_id!(Shm, Queue, Sems);

/// A segment attached to this process; dropping it detaches.
#[derive(Debug)]
pub struct Attachment {
    pub address: usize,
}

impl Attachment {
    /// Makes the first `size` bytes resident.
    pub fn touch(&self, size: usize) {
        sys::touch(self.address, size);
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        // This fails only for an address that is not attached.
        let _ = sys::shmdt(self.address);
    }
}

/// A message queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    pub id: i32,
}

impl Queue {
    /// Makes a queue with a key, which may be [`PRIVATE`].
    pub fn keyed(key: u32, mode: u32) -> Self {
        let result = sys::msgget(key.cast_signed(), creation_flags(mode));
        Self { id: created("a queue", key, result) }
    }

    /// Makes a queue without a key.
    pub fn private(mode: u32) -> Self {
        Self::keyed(PRIVATE, mode)
    }

    /// Sends one message of `length` bytes; panics rather than wait.
    pub fn send(self, length: usize) {
        done("msgsnd", self.id, sys::msgsnd(self.id, 1, length, libc::IPC_NOWAIT));
    }

    /// Receives the first message; panics rather than wait.
    pub fn receive(self) -> usize {
        sys::msgrcv(self.id, 0, 65_536, libc::IPC_NOWAIT)
            .unwrap_or_else(|error| panic!("msgrcv of id {}: {error}", self.id))
    }

    /// The capacity in bytes.
    pub fn qbytes(self) -> usize {
        sys::msg_qbytes(self.id).unwrap_or_else(|error| panic!("msgctl of {}: {error}", self.id))
    }

    /// Reads its state with the library.
    pub fn stat(self) -> model::Object {
        let result = ipcs::sys::msg::stat(self.id, StatBy::Any);
        result.unwrap_or_else(|error| panic!("stat of queue {}: {error}", self.id))
    }

    /// Gives it another owner and mode, and keeps the capacity.
    pub fn set(self, uid: u32, gid: u32, mode: u32) {
        self.set_with_capacity(uid, gid, mode, self.qbytes());
    }

    /// Gives it another owner, mode and capacity in bytes.
    pub fn set_with_capacity(self, uid: u32, gid: u32, mode: u32, qbytes: usize) {
        let to = Permissions { uid, gid, mode };
        done("IPC_SET", self.id, sys::msg_set(self.id, to, qbytes));
    }

    /// Removes it.
    pub fn remove(self) {
        done("IPC_RMID", self.id, sys::msg_remove(self.id));
    }
}

/// A set of semaphores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sems {
    pub id: i32,
}

impl Sems {
    /// Makes a set with a key, which may be [`PRIVATE`].
    pub fn keyed(key: u32, count: i32, mode: u32) -> Self {
        let result = sys::semget(key.cast_signed(), count, creation_flags(mode));
        Self { id: created("a set", key, result) }
    }

    /// Makes a set without a key.
    pub fn private(count: i32, mode: u32) -> Self {
        Self::keyed(PRIVATE, count, mode)
    }

    /// Sets one value (`SETVAL`); this changes ctime, not otime.
    pub fn set_value(self, num: u16, value: i32) {
        let result = sys::semctl(self.id, num.into(), libc::SETVAL, value);
        done("SETVAL", self.id, result.map(drop));
    }

    /// Adds to one semaphore; this sets otime. Panics rather than wait.
    pub fn operate(self, num: u16, delta: i16) {
        let flags = libc::IPC_NOWAIT as i16;
        done("semop", self.id, sys::semop(self.id, &[(num, delta)], flags));
    }

    /// Starts a thread that waits for an increase, and returns once the kernel
    /// counts it. Needs a semaphore whose value is less than `by`.
    pub fn wait_for_increase(self, num: u16, by: i16) -> Waiter {
        self.wait(num, -by, libc::GETNCNT)
    }

    /// Starts a thread that waits for zero, and returns once the kernel counts
    /// it. Needs a semaphore whose value is not zero.
    pub fn wait_for_zero(self, num: u16) -> Waiter {
        self.wait(num, 0, libc::GETZCNT)
    }

    /// How many threads are blocked on one semaphore, for an increase or for zero.
    pub fn blocked(self, num: u16) -> i32 {
        self.count_waiters(num, libc::GETNCNT) + self.count_waiters(num, libc::GETZCNT)
    }

    fn count_waiters(self, num: u16, command: i32) -> i32 {
        sys::semctl(self.id, num.into(), command, 0)
            .unwrap_or_else(|error| panic!("counting the waiters of {}: {error}", self.id))
    }

    fn wait(self, num: u16, delta: i16, count: i32) -> Waiter {
        let waiters = || self.count_waiters(num, count);
        let before = waiters();
        let thread = thread::Builder::new()
            .name("waiter".to_owned())
            // It ends with an error when the set is removed.
            .spawn(move || {
                sys::block_signals()?;
                sys::semop(self.id, &[(num, delta)], 0)
            })
            .expect("starting a thread");
        let deadline = Instant::now() + DEADLINE;
        while waiters() == before {
            assert!(
                !thread.is_finished() && Instant::now() < deadline,
                "the thread does not wait on semaphore {num} of set {}",
                self.id
            );
            thread::yield_now();
        }
        Waiter { set: self, thread: Some(thread) }
    }

    /// Reads its state with the library.
    pub fn stat(self) -> model::Object {
        let result = ipcs::sys::sem::stat(self.id, StatBy::Any);
        result.unwrap_or_else(|error| panic!("stat of set {}: {error}", self.id))
    }

    /// Gives it another owner and mode.
    pub fn set(self, uid: u32, gid: u32, mode: u32) {
        let to = Permissions { uid, gid, mode };
        done("IPC_SET", self.id, sys::sem_set(self.id, to));
    }

    /// Removes it, which wakes its waiters.
    pub fn remove(self) {
        done("IPC_RMID", self.id, self.try_remove());
    }

    /// Removes it, unless it is gone.
    ///
    /// # Errors
    /// `EINVAL` or `EIDRM` when it is gone.
    pub fn try_remove(self) -> nix::Result<()> {
        sys::semctl(self.id, 0, libc::IPC_RMID, 0).map(drop)
    }
}

/// A thread blocked on a set. Dropping it removes the set, which ends the thread.
#[derive(Debug)]
pub struct Waiter {
    set: Sems,
    thread: Option<JoinHandle<nix::Result<()>>>,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        // Another waiter or the test may have removed the set already.
        match self.set.try_remove() {
            Ok(()) | Err(Errno::EINVAL | Errno::EIDRM) => {}
            // Joining would hang, and a panic while dropping could abort the tests.
            Err(_) => return,
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs the closure in a thread that alone has these user and group ids.
///
/// That user creates the objects that it makes and runs the programs that it
/// starts. The IPC namespace is the caller's.
pub fn as_user<T: Send>(uid: u32, gid: u32, body: impl FnOnce() -> T + Send) -> T {
    namespace::require_users("it acts as another user");
    let (thread, result) = thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let run = move || {
            sender.send(gettid()).expect("the receiver waits");
            sys::become_user_in_this_thread(uid, gid)
                .unwrap_or_else(|error| panic!("becoming user {uid}: {error}"));
            body()
        };
        let running = scope.spawn(run);
        let thread = receiver.recv().expect("the number of the thread");
        (thread, running.join())
    });
    sys::make_dumpable().expect("PR_SET_DUMPABLE");
    // A joined thread is in /proc a moment longer, as a process of this user.
    let entry = format!("/proc/self/task/{thread}");
    until("the thread has left /proc", || !Path::new(&entry).exists());
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Makes objects with the ids 0 and 1 of each kind in an empty namespace; id 0 has the key 0x12.
pub fn two_of_each() {
    Shm::keyed(0x12, 5000, 0o640);
    Queue::keyed(0x12, 0o644);
    Sems::keyed(0x12, 3, 0o600);
    Shm::private(4096, 0o600);
    Queue::private(0o600);
    Sems::private(1, 0o600);
}

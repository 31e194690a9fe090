//! Real processes that use real objects, in a private IPC namespace.
//!
//! An [`Actor`] is this test binary run again (so that it inherits no mapping of other tests),
//! told what to do line by line. What it does is in `actor.rs`.
#![allow(unsafe_code)] // What actors alone do: fork, share memory, leave a thread, mount.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use ipcs::model::{Id, Key, MsgQueue, SemSet, Shm};
use ipcs::sys::{StatBy, msg, sem, shm};
use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, unshare};

use crate::support::sys::{self, Permissions};

/// Set for an actor.
pub const MARKER: &str = "IPCS_TEST_ACTOR";
/// How long a condition may take to come true on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

pub const CREATE: i32 = libc::IPC_CREAT | 0o600;

/// Runs a test in an IPC namespace of its own: a namespace belongs to a thread, and children of
/// the thread inherit it. Objects go with it.
pub fn isolated<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let work = || {
            unshare(CloneFlags::CLONE_NEWIPC).expect("these tests need root");
            body()
        };
        match scope.spawn(work).join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Waits until the kernel shows what the test waits for.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "never came true: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// For tests that change or count what the whole machine shares.
pub fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub fn segment(key: u32, size: usize) -> Id {
    shm::get(Key(key), size, CREATE).unwrap()
}

pub fn set(nsems: i32) -> Id {
    sem::get(Key::PRIVATE, nsems, CREATE).unwrap()
}

pub fn queue() -> Id {
    msg::get(Key::PRIVATE, CREATE).unwrap()
}

pub fn shm_of(id: Id) -> Shm {
    shm::stat(id.0, StatBy::Any).unwrap()
}

pub fn sem_of(id: Id) -> SemSet {
    sem::stat(id.0, StatBy::Any).unwrap()
}

pub fn msg_of(id: Id) -> MsgQueue {
    msg::stat(id.0, StatBy::Any).unwrap()
}

/// How many threads are blocked on a semaphore.
pub fn blocked(id: Id, num: u32) -> i32 {
    let (more, zero) = sem::waiters(id, num).unwrap();
    more + zero
}

/// Whether a thread is blocked in a call with this id as its first argument.
pub fn in_call(pid: i32, number: i64, id: Id) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let wanted = format!("{number} {:#x} ", id.0);
    tasks.flatten().any(|task| {
        std::fs::read_to_string(task.path().join("syscall"))
            .is_ok_and(|text| text.starts_with(&wanted))
    })
}

/// Lets everyone read and alter a set of root's.
pub fn open_to_all(id: Id) {
    change_set(id, 0, 0o666);
}

/// Gives a set to a user.
pub fn chown_set(id: Id, uid: u32) {
    change_set(id, uid, 0o600);
}

fn change_set(id: Id, uid: u32, mode: u32) {
    sys::sem_set(id.0, Permissions { uid, gid: uid, mode }).unwrap();
}

/// Gives a queue to a user and sets its capacity.
pub fn chown_queue(id: Id, uid: u32, qbytes: usize) {
    sys::msg_set(id.0, Permissions { uid, gid: uid, mode: 0o600 }, qbytes).unwrap();
}

pub fn semop(id: Id, ops: &[(u16, i16)], flags: i16) -> nix::Result<()> {
    let mut ops: Vec<_> = ops
        .iter()
        .map(|(num, op)| libc::sembuf { sem_num: *num, sem_op: *op, sem_flg: flags })
        .collect();
    // SAFETY: the pointer and the number are those of the vector.
    Errno::result(unsafe { libc::semop(id.0, ops.as_mut_ptr(), ops.len()) }).map(drop)
}

pub fn semtimedop(id: Id, num: u16, op: i16, seconds: i64) -> nix::Result<()> {
    let mut op = libc::sembuf { sem_num: num, sem_op: op, sem_flg: 0 };
    let timeout = libc::timespec { tv_sec: seconds, tv_nsec: 0 };
    let (op, timeout) = (&raw mut op, &raw const timeout);
    // SAFETY: one operation and one timeout, both of which live through the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_semtimedop, id.0, op, 1, timeout) }).map(drop)
}

/// Stops a process as `kill -STOP` does, and waits until it is.
pub fn stop(pid: i32) {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::kill(pid, libc::SIGSTOP) }).unwrap();
    until("it is stopped", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat[stat.rfind(')').unwrap()..].starts_with(") T")
    });
}

pub fn shmat(id: Id, flags: i32) -> usize {
    sys::shmat(id.0, flags).unwrap()
}

pub fn shmdt(address: usize) {
    sys::shmdt(address).unwrap();
}

/// Makes one page of an attachment read-only: the kernel splits the mapping.
pub fn protect(address: usize) {
    let pointer = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: the page belongs to an attachment that nobody holds a reference into.
    Errno::result(unsafe { libc::mprotect(pointer, 4096, libc::PROT_READ) }).unwrap();
}

pub fn msgsnd(id: Id, kind: i64, length: usize, flags: i32) -> nix::Result<()> {
    sys::msgsnd(id.0, kind, length, flags)
}

pub fn msgrcv(id: Id, kind: i64, flags: i32) -> nix::Result<()> {
    let mut buf = [0u64; 1024];
    let size = 8184;
    // SAFETY: the buffer has room for the type and `size` bytes after it.
    Errno::result(unsafe { libc::msgrcv(id.0, buf.as_mut_ptr().cast(), size, kind, flags) })
        .map(drop)
}

/// Many sleeping children with the same number of mappings each.
pub fn fork_crowd(count: usize, mappings: usize) {
    let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    for at in 0..mappings {
        // Neighbours differ, so that the kernel does not join them.
        let access = if at % 2 == 0 { libc::PROT_READ } else { libc::PROT_NONE };
        let null = std::ptr::null_mut();
        // SAFETY: a null address lets the kernel choose a free range.
        let at = unsafe { libc::mmap(null, 4096, access, libc::MAP_PRIVATE, fd, 0) };
        assert!(at != libc::MAP_FAILED);
    }
    for _ in 0..count {
        fork_sleeper();
    }
}

/// A child that only sleeps, with copies of all mappings.
pub fn fork_sleeper() -> i32 {
    // SAFETY: the child calls nothing but pause, prctl and _exit.
    match Errno::result(unsafe { libc::fork() }).unwrap() {
        0 => loop {
            // SAFETY: neither call takes a pointer; the child dies with its parent.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::pause();
            }
        },
        pid => pid,
    }
}

/// A user's process that forks and exits as long as its starter lives: there always is one, and no
/// list of processes is likely to have it.
pub fn start_hopper(uid: u32) {
    let starter = std::process::id().cast_signed();
    // SAFETY: no call but waitpid takes a pointer, and that a null one; the child calls nothing that
    // is not async-signal-safe.
    unsafe {
        let first = Errno::result(libc::fork()).unwrap();
        if first > 0 {
            // It has become the user, and the next one is there.
            libc::waitpid(first, std::ptr::null_mut(), 0);
            return;
        }
        libc::syscall(libc::SYS_setresuid, uid, uid, uid);
        // EPERM: it is there, though not ours.
        while libc::kill(starter, 0) == 0 || Errno::last() == Errno::EPERM {
            if libc::fork() != 0 {
                libc::_exit(0);
            }
            // Slowly enough for other tests to get a list with nobody new.
            libc::usleep(2000);
        }
        libc::_exit(0)
    }
}

/// Gives a semaphore a value without operating it.
pub fn set_value(id: Id, num: i32, value: i32) {
    // SAFETY: SETVAL takes an int.
    Errno::result(unsafe { libc::semctl(id.0, num, libc::SETVAL, value) }).unwrap();
}

/// A child that only sleeps, in the very memory of this process (as after vfork).
pub fn share_memory_with_sleeper() -> i32 {
    extern "C" fn sleep(_: *mut libc::c_void) -> libc::c_int {
        loop {
            // SAFETY: neither call takes a pointer; the child dies with its parent.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::pause();
            }
        }
    }
    let stack = Box::leak(vec![0u128; 4096].into_boxed_slice()).as_mut_ptr_range().end;
    let flags = libc::CLONE_VM | libc::SIGCHLD;
    // SAFETY: the stack is leaked, so that the child has it as long as it lives, and the child
    // touches no other memory.
    Errno::result(unsafe { libc::clone(sleep, stack.cast(), flags, std::ptr::null_mut()) }).unwrap()
}

/// Leaves the IPC namespace with the only thread.
pub fn leave_namespace() {
    assert_eq!(std::fs::read_dir("/proc/self/task").unwrap().count(), 1, "threads stay behind");
    unshare(CloneFlags::CLONE_NEWIPC).unwrap();
}

/// What this thread starts from now on is in a pid namespace of its own.
pub fn new_pid_namespace_for_children() {
    unshare(CloneFlags::CLONE_NEWPID).unwrap();
}

/// Sets the three uids of the calling process.
pub fn set_uids(real: u32, effective: u32, saved: u32) {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::setresuid(real, effective, saved) }).unwrap();
}

/// Gives this thread alone another user, and sleeps.
pub fn sleep_as(uid: u32) -> ! {
    // SAFETY: no pointer is passed; the C library's setresuid would change every thread.
    Errno::result(unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) }).unwrap();
    loop {
        thread::park();
    }
}

/// Whether one thread of a process has this uid.
pub fn has_thread_of(pid: i32, uid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let wanted = format!("Uid:\t{uid}\t");
    tasks.flatten().any(|task| {
        std::fs::read_to_string(task.path().join("status")).is_ok_and(|text| text.contains(&wanted))
    })
}

/// Enters an IPC namespace with this thread.
pub fn enter_namespace(path: &str) {
    let file = std::fs::File::open(path).unwrap();
    nix::sched::setns(file, CloneFlags::CLONE_NEWIPC).unwrap();
}

/// Maps a page of a file as shared.
pub fn map_file(path: &str) {
    use std::os::fd::AsRawFd;
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let null = std::ptr::null_mut();
    // SAFETY: a null address lets the kernel choose a free range.
    let at = unsafe { libc::mmap(null, 4096, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
    assert!(at != libc::MAP_FAILED);
}

/// Ends the calling thread, which is the process' first, and no other.
pub fn exit_first_thread() -> ! {
    // SAFETY: the thread never runs again; its stack and what is on it stay.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!()
}

/// Becomes another user for good, and stays as readable as a program that was started so.
pub fn become_user(uid: u32) {
    // SAFETY: none of the calls keeps a pointer; setgroups is told that there are none.
    unsafe {
        Errno::result(libc::setgroups(0, std::ptr::null())).unwrap();
        Errno::result(libc::setgid(uid)).unwrap();
        Errno::result(libc::setuid(uid)).unwrap();
        Errno::result(libc::prctl(libc::PR_SET_DUMPABLE, 1)).unwrap();
    }
}

/// Mounts a proc file system of the caller's pid namespace, for this thread and its children.
pub fn mount_proc(target: &str, options: &str) {
    own_mounts();
    mount(Some("proc"), target, Some("proc"), 0, Some(options));
}

/// Hides a directory behind an empty one, for this thread and its children.
pub fn mount_empty(target: &str) {
    own_mounts();
    mount(Some("tmpfs"), target, Some("tmpfs"), 0, None);
}

fn own_mounts() {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS).unwrap();
    mount(None, "/", None, libc::MS_REC | libc::MS_PRIVATE, None);
}

fn mount(from: Option<&str>, to: &str, kind: Option<&str>, flags: u64, data: Option<&str>) {
    let text = |text: Option<&str>| text.map(|text| std::ffi::CString::new(text).unwrap());
    let (from, to, kind, data) = (text(from), text(Some(to)).unwrap(), text(kind), text(data));
    let pointer = |text: &Option<std::ffi::CString>| {
        text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
    };
    // SAFETY: every pointer is null or a C string that lives through the call.
    let ret = unsafe {
        libc::mount(pointer(&from), to.as_ptr(), pointer(&kind), flags, pointer(&data).cast())
    };
    Errno::result(ret).unwrap();
}

/// A process that does what it is told.
pub struct Actor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    reply: String,
}

impl Actor {
    /// Starts one in the IPC namespace of the calling thread.
    pub fn start() -> Actor {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("an actor")
            .env(MARKER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut actor = Actor { child, input, output, reply: String::new() };
        actor.reply = actor.read_reply();
        actor
    }

    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Sends one line and returns the answer.
    pub fn tell(&mut self, line: &str) -> String {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        self.read_reply()
    }

    /// Sends one line that may block it.
    pub fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The answer to what was said before.
    pub fn reply(&mut self) -> String {
        self.read_reply()
    }

    fn read_reply(&mut self) -> String {
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).unwrap() > 0, "the actor has gone");
        line.trim_end().to_owned()
    }

    /// Attaches a segment and returns the address.
    pub fn attach(&mut self, id: Id, access: &str) -> u64 {
        self.tell(&format!("attach {id} {access}")).parse().unwrap()
    }

    /// Ends it and waits for its end, so that its number is free.
    pub fn end(mut self) -> i32 {
        let pid = self.pid();
        self.input = None;
        let _ = self.child.kill();
        self.child.wait().unwrap();
        pid
    }

    /// Ends it but leaves the zombie until this is dropped.
    pub fn kill_unreaped(&mut self) {
        self.child.kill().unwrap();
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

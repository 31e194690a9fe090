//! System calls that only actors make: fork, share memory, change users and namespaces.
#![allow(unsafe_code)] // These calls have no safe wrapper in nix.

use std::ffi::c_void;
use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::ptr;
use std::thread;

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, setns, unshare};

use super::until;
use crate::support::sys;

/// Stops a process with SIGSTOP and waits until it has stopped.
pub fn stop(pid: i32) {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::kill(pid, libc::SIGSTOP) }).expect("SIGSTOP");
    until("the process is stopped", || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("its state");
        stat.rsplit_once(')').is_some_and(|(_, fields)| fields.starts_with(" T"))
    });
}

/// Makes one page of an attachment read-only, so that the kernel splits the mapping.
pub fn protect(address: usize) {
    let pointer = ptr::with_exposed_provenance_mut(address);
    // SAFETY: the page belongs to an attachment into which no reference is held.
    Errno::result(unsafe { libc::mprotect(pointer, 4096, libc::PROT_READ) }).expect("mprotect");
}

/// Lets a stopped process go on.
pub fn resume(pid: i32) {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::kill(pid, libc::SIGCONT) }).expect("SIGCONT");
}

/// Forks `count` sleeping children that have at least `mappings` mappings each.
pub fn fork_crowd(count: usize, mappings: usize) {
    let file = File::open(std::env::current_exe().expect("the test binary")).expect("opening it");
    for at in 0..mappings {
        // Neighbours have different rights, so that the kernel does not merge them.
        let access = if at % 2 == 0 { libc::PROT_READ } else { libc::PROT_NONE };
        map(&file, access, libc::MAP_PRIVATE);
    }
    for _ in 0..count {
        fork_sleeper();
    }
}

/// Maps a page of a file as shared.
pub fn map_file(path: &str) {
    let file = OpenOptions::new().read(true).write(true).open(path).expect("opening the file");
    map(&file, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
}

fn map(file: &File, access: i32, flags: i32) {
    // SAFETY: a null address lets the kernel choose a free range.
    let at = unsafe { libc::mmap(ptr::null_mut(), 4096, access, flags, file.as_raw_fd(), 0) };
    assert!(at != libc::MAP_FAILED, "mmap: {}", Errno::last());
}

/// Forks a child that only sleeps and has copies of all mappings.
pub fn fork_sleeper() -> i32 {
    // SAFETY: the child calls nothing but prctl and pause.
    match Errno::result(unsafe { libc::fork() }).expect("fork") {
        0 => sleep_until_parent_dies(),
        pid => pid,
    }
}

/// Starts a child that only sleeps and shares the memory of this process, as after vfork.
pub fn share_memory_with_sleeper() -> i32 {
    extern "C" fn sleep(_: *mut c_void) -> libc::c_int {
        sleep_until_parent_dies()
    }
    let stack = Box::leak(vec![0u128; 4096].into_boxed_slice()).as_mut_ptr_range().end;
    let flags = libc::CLONE_VM | libc::SIGCHLD;
    // SAFETY: the stack is leaked, so it exists as long as the child does, and the child touches
    // no other memory.
    Errno::result(unsafe { libc::clone(sleep, stack.cast(), flags, ptr::null_mut()) })
        .expect("clone")
}

fn sleep_until_parent_dies() -> ! {
    loop {
        // SAFETY: neither call takes a pointer.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            libc::pause();
        }
    }
}

/// Starts a process of a user that keeps forking and exiting as long as the caller lives.
///
/// One such process always exists, but a list of processes is unlikely to contain it.
pub fn start_hopper(uid: u32) {
    let starter = std::process::id().cast_signed();
    // SAFETY: only waitpid takes a pointer, which is null; the child calls only
    // async-signal-safe functions.
    unsafe {
        let first = Errno::result(libc::fork()).expect("fork");
        if first > 0 {
            // When the first one has exited, its successor exists and has the user id.
            libc::waitpid(first, ptr::null_mut(), 0);
            return;
        }
        libc::syscall(libc::SYS_setresuid, uid, uid, uid);
        // EPERM: the starter exists but belongs to another user.
        while libc::kill(starter, 0) == 0 || Errno::last() == Errno::EPERM {
            if libc::fork() != 0 {
                libc::_exit(0);
            }
            // Slow enough for other tests to get a list of processes without a new one.
            libc::usleep(2000);
        }
        libc::_exit(0)
    }
}

/// Moves this process, which must have one thread, into a new IPC namespace.
pub fn leave_namespace() {
    // A namespace belongs to a thread: another thread would stay in the old one.
    let threads = fs::read_dir("/proc/self/task").expect("the threads").count();
    assert_eq!(threads, 1, "other threads would stay in the namespace");
    unshare(CloneFlags::CLONE_NEWIPC).expect("leaving the IPC namespace");
}

/// Becomes a user, and moves this process into a user namespace of its own, with an IPC namespace
/// that belongs to it. No ids are mapped yet.
pub fn make_own_namespaces(uid: u32) {
    become_user(uid);
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWIPC).expect("own namespaces");
    sys::make_dumpable().expect("PR_SET_DUMPABLE");
}

/// The same within the user namespace that this process is in. User and group 0 are 5 there.
pub fn make_inner_namespaces() {
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWIPC).expect("own namespaces");
    sys::make_dumpable().expect("PR_SET_DUMPABLE");
    for (file, text) in [("setgroups", "deny"), ("uid_map", "5 0 1"), ("gid_map", "5 0 1")] {
        fs::write(format!("/proc/self/{file}"), text).expect("a map of ids");
    }
}

/// Whether this process has a child, or a zombie of one.
pub fn has_children() -> bool {
    // SAFETY: the pointer is null.
    unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) >= 0 }
}

/// Moves this thread into an IPC namespace.
pub fn enter_namespace(path: &str) {
    let file = File::open(path).expect("opening a namespace");
    setns(file, CloneFlags::CLONE_NEWIPC).expect("entering an IPC namespace");
}

/// Puts the processes that this thread starts from now on into a new pid namespace.
pub fn new_pid_namespace_for_children() {
    unshare(CloneFlags::CLONE_NEWPID).expect("a pid namespace");
}

/// Sets the three user ids of the calling process.
pub fn set_uids(real: u32, effective: u32, saved: u32) {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::setresuid(real, effective, saved) }).expect("setresuid");
}

/// Gives this thread alone another user id, and sleeps.
pub fn sleep_as(uid: u32) -> ! {
    sys::become_user_in_this_thread(uid, uid).expect("another user");
    loop {
        thread::park();
    }
}

/// Becomes another user permanently, and stays as readable as a program started by that user.
pub fn become_user(uid: u32) {
    // SAFETY: setgroups gets an empty list; the other calls take numbers.
    unsafe {
        Errno::result(libc::setgroups(0, ptr::null())).expect("setgroups");
        Errno::result(libc::setgid(uid)).expect("setgid");
        Errno::result(libc::setuid(uid)).expect("setuid");
    }
    sys::make_dumpable().expect("PR_SET_DUMPABLE");
}

/// Lets [`interrupt`] end the system calls of this process' threads with EINTR.
pub fn accept_interrupts() {
    extern "C" fn ignore(_: libc::c_int) {}
    let handler = ignore as extern "C" fn(libc::c_int);
    // SAFETY: the handler does nothing, so it may run at any time.
    unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
}

/// The calling thread, for [`interrupt`].
pub fn this_thread() -> libc::pthread_t {
    // SAFETY: the call takes nothing.
    unsafe { libc::pthread_self() }
}

/// Interrupts the system call that a thread is in. The thread must not have been joined.
pub fn interrupt(thread: libc::pthread_t) {
    // SAFETY: a thread that has not been joined has its number, even if it has ended.
    unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
}

/// Ends the first thread of the process and no other.
pub fn exit_first_thread() -> ! {
    // SAFETY: the thread never runs again; its stack stays mapped.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!()
}

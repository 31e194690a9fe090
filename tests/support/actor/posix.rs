//! How actors use POSIX objects, by the C library like any program.
#![allow(unsafe_code)] // nix wraps these calls only in features that nothing else needs.

use std::ffi::CString;
use std::mem;
use std::ptr;

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sched::{CloneFlags, unshare};

use crate::support::sys::now;

/// Carries out a command and answers it.
pub fn act(words: &[&str]) -> String {
    match words {
        ["open", name] => drop(open(name)),
        ["map", name, access] => map(name, access),
        // Descriptors that only this thread has.
        ["open-alone", name] => {
            unshare(CloneFlags::CLONE_FILES).expect("descriptors of its own");
            open(name);
            loop {
                std::thread::park();
            }
        }
        ["semaphore", name] => {
            semaphore(name);
        }
        // Blocks until somebody posts.
        ["wait-semaphore", name] => {
            // SAFETY: the semaphore was opened and is never closed.
            Errno::result(unsafe { libc::sem_wait(semaphore(name)) }).expect("sem_wait");
        }
        ["queue", name] => drop(queue(name)),
        ["send", name, seconds] => return transfer(name, seconds, true),
        ["receive", name, seconds] => return transfer(name, seconds, false),
        other => panic!("unknown command: {other:?}"),
    }
    String::new()
}

fn c_string(name: &str) -> CString {
    CString::new(name).expect("a name without NUL bytes")
}

/// Makes shared memory, or opens it. It stays open.
fn open(name: &str) -> c_int {
    let flags = libc::O_CREAT | libc::O_RDWR;
    // SAFETY: the name is a C string that lives through the call.
    Errno::result(unsafe { libc::shm_open(c_string(name).as_ptr(), flags, 0o600) })
        .expect("shm_open")
}

/// Maps a page and closes the file.
fn map(name: &str, access: &str) {
    let (protection, flags) = match access {
        "ro" => (libc::PROT_READ, libc::MAP_SHARED),
        "rw" => (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED),
        _ => (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE),
    };
    let file = open(name);
    // SAFETY: a null address lets the kernel choose a free range; the descriptor is this function's.
    unsafe {
        Errno::result(libc::ftruncate(file, 8192)).expect("ftruncate");
        let at = libc::mmap(ptr::null_mut(), 4096, protection, flags, file, 4096);
        assert!(at != libc::MAP_FAILED, "mmap: {}", Errno::last());
        libc::close(file);
    }
}

/// Makes a semaphore, or opens it. It stays open.
fn semaphore(name: &str) -> *mut libc::sem_t {
    let mode: libc::mode_t = 0o600;
    // SAFETY: the name is a C string that lives through the call.
    let opened = unsafe { libc::sem_open(c_string(name).as_ptr(), libc::O_CREAT, mode, 1) };
    assert!(opened != libc::SEM_FAILED, "sem_open: {}", Errno::last());
    opened
}

/// Makes a queue for one short message, or opens it. It stays open.
fn queue(name: &str) -> c_int {
    let mode: libc::mode_t = 0o600;
    let flags = libc::O_CREAT | libc::O_RDWR;
    // SAFETY: a structure of numbers may be zero. The name and the structure live through the call.
    let descriptor = unsafe {
        let mut limits: libc::mq_attr = mem::zeroed();
        (limits.mq_maxmsg, limits.mq_msgsize) = (1, 8);
        libc::mq_open(c_string(name).as_ptr(), flags, mode, &raw const limits)
    };
    Errno::result(descriptor).expect("mq_open")
}

/// Sends or receives one byte. `seconds`: when to give up, or 0.
fn transfer(name: &str, seconds: &str, send: bool) -> String {
    let queue = queue(name);
    let seconds: i64 = seconds.parse().expect("seconds");
    let end = libc::timespec { tv_sec: now() + seconds, tv_nsec: 0 };
    let end = if seconds == 0 { ptr::null() } else { &raw const end };
    let mut bytes = [0u8; 8];
    // SAFETY: the buffer and the time live through the call, which knows the length of the buffer.
    let result = unsafe {
        let at = bytes.as_mut_ptr().cast();
        match send {
            true => libc::mq_timedsend(queue, at, 1, 0, end) as isize,
            false => libc::mq_timedreceive(queue, at, bytes.len(), ptr::null_mut(), end),
        }
    };
    format!("{:?}", Errno::result(result))
}

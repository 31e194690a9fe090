//! POSIX objects, made by the C library as any program makes them.
//!
//! They are in the /dev/shm and the IPC namespace of the test's thread, and end with them.
#![allow(unsafe_code)] // nix wraps these calls only in features that nothing else needs.

use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use ipcs::escape::escaped;
use ipcs::sys::directory::Directory;
use ipcs::sys::mqueue;
use nix::errno::Errno;
use nix::libc;
use nix::unistd::ftruncate;

fn c_string(name: &[u8]) -> CString {
    CString::new(name).expect("a name without NUL bytes")
}

fn opened(what: &str, name: &[u8], descriptor: i32) -> OwnedFd {
    let descriptor = Errno::result(descriptor)
        .unwrap_or_else(|error| panic!("making {what} {:?}: {error}", escaped(name)));
    // SAFETY: the call returned a new descriptor, which nothing else owns.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// Makes shared memory that is `size` bytes large. It is open until the result is dropped.
pub fn shm(name: impl AsRef<[u8]>, size: i64, mode: u32) -> OwnedFd {
    let name = name.as_ref();
    let flags = libc::O_CREAT | libc::O_EXCL | libc::O_RDWR;
    // SAFETY: the name is a C string that lives through the call.
    let descriptor = unsafe { libc::shm_open(c_string(name).as_ptr(), flags, mode) };
    let file = opened("shared memory", name, descriptor);
    ftruncate(&file, size).expect("its size");
    file
}

/// Makes a queue for a few short messages: a user may have only so many bytes in queues, in all
/// namespaces together. It is open until the result is dropped.
pub fn queue(name: impl AsRef<[u8]>, mode: u32) -> OwnedFd {
    let name = name.as_ref();
    let flags = libc::O_CREAT | libc::O_EXCL | libc::O_RDWR | libc::O_NONBLOCK;
    // SAFETY: a structure of numbers may be zero. The name and the structure live through the call.
    let descriptor = unsafe {
        let mut limits: libc::mq_attr = std::mem::zeroed();
        limits.mq_maxmsg = 2;
        limits.mq_msgsize = 16;
        libc::mq_open(c_string(name).as_ptr(), flags, mode, &raw const limits)
    };
    opened("a queue", name, descriptor)
}

/// Sends a message.
pub fn send(queue: &OwnedFd, text: &str) {
    // SAFETY: the text lives through the call.
    let sent = unsafe { libc::mq_send(queue.as_raw_fd(), text.as_ptr().cast(), text.len(), 0) };
    Errno::result(sent).expect("sending");
}

/// Makes a semaphore that no process has open.
pub fn semaphore(name: impl AsRef<[u8]>, value: u32) {
    let name = name.as_ref();
    let mode: libc::mode_t = 0o600;
    let flags = libc::O_CREAT | libc::O_EXCL;
    // SAFETY: the name is a C string that lives through the call. The semaphore is closed at once.
    let closed = unsafe {
        let opened = libc::sem_open(c_string(name).as_ptr(), flags, mode, value);
        assert!(opened != libc::SEM_FAILED, "sem_open: {}", Errno::last());
        libc::sem_close(opened)
    };
    Errno::result(closed).expect("sem_close");
}

/// Writes the file of a semaphore as musl does.
pub fn musl_semaphore(file: &str, value: u32) {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&value.to_ne_bytes());
    std::fs::write(format!("/dev/shm/{file}"), bytes).expect("a semaphore");
}

/// What is in /dev/shm, in order.
pub fn files() -> String {
    names(&Directory::open("/dev/shm".as_ref()).expect("/dev/shm"))
}

/// The queues of the namespace, in order.
pub fn queues() -> String {
    names(&mqueue::mount().expect("a mount of the queues"))
}

fn names(directory: &Directory) -> String {
    let names = directory.names().expect("its entries");
    names.iter().map(|name| escaped(name)).collect::<Vec<_>>().join(" ")
}

//! POSIX objects, made by the C library as any program makes them.
//!
//! They are in the /dev/shm and the IPC namespace of the test's thread, and end with them.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use ipcs::escape::escaped;
use ipcs::sys::directory::Directory;
use ipcs::sys::mqueue;
use nix::errno::Errno;
use nix::libc;

use super::{namespace, sys};

fn c_string(name: &[u8]) -> CString {
    CString::new(name).expect("a name without NUL")
}

fn opened(what: &str, name: &[u8], result: libc::c_int) -> File {
    let fd = Errno::result(result)
        .unwrap_or_else(|error| panic!("creating {what} {}: {error}", name.escape_ascii()));
    // SAFETY: the descriptor is new and has no other owner.
    unsafe { File::from_raw_fd(fd) }
}

/// Makes shared memory of this size.
pub fn shm(name: impl AsRef<[u8]>, size: u64, mode: u32) -> File {
    let name = name.as_ref();
    let path = c_string(name);
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    // SAFETY: the name is a C string that lives through the call.
    let file = opened("shared memory", name, unsafe { libc::shm_open(path.as_ptr(), flags, 0) });
    file.set_len(size).expect("setting the size");
    file.set_permissions(Permissions::from_mode(mode)).expect("setting the mode");
    file
}

/// Makes a queue; the name begins with a slash. It is small, because the queues of all tests count
/// against one limit of the user.
pub fn queue(name: impl AsRef<[u8]>, mode: u32) -> File {
    let name = name.as_ref();
    let path = c_string(name);
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_NONBLOCK;
    // SAFETY: the structure consists of integers.
    let mut limits: libc::mq_attr = unsafe { std::mem::zeroed() };
    (limits.mq_maxmsg, limits.mq_msgsize) = (2, 64);
    let none: libc::mode_t = 0;
    // SAFETY: the name is a C string, and both it and the limits live through the call.
    let queue = unsafe { libc::mq_open(path.as_ptr(), flags, none, &raw const limits) };
    let file = opened("queue", name, queue);
    file.set_permissions(Permissions::from_mode(mode)).expect("setting the mode");
    file
}

/// Tries to make a queue for this number of messages of this size.
pub fn try_queue(name: &str, maxmsg: i64, msgsize: i64) -> nix::Result<File> {
    let path = c_string(name.as_bytes());
    // SAFETY: the structure consists of integers.
    let mut limits: libc::mq_attr = unsafe { std::mem::zeroed() };
    (limits.mq_maxmsg, limits.mq_msgsize) = (maxmsg as _, msgsize as _);
    let (flags, mode) = (libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o600 as libc::mode_t);
    // SAFETY: the name is a C string, and both it and the limits live through the call.
    let queue = unsafe { libc::mq_open(path.as_ptr(), flags, mode, &raw const limits) };
    // SAFETY: the descriptor is new and has no other owner.
    Errno::result(queue).map(|queue| unsafe { File::from_raw_fd(queue) })
}

/// Tries to make shared memory.
pub fn try_shm(name: &str) -> nix::Result<File> {
    let path = c_string(name.as_bytes());
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    // SAFETY: the name is a C string that lives through the call.
    let fd = Errno::result(unsafe { libc::shm_open(path.as_ptr(), flags, 0o600) })?;
    // SAFETY: the descriptor is new and has no other owner.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// Tries to make a semaphore.
pub fn try_semaphore(name: &str) -> nix::Result<()> {
    let path = c_string(name.as_bytes());
    let (flags, mode) = (libc::O_CREAT | libc::O_EXCL, 0o600 as libc::mode_t);
    let value: libc::c_uint = 1;
    // SAFETY: the name is a C string that lives through the call, and what was opened is closed.
    unsafe {
        let made = libc::sem_open(path.as_ptr(), flags, mode, value);
        if made == libc::SEM_FAILED {
            return Err(Errno::last());
        }
        Errno::result(libc::sem_close(made)).map(drop)
    }
}

/// Makes a semaphore with this value, which only its owner may use.
pub fn semaphore(name: impl AsRef<[u8]>, value: u32) {
    let name = name.as_ref();
    let path = c_string(name);
    let mode: libc::mode_t = 0o600;
    let flags = libc::O_CREAT | libc::O_EXCL;
    // SAFETY: the name is a C string that lives through the call.
    let made = unsafe { libc::sem_open(path.as_ptr(), flags, mode, value) };
    assert!(made != libc::SEM_FAILED, "{}: {}", name.escape_ascii(), Errno::last());
    // SAFETY: the semaphore was opened and is not used by anything else.
    assert_eq!(unsafe { libc::sem_close(made) }, 0);
}

/// Takes a lease on a file (fcntl(2)): whoever opens it has to wait until the holder agrees. The
/// signal that asks for it does nothing.
pub fn lease(file: &File) {
    const F_SETSIG: libc::c_int = 10;
    let fd = file.as_raw_fd();
    for (command, argument) in [(F_SETSIG, libc::SIGURG), (libc::F_SETLEASE, libc::F_WRLCK)] {
        // SAFETY: both commands take a number.
        Errno::result(unsafe { libc::fcntl(fd, command, argument) }).expect("a lease");
    }
}

/// The value of a semaphore that may be opened.
pub fn semaphore_value(name: &[u8]) -> i32 {
    let path = c_string(name);
    let mut value = 0;
    // SAFETY: the name is a C string, the semaphore was opened, and the call fills a number.
    unsafe {
        let opened = libc::sem_open(path.as_ptr(), 0);
        assert!(opened != libc::SEM_FAILED, "{}: {}", name.escape_ascii(), Errno::last());
        assert_eq!(libc::sem_getvalue(opened, &raw mut value), 0);
        assert_eq!(libc::sem_close(opened), 0);
    }
    value
}

/// Mounts the queues of this thread's namespace where programs without privileges look for them,
/// for this thread and the processes it starts.
pub fn mount_queues() {
    if !Path::new(MOUNT_POINT).is_dir() {
        other_devices();
    }
    mount("none", MOUNT_POINT, Some("mqueue"), 0).expect("mounting the queues");
}

const MOUNT_POINT: &str = "/dev/mqueue";

/// Covers /dev by a directory that has a place for queues.
fn other_devices() {
    const PLACE: &str = "/var/tmp";
    namespace::cover_directory(PLACE);
    let place = |name: &str| format!("{PLACE}/{name}");
    for name in ["mqueue", "shm", "pts"] {
        fs::create_dir(place(name)).expect("a directory");
    }
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        fs::write(place(name), "").expect("a file");
    }
    for name in ["shm", "pts", "null", "zero", "full", "random", "urandom", "tty"] {
        if Path::new("/dev").join(name).exists() {
            namespace::cover_by(&place(name), &Path::new("/dev").join(name));
        }
    }
    mount(PLACE, "/dev", None, libc::MS_BIND | libc::MS_REC).expect("covering /dev");
}

fn mount(source: &str, target: &str, kind: Option<&str>, flags: libc::c_ulong) -> nix::Result<()> {
    sys::mount(source, target, kind, flags, None)
}

/// Sends a message.
pub fn send(queue: &File, text: &str) {
    // SAFETY: the text lives through the call.
    let sent = unsafe { libc::mq_send(queue.as_raw_fd(), text.as_ptr().cast(), text.len(), 0) };
    Errno::result(sent).expect("sending");
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

/// Sends a file through a socket, so that no process has it until it is received. It is closed with
/// the sockets.
pub fn in_flight(file: File) -> [UnixStream; 2] {
    let (sender, receiver) = UnixStream::pair().expect("sockets");
    let mut byte = [0u8; 1];
    let mut part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    let size = std::mem::size_of::<libc::c_int>() as u32;
    // Aligned as the header of a control message.
    let mut control = [0u64; 4];
    // SAFETY: the structures consist of numbers and pointers. The pointers are those of live locals,
    // and the control buffer has room for one descriptor.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        (message.msg_iov, message.msg_iovlen) = (&raw mut part, 1);
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = libc::CMSG_SPACE(size) as _;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size) as _;
        libc::CMSG_DATA(header).cast::<libc::c_int>().write_unaligned(file.as_raw_fd());
        Errno::result(libc::sendmsg(sender.as_raw_fd(), &raw const message, 0)).expect("sendmsg");
    }
    [sender, receiver]
}

//! The file system of POSIX message queues (mq_overview(7)), which need not be mounted.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_long, c_uint};
use nix::sched::{CloneFlags, unshare};

use super::directory::{Directory, MQUEUE_MAGIC};
use super::namespace::in_thread;

/// Where it is mounted by convention.
pub const MOUNT_POINT: &str = "/dev/mqueue";

/// include/uapi/linux/mount.h
const FSOPEN_CLOEXEC: c_uint = 1;
const FSCONFIG_CMD_CREATE: c_uint = 6;
const FSMOUNT_CLOEXEC: c_uint = 1;
/// No programs, devices or set-user-ID bits: nothing in there has any.
const MOUNT_ATTR: c_uint = 0x2 | 0x4 | 0x8;

/// The queues of the calling thread's IPC namespace, through a mount that is in no mount namespace
/// (fsopen(2), fsmount(2); Linux 5.2).
///
/// # Errors
/// EPERM: no CAP_SYS_ADMIN in the user namespace of the IPC namespace. ENODEV: the kernel has no
/// POSIX queues. ENOSYS: an older kernel.
pub fn mount() -> nix::Result<Directory> {
    match mount_here() {
        // In a user namespace of one's own, the mount namespace has to be one's own too. A thread can
        // have another one; its mount stays when it ends.
        Err(Errno::EPERM) => {
            in_thread(|| unshare(CloneFlags::CLONE_NEWNS).and_then(|()| mount_here()))?
        }
        mounted => mounted,
    }
}

fn mount_here() -> nix::Result<Directory> {
    let context = descriptor(|| {
        // SAFETY: the name is a C string that lives through the call.
        unsafe { libc::syscall(libc::SYS_fsopen, c"mqueue".as_ptr(), FSOPEN_CLOEXEC) }
    })?;
    // SAFETY: this command takes neither key nor value.
    Errno::result(unsafe {
        let none = std::ptr::null::<u8>();
        libc::syscall(libc::SYS_fsconfig, context.as_raw_fd(), FSCONFIG_CMD_CREATE, none, none, 0)
    })?;
    let mount = descriptor(|| {
        // SAFETY: the call takes no pointer.
        unsafe {
            libc::syscall(libc::SYS_fsmount, context.as_raw_fd(), FSMOUNT_CLOEXEC, MOUNT_ATTR)
        }
    })?;
    Directory::of(mount)
}

fn descriptor(call: impl FnOnce() -> c_long) -> nix::Result<OwnedFd> {
    let descriptor = Errno::result(call())?;
    let descriptor = c_int::try_from(descriptor).map_err(|_| Errno::EBADF)?;
    // SAFETY: the call returned a new descriptor, which nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// What is mounted at [`MOUNT_POINT`]. It may show the queues of another namespace.
///
/// # Errors
/// ENOENT: nothing is.
pub fn mounted() -> nix::Result<Directory> {
    let directory = Directory::open(Path::new(MOUNT_POINT))?;
    match nix::sys::statfs::fstatfs(&directory) {
        Ok(fs) if fs.filesystem_type() == MQUEUE_MAGIC => Ok(directory),
        Ok(_) => Err(Errno::ENOENT),
        Err(errno) => Err(errno),
    }
}

/// Removes a queue of the calling thread's IPC namespace by its name, which begins with a slash.
/// Nothing has to be mounted for that.
///
/// # Errors
/// Those of mq_unlink(3).
pub fn unlink(slashed: &std::ffi::CStr) -> nix::Result<()> {
    // SAFETY: the name is a C string that lives through the call.
    Errno::result(unsafe { libc::mq_unlink(slashed.as_ptr()) }).map(drop)
}

/// The limits and the number of messages of a queue (mq_getattr(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// The most messages.
    pub maxmsg: u64,
    /// The most bytes of a message.
    pub msgsize: u64,
    /// Messages in the queue.
    pub curmsgs: u64,
}

/// The attributes of an open queue.
///
/// # Errors
/// EBADF: the file is not a queue.
pub fn attributes(queue: &File) -> nix::Result<Attributes> {
    let mut attr = std::mem::MaybeUninit::<libc::mq_attr>::uninit();
    // SAFETY: on Linux a queue descriptor is a file descriptor, and the call fills the structure.
    let attr = unsafe {
        Errno::result(libc::mq_getattr(queue.as_raw_fd(), attr.as_mut_ptr()))?;
        attr.assume_init()
    };
    let number = |number: c_long| u64::try_from(number).unwrap_or(0);
    Ok(Attributes {
        maxmsg: number(attr.mq_maxmsg),
        msgsize: number(attr.mq_msgsize),
        curmsgs: number(attr.mq_curmsgs),
    })
}

/// The text of a queue's file. Reading it sets its `atime` and `ctime`, but not its `mtime`.
///
/// # Errors
/// Those of read(2).
pub fn read_text(queue: &mut File) -> std::io::Result<Vec<u8>> {
    let mut text = vec![0; 256];
    let count = queue.read(&mut text)?;
    text.truncate(count);
    Ok(text)
}

/// Whether the namespace of the calling thread has a queue with this name, as far as opening it
/// shows: one that may not be read exists too. `None`: it does not exist.
///
/// # Errors
/// Those of mq_open(3).
pub fn open_by_name(slashed: &std::ffi::CStr) -> nix::Result<Option<OwnedFd>> {
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_CLOEXEC;
    // SAFETY: the name is a C string that lives through the call; without O_CREAT there are no more
    // arguments.
    match Errno::result(unsafe { libc::mq_open(slashed.as_ptr(), flags) }) {
        // SAFETY: the call returned a new descriptor, which nothing else owns.
        Ok(descriptor) => Ok(Some(unsafe { OwnedFd::from_raw_fd(descriptor) })),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

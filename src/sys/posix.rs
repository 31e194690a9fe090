//! Making POSIX objects. Each gets its permissions and its content before it gets its name, or can
//! be opened by nobody until then.

use std::ffi::CString;
use std::fs::{File, Permissions};
use std::os::fd::{AsFd, FromRawFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat};
use nix::libc::{self, c_long};
use nix::sys::stat::Mode;
use nix::unistd::linkat;

use super::directory::Directory;
use super::{errno_of, mqueue, retry};

/// Opens a new file of a directory that has no name yet and that only its owner may use (open(2),
/// `O_TMPFILE`).
///
/// # Errors
/// Those of open(2): ENOSPC if the file system has no inodes left, EOPNOTSUPP if it cannot do that.
pub fn unnamed_file(directory: &Directory) -> nix::Result<File> {
    let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_CLOEXEC;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    retry(|| openat(directory, ".", flags, mode)).map(File::from)
}

/// Sets the nine permission bits, whatever the umask is.
///
/// # Errors
/// Those of fchmod(2).
pub fn set_mode(file: &File, mode: u16) -> nix::Result<()> {
    let mode = Permissions::from_mode(u32::from(mode) & 0o777);
    file.set_permissions(mode).map_err(|error| errno_of(&error))
}

/// Gives an open file without a name its name. `path` is that of the descriptor in /proc, which is
/// needed without privileges before Linux 6.10.
///
/// # Errors
/// Those of link(2): EEXIST if there is a file of this name, whatever it is.
pub fn give_name(file: &File, path: &Path, directory: &Directory, name: &[u8]) -> nix::Result<()> {
    let name = CString::new(name).map_err(|_| Errno::EINVAL)?;
    let name = name.as_c_str();
    match linkat(file.as_fd(), c"", directory, name, AtFlags::AT_EMPTY_PATH) {
        // Privileges are missing.
        Err(Errno::ENOENT) => linkat(AT_FDCWD, path, directory, name, AtFlags::AT_SYMLINK_FOLLOW),
        linked => linked,
    }
}

/// Makes a queue of the calling thread's IPC namespace that did not exist. `slashed` is its name,
/// which begins with a slash; without limits it gets those of the namespace. Returns its limits.
///
/// # Errors
/// Those of mq_open(3).
pub fn create_queue(
    slashed: &[u8],
    mode: u16,
    limits: Option<(u64, u64)>,
) -> nix::Result<mqueue::Attributes> {
    let name = CString::new(slashed).map_err(|_| Errno::EINVAL)?;
    let attr = limits.map(attributes).transpose()?;
    let attr = attr.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let flags = libc::O_RDONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
    let no_mode: libc::mode_t = 0;
    // SAFETY: the name is a C string, and `attr` is null or points to a structure; both live through
    // the call.
    let created = Errno::result(unsafe { libc::mq_open(name.as_ptr(), flags, no_mode, attr) })?;
    // SAFETY: on Linux a queue descriptor is a file descriptor; this one is new, and nothing else
    // owns it.
    let queue = unsafe { File::from_raw_fd(created) };
    set_mode(&queue, mode).and_then(|()| mqueue::attributes(&queue)).inspect_err(|_| {
        // SAFETY: the name is a C string that lives through the call.
        let _ = unsafe { libc::mq_unlink(name.as_ptr()) };
    })
}

fn attributes((maxmsg, msgsize): (u64, u64)) -> nix::Result<libc::mq_attr> {
    let number = |number| c_long::try_from(number).map_err(|_| Errno::EINVAL);
    // SAFETY: the structure consists of integers.
    let mut attr: libc::mq_attr = unsafe { std::mem::zeroed() };
    attr.mq_maxmsg = number(maxmsg)?;
    attr.mq_msgsize = number(msgsize)?;
    Ok(attr)
}

/// What a user's queues may need in bytes (getrlimit(2), `RLIMIT_MSGQUEUE`); `None`: no limit.
#[must_use]
pub fn queue_memory_limit() -> Option<u64> {
    let mut limit = std::mem::MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the call fills the structure.
    let soft = unsafe {
        Errno::result(libc::getrlimit(libc::RLIMIT_MSGQUEUE, limit.as_mut_ptr())).ok()?;
        limit.assume_init().rlim_cur
    };
    (soft != libc::RLIM_INFINITY).then_some(soft)
}

/// The most files that the file system of a directory may have (statfs(2)), and how many more it can
/// take; `None`: no limit, or unknown.
#[must_use]
pub fn inodes(directory: &Directory) -> Option<(u64, u64)> {
    let fs = nix::sys::statfs::fstatfs(directory).ok()?;
    (fs.files() > 0).then(|| (fs.files(), fs.files_free()))
}

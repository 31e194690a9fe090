//! Namespaces that a mount keeps (`mount --bind /proc/PID/ns/ipc FILE`).
//!
//! The mounts may be those of a hostile process. A path of theirs is followed only as far as it is
//! what mountinfo says, and what it leads to is not opened before it is known to be a namespace.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::Mode;
use nix::sys::statfs::{FsType, fstatfs};

use super::gap::Gap;
use super::walk::Walk;
use crate::proc::mountinfo::{NamespaceMount, ipc_namespaces};
use crate::proc::{ProcRoot, file_id};
use crate::processes::is_gone;
use crate::sys::directory::{CACHE_TRIES, RESOLVE_CACHED};
use crate::sys::{Errno, errno_of, is_permission};

/// The file system of namespaces (include/uapi/linux/magic.h, `NSFS_MAGIC`).
const NSFS: FsType = FsType(0x6e73_6673);

/// Finds the namespaces that are mounted in any mount namespace that the walk has seen.
pub(super) fn find(walk: &mut Walk<'_>) {
    for threads in std::mem::take(&mut walk.mounts).into_values() {
        for (pid, thread) in threads {
            match walk.root.read(format!("{thread}/mountinfo")) {
                Ok(text) => add_all(walk, walk.root, &thread, &text),
                // Another one has the same mounts.
                Err(error) if is_gone(&error) || errno_of(&error) == Errno::EINVAL => continue,
                Err(error) if is_permission(errno_of(&error)) => continue,
                Err(error) => walk.gaps.push(Gap::Mounts { pid, errno: errno_of(&error) }),
            }
            break;
        }
    }
}

/// Adds the namespaces in the mountinfo of a thread, which `root` has.
pub(super) fn add_all(walk: &Walk<'_>, root: &ProcRoot, thread: &str, text: &[u8]) {
    for mount in ipc_namespaces(text) {
        if walk.is_open(mount.id.inode) {
            continue;
        }
        match open(root, thread, &mount) {
            Ok(file) => walk.add(file),
            // Unmounted meanwhile, or another is mounted over it.
            Err(error) if is_gone(&error) => {}
            Err(error) => walk.add_closed(mount.id, errno_of(&error)),
        }
    }
}

/// Opens a namespace that is mounted below the root of a thread.
///
/// # Errors
/// ENOENT: it is not there. Else those of openat2(2).
fn open(root: &ProcRoot, thread: &str, mount: &NamespaceMount) -> io::Result<File> {
    let top = open_path(&root.path(format!("{thread}/root")))?;
    let below = mount.mount_point.strip_prefix(b"/").unwrap_or(&mount.mount_point);
    let found = open_below(&top, Path::new(OsStr::from_bytes(below)))?;
    let file = reopen(root, &found)?.ok_or(Errno::ENOENT)?;
    if file_id(&file.metadata()?) != mount.id {
        return Err(Errno::ENOENT.into());
    }
    Ok(file)
}

/// Finds a file below a directory without following links, and without opening it.
fn open_below(top: &OwnedFd, path: &Path) -> nix::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let strict = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS;
    let how = |resolve| OpenHow::new().flags(flags).resolve(resolve);
    let mut result = Err(Errno::EAGAIN);
    for _ in 0..CACHE_TRIES {
        // All directories above a mount are in the cache of the kernel, so that it need not ask
        // their file systems, which may be slow or may not answer at all.
        result = openat2(top, path, how(strict | RESOLVE_CACHED));
        if !matches!(result, Err(Errno::EAGAIN)) {
            break;
        }
    }
    match result {
        // Before Linux 5.12 that flag is unknown, before 5.6 the call.
        Err(Errno::EINVAL) => openat2(top, path, how(strict)),
        Err(Errno::ENOSYS | Errno::EPERM) => openat(top, path, flags, Mode::empty()),
        result => result,
    }
}

/// Finds a file without opening it: nothing happens to a device or a pipe.
///
/// # Errors
/// Those of open(2).
pub(super) fn open_path(path: &Path) -> io::Result<OwnedFd> {
    let flags = nix::libc::O_PATH;
    OpenOptions::new().read(true).custom_flags(flags).open(path).map(OwnedFd::from)
}

/// Opens what was found, if it is a namespace.
///
/// # Errors
/// Those of fstatfs(2) and open(2).
pub(super) fn reopen(root: &ProcRoot, found: &OwnedFd) -> io::Result<Option<File>> {
    if fstatfs(found.as_fd())?.filesystem_type() != NSFS {
        return Ok(None);
    }
    root.open(format!("self/fd/{}", found.as_raw_fd())).map(Some)
}

//! Which /dev/shm is read.
//!
//! That of another mount namespace may be what a hostile process has mounted there. In a user
//! namespace of one's own anybody may mount any directory of the machine as /dev/shm. Its files may
//! be listed, but somebody with more privileges must not make or remove any.

use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use crate::model::FileId;
use crate::proc::mountinfo::{is_in_memory, mount_points};
use crate::proc::{MemberRoot, ProcRoot};
use crate::sys::directory::Directory;
use crate::sys::{Errno, errno_of, open_files};

/// Which /dev/shm is read. It belongs to a mount namespace, not to the IPC namespace.
#[derive(Clone, Debug, Default)]
pub enum ShmFiles {
    /// That of the program.
    #[default]
    Own,
    /// That of another mount namespace, which was opened before.
    Opened {
        /// The directory.
        directory: Arc<Directory>,
        /// Whether it may be another directory of the machine, mounted by a user without privileges.
        may_be_another: bool,
    },
    /// That of another mount namespace, which cannot be opened.
    Unreadable(Errno),
    /// One in which nothing must be made or removed.
    Refused,
    /// None: there is no process whose mount namespace it could be, or it has none.
    Nowhere,
}

impl ShmFiles {
    /// That of a process which is in an IPC namespace.
    #[must_use]
    pub fn of_member(proc: &ProcRoot, pid: i32, namespace: FileId) -> ShmFiles {
        let root = match proc.root_of_member(pid, namespace) {
            Ok(Some(root)) => root,
            Ok(None) => return ShmFiles::Nowhere,
            Err(error) => return ShmFiles::Unreadable(errno_of(&error)),
        };
        // Whoever may mount there has the privileges of the caller.
        let own = proc.file_id("thread-self/ns/user").ok();
        let is_trusted = own.is_some() && own == root.user_namespace;
        match present(open(&root, is_trusted)) {
            Ok(Some(directory)) => {
                let may_be_another = !is_trusted && may_be_another(proc, &directory);
                ShmFiles::Opened { directory: Arc::new(directory), may_be_another }
            }
            Ok(None) => ShmFiles::Nowhere,
            Err(errno) => ShmFiles::Unreadable(errno),
        }
    }

    /// The same where files are to be made or removed.
    #[must_use]
    pub fn for_changes(self) -> ShmFiles {
        match self {
            ShmFiles::Opened { may_be_another: true, .. } => ShmFiles::Refused,
            files => files,
        }
    }

    /// Opens the directory; `None` if there is none.
    ///
    /// # Errors
    /// Those of open(2); EPERM where nothing must be changed.
    pub fn open(&self) -> nix::Result<Option<Arc<Directory>>> {
        match self {
            ShmFiles::Own => Ok(present(Directory::open(Path::new("/dev/shm")))?.map(Arc::new)),
            ShmFiles::Opened { directory, .. } => Ok(Some(Arc::clone(directory))),
            ShmFiles::Unreadable(errno) => Err(*errno),
            ShmFiles::Refused => Err(Errno::EPERM),
            ShmFiles::Nowhere => Ok(None),
        }
    }
}

/// A directory that need not exist.
fn present(opened: nix::Result<Directory>) -> nix::Result<Option<Directory>> {
    match opened {
        Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
        opened => opened.map(Some),
    }
}

/// Opens the /dev/shm of a process. That of an ordinary user may be in a file system whose server
/// never answers, so it is opened only if it is in memory.
///
/// # Errors
/// Those of openat2(2). EOPNOTSUPP: it is not in memory.
fn open(root: &MemberRoot, is_trusted: bool) -> nix::Result<Directory> {
    let found = Directory::find_in(root.directory.as_fd(), Path::new("dev/shm"), !is_trusted)?;
    if !is_trusted && !is_in_memory(&root.mounts, open_files::device(&found)?) {
        return Err(Errno::EOPNOTSUPP);
    }
    Directory::of(found)
}

/// Whether the /dev/shm of a process may be another directory of the machine.
fn may_be_another(proc: &ProcRoot, directory: &Directory) -> bool {
    let Ok(id) = directory.id() else { return true };
    let Ok(mounts) = proc.read("thread-self/mountinfo") else { return true };
    let mut points = mount_points(&mounts, id.device).into_iter().peekable();
    // A file system that is mounted only there is its own. Container engines mount one here first,
    // with this name.
    points.peek().is_some() && !points.any(|point| is_shm(Path::new(OsStr::from_bytes(&point)), id))
}

/// Whether a directory is what is mounted at a place for shared memory.
fn is_shm(mount_point: &Path, directory: FileId) -> bool {
    let is_there = || Directory::open(mount_point).and_then(|there| there.id()) == Ok(directory);
    mount_point.file_name() == Some(OsStr::new("shm")) && is_there()
}

//! What open descriptors of processes stand for.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag};
use nix::libc;
use nix::sys::stat::Mode;

use super::retry;
use crate::model::{Device, FileId};

/// The most descriptors of a process that are looked at: a process may open files faster than they
/// are read.
const MOST: usize = 1 << 22;

/// The regular files that a directory of descriptors (/proc/PID/fd) leads to.
///
/// # Errors
/// Those of open(2) and statx(2); EFBIG for too many.
pub fn open_files(directory: &Path) -> nix::Result<Vec<FileId>> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut directory = retry(|| Dir::open(directory, flags, Mode::empty()))?;
    let mut names = Vec::new();
    for entry in directory.iter() {
        let entry = entry?;
        if entry.file_name().to_bytes().iter().all(u8::is_ascii_digit) {
            names.push(entry.file_name().to_owned());
        }
        if names.len() > MOST {
            return Err(Errno::EFBIG);
        }
    }
    let mut files = Vec::new();
    for name in names {
        match file_behind(directory.as_fd(), &name) {
            Ok(file) => files.extend(file),
            // It was closed meanwhile.
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(files)
}

/// The regular file that a descriptor stands for, by its path (/proc/PID/fd/N).
///
/// # Errors
/// As [`open_files`]; ENOENT: there is no such descriptor.
pub fn open_file(path: &Path) -> nix::Result<Option<FileId>> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    file_behind(AT_FDCWD, &path)
}

/// The file that a link in a directory leads to, if it is a regular file. Queues are regular files
/// too; pipes and sockets, which processes have many of, are not.
///
/// # Errors
/// Those of statx(2): EACCES without the permission to inspect the process.
fn file_behind(directory: BorrowedFd<'_>, name: &CStr) -> nix::Result<Option<FileId>> {
    let found = known_fields(directory, name)?;
    let is_regular = u32::from(found.stx_mode) & libc::S_IFMT == libc::S_IFREG;
    Ok(is_regular.then_some(FileId { device: device_of(&found), inode: found.stx_ino }))
}

/// The file system of an open file, whatever its file system has to say.
///
/// # Errors
/// Those of statx(2).
pub fn device(file: impl AsFd) -> nix::Result<Device> {
    known_fields(file.as_fd(), c"").map(|found| device_of(&found))
}

fn device_of(found: &libc::statx) -> Device {
    Device { major: found.stx_dev_major, minor: found.stx_dev_minor }
}

/// What the kernel knows of a file, in a directory or, without a name, of an open one.
///
/// The answer comes from the kernel's memory: a file system whose server does not respond must not
/// block the caller. For the same reason no field is asked for, of which some file systems refuse to
/// answer; those in memory fill all of them.
fn known_fields(directory: BorrowedFd<'_>, name: &CStr) -> nix::Result<libc::statx> {
    let flags = libc::AT_STATX_DONT_SYNC | libc::AT_NO_AUTOMOUNT | libc::AT_EMPTY_PATH;
    let mut found = MaybeUninit::<libc::statx>::zeroed();
    retry(|| {
        // SAFETY: the name is a C string, and the structure is written within its size.
        Errno::result(unsafe {
            libc::statx(directory.as_raw_fd(), name.as_ptr(), flags, 0, found.as_mut_ptr())
        })
    })?;
    // SAFETY: all bytes are zero or were written by the kernel, and any value is valid.
    Ok(unsafe { found.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn regular_files_are_found_and_sockets_are_not() {
        let file = tempfile::tempfile().unwrap();
        let socket = std::os::unix::net::UnixStream::pair().unwrap();
        let found = open_files(Path::new("/proc/self/fd")).unwrap();
        let metadata = file.metadata().unwrap();
        let device = metadata.dev();
        let device = Device { major: libc::major(device), minor: libc::minor(device) };
        assert!(found.contains(&FileId { device, inode: metadata.ino() }));
        let path = format!("/proc/self/fd/{}", socket.0.as_raw_fd());
        let inode = std::fs::metadata(path).unwrap().ino();
        assert!(!found.iter().any(|file| file.inode == inode));
        assert_eq!(open_files(Path::new("/proc/self/nonexistent")), Err(Errno::ENOENT));
    }
}

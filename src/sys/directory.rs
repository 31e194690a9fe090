//! A directory of objects as an open file: whatever is named in it is looked up there, even if its
//! path leads elsewhere by now, and no symbolic link in it is followed.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread;
use std::time::Duration;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::libc;
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};
use nix::sys::statfs::{FsType, TMPFS_MAGIC, fstatfs};
use nix::unistd::{AccessFlags, UnlinkatFlags, faccessat, unlinkat};

use super::retry;
use crate::model::{Device, FileId, FileType, PosixFile};

/// A removal leases a file for a moment (see [`super::lease`]).
const LEASE_TRIES: usize = 3;
const LEASE_PAUSE: Duration = Duration::from_millis(1);

/// Of openat2(2), Linux 5.12: fails with EAGAIN rather than wait for a file system.
pub const RESOLVE_CACHED: ResolveFlag = ResolveFlag::from_bits_retain(0x20);
/// How often a path is tried that is busy for a moment.
pub const CACHE_TRIES: usize = 3;

/// An open directory.
#[derive(Debug)]
pub struct Directory {
    fd: OwnedFd,
    in_memory: bool,
}

/// How a directory protects its entries (inode(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The owner of a directory with the sticky bit: only this user, the owner of a file and
    /// privileged processes may remove the file.
    pub sticky_for: Option<u32>,
}

/// A file that was looked at.
#[derive(Clone, Copy, Debug)]
pub struct FileLook {
    /// Its fields.
    pub file: PosixFile,
    /// Owner, as the kernel translated it for this process.
    pub uid: u32,
    /// Group, likewise.
    pub gid: u32,
    /// The nine permission bits.
    pub perms: u16,
}

impl Directory {
    /// Opens a directory by its path.
    ///
    /// # Errors
    /// Those of open(2).
    pub fn open(path: &Path) -> nix::Result<Directory> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        retry(|| nix::fcntl::open(path, flags, Mode::empty())).and_then(Directory::of_open)
    }

    /// Finds a directory by its path within a root directory, which links in the path do not leave.
    /// It is not opened yet (see [`Directory::of`]). `only_cached`: file systems are not asked, which
    /// may not answer at all.
    ///
    /// # Errors
    /// Those of openat2(2); ENOSYS before Linux 5.6; EAGAIN if a file system has to be asked.
    pub fn find_in(root: impl AsFd, path: &Path, only_cached: bool) -> nix::Result<OwnedFd> {
        let find = |resolve| {
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
            let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_IN_ROOT | resolve);
            retry(|| openat2(root.as_fd(), path, how))
        };
        for _ in 0..CACHE_TRIES {
            match find(RESOLVE_CACHED) {
                Err(Errno::EAGAIN) => {}
                // Before Linux 5.12 that flag is unknown.
                Err(Errno::EINVAL) => return find(ResolveFlag::empty()),
                found => return found,
            }
        }
        if only_cached { Err(Errno::EAGAIN) } else { find(ResolveFlag::empty()) }
    }

    /// The directory that a descriptor without access (`O_PATH`) stands for.
    ///
    /// # Errors
    /// Those of openat(2).
    pub fn of(path: impl AsFd) -> nix::Result<Directory> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        retry(|| openat(path.as_fd(), ".", flags, Mode::empty())).and_then(Directory::of_open)
    }

    fn of_open(fd: OwnedFd) -> nix::Result<Directory> {
        let in_memory = IN_MEMORY.contains(&retry(|| fstatfs(&fd))?.filesystem_type());
        Ok(Directory { fd, in_memory })
    }

    /// The names of its entries, in the order of their bytes.
    ///
    /// # Errors
    /// Those of getdents(2).
    pub fn names(&self) -> nix::Result<Vec<Vec<u8>>> {
        let mut names = self.names_as_stored()?;
        names.sort_unstable();
        Ok(names)
    }

    /// The names of its entries, in the order of the file system.
    ///
    /// # Errors
    /// Those of getdents(2).
    pub fn names_as_stored(&self) -> nix::Result<Vec<Vec<u8>>> {
        // The position in a directory belongs to the descriptor.
        let mut entries = Dir::from_fd(Directory::of(&self.fd)?.fd)?;
        let mut names = Vec::new();
        for entry in entries.iter() {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// About how many entries it has, without reading them: tmpfs and the file system of queues count
    /// 20 bytes for each (mm/shmem.c, `BOGO_DIRENT_SIZE`; ipc/mqueue.c, `DIRENT_SIZE`).
    ///
    /// # Errors
    /// Those of fstat(2).
    pub fn entries(&self) -> nix::Result<u64> {
        const ENTRY_SIZE: u64 = 20;
        let size = u64::try_from(fstat(&self.fd)?.st_size).unwrap_or(0);
        Ok(size.checked_div(ENTRY_SIZE).unwrap_or(0))
    }

    /// Looks at an entry. A symbolic link is not followed.
    ///
    /// # Errors
    /// Those of stat(2): ENOENT if there is none.
    pub fn look(&self, name: &[u8]) -> nix::Result<FileLook> {
        let stat = fstatat(&self.fd, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let mut look = FileLook::of(&stat);
        look.file.in_memory = self.in_memory;
        Ok(look)
    }

    /// Opens an entry to read it. A symbolic link is not followed, a pipe does not block, and where
    /// possible the time of the last access stays.
    ///
    /// # Errors
    /// Those of open(2): ELOOP for a symbolic link, EAGAIN for a file that somebody has leased.
    pub fn open_file(&self, name: &[u8]) -> nix::Result<File> {
        let name = c_string(name)?;
        let flags = OFlag::O_RDONLY
            | OFlag::O_NOFOLLOW
            | OFlag::O_NONBLOCK
            | OFlag::O_NOCTTY
            | OFlag::O_CLOEXEC;
        let open = |flags| retry(|| openat(&self.fd, name.as_c_str(), flags, Mode::empty()));
        // Only the owner, or a privileged process, may leave the time as it is.
        let open_once = || match open(flags | OFlag::O_NOATIME) {
            Err(Errno::EPERM) => open(flags),
            opened => opened,
        };
        for _ in 1..LEASE_TRIES {
            match open_once() {
                Err(Errno::EAGAIN) => thread::sleep(LEASE_PAUSE),
                opened => return opened.map(File::from),
            }
        }
        open_once().map(File::from)
    }

    /// Removes an entry that is not a directory.
    ///
    /// # Errors
    /// Those of unlink(2).
    pub fn unlink(&self, name: &[u8]) -> nix::Result<()> {
        let name = c_string(name)?;
        unlinkat(&self.fd, name.as_c_str(), UnlinkatFlags::NoRemoveDir)
    }

    /// Who may remove entries.
    ///
    /// # Errors
    /// Those of fstat(2).
    pub fn protection(&self) -> nix::Result<Protection> {
        let stat = fstat(&self.fd)?;
        let is_sticky = stat.st_mode & libc::S_ISVTX != 0;
        Ok(Protection { sticky_for: is_sticky.then_some(stat.st_uid) })
    }

    /// Whether the caller may change the directory itself, which every removal needs.
    ///
    /// # Errors
    /// EACCES: no write and search permission. EROFS: nobody may.
    pub fn check_writable(&self) -> nix::Result<()> {
        let access = AccessFlags::W_OK | AccessFlags::X_OK;
        faccessat(&self.fd, ".", access, AtFlags::AT_EACCESS)
    }

    /// The file system that it is in.
    ///
    /// # Errors
    /// Those of fstat(2).
    pub fn id(&self) -> nix::Result<FileId> {
        Ok(FileLook::of(&fstat(&self.fd)?).file.id)
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// include/uapi/linux/magic.h
pub(super) const MQUEUE_MAGIC: FsType = FsType(0x1980_0202);

/// tmpfs and devtmpfs, ramfs, mqueue.
const IN_MEMORY: [FsType; 3] = [TMPFS_MAGIC, FsType(0x8584_58f6), MQUEUE_MAGIC];

fn c_string(name: &[u8]) -> nix::Result<CString> {
    CString::new(name).map_err(|_| Errno::EINVAL)
}

/// Blocks of `st_blocks`, whatever the block size of the file system (stat(2)).
const BLOCK: u64 = 512;

impl FileLook {
    /// What fstat(2) says about an open file.
    ///
    /// # Errors
    /// Those of fstat(2).
    pub fn of_open(file: impl AsFd) -> nix::Result<FileLook> {
        Ok(FileLook::of(&fstat(file)?))
    }

    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // Types differ by architecture.
    fn of(stat: &FileStat) -> FileLook {
        let device = Device { major: libc::major(stat.st_dev), minor: libc::minor(stat.st_dev) };
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let file_type = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG => FileType::Regular,
            SFlag::S_IFDIR => FileType::Directory,
            SFlag::S_IFLNK => FileType::Link,
            SFlag::S_IFIFO => FileType::Fifo,
            SFlag::S_IFSOCK => FileType::Socket,
            _ => FileType::Device,
        };
        FileLook {
            file: PosixFile {
                id: FileId { device, inode: stat.st_ino },
                in_memory: false,
                file_type,
                changed: (stat.st_ctime, stat.st_ctime_nsec as i64),
                size: number(stat.st_size),
                allocated: number(stat.st_blocks).saturating_mul(BLOCK),
                links: u64::from(stat.st_nlink),
                atime: stat.st_atime,
                mtime: stat.st_mtime,
            },
            uid: stat.st_uid,
            gid: stat.st_gid,
            perms: u16::try_from(stat.st_mode & 0o777).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn entries_are_looked_at_without_following_links() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path();
        std::fs::write(path.join("b"), [0; 5000]).unwrap();
        symlink("/etc/passwd", path.join("a")).unwrap();
        std::fs::create_dir(path.join("c")).unwrap();
        let directory = Directory::open(path).unwrap();
        for _ in 0..2 {
            assert_eq!(directory.names().unwrap(), [b"a", b"b", b"c"]);
        }
        let file_type = |name| directory.look(name).map(|look| look.file.file_type);
        assert_eq!(file_type(b"a"), Ok(FileType::Link));
        assert_eq!(file_type(b"b"), Ok(FileType::Regular));
        assert_eq!(file_type(b"c"), Ok(FileType::Directory));
        assert_eq!(file_type(b"d"), Err(Errno::ENOENT));
        assert_eq!(directory.look(b"b").unwrap().file.size, 5000);
        assert_eq!(directory.open_file(b"a").unwrap_err(), Errno::ELOOP);
        assert_eq!(directory.unlink(b"c"), Err(Errno::EISDIR));
        assert_eq!(directory.unlink(b"b"), Ok(()));
        assert_eq!(file_type(b"b"), Err(Errno::ENOENT));
    }

    #[test]
    fn links_do_not_leave_a_root() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path();
        std::fs::create_dir_all(path.join("run/shm")).unwrap();
        std::fs::create_dir(path.join("dev")).unwrap();
        symlink("/run/shm", path.join("dev/shm")).unwrap();
        std::fs::write(path.join("run/shm/x"), "").unwrap();
        let root = Directory::open(path).unwrap();
        let found = Directory::find_in(&root, Path::new("dev/shm"), false).unwrap();
        let inner = Directory::of(found).unwrap();
        assert_eq!(inner.names().unwrap(), [b"x"]);
    }
}

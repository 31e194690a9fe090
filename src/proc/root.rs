//! The only reader of /proc. Its root can be another directory, so that tests can use their own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc::{O_NOCTTY, O_NONBLOCK};
use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};

use super::status::{Status, Uids};
use super::waited::Waited;
use crate::model::{Device, FileId};
use crate::sys::ids::{caller_gid, caller_uid};
use crate::sys::open_files;
use crate::sys::{Errno, MAX_INTERRUPTIONS, errno_of, is_permission};

/// Larger reads do not help: the kernel returns at most about 4 KiB of whole lines at a time.
const READ_SIZE: usize = 8 * 1024;
/// Longer than the usual stat or cgroup of a process.
const SHORT: usize = 1024;
/// The most bytes of a file that is read as a whole. The longest one is mountinfo: a hundred
/// thousand mounts, the default maximum, take about 15 MB.
const WHOLE: u64 = 16 << 20;
/// The most bytes of a line. A line of maps may have a path of 4,096 bytes, each as an escape of 4.
const LINE: usize = 64 << 10;
/// The most bytes of a file that is read line by line: 2^24 rows, the maximum of a table of objects,
/// have up to 250 bytes each.
const LINES: u64 = 4 << 30;
/// The most entries of a directory: `PID_MAX_LIMIT` (include/linux/threads.h), and a few others.
const ENTRIES: usize = (1 << 22) + 1000;

/// A mounted /proc. Something else may be mounted over its files, so whatever is read has a bound;
/// above it a read fails with EFBIG.
#[derive(Clone, Debug)]
pub struct ProcRoot {
    root: PathBuf,
    pub(super) waited: Waited,
}

impl Default for ProcRoot {
    fn default() -> Self {
        ProcRoot::at("/proc")
    }
}

impl ProcRoot {
    /// A /proc at another place.
    pub fn at(root: impl Into<PathBuf>) -> ProcRoot {
        ProcRoot { root: root.into(), waited: Waited::default() }
    }

    /// The full path of a file below the root, for messages.
    #[must_use]
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Opens a file below the root.
    ///
    /// # Errors
    /// Those of open(2).
    pub fn open(&self, relative: impl AsRef<Path>) -> io::Result<File> {
        // A pipe or terminal in the place of a file must not block.
        OpenOptions::new().read(true).custom_flags(O_NONBLOCK | O_NOCTTY).open(self.path(relative))
    }

    /// A whole file below the root.
    ///
    /// # Errors
    /// Those of open(2) and read(2); EFBIG above 16 MiB.
    pub fn read(&self, relative: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        // A file of /proc/sys is truncated to the size of the first read, and std's would be small.
        let mut bytes = Vec::with_capacity(READ_SIZE);
        // Of a bare file std asks for size and position first, which say nothing below /proc.
        Bounded { file: self.open(relative)?, left: WHOLE }.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A short file below the root that the kernel makes in one piece, as most of /proc/PID: the read
    /// that would find its end is left out.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_short(&self, relative: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; SHORT];
        let mut file = Bounded { file: self.open(relative)?, left: WHOLE };
        let count = file.read(&mut bytes)?;
        bytes.truncate(count);
        if count == SHORT {
            file.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// The number of reads from the memory of processes that were given up, and the last error.
    #[must_use]
    pub fn missed_memory(&self) -> Option<(usize, Errno)> {
        self.waited.missed()
    }

    /// Where a symbolic link below the root points.
    ///
    /// # Errors
    /// Those of readlink(2).
    pub fn read_link(&self, relative: impl AsRef<Path>) -> io::Result<PathBuf> {
        fs::read_link(self.path(relative))
    }

    /// Why a file of namespaces (`ns/ipc`) of a process or thread could not be read. Of one that has
    /// just ended the kernel says EACCES (fs/proc/namespaces.c): that becomes ESRCH.
    #[must_use]
    pub fn reason_of_denial(&self, thread: &str, error: io::Error) -> io::Error {
        let is_gone = || self.metadata(thread).is_err_and(|it| errno_of(&it) == Errno::ENOENT);
        if is_permission(errno_of(&error)) && is_gone() { Errno::ESRCH.into() } else { error }
    }

    /// Metadata of what a path below the root leads to (links are followed).
    ///
    /// # Errors
    /// Those of stat(2).
    pub fn metadata(&self, relative: impl AsRef<Path>) -> io::Result<fs::Metadata> {
        fs::metadata(self.path(relative))
    }

    /// What a path below the root leads to (links are followed).
    ///
    /// # Errors
    /// Those of stat(2).
    pub fn file_id(&self, relative: impl AsRef<Path>) -> io::Result<FileId> {
        self.metadata(relative).map(|metadata| file_id(&metadata))
    }

    /// Whether the root is a proc file system, and not just a directory with the same layout.
    #[must_use]
    pub fn is_procfs(&self) -> bool {
        statfs(&self.root).is_ok_and(|fs| fs.filesystem_type() == PROC_SUPER_MAGIC)
    }

    /// Whether processes have the same numbers here as for the system calls of this one.
    ///
    /// # Errors
    /// Those of readlink(2).
    pub fn shows_own_pids(&self) -> io::Result<bool> {
        let own = self.read_link("self")?;
        Ok(own.as_os_str() == std::process::id().to_string().as_str())
    }

    /// How many threads a process has, if that is cheap: the link count of its `task` directory
    /// minus 2 (fs/proc/base.c, `proc_task_getattr`).
    ///
    /// # Errors
    /// Those of stat(2).
    pub fn thread_count(&self, pid: i32) -> io::Result<u64> {
        Ok(self.metadata(format!("{pid}/task"))?.nlink().saturating_sub(2))
    }

    /// The threads of a process, itself first.
    ///
    /// # Errors
    /// Those of opendir(3).
    pub fn threads(&self, pid: i32) -> io::Result<Vec<i32>> {
        if self.thread_count(pid)? == 1 {
            return Ok(vec![pid]);
        }
        let mut threads = self.numbers(format!("{pid}/task"))?;
        threads.sort_unstable_by_key(|tid| (*tid != pid, *tid));
        Ok(threads)
    }

    /// The `status` file of a process or thread, with users and groups as the caller numbers them.
    ///
    /// # Errors
    /// Those of open(2) and read(2); EIO for a file that cannot be parsed.
    pub fn status(&self, directory: &str) -> io::Result<Status> {
        let text = self.read(format!("{directory}/status"))?;
        let mut status = Status::parse(&text).map_err(io::Error::other)?;
        let Uids { real, effective, saved, fs } = &mut status.uids;
        for uid in [real, effective, saved, fs] {
            *uid = caller_uid(*uid);
        }
        status.gids.iter_mut().for_each(|gid| *gid = caller_gid(*gid));
        Ok(status)
    }

    /// The effective user of a process as the caller numbers it. Its directory belongs to that user,
    /// also if the process is not dumpable (fs/proc/base.c, `task_dump_owner`), and costs a fifth of a
    /// look into `status`.
    ///
    /// # Errors
    /// Those of stat(2): ENOENT if it has exited.
    pub fn user_of(&self, pid: i32) -> io::Result<u32> {
        self.metadata(pid.to_string()).map(|directory| caller_uid(directory.uid()))
    }

    /// The regular files that a thread has open.
    ///
    /// # Errors
    /// Those of open(2) and statx(2): EACCES without the permission to inspect it.
    pub fn open_files(&self, thread: &str) -> io::Result<Vec<FileId>> {
        Ok(open_files::open_files(&self.path(format!("{thread}/fd")))?)
    }

    /// The regular file that a descriptor of a thread stands for.
    ///
    /// # Errors
    /// As [`ProcRoot::open_files`]; ENOENT: there is no such descriptor.
    pub fn open_file(&self, thread: &str, descriptor: i32) -> io::Result<Option<FileId>> {
        Ok(open_files::open_file(&self.path(format!("{thread}/fd/{descriptor}")))?)
    }

    /// The entries of a directory below the root that are numbers: processes or threads.
    ///
    /// # Errors
    /// Those of opendir(3); EFBIG if the directory grows without end while it is read.
    pub fn numbers(&self, relative: impl AsRef<Path>) -> io::Result<Vec<i32>> {
        let mut numbers = Vec::new();
        for (at, entry) in fs::read_dir(self.path(relative))?.enumerate() {
            if at == ENTRIES {
                return Err(Errno::EFBIG.into());
            }
            if let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
                numbers.push(number);
            }
        }
        Ok(numbers)
    }

    /// Opens a file to be read line by line.
    ///
    /// # Errors
    /// Those of open(2).
    pub fn lines(&self, relative: impl AsRef<Path>) -> io::Result<Lines> {
        Ok(Lines::new(self.open(relative)?))
    }
}

/// What identifies the file with this metadata.
#[must_use]
pub fn file_id(metadata: &fs::Metadata) -> FileId {
    let device = metadata.dev();
    let device = Device { major: nix::libc::major(device), minor: nix::libc::minor(device) };
    FileId { device, inode: metadata.ino() }
}

/// A file of which no more than a number of bytes is read. The next read fails with EFBIG, unless
/// the file ends there. An interrupted read is repeated.
#[derive(Debug)]
struct Bounded<R> {
    file: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        for _ in 0..MAX_INTERRUPTIONS {
            match self.file.read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    let left = self.left.checked_sub(count as u64);
                    self.left = left.ok_or(io::Error::from(Errno::EFBIG))?;
                    return Ok(count);
                }
            }
        }
        // Not EINTR, after which callers would try again.
        Err(Errno::EIO.into())
    }
}

/// The lines of a file, read without holding more than a few of them.
#[derive(Debug)]
pub struct Lines<R = File> {
    file: Bounded<R>,
    buf: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Lines<R> {
    /// Reads lines from anywhere.
    pub fn new(file: R) -> Lines<R> {
        Lines::up_to(LINES, file)
    }

    /// The same, with another maximum of bytes.
    pub fn up_to(most: u64, file: R) -> Lines<R> {
        let file = Bounded { file, left: most };
        Lines { file, buf: vec![0; READ_SIZE], start: 0, end: 0 }
    }

    /// The next line without its newline; `None` at the end.
    ///
    /// # Errors
    /// Those of read(2); EFBIG for a line above 64 KiB, or a file above its maximum. After an
    /// error, no more lines are read.
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        let mut searched = self.start;
        loop {
            let unread = self.buf.get(searched..self.end).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unread) {
                let line = self.start..searched.saturating_add(at);
                self.start = line.end.saturating_add(1);
                return Ok(self.buf.get(line));
            }
            searched = self.end.saturating_sub(self.start);
            if !self.fill()? {
                let line = self.start..self.end;
                self.start = self.end;
                return Ok(self.buf.get(line).filter(|line| !line.is_empty()));
            }
        }
    }

    /// Reads more after the unconsumed bytes, which move to the front.
    fn fill(&mut self) -> io::Result<bool> {
        self.buf.copy_within(self.start..self.end, 0);
        self.end = self.end.saturating_sub(self.start);
        self.start = 0;
        if self.end == self.buf.len() {
            if self.end >= LINE {
                return Err(Errno::EFBIG.into());
            }
            self.buf.resize(self.buf.len().saturating_mul(2), 0);
        }
        let count = self.file.read(self.buf.get_mut(self.end..).unwrap_or_default())?;
        self.end = self.end.saturating_add(count);
        Ok(count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_longer_than_the_buffer_or_without_a_newline() {
        let dir = tempfile::tempdir().unwrap();
        let long = "x".repeat(READ_SIZE * 3);
        let text = format!("head\n{long}\n\nlast");
        std::fs::write(dir.path().join("file"), text).unwrap();
        let mut lines = ProcRoot::at(dir.path()).lines("file").unwrap();
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            seen.push(line.to_vec());
        }
        assert_eq!(seen, [b"head".to_vec(), long.into_bytes(), Vec::new(), b"last".to_vec()]);
    }

    #[test]
    fn what_has_ended_was_not_denied() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join("7")).unwrap();
        let root = ProcRoot::at(tree.path());
        let reason = |thread, error: Errno| errno_of(&root.reason_of_denial(thread, error.into()));
        assert_eq!(reason("7", Errno::EACCES), Errno::EACCES);
        assert_eq!(reason("8", Errno::EACCES), Errno::ESRCH);
        assert_eq!(reason("8", Errno::EIO), Errno::EIO);
    }

    fn errno(result: io::Result<impl Sized>) -> Option<Errno> {
        result.err().and_then(|error| error.raw_os_error()).map(Errno::from_raw)
    }

    #[test]
    fn an_endless_file_is_too_large() {
        let dev = ProcRoot::at("/dev");
        assert_eq!(errno(dev.read("zero")), Some(Errno::EFBIG));
        assert_eq!(errno(dev.lines("zero").unwrap().next_line()), Some(Errno::EFBIG));
    }

    #[test]
    fn endless_lines_are_too_many() {
        let mut lines = Lines::up_to(1 << 20, io::repeat(b'\n'));
        let error = loop {
            match lines.next_line() {
                Ok(line) => assert_eq!(line, Some(&b""[..])),
                Err(error) => break error,
            }
        };
        assert_eq!(errno(Err::<(), _>(error)), Some(Errno::EFBIG));
        // A file of exactly that size is read to its end.
        let mut lines = Lines::up_to(4, &b"a\nb\n"[..]);
        assert_eq!(lines.next_line().unwrap(), Some(&b"a"[..]));
        assert_eq!(lines.next_line().unwrap(), Some(&b"b"[..]));
        assert_eq!(lines.next_line().unwrap(), None);
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let root = ProcRoot::at(dir.path());
        // Without a writer it ends at once.
        assert_eq!(root.read("pipe").unwrap(), b"");
        let _both = OpenOptions::new().read(true).write(true).open(path).unwrap();
        assert_eq!(errno(root.read("pipe")), Some(Errno::EAGAIN));
    }

    #[test]
    fn a_read_that_is_always_interrupted_fails() {
        struct Interrupted;
        impl Read for Interrupted {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(Errno::EINTR.into())
            }
        }
        assert_eq!(errno(Lines::new(Interrupted).next_line()), Some(Errno::EIO));
    }

    /// Fails every other time.
    struct SometimesInterrupted(bool, &'static [u8]);

    impl Read for SometimesInterrupted {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.0 = !self.0;
            if self.0 { Err(io::ErrorKind::Interrupted.into()) } else { self.1.read(buf) }
        }
    }

    #[test]
    fn an_interrupted_read_is_repeated() {
        let mut lines = Lines::new(SometimesInterrupted(false, b"one\ntwo"));
        assert_eq!(lines.next_line().unwrap(), Some(&b"one"[..]));
        assert_eq!(lines.next_line().unwrap(), Some(&b"two"[..]));
        assert_eq!(lines.next_line().unwrap(), None);
    }
}

//! The only reader of /proc. Its root can be another directory, so that tests can use their own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};

use crate::model::{Device, FileId};

/// Larger reads do not help: the kernel returns at most about 4 KiB of whole lines at a time.
const READ_SIZE: usize = 8 * 1024;

/// A mounted /proc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcRoot {
    root: PathBuf,
}

impl Default for ProcRoot {
    fn default() -> Self {
        ProcRoot::at("/proc")
    }
}

impl ProcRoot {
    /// A /proc at another place.
    pub fn at(root: impl Into<PathBuf>) -> ProcRoot {
        ProcRoot { root: root.into() }
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
        File::open(self.path(relative))
    }

    /// A whole file below the root.
    ///
    /// # Errors
    /// Those of open(2) and read(2).
    pub fn read(&self, relative: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        // A file of /proc/sys is truncated to the size of the first read, and std's would be small.
        let mut bytes = Vec::with_capacity(READ_SIZE);
        // Of a bare file std asks for size and position first, which say nothing below /proc.
        self.open(relative)?.take(u64::MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Where a symbolic link below the root points.
    ///
    /// # Errors
    /// Those of readlink(2).
    pub fn read_link(&self, relative: impl AsRef<Path>) -> io::Result<PathBuf> {
        fs::read_link(self.path(relative))
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
        let metadata = self.metadata(relative)?;
        let device = Device {
            major: nix::libc::major(metadata.dev()),
            minor: nix::libc::minor(metadata.dev()),
        };
        Ok(FileId { device, inode: metadata.ino() })
    }

    /// Whether the root is a proc file system, and not just a directory with the same layout.
    #[must_use]
    pub fn is_procfs(&self) -> bool {
        statfs(&self.root).is_ok_and(|fs| fs.filesystem_type() == PROC_SUPER_MAGIC)
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

    /// The entries of a directory below the root that are numbers: processes or threads.
    ///
    /// # Errors
    /// Those of opendir(3).
    pub fn numbers(&self, relative: impl AsRef<Path>) -> io::Result<Vec<i32>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(self.path(relative))? {
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

/// The lines of a file, read without holding more than a few of them.
#[derive(Debug)]
pub struct Lines<R = File> {
    file: R,
    buf: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Lines<R> {
    /// Reads lines from anywhere.
    pub fn new(file: R) -> Lines<R> {
        Lines { file, buf: vec![0; READ_SIZE], start: 0, end: 0 }
    }

    /// The next line without its newline; `None` at the end.
    ///
    /// # Errors
    /// Those of read(2).
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        let mut searched = self.start;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buf[searched..self.end]) {
                let line = self.start..searched + at;
                self.start = line.end + 1;
                return Ok(Some(&self.buf[line]));
            }
            searched = self.end - self.start;
            if !self.fill()? {
                let line = self.start..self.end;
                self.start = self.end;
                return Ok((!line.is_empty()).then_some(&self.buf[line]));
            }
        }
    }

    /// Reads more after the unconsumed bytes, which move to the front.
    fn fill(&mut self) -> io::Result<bool> {
        self.buf.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buf.len() {
            self.buf.resize(self.buf.len() * 2, 0);
        }
        loop {
            match self.file.read(&mut self.buf[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
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
}

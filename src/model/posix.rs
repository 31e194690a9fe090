//! POSIX objects: their names, and the fields that System V objects do not have.

use std::fmt;

use super::{Family, FileId, Kind, Share};
use crate::escape::escaped;

/// What the GNU C library puts before the name of a semaphore to name its file.
const SEMAPHORE_PREFIX: &[u8] = b"sem.";

/// The name of a POSIX object. The bytes come from strangers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PosixName {
    /// A slash, and the name of its file.
    path: Vec<u8>,
    /// Where the name begins that is shown: a queue has its slash, and a semaphore no prefix.
    shown: usize,
}

/// Why no object can have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or only a slash.
    #[error("the name is empty")]
    Empty,
    /// `.` and `..` are directories.
    #[error("the name is a directory")]
    Dots,
    /// Only the first character may be a slash.
    #[error("only the first character may be a slash")]
    Slash,
    /// A file name cannot have NUL bytes.
    #[error("the name has a NUL byte")]
    Nul,
    /// More than [`PosixName::MAX`] bytes.
    #[error("the name is too long")]
    TooLong,
}

impl PosixName {
    /// The most bytes of a file name: `NAME_MAX`.
    pub const MAX: usize = 255;

    /// The name of an object with this file.
    #[must_use]
    pub fn of_file(kind: Kind, file: &[u8]) -> PosixName {
        let shown = match kind.family() {
            Family::Queue => 0,
            Family::Semaphore if PosixName::is_of_semaphore(file) => {
                SEMAPHORE_PREFIX.len().saturating_add(1)
            }
            Family::SharedMemory | Family::Semaphore => 1,
        };
        PosixName { path: [b"/", file].concat(), shown }
    }

    /// Whether the GNU C library names the file of a semaphore so.
    #[must_use]
    pub fn is_of_semaphore(file: &[u8]) -> bool {
        file.strip_prefix(SEMAPHORE_PREFIX).is_some_and(|name| !name.is_empty())
    }

    /// A name as shm_open(3), mq_open(3) and sem_open(3) take it: the slash at its beginning may be
    /// left out. The file of a semaphore is that of the GNU C library.
    ///
    /// # Errors
    /// Why no object can have this name.
    pub fn parse(kind: Kind, typed: &[u8]) -> Result<PosixName, NameError> {
        let name = typed.strip_prefix(b"/").unwrap_or(typed);
        let file = match kind {
            Kind::Psem => [SEMAPHORE_PREFIX, name].concat(),
            _ => name.to_vec(),
        };
        match name {
            b"" => Err(NameError::Empty),
            b"." | b".." => Err(NameError::Dots),
            name if name.contains(&b'/') => Err(NameError::Slash),
            name if name.contains(&0) => Err(NameError::Nul),
            _ if file.len() > PosixName::MAX => Err(NameError::TooLong),
            _ => Ok(PosixName::of_file(kind, &file)),
        }
    }

    /// The same name of a semaphore of musl, whose files have no prefix.
    #[must_use]
    pub fn of_musl(&self) -> PosixName {
        PosixName { path: [b"/", self.without_slash()].concat(), shown: 1 }
    }

    /// The name of its file.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        self.path.get(1..).unwrap_or_default()
    }

    /// How it is shown: a queue begins with a slash, as mq_open(3) needs it.
    #[must_use]
    pub fn shown(&self) -> &[u8] {
        self.path.get(self.shown..).unwrap_or_default()
    }

    /// The name without a slash.
    #[must_use]
    pub fn without_slash(&self) -> &[u8] {
        let shown = self.shown();
        shown.strip_prefix(b"/").unwrap_or(shown)
    }
}

impl fmt::Display for PosixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(self.shown()))
    }
}

/// The type of a file (inode(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FileType {
    /// A regular file, which is what objects are.
    #[default]
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
}

impl FileType {
    /// Every type but that of objects.
    pub const OTHERS: [FileType; 5] =
        [FileType::Directory, FileType::Link, FileType::Fifo, FileType::Socket, FileType::Device];

    /// The `status` of a file that is not an object.
    #[must_use]
    pub fn status(self) -> &'static [&'static str] {
        match self {
            FileType::Regular => &[],
            FileType::Directory => &["directory"],
            FileType::Link => &["link"],
            FileType::Fifo => &["fifo"],
            FileType::Socket => &["socket"],
            FileType::Device => &["device"],
        }
    }
}

/// The file of an object (stat(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PosixFile {
    /// Which file it is.
    pub id: FileId,
    /// Whether it is in memory (tmpfs, mqueue). In other file systems /proc/PID/maps may number it
    /// otherwise, so that nobody can tell who has it mapped.
    pub in_memory: bool,
    /// Its type.
    pub file_type: FileType,
    /// Last change of the inode: seconds since the epoch, and nanoseconds.
    pub changed: (i64, i64),
    /// Bytes.
    pub size: u64,
    /// Bytes for which there is memory or swap space.
    pub allocated: u64,
    /// Names that the file has.
    pub links: u64,
    /// Last access, seconds since the epoch. The kernel may record it only once a day (relatime).
    pub atime: i64,
    /// Last modification, seconds since the epoch.
    pub mtime: i64,
}

/// A POSIX message queue (mq_overview(7)). What is `None` may not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pmsg {
    /// Its file in the mqueue file system. Each send and each receive sets all its times.
    pub file: PosixFile,
    /// Messages in the queue.
    pub qnum: Option<u64>,
    /// Bytes of these messages.
    pub cbytes: Option<u64>,
    /// The most messages.
    pub maxmsg: Option<u64>,
    /// The most bytes of a message.
    pub msgsize: Option<u64>,
    /// The process that asked to be notified (mq_notify(3)).
    pub notify_pid: Option<i32>,
    /// The signal that it gets, if it asked for one.
    pub notify_signal: Option<i32>,
}

impl Pmsg {
    /// How full the queue is: its messages, as a part of the most that it holds.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        Share::of(self.qnum?, self.maxmsg?)
    }
}

/// Who wrote the content of a semaphore's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The GNU C library.
    Glibc,
    /// The C library musl, which does not mark its files as semaphores.
    Musl,
}

/// What the file of a POSIX semaphore contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A semaphore.
    Semaphore {
        /// Who wrote it.
        layout: Layout,
        /// Its value (sem_getvalue(3)).
        value: u32,
        /// Threads that wait for it, as the C library counts them. A waiter that was killed stays
        /// counted. `None`: not counted while the value is above 0.
        waiting: Option<u64>,
    },
    /// Something else.
    Foreign,
    /// It may not be read.
    Unknown,
}

/// A named POSIX semaphore (sem_overview(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Psem {
    /// Its file in /dev/shm.
    pub file: PosixFile,
    /// What the file contains.
    pub content: Content,
}

impl Psem {
    /// Its value, if it is a semaphore that may be read.
    #[must_use]
    pub fn value(&self) -> Option<u32> {
        match self.content {
            Content::Semaphore { value, .. } => Some(value),
            Content::Foreign | Content::Unknown => None,
        }
    }

    /// How many threads wait for it, as far as its file says.
    #[must_use]
    pub fn waiting(&self) -> Option<u64> {
        match self.content {
            Content::Semaphore { waiting, .. } => waiting,
            Content::Foreign | Content::Unknown => None,
        }
    }

    /// What is unusual about it.
    #[must_use]
    pub fn status(&self) -> &'static [&'static str] {
        match self.content {
            Content::Foreign => &["foreign"],
            Content::Semaphore { layout: Layout::Musl, .. } => &["musl"],
            Content::Semaphore { layout: Layout::Glibc, .. } | Content::Unknown => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(kind: Kind, typed: &[u8]) -> [Vec<u8>; 2] {
        let name = PosixName::parse(kind, typed).unwrap();
        [name.file().to_vec(), name.shown().to_vec()]
    }

    #[test]
    fn names_are_typed_with_and_without_a_slash() {
        for typed in [&b"/a b"[..], b"a b"] {
            assert_eq!(parsed(Kind::Pshm, typed), [b"a b", b"a b"]);
            assert_eq!(parsed(Kind::Pmsg, typed), [&b"a b"[..], b"/a b"]);
            assert_eq!(parsed(Kind::Psem, typed), [&b"sem.a b"[..], b"a b"]);
        }
        let longest = [b'x'; PosixName::MAX];
        assert_eq!(parsed(Kind::Pshm, &longest), [longest, longest]);
        assert_eq!(parsed(Kind::Pshm, &[&b"/"[..], &longest].concat()), [longest, longest]);
        assert_eq!(parsed(Kind::Pshm, b"..."), [b"...", b"..."]);
        let musl = PosixName::parse(Kind::Psem, b"/x").unwrap().of_musl();
        assert_eq!((musl.file(), musl.shown()), (&b"x"[..], &b"x"[..]));
    }

    #[test]
    fn names_that_no_object_can_have_are_refused() {
        let too_long = [b'x'; PosixName::MAX + 1];
        for kind in Kind::POSIX {
            for (typed, error) in [
                (&b""[..], NameError::Empty),
                (b"/", NameError::Empty),
                (b".", NameError::Dots),
                (b"/..", NameError::Dots),
                (b"a/b", NameError::Slash),
                (b"//a", NameError::Slash),
                (b"a\0b", NameError::Nul),
                (&too_long, NameError::TooLong),
            ] {
                assert_eq!(PosixName::parse(*kind, typed), Err(error), "{typed:?}");
            }
        }
        assert_eq!(PosixName::parse(Kind::Psem, &[b'x'; 252]), Err(NameError::TooLong));
    }

    #[test]
    fn the_files_of_semaphores_are_shown_without_the_prefix() {
        let shown = |file: &[u8]| PosixName::of_file(Kind::Psem, file).shown().to_vec();
        assert_eq!(shown(b"sem.x"), b"x");
        assert_eq!(shown(b"sem."), b"sem.");
        assert_eq!(shown(b"x"), b"x");
    }

    #[test]
    fn names_in_messages_are_escaped() {
        let name = PosixName::of_file(Kind::Pmsg, b"a\x1b[2J\nb\xff");
        assert_eq!(name.to_string(), "/a\\x1b[2J\\x0ab\\xff");
    }
}

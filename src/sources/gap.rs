//! What could not be read.

use std::fmt;
use std::io;

use crate::model::{Id, Kind, Name, Object, PosixName};
use crate::proc::ParseError;
use crate::sys::{Errno, error_text, is_permission, reason};

/// Something that is missing in the answer, and why.
#[derive(Debug)]
pub enum Gap {
    /// A row of /proc/sysvipc that could not be parsed.
    Row {
        /// The file.
        path: String,
        /// Line number, from 1; the header is line 1.
        line: usize,
        /// What is wrong with it.
        error: ParseError,
    },
    /// Reading the rest of a file failed.
    Read {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// An object that the kernel refused to describe.
    Object {
        /// Its kind.
        kind: Kind,
        /// Its index in the kernel's table.
        index: i32,
        /// Why.
        error: Errno,
    },
    /// An object that was asked for by its id, for which both the text and the calls failed.
    Lookup {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: Id,
        /// Why the calls failed.
        error: Errno,
    },
    /// A field of an object that only the calls have.
    Field {
        /// The kind of the object.
        kind: Kind,
        /// Its id.
        id: Id,
        /// The name of the field.
        field: &'static str,
        /// Why the calls failed.
        error: Errno,
    },
    /// A kind for which both the text and the calls failed.
    Kind {
        /// The kind.
        kind: Kind,
        /// Why the calls failed.
        error: Errno,
    },
    /// An object whose use could not be read, so that it is unknown whether a filter selects it.
    Unsure {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: Name,
        /// Why.
        error: Errno,
    },
    /// A POSIX object whose file could not be read, for another reason than missing permission.
    Posix {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: PosixName,
        /// Why.
        error: Errno,
    },
    /// The POSIX queues of the namespace.
    Queues(NoQueues),
    /// Processes that could not be inspected, with the reason.
    Processes(String),
    /// The limits of a kind, for which both /proc/sys/kernel and the call failed.
    Limits {
        /// The kind.
        kind: Kind,
        /// Why the call failed.
        error: Errno,
    },
    /// The sums over the objects of a kind.
    Usage {
        /// The kind.
        kind: Kind,
        /// Why the call failed.
        error: Errno,
    },
    /// The /dev/shm of another namespace, in which nothing is removed.
    OtherDirectory {
        /// The kind.
        kind: Kind,
    },
    /// The semaphores of a set.
    Semaphores {
        /// The command of semctl(2) that failed.
        command: &'static str,
        /// Why.
        error: Errno,
    },
}

/// Why the POSIX queues of a namespace cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoQueues {
    /// A mount of our own is refused for this reason, and nothing is mounted at /dev/mqueue.
    NotMounted(Errno),
    /// What is mounted there belongs to another IPC namespace.
    OfAnother,
    /// It is unknown whose queues are mounted there, and a mount of our own is refused.
    Unknown(Errno),
    /// It cannot be read.
    Failed(Errno),
}

impl fmt::Display for NoQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoQueues::NotMounted(errno) if is_permission(*errno) => {
                f.write_str("/dev/mqueue is not mounted; root can read them without it")
            }
            NoQueues::NotMounted(errno) => f.write_str(&error_text(*errno)),
            NoQueues::OfAnother => f.write_str(
                "/dev/mqueue shows those of another IPC namespace; root can read them without it",
            ),
            NoQueues::Unknown(_) => f.write_str(
                "/dev/mqueue may show those of another IPC namespace; root can read them without it",
            ),
            NoQueues::Failed(errno) => f.write_str(&error_text(*errno)),
        }
    }
}

impl Gap {
    /// The use of an object could not be read.
    #[must_use]
    pub fn unsure(object: &Object, error: Errno) -> Gap {
        Gap::Unsure { kind: object.kind(), name: object.identity.name.clone(), error }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Posix { kind, name, error } => {
                write!(f, "cannot read {} {name}: {}", kind.noun(), error_text(*error))
            }
            Gap::Queues(why) => write!(f, "cannot read POSIX message queues: {why}"),
            Gap::Row { path, line, error } => write!(f, "{path}: line {line}: {error}"),
            Gap::Read { path, error } => write!(f, "{path}: {}", reason(error)),
            Gap::Object { kind, index, error } => {
                write!(f, "{} at index {index}: {}", kind.noun(), error_text(*error))
            }
            Gap::Lookup { kind, id, error } => {
                write!(f, "cannot read {} {id}: {}", kind.noun(), error_text(*error))
            }
            Gap::Field { kind, id, field, error } => {
                write!(f, "cannot read {field} of {} {id}: {}", kind.noun(), error_text(*error))
            }
            Gap::Kind { kind, error } => {
                write!(f, "cannot read {}s: {}", kind.noun(), error_text(*error))
            }
            Gap::Unsure { kind, name, error } => {
                write!(f, "cannot read the use of {} {name}: {}", kind.noun(), error_text(*error))
            }
            Gap::Processes(line) => f.write_str(line),
            Gap::Limits { kind, error } => {
                write!(f, "cannot read the limits of {}s: {}", kind.noun(), error_text(*error))
            }
            Gap::Usage { kind, error } => {
                write!(f, "cannot read the totals of {}s: {}", kind.noun(), error_text(*error))
            }
            Gap::OtherDirectory { kind } => write!(
                f,
                "cannot remove {}s: /dev/shm of the namespace is another directory of this machine",
                kind.noun()
            ),
            Gap::Semaphores { command, error } => {
                write!(f, "semctl({command}) failed: {}", error_text(*error))
            }
        }
    }
}

/// The gaps of an answer. Only the first ones are kept, however many there are.
#[derive(Debug, Default)]
pub struct Gaps {
    first: Vec<Gap>,
    more: u64,
}

impl Gaps {
    /// How many are kept.
    const KEPT: usize = 20;

    /// Adds one.
    pub fn push(&mut self, gap: Gap) {
        if self.first.len() < Gaps::KEPT {
            self.first.push(gap);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Adds those of another answer.
    pub fn append(&mut self, other: Gaps) {
        self.extend(other.first);
        self.more = self.more.saturating_add(other.more);
    }

    /// The first ones.
    #[must_use]
    pub fn first(&self) -> &[Gap] {
        &self.first
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.more.saturating_add(self.first.len() as u64)
    }

    /// How many there are beyond the first ones.
    #[must_use]
    pub fn more(&self) -> u64 {
        self.more
    }
}

impl Extend<Gap> for Gaps {
    fn extend<I: IntoIterator<Item = Gap>>(&mut self, gaps: I) {
        gaps.into_iter().for_each(|gap| self.push(gap));
    }
}

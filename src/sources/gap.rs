//! What could not be read.

use std::fmt;
use std::io;

use crate::model::Kind;
use crate::proc::ParseError;
use crate::sys::{Errno, error_text, reason};

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
    /// A kind for which both the text and the calls failed.
    Kind {
        /// The kind.
        kind: Kind,
        /// Why the calls failed.
        error: Errno,
    },
    /// The semaphores of a set.
    Semaphores {
        /// The command of semctl(2) that failed.
        command: &'static str,
        /// Why.
        error: Errno,
    },
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Row { path, line, error } => write!(f, "{path}: line {line}: {error}"),
            Gap::Read { path, error } => write!(f, "{path}: {}", reason(error)),
            Gap::Object { kind, index, error } => {
                write!(f, "{} at index {index}: {}", kind.noun(), error_text(*error))
            }
            Gap::Kind { kind, error } => {
                write!(f, "cannot read {}s: {}", kind.noun(), error_text(*error))
            }
            Gap::Semaphores { command, error } => {
                write!(f, "semctl({command}) failed: {}", error_text(*error))
            }
        }
    }
}

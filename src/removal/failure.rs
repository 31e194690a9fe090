//! Why an object was not removed, in the words that scripts know.

use std::fmt;

use super::{Details, Name};
use crate::model::{Id, Kind};
use crate::sys::{Errno, error_text};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The key 0, which names no object.
    IllegalKey,
    /// The key could not be looked up.
    Lookup(Errno),
    /// The object could not be removed.
    Removal(Errno),
    /// The kernel does not have this kind.
    Unsupported(Errno),
}

/// A failure with the object that it befell.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The object's kind.
    pub kind: Kind,
    /// How it was named; a failure that befalls a whole kind has none.
    pub name: Option<Name>,
    /// Its id, where known.
    pub id: Option<Id>,
    /// What it is, where that was asked for.
    pub details: Option<Details>,
    /// What went wrong.
    pub cause: Cause,
}

impl Failure {
    /// The error number, for programs.
    #[must_use]
    pub fn errno(&self) -> Errno {
        match self.cause {
            Cause::IllegalKey => Errno::EINVAL,
            Cause::Lookup(errno) | Cause::Removal(errno) | Cause::Unsupported(errno) => errno,
        }
    }

    /// There is no such object (any more).
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self.cause {
            Cause::Lookup(errno) => matches!(errno, Errno::ENOENT | Errno::EIDRM),
            Cause::Removal(errno) => matches!(errno, Errno::EINVAL | Errno::EIDRM),
            Cause::IllegalKey | Cause::Unsupported(_) => false,
        }
    }

    /// Nothing after it is tried: the kernel refused in a way that has nothing to do with this
    /// object.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        match self.cause {
            Cause::IllegalKey => false,
            Cause::Unsupported(_) => true,
            Cause::Lookup(errno) | Cause::Removal(errno) => !matches!(
                errno,
                Errno::ENOENT | Errno::EINVAL | Errno::EIDRM | Errno::EACCES | Errno::EPERM
            ),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Cause::Unsupported(_) = self.cause {
            let kind = match self.kind {
                Kind::Shm => "shared memory",
                Kind::Msg => "message queues",
                Kind::Sem => "semaphores",
            };
            return write!(f, "kernel not configured for {kind}");
        }
        let (what, typed) = match &self.name {
            Some(Name::Id(id)) => ("id", id.to_string()),
            Some(Name::Key(_, typed)) => ("key", typed.clone()),
            None => ("id", String::new()),
        };
        match (self.cause, self.errno()) {
            (Cause::IllegalKey, _) => write!(f, "illegal {what} ({typed})"),
            (_, Errno::EACCES | Errno::EPERM) => {
                write!(f, "permission denied for {what} ({typed})")
            }
            (_, Errno::EIDRM) => write!(f, "already removed {what} ({typed})"),
            (_, Errno::EINVAL | Errno::ENOENT) => write!(f, "invalid {what} ({typed})"),
            (_, errno) => write!(f, "{what} failed: {}", error_text(errno)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Key;

    fn message(name: Name, cause: Cause) -> String {
        let failure =
            Failure { kind: Kind::Shm, name: Some(name), id: Some(Id(7)), details: None, cause };
        failure.to_string()
    }

    #[test]
    fn messages_are_those_of_util_linux() {
        let id = || Name::Id(Id(7));
        let key = || Name::Key(Key(0x77), "0x77".to_owned());
        for (name, cause, text) in [
            (id(), Cause::Removal(Errno::EINVAL), "invalid id (7)"),
            (id(), Cause::Removal(Errno::EPERM), "permission denied for id (7)"),
            (id(), Cause::Removal(Errno::EIDRM), "already removed id (7)"),
            (id(), Cause::Removal(Errno::ENOSYS), "id failed: Function not implemented"),
            (key(), Cause::Lookup(Errno::ENOENT), "invalid key (0x77)"),
            (key(), Cause::Lookup(Errno::EACCES), "permission denied for key (0x77)"),
            (key(), Cause::Removal(Errno::EPERM), "permission denied for key (0x77)"),
            (key(), Cause::Lookup(Errno::ENOSYS), "key failed: Function not implemented"),
            (Name::Key(Key(0), "00".to_owned()), Cause::IllegalKey, "illegal key (00)"),
        ] {
            assert_eq!(message(name, cause), text);
        }
    }

    #[test]
    fn a_kind_that_the_kernel_lacks_ends_the_run() {
        for (kind, text) in [
            (Kind::Shm, "kernel not configured for shared memory"),
            (Kind::Msg, "kernel not configured for message queues"),
            (Kind::Sem, "kernel not configured for semaphores"),
        ] {
            let cause = Cause::Unsupported(Errno::ENOSYS);
            let failure = Failure { kind, name: None, id: None, details: None, cause };
            assert_eq!(failure.to_string(), text);
            assert!(failure.is_fatal() && !failure.is_missing());
        }
    }
}

//! Why an object was not removed, in the wording that scripts match.

use std::fmt;

use super::cause::Cause;
use super::event::Candidate;
use super::other_file::OtherFile;
use super::request::NamedBy;
use crate::model::Family;
use crate::sys::{Errno, error_text};

/// A cause with the object that it concerns: the message.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The object.
    pub candidate: &'a Candidate,
    /// What went wrong.
    pub cause: Cause,
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Cause::Unsupported(_) = self.cause {
            let kind = match self.candidate.kind.family() {
                Family::SharedMemory => "shared memory",
                Family::Queue => "message queues",
                Family::Semaphore => "semaphores",
            };
            return write!(f, "kernel not configured for {kind}");
        }
        if let Some(name) = self.candidate.shown_name() {
            return self.about_name(&name, f);
        }
        let (what, typed) = match &self.candidate.named_by {
            Some(NamedBy::Id(id)) => ("id", id.to_string()),
            Some(NamedBy::Key(_, typed)) => ("key", typed.clone()),
            Some(NamedBy::Word(word)) => return write!(f, "invalid id: {word}"),
            Some(NamedBy::Name(..) | NamedBy::NoName(..)) | None => ("id", String::new()),
        };
        match (self.cause, self.cause.errno()) {
            (Cause::Unread(_), errno) => {
                write!(f, "cannot read {what} ({typed}): {}", error_text(errno))
            }
            (Cause::Permission(_), errno) => {
                let reason = error_text(errno);
                write!(f, "cannot check the permission to remove {what} ({typed}): {reason}")
            }
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

impl Failure<'_> {
    fn about_name(&self, typed: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.cause, self.cause.errno()) {
            (Cause::Unread(_), errno) => {
                write!(f, "cannot read name `{typed}': {}", error_text(errno))
            }
            (Cause::Permission(_), errno) => {
                let reason = error_text(errno);
                write!(f, "cannot check the permission to remove name `{typed}': {reason}")
            }
            (Cause::OtherFile(OtherFile::Semaphore), _) => {
                write!(
                    f,
                    "name `{typed}' is a POSIX semaphore (ipcrm --posix-semaphore removes it)"
                )
            }
            (Cause::OtherFile(other), _) if other.errno() != Errno::EISDIR => {
                write!(f, "name `{typed}' is a {}", other.noun())
            }
            (_, Errno::EACCES | Errno::EPERM) => write!(f, "permission denied for name `{typed}'"),
            (_, Errno::ENAMETOOLONG) => write!(f, "name `{typed}' too long"),
            (_, Errno::ENOENT) => write!(f, "name `{typed}' not found"),
            (_, errno) => write!(f, "name failed: {}", error_text(errno)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Id, Key, Kind};
    use crate::removal::Blocked;

    fn message(kind: Kind, named_by: Option<NamedBy>, cause: Cause) -> String {
        let candidate = Candidate {
            kind,
            named_by,
            id: Some(Id(7)),
            object: None,
            blocked: Blocked::NotCounted,
        };
        Failure { candidate: &candidate, cause }.to_string()
    }

    #[test]
    fn messages_are_those_of_util_linux() {
        let id = || NamedBy::Id(Id(7));
        let key = || NamedBy::Key(Key(0x77), "0x77".to_owned());
        for (name, cause, text) in [
            (id(), Cause::Removal(Errno::EINVAL), "invalid id (7)"),
            (id(), Cause::Removal(Errno::EPERM), "permission denied for id (7)"),
            (id(), Cause::Removal(Errno::EIDRM), "already removed id (7)"),
            (id(), Cause::Removal(Errno::ENOSYS), "id failed: Function not implemented"),
            (key(), Cause::Lookup(Errno::ENOENT), "invalid key (0x77)"),
            (key(), Cause::Lookup(Errno::EACCES), "permission denied for key (0x77)"),
            (key(), Cause::Removal(Errno::EPERM), "permission denied for key (0x77)"),
            (key(), Cause::Lookup(Errno::ENOSYS), "key failed: Function not implemented"),
            (NamedBy::Key(Key(0), "00".to_owned()), Cause::IllegalKey, "illegal key (00)"),
            (NamedBy::Word("shmid".to_owned()), Cause::NotAnId, "invalid id: shmid"),
        ] {
            assert_eq!(message(Kind::Shm, Some(name), cause), text);
        }
    }

    #[test]
    fn what_could_not_be_read_is_not_called_missing_or_denied() {
        for (cause, text) in [
            (Cause::Unread(Errno::EPERM), "cannot read id (7): Operation not permitted"),
            (
                Cause::Permission(Errno::EPERM),
                "cannot check the permission to remove id (7): Operation not permitted",
            ),
        ] {
            assert_eq!(message(Kind::Shm, Some(NamedBy::Id(Id(7))), cause), text);
            assert!(cause.is_unknown() && !cause.is_missing() && !cause.is_fatal());
        }
        assert!(!Cause::Unread(Errno::EINVAL).is_missing());
    }

    #[test]
    fn a_kind_that_the_kernel_lacks_ends_the_run() {
        for (kind, text) in [
            (Kind::Shm, "kernel not configured for shared memory"),
            (Kind::Msg, "kernel not configured for message queues"),
            (Kind::Sem, "kernel not configured for semaphores"),
        ] {
            let cause = Cause::Unsupported(Errno::ENOSYS);
            assert_eq!(message(kind, None, cause), text);
            assert!(cause.is_fatal() && !cause.is_missing());
        }
    }
}

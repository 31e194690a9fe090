//! What went wrong with an object.

use super::other_file::OtherFile;
use crate::sys::Errno;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The key 0, which names no object.
    IllegalKey,
    /// A word that is not an id.
    NotAnId,
    /// The key could not be looked up.
    Lookup(Errno),
    /// The file with this name is not an object of the kind.
    OtherFile(OtherFile),
    /// The object could not be removed. ENOENT: there is no POSIX object with this name.
    Removal(Errno),
    /// The kernel lacks this kind.
    Unsupported(Errno),
    /// The object could not be read, so that it is unknown which one would be removed.
    Unread(Errno),
    /// A dry run could not find out whether the removal is allowed.
    Permission(Errno),
}

impl Cause {
    /// The error number, for programs.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            Cause::IllegalKey | Cause::NotAnId => Errno::EINVAL,
            Cause::OtherFile(other) => other.errno(),
            Cause::Lookup(errno)
            | Cause::Removal(errno)
            | Cause::Unsupported(errno)
            | Cause::Unread(errno)
            | Cause::Permission(errno) => errno,
        }
    }

    /// There is no such object (any more).
    #[must_use]
    pub fn is_missing(self) -> bool {
        match self {
            Cause::Lookup(errno) => matches!(errno, Errno::ENOENT | Errno::EIDRM),
            // No object has a name that is too long.
            Cause::Removal(errno) => {
                matches!(errno, Errno::EINVAL | Errno::EIDRM | Errno::ENOENT | Errno::ENAMETOOLONG)
            }
            Cause::IllegalKey
            | Cause::NotAnId
            | Cause::OtherFile(_)
            | Cause::Unsupported(_)
            | Cause::Unread(_)
            | Cause::Permission(_) => false,
        }
    }

    /// What would have happened is unknown, because something could not be read.
    #[must_use]
    pub fn is_unknown(self) -> bool {
        match self {
            Cause::Unread(_) | Cause::Permission(_) | Cause::Unsupported(_) => true,
            // Only the kernel's own answers say something about the object.
            Cause::Lookup(_) => self.is_fatal(),
            Cause::IllegalKey | Cause::NotAnId | Cause::OtherFile(_) | Cause::Removal(_) => false,
        }
    }

    /// Whether the rest is skipped: the kernel refused for a reason that does not depend on the
    /// object.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        match self {
            Cause::IllegalKey
            | Cause::NotAnId
            | Cause::OtherFile(_)
            | Cause::Unread(_)
            | Cause::Permission(_) => false,
            Cause::Unsupported(_) => true,
            Cause::Lookup(errno) | Cause::Removal(errno) => !matches!(
                errno,
                Errno::ENOENT
                    | Errno::EINVAL
                    | Errno::EIDRM
                    | Errno::EACCES
                    | Errno::EPERM
                    | Errno::ENAMETOOLONG
                    | Errno::EISDIR
                    | Errno::EBUSY
            ),
        }
    }
}

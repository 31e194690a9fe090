//! What went wrong with an object.

use crate::sys::Errno;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The key 0, which names no object.
    IllegalKey,
    /// The key could not be looked up.
    Lookup(Errno),
    /// The object could not be removed.
    Removal(Errno),
    /// The kernel lacks this kind.
    Unsupported(Errno),
}

impl Cause {
    /// The error number, for programs.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            Cause::IllegalKey => Errno::EINVAL,
            Cause::Lookup(errno) | Cause::Removal(errno) | Cause::Unsupported(errno) => errno,
        }
    }

    /// There is no such object (any more).
    #[must_use]
    pub fn is_missing(self) -> bool {
        match self {
            Cause::Lookup(errno) => matches!(errno, Errno::ENOENT | Errno::EIDRM),
            Cause::Removal(errno) => matches!(errno, Errno::EINVAL | Errno::EIDRM),
            Cause::IllegalKey | Cause::Unsupported(_) => false,
        }
    }

    /// Whether the rest is skipped: the kernel refused for a reason that does not depend on the
    /// object.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        match self {
            Cause::IllegalKey => false,
            Cause::Unsupported(_) => true,
            Cause::Lookup(errno) | Cause::Removal(errno) => !matches!(
                errno,
                Errno::ENOENT | Errno::EINVAL | Errno::EIDRM | Errno::EACCES | Errno::EPERM
            ),
        }
    }
}

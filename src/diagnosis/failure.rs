//! What a program sees when a call fails.

/// An error of a call, or the signal that ends the program instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// ENOSPC
    NoSpace,
    /// EINVAL
    Invalid,
    /// ENOMEM
    NoMemory,
    /// EPERM
    NotPermitted,
    /// EACCES
    Denied,
    /// EAGAIN
    Again,
    /// EMFILE
    TooManyFiles,
    /// E2BIG
    TooLong,
    /// EFBIG
    TooLarge,
    /// ERANGE
    OutOfRange,
    /// SIGBUS
    BusError,
    /// SIGKILL
    Killed,
}

impl Failure {
    /// All of them.
    pub const ALL: [Failure; 12] = [
        Failure::NoSpace,
        Failure::Invalid,
        Failure::NoMemory,
        Failure::NotPermitted,
        Failure::Denied,
        Failure::Again,
        Failure::TooManyFiles,
        Failure::TooLong,
        Failure::TooLarge,
        Failure::OutOfRange,
        Failure::BusError,
        Failure::Killed,
    ];

    /// The name in manual pages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Failure::NoSpace => "ENOSPC",
            Failure::Invalid => "EINVAL",
            Failure::NoMemory => "ENOMEM",
            Failure::NotPermitted => "EPERM",
            Failure::Denied => "EACCES",
            Failure::Again => "EAGAIN",
            Failure::TooManyFiles => "EMFILE",
            Failure::TooLong => "E2BIG",
            Failure::TooLarge => "EFBIG",
            Failure::OutOfRange => "ERANGE",
            Failure::BusError => "SIGBUS",
            Failure::Killed => "SIGKILL",
        }
    }

    /// The texts of strerror(3) and strsignal(3): that of glibc, then that of musl if it differs.
    #[must_use]
    pub fn texts(self) -> &'static [&'static str] {
        match self {
            Failure::NoSpace => &["No space left on device"],
            Failure::Invalid => &["Invalid argument"],
            Failure::NoMemory => &["Cannot allocate memory", "Out of memory"],
            Failure::NotPermitted => &["Operation not permitted"],
            Failure::Denied => &["Permission denied"],
            Failure::Again => &["Resource temporarily unavailable"],
            Failure::TooManyFiles => &["Too many open files", "No file descriptors available"],
            Failure::TooLong => &["Argument list too long"],
            Failure::TooLarge => &["File too large"],
            Failure::OutOfRange => &["Numerical result out of range", "Result not representable"],
            Failure::BusError => &["Bus error"],
            Failure::Killed => &["Killed"],
        }
    }

    /// Whether it is a signal, which ends the program without an error of a call.
    #[must_use]
    pub fn is_signal(self) -> bool {
        matches!(self, Failure::BusError | Failure::Killed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{Errno, error_text};

    #[test]
    fn texts_are_those_of_the_c_library() {
        for (failure, errno) in [
            (Failure::NoSpace, Errno::ENOSPC),
            (Failure::Invalid, Errno::EINVAL),
            (Failure::NoMemory, Errno::ENOMEM),
            (Failure::NotPermitted, Errno::EPERM),
            (Failure::Denied, Errno::EACCES),
            (Failure::Again, Errno::EAGAIN),
            (Failure::TooManyFiles, Errno::EMFILE),
            (Failure::TooLong, Errno::E2BIG),
            (Failure::TooLarge, Errno::EFBIG),
            (Failure::OutOfRange, Errno::ERANGE),
        ] {
            assert!(failure.texts().contains(&error_text(errno).as_str()), "{errno}");
            assert_eq!(format!("{errno:?}"), failure.name());
        }
    }
}

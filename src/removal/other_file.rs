//! Files that are where POSIX objects are, and are not objects. Only by their names are some of them
//! removed.

use crate::model::{Body, Content, FileType, Object};
use crate::sys::Errno;

/// What a file is that is not an object of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherFile {
    /// It is not a regular file.
    Type(FileType),
    /// It is named like a semaphore, with other content: a crash, or anybody else, left it.
    NotASemaphore,
    /// A POSIX semaphore, where shared memory was named.
    Semaphore,
}

impl OtherFile {
    /// What the file of an object is, if it is not one.
    #[must_use]
    pub fn of(object: &Object) -> Option<OtherFile> {
        let file_type = object.file().map_or(FileType::Regular, |file| file.file_type);
        match &object.body {
            _ if file_type != FileType::Regular => Some(OtherFile::Type(file_type)),
            Body::Psem(semaphore) if semaphore.content == Content::Foreign => {
                Some(OtherFile::NotASemaphore)
            }
            _ => None,
        }
    }

    /// Whether it goes when it is named: nobody else would remove what a crash left.
    #[must_use]
    pub fn goes_by_name(self) -> bool {
        self == OtherFile::NotASemaphore
    }

    /// The error number, for programs.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            OtherFile::Type(FileType::Directory) => Errno::EISDIR,
            _ => Errno::EINVAL,
        }
    }

    /// What it is.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            OtherFile::Type(FileType::Directory) => "directory",
            OtherFile::Type(FileType::Link) => "symbolic link",
            OtherFile::Type(FileType::Fifo) => "named pipe",
            OtherFile::Type(FileType::Socket) => "socket",
            OtherFile::Type(FileType::Device) => "device",
            OtherFile::Type(FileType::Regular) | OtherFile::NotASemaphore => "file",
            OtherFile::Semaphore => "POSIX semaphore",
        }
    }
}

//! Where objects come from.
//!
//! A [`Source`] hands out objects in batches. [`SystemV`] is the one for System V objects, in the
//! order of the kernel, [`Posix`] that for POSIX objects, in the order of their names, and
//! [`Everything`] has both.

mod at_once;
mod chunks;
mod everything;
mod gap;
mod limits;
mod namespace;
pub mod posix;
mod semaphores;
mod sysv;

use std::io;
use std::ops::ControlFlow;

pub use at_once::read_at_once;
pub use everything::Everything;
pub use gap::{Gap, Gaps, NoQueues};
pub use limits::{limits, usage};
pub use namespace::NamespaceHandle;
pub use posix::{Posix, ShmFiles};
pub use semaphores::read_semaphores;
pub use sysv::SystemV;

use crate::columns::Needs;
use crate::model::{Identity, Kind, Object};
use crate::sys::directory::Directory;

/// Some objects, in the order of the kernel, and the gaps among them.
#[derive(Debug, Default)]
pub struct Batch {
    /// The objects.
    pub objects: Vec<Object>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Takes a batch; `Break` ends the reading.
pub type Take<'a> = &'a mut dyn FnMut(Batch) -> io::Result<ControlFlow<()>>;

/// One object that was looked up.
#[derive(Debug, Default)]
pub struct Lookup {
    /// The object, if it exists.
    pub object: Option<Object>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A source of objects. Several threads may read from it.
pub trait Source: Sync {
    /// Reads all objects of a kind. What could not be read is a gap in the batches.
    ///
    /// # Errors
    /// Only those of `take`.
    fn read(&self, kind: Kind, needs: Needs, take: Take<'_>) -> io::Result<()>;

    /// Looks up one object. If it returns neither an object nor gaps, the object does not exist.
    fn find(&self, identity: &Identity, needs: Needs) -> Lookup;

    /// The open directory with the files of POSIX objects of a kind; `None` if there is none.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn directory(&self, kind: Kind) -> Result<Option<&Directory>, Gap> {
        let _ = kind;
        Ok(None)
    }

    /// About how many objects of a kind there are, if the kernel provides the number cheaply.
    fn estimate(&self, kind: Kind) -> u64;
}

//! POSIX objects, which are files: shared memory and semaphores in /dev/shm, queues in the mqueue
//! file system.

mod files;
mod limits;
mod queue;
mod queues;
mod semaphore;
mod shm_files;

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use super::chunks::{Chunk, Outcome, read_in_pairs, worth_a_thread};
use super::{Batch, Gap, Lookup, Source, Take};
use crate::columns::Needs;
use crate::model::{Identity, Kind, Object};
use crate::proc::ProcRoot;
use crate::sys::directory::Directory;

pub use files::{examine, file_names};
pub use queues::Queues;
pub use semaphore::new_file as new_semaphore;
pub use shm_files::ShmFiles;

/// How many objects are passed on together.
const BATCH: usize = 500;

/// The POSIX objects of a place: the queues of the calling thread's IPC namespace, and the files of
/// a /dev/shm. Both are opened when they are first needed, and stay the same then.
#[derive(Debug)]
pub struct Posix {
    proc: ProcRoot,
    files: ShmFiles,
    shm: OnceLock<nix::Result<Option<Arc<Directory>>>>,
    queues: OnceLock<Queues>,
}

impl Posix {
    /// Nothing is opened yet.
    #[must_use]
    pub fn new(proc: ProcRoot, files: ShmFiles) -> Posix {
        Posix { proc, files, shm: OnceLock::new(), queues: OnceLock::new() }
    }

    /// The names of the files that may be objects of a kind.
    fn names(&self, kind: Kind) -> Result<Vec<Vec<u8>>, Gap> {
        let Some(directory) = self.directory(kind)? else { return Ok(Vec::new()) };
        let names = directory.names().map_err(|error| Gap::Kind { kind, error })?;
        Ok(names.into_iter().filter(|name| file_names(kind, name)).collect())
    }

    fn examine(&self, kind: Kind, file: &[u8], batch: &mut Batch) {
        let examined = match self.directory(kind) {
            Ok(Some(directory)) => examine(directory, kind, file),
            Ok(None) => Ok(None),
            Err(gap) => return batch.gaps.push(gap),
        };
        match examined {
            Ok(object) => batch.objects.extend(object),
            Err(gap) => batch.gaps.push(gap),
        }
    }
}

fn examine_all(directory: &Directory, kind: Kind, files: &[Vec<u8>]) -> Batch {
    let mut batch = Batch::default();
    for file in files {
        match examine(directory, kind, file) {
            Ok(object) => batch.objects.extend(object),
            Err(gap) => batch.gaps.push(gap),
        }
    }
    batch
}

impl Source for Posix {
    fn read(&self, kind: Kind, _needs: Needs, take: Take<'_>) -> io::Result<()> {
        let read = self.names(kind).and_then(|names| Ok((names, self.directory(kind)?)));
        let (names, directory) = match read {
            Ok((names, Some(directory))) => (names, directory),
            Ok((_, None)) => return Ok(()),
            Err(gap) => {
                return take(Batch { objects: Vec::new(), gaps: vec![gap] }).map(|_| ());
            }
        };
        let chunks: Vec<_> = names.chunks(BATCH).collect();
        let make = |at: usize| {
            let names = chunks.get(at).copied().unwrap_or_default();
            Chunk { batch: examine_all(directory, kind, names), misses: 0 }
        };
        let mut pass = |chunk: Chunk| {
            Ok(match take(chunk.batch)? {
                ControlFlow::Continue(()) => Outcome::Done,
                ControlFlow::Break(()) => Outcome::Stopped,
            })
        };
        if worth_a_thread(i32::try_from(names.len()).unwrap_or(i32::MAX)) {
            return read_in_pairs(chunks.len(), make, &mut pass).map(drop);
        }
        for at in 0..chunks.len() {
            if pass(make(at))? != Outcome::Done {
                break;
            }
        }
        Ok(())
    }

    fn find(&self, identity: &Identity, _needs: Needs) -> Lookup {
        let mut batch = Batch::default();
        if let Some(name) = identity.name.posix() {
            self.examine(identity.kind, name.file(), &mut batch);
            if batch.objects.is_empty() && batch.gaps.is_empty() && identity.kind == Kind::Psem {
                self.examine(identity.kind, name.of_musl().file(), &mut batch);
            }
        }
        let mut objects: Vec<Object> = batch.objects;
        Lookup { object: objects.pop(), gaps: batch.gaps }
    }

    fn directory(&self, kind: Kind) -> Result<Option<&Directory>, Gap> {
        if kind == Kind::Pmsg {
            return self.queues.get_or_init(|| Queues::open(&self.proc)).directory();
        }
        if matches!(self.files, ShmFiles::Refused) {
            return Err(Gap::OtherDirectory { kind });
        }
        let opened = self.shm.get_or_init(|| self.files.open());
        let opened = opened.as_ref().map(Option::as_deref);
        opened.map_err(|errno| Gap::Kind { kind, error: *errno })
    }

    fn estimate(&self, kind: Kind) -> u64 {
        let entries = |directory: &Directory| directory.entries().unwrap_or(0);
        self.directory(kind).ok().flatten().map_or(0, entries)
    }
}

//! The source of the objects of every kind.

use std::io;

use super::{Gap, Lookup, NamespaceHandle, Posix, ShmFiles, Source, SystemV, Take};
use crate::columns::Needs;
use crate::model::{Identity, Kind, System};
use crate::proc::ProcRoot;
use crate::sys::directory::Directory;

/// System V and POSIX objects of the calling thread's IPC namespace.
#[derive(Debug)]
pub struct Everything {
    system_v: SystemV,
    /// The POSIX objects.
    pub posix: Posix,
}

impl Everything {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(proc: &ProcRoot, files: ShmFiles) -> Everything {
        Everything {
            system_v: SystemV::new(proc.clone(), NamespaceHandle::current()),
            posix: Posix::new(proc.clone(), files),
        }
    }

    /// The same for one of many namespaces, which are mostly small (see [`SystemV::one_of_many`]).
    #[must_use]
    pub fn one_of_many(self, is_one_of_many: bool) -> Everything {
        Everything { system_v: self.system_v.one_of_many(is_one_of_many), ..self }
    }

    fn of(&self, kind: Kind) -> &dyn Source {
        match kind.system() {
            System::SystemV => &self.system_v,
            System::Posix => &self.posix,
        }
    }
}

impl Source for Everything {
    fn read(&self, kind: Kind, needs: Needs, take: Take<'_>) -> io::Result<()> {
        self.of(kind).read(kind, needs, take)
    }

    fn find(&self, identity: &Identity, needs: Needs) -> Lookup {
        self.of(identity.kind).find(identity, needs)
    }

    fn directory(&self, kind: Kind) -> Result<Option<&Directory>, Gap> {
        self.of(kind).directory(kind)
    }

    fn estimate(&self, kind: Kind) -> u64 {
        self.of(kind).estimate(kind)
    }
}

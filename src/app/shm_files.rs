//! Which /dev/shm belongs to an IPC namespace that was asked for. It belongs to a mount namespace, and
//! several IPC namespaces may share one.

use std::collections::{HashMap, HashSet};

use super::namespaces::NamespaceScope;
use crate::model::{FileId, Kinds};
use crate::namespaces::{self, IpcNamespace, Scope};
use crate::proc::ProcRoot;
use crate::sources::ShmFiles;

/// Whether some of the objects of these kinds are files in /dev/shm.
fn has_files(kinds: Kinds) -> bool {
    kinds.intersects(Kinds::PSHM.and(Kinds::PSEM))
}

/// The files that go with each namespace: those of the process that was named, or of the oldest one.
/// A directory that several namespaces share goes with the first of them.
pub fn of_each(
    proc: &ProcRoot,
    kinds: Kinds,
    scope: &NamespaceScope,
    namespaces: &[IpcNamespace],
) -> HashMap<FileId, ShmFiles> {
    let mut of_each = HashMap::new();
    if !has_files(kinds) {
        return of_each;
    }
    let mut known = HashSet::new();
    for namespace in namespaces {
        let mut files = match scope {
            NamespaceScope::One(Scope::Pid(pid)) => ShmFiles::of_member(proc, *pid, namespace.id),
            _ => of_oldest(proc, namespace),
        };
        // What cannot be opened is reported when it is read.
        let directory = files.open().ok().flatten().and_then(|directory| directory.id().ok());
        if directory.is_some_and(|id| !known.insert(id)) {
            files = ShmFiles::Nowhere;
        }
        of_each.insert(namespace.id, files);
    }
    of_each
}

/// The same for one namespace that was opened.
pub fn of_one(proc: &ProcRoot, kinds: Kinds, scope: &Scope, namespace: FileId) -> ShmFiles {
    match scope {
        _ if !has_files(kinds) => ShmFiles::Nowhere,
        Scope::Pid(pid) => ShmFiles::of_member(proc, *pid, namespace),
        Scope::Path(_) => match namespaces::find(proc, scope) {
            Ok(found) if found.id == namespace => of_oldest(proc, &found),
            _ => ShmFiles::Nowhere,
        },
    }
}

fn of_oldest(proc: &ProcRoot, namespace: &IpcNamespace) -> ShmFiles {
    match &namespace.oldest {
        _ if namespace.is_current => ShmFiles::Own,
        Some(oldest) => ShmFiles::of_member(proc, oldest.pid, namespace.id),
        None => ShmFiles::Nowhere,
    }
}

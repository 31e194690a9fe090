//! Which /dev/shm is shown with which IPC namespace. It belongs to a mount namespace, and several IPC
//! namespaces may share one.

use std::collections::{HashMap, HashSet};

use crate::app::namespaces::NamespaceScope;
use crate::model::{FileId, Kinds};
use crate::namespaces::{IpcNamespace, Scope};
use crate::proc::ProcRoot;
use crate::sources::ShmFiles;

/// The files to show with each namespace: those of the process that was named, or of the oldest one.
/// A directory that several namespaces share is shown once, with the first of them.
pub fn of_each(
    proc: &ProcRoot,
    kinds: Kinds,
    scope: &NamespaceScope,
    namespaces: &[IpcNamespace],
) -> HashMap<FileId, ShmFiles> {
    let mut of_each = HashMap::new();
    if !kinds.intersects(Kinds::PSHM.and(Kinds::PSEM)) {
        return of_each;
    }
    let mut shown = HashSet::new();
    for namespace in namespaces {
        let mut files = of_one(scope, namespace);
        // What cannot be opened is reported when it is read.
        let directory = files.open(proc).ok().flatten().and_then(|directory| directory.id().ok());
        if directory.is_some_and(|id| !shown.insert(id)) {
            files = ShmFiles::Nowhere;
        }
        of_each.insert(namespace.id, files);
    }
    of_each
}

fn of_one(scope: &NamespaceScope, namespace: &IpcNamespace) -> ShmFiles {
    match (scope, &namespace.oldest) {
        (NamespaceScope::One(Scope::Pid(pid)), _) => ShmFiles::OfProcess(*pid),
        _ if namespace.is_current => ShmFiles::Own,
        (_, Some(oldest)) => ShmFiles::OfProcess(oldest.pid),
        (_, None) => ShmFiles::Nowhere,
    }
}

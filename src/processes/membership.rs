//! Which IPC namespaces a process is in: each of its threads has its own.

use std::io;

use super::mappings::is_gone;
use super::visibility::{Hidden, Visibility};
use crate::model::FileId;
use crate::proc::ProcRoot;
use crate::sys::{Errno, errno_of};

/// Whether a process or thread is in an IPC namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Yes,
    No,
    /// It could not be read.
    Unknown(Errno),
}

/// The IPC namespaces of a process or thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Membership {
    ids: Vec<FileId>,
    /// A kernel without namespaces has one for all processes.
    everywhere: bool,
    /// Why a namespace could not be read.
    unknown: Option<Errno>,
}

impl Membership {
    /// Whether this namespace is one of them.
    pub(super) fn of(&self, namespace: Option<FileId>) -> Member {
        if self.everywhere || namespace.is_some_and(|id| self.ids.contains(&id)) {
            return Member::Yes;
        }
        self.unknown.map_or(Member::No, Member::Unknown)
    }

    fn unknown(errno: Errno) -> Membership {
        Membership { unknown: Some(errno), ..Membership::default() }
    }
}

/// Reads the namespaces of processes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members<'a> {
    pub root: &'a ProcRoot,
    pub view: &'a Visibility,
    /// Whether only the namespace of the view matters, so that the search ends when it is found.
    pub only_own: bool,
}

impl Members<'_> {
    /// The namespaces of all threads of a process.
    pub(super) fn of_process(&self, pid: i32) -> Membership {
        let mut found = match self.of_thread(&format!("{pid}/ns/ipc")) {
            Ok(found) if found.unknown.is_some() || found.everywhere => return found,
            Ok(found) if self.only_own && found.of(self.view.ipc_namespace) == Member::Yes => {
                return found;
            }
            Ok(found) => found,
            // The first thread has exited.
            Err(_) => Membership::default(),
        };
        let threads = match self.root.threads(pid) {
            Ok(threads) => threads,
            Err(error) if is_gone(&error) => return found,
            Err(error) => return Membership { unknown: Some(errno_of(&error)), ..found },
        };
        if threads == [pid] {
            return found;
        }
        for tid in threads {
            let Ok(of_thread) = self.of_thread(&format!("{pid}/task/{tid}/ns/ipc")) else {
                continue;
            };
            // A thread with another user may be unreadable even if the first one is readable.
            found.unknown = found.unknown.or(of_thread.unknown);
            let is_known = |id: &FileId| found.ids.contains(id);
            let new: Vec<FileId> = of_thread.ids.into_iter().filter(|id| !is_known(id)).collect();
            found.ids.extend(new);
            if self.only_own && found.of(self.view.ipc_namespace) == Member::Yes {
                break;
            }
        }
        found
    }

    /// The namespace of the thread with this namespace file.
    ///
    /// # Errors
    /// ENOENT, ESRCH: it has exited.
    pub(super) fn of_thread(&self, path: &str) -> io::Result<Membership> {
        if self.view.ipc_namespace.is_none() {
            // In another namespace's /proc nothing is known.
            let unknown =
                self.view.ipc_namespace_unreadable || self.view.hidden == Some(Hidden::OtherProc);
            return Ok(match unknown {
                true => Membership::unknown(Errno::EACCES),
                false => Membership { everywhere: true, ..Membership::default() },
            });
        }
        let thread = path.strip_suffix("/ns/ipc").unwrap_or(path);
        let namespace = self.root.file_id(path);
        match namespace.map_err(|error| self.root.reason_of_denial(thread, error)) {
            Ok(namespace) => Ok(Membership { ids: vec![namespace], ..Membership::default() }),
            Err(error) if is_gone(&error) => Err(error),
            Err(error) => Ok(Membership::unknown(errno_of(&error))),
        }
    }
}

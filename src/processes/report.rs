//! Everything that `-P` shows of one object.

use std::collections::BTreeMap;

use super::files::FileUser;
use super::findings::Attachment;
use super::inspector::Inspector;
use super::mappings::{Access, Mapping};
use super::process_info::Process;
use super::verdict::{Gap, PidField, Recorded, Verdicts};
use super::waits::Waiter;
use crate::model::{Key, Kind, Object, Semaphore};

/// How a process uses an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It has the segment attached.
    Attached,
    /// It has the file of a POSIX object mapped.
    Mapped,
    /// One of its threads is blocked on the object.
    Waiting,
    /// It has the file of a POSIX object open.
    Open,
    /// It created the segment.
    Creator,
    /// It used the object last, as far as the kernel recorded it.
    Last,
}

impl Role {
    /// The word of JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Attached => "attached",
            Role::Mapped => "mapped",
            Role::Open => "open",
            Role::Waiting => "waiting",
            Role::Creator => "creator",
            Role::Last => "last",
        }
    }
}

/// A live process that uses an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// User and command.
    pub process: Process,
    /// How it uses the object, in the order of [`Role`].
    pub roles: Vec<Role>,
    /// How it may use the memory, when it has it attached or mapped.
    pub access: Option<Access>,
    /// Where it has the memory, by address.
    pub mappings: Vec<Mapping>,
    /// What its threads wait for, by thread.
    pub waits: Vec<Waiter>,
}

/// The live processes that use an object, by pid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Users {
    /// The kind of the object: it decides how a process can use it.
    pub kind: Kind,
    /// The processes.
    pub list: Vec<User>,
}

/// The pids that the kernel recorded in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPids {
    /// The kind of the object.
    pub kind: Kind,
    /// Whether all of them could be read: those of a set need read permission.
    pub complete: bool,
    /// The pids. Of a set each number once, without 0 for "never".
    pub list: Vec<Recorded>,
}

/// Which processes use an object, and the verdicts that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The live processes that use it, by pid.
    pub users: Users,
    /// How many processes have a segment attached, or a POSIX object open or mapped, as far as
    /// visible.
    pub attached: Option<u64>,
    /// Sets and queues, also POSIX queues: how many threads are blocked. For a readable set it is the kernel's number,
    /// otherwise the number found.
    pub waiting: Option<u64>,
    /// Why `users` may lack some; `None`: it is complete (`processes_complete`).
    pub gap: Option<Gap>,
    /// The recorded pids.
    pub recorded: RecordedPids,
    /// The key that a segment was created with. The kernel clears it on removal, so the key of a
    /// segment marked for destruction is known only if its mappings are visible.
    pub original_key: Option<Key>,
    /// Sets that may be read: who operated each semaphore last, and how many wait.
    pub semaphores: Option<Vec<Semaphore>>,
    /// The keepers of an object whose verdicts are uncertain, by pid.
    pub keepers: Vec<Process>,
    /// Whether it is in use or orphaned, and why.
    pub verdicts: Verdicts,
}

impl Report {
    /// Whether processes are missing for this object alone, and not because of a restriction of the
    /// whole scan.
    #[must_use]
    pub fn own_gap(&self) -> Option<Gap> {
        self.gap.filter(|gap| matches!(gap, Gap::Mappings { .. } | Gap::Waiters { .. }))
    }

    /// The key that the object was created with, if the kernel has cleared it.
    #[must_use]
    pub fn lost_key(&self, object: &Object) -> Option<Key> {
        self.original_key.filter(|key| *key != Key::PRIVATE && object.key != Some(*key))
    }

    /// How many threads are blocked, if that is certain: for a readable set the kernel reports it.
    #[must_use]
    pub fn known_waiting(&self) -> Option<u64> {
        self.waiting.filter(|_| self.gap.is_none() || self.semaphores.is_some())
    }
}

/// Groups the uses of an object by process.
#[derive(Default)]
pub(super) struct UsersByPid {
    by_pid: BTreeMap<i32, Found>,
}

#[derive(Default)]
struct Found {
    roles: Vec<Role>,
    mappings: Vec<Mapping>,
    waits: Vec<Waiter>,
}

impl UsersByPid {
    pub(super) fn attached(&mut self, all: &[Attachment]) {
        for one in all {
            let found = self.by_pid.entry(one.pid).or_default();
            found.roles.push(Role::Attached);
            found.mappings.extend_from_slice(&one.mappings);
        }
    }

    pub(super) fn files(&mut self, all: &[FileUser]) {
        for FileUser { pid, open, mappings } in all {
            let found = self.by_pid.entry(*pid).or_default();
            found.roles.extend((!mappings.is_empty()).then_some(Role::Mapped));
            found.roles.extend(open.then_some(Role::Open));
            found.mappings.extend_from_slice(mappings);
        }
    }

    pub(super) fn waiting(&mut self, all: &[Waiter]) {
        for one in all {
            let found = self.by_pid.entry(one.pid).or_default();
            found.roles.push(Role::Waiting);
            found.waits.push(one.clone());
        }
    }

    pub(super) fn recorded(&mut self, all: &[Recorded]) {
        for one in all.iter().filter(|one| one.alive.known() == Some(true)) {
            let role = if one.field == PidField::Cpid { Role::Creator } else { Role::Last };
            self.by_pid.entry(one.pid).or_default().roles.push(role);
        }
    }

    /// Looks up each process; one that has exited meanwhile is left out.
    pub(super) fn into_users(self, kind: Kind, inspector: &mut Inspector) -> Users {
        inspector.read_processes(&self.by_pid.keys().copied().collect::<Vec<i32>>());
        let mut list = Vec::with_capacity(self.by_pid.len());
        for (pid, mut found) in self.by_pid {
            let Some(process) = inspector.process(pid) else { continue };
            found.roles.sort_unstable();
            found.roles.dedup();
            list.push(User {
                process,
                roles: found.roles,
                access: found.mappings.iter().map(|map| map.access).max(),
                mappings: found.mappings,
                waits: found.waits,
            });
        }
        Users { kind, list }
    }
}

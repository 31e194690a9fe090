//! What a walk over /proc looks for, and what it found.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::census::Census;
use super::files::FileUsers;
use super::mappings::{Mapping, MapsSource};
use super::visibility::Hidden;
use super::waits::Waiter;
use crate::model::{Id, Kind, Kinds};
use crate::sys::Errno;

/// What a walk looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanRequest {
    /// Processes that have segments attached: 10 to 20 us a process.
    pub attachers: bool,
    /// Threads blocked on semaphores: 10 us a thread.
    pub sem_waiters: bool,
    /// Threads blocked on queues: 10 us a thread, together with those on semaphores.
    pub msg_waiters: bool,
    /// Processes that have files open: 10 us, and 1 us for each descriptor.
    pub open_files: bool,
    /// Processes that have files mapped: 10 to 30 us a process.
    pub mapped_files: bool,
    /// Threads blocked on POSIX queues, as those on System V queues.
    pub pmsg_waiters: bool,
    /// The operations of blocked threads, and the command lines of all processes that were found.
    /// Both are read from the memory of these processes.
    pub details: bool,
    /// All live processes: their users, groups, parents and start times. About 40 us a process.
    pub census: bool,
    /// How mappings are read.
    pub maps: MapsSource,
}

impl ScanRequest {
    /// For `ipcs -P` of these kinds.
    #[must_use]
    pub fn processes(kinds: Kinds) -> ScanRequest {
        // A deadlock may involve both sets and queues.
        let waits = kinds.intersects(Kinds::SEM.and(Kinds::MSG));
        ScanRequest {
            attachers: kinds.contains(Kind::Shm),
            sem_waiters: waits,
            msg_waiters: waits,
            details: true,
            ..ScanRequest::in_use(kinds)
        }
    }

    /// For the verdicts: in use, orphaned.
    #[must_use]
    pub fn in_use(kinds: Kinds) -> ScanRequest {
        ScanRequest { census: !kinds.is_empty(), ..ScanRequest::file_users(kinds) }
    }

    /// For `--unused`: the kernel counts the mappings of segments, and whoever may come back to a
    /// POSIX object does not matter.
    #[must_use]
    pub fn unused(kinds: Kinds) -> ScanRequest {
        let census = kinds.intersects(Kinds::SEM.and(Kinds::MSG));
        ScanRequest { census, ..ScanRequest::file_users(kinds) }
    }

    /// For `--used-by`: the processes that have objects attached, open or mapped, and blocked
    /// threads.
    #[must_use]
    pub fn users(kinds: Kinds) -> ScanRequest {
        ScanRequest { attachers: kinds.contains(Kind::Shm), ..ScanRequest::file_users(kinds) }
    }

    /// Only threads that are blocked on objects of these kinds.
    #[must_use]
    pub fn waiters(kinds: Kinds) -> ScanRequest {
        ScanRequest {
            sem_waiters: kinds.contains(Kind::Sem),
            msg_waiters: kinds.contains(Kind::Msg),
            pmsg_waiters: kinds.contains(Kind::Pmsg),
            ..ScanRequest::default()
        }
    }

    /// Blocked threads, and who has the files of POSIX objects of these kinds. A queue cannot be
    /// mapped.
    fn file_users(kinds: Kinds) -> ScanRequest {
        ScanRequest {
            open_files: kinds.intersects(Kinds::POSIX),
            mapped_files: kinds.intersects(Kinds::PSHM.and(Kinds::PSEM)),
            ..ScanRequest::waiters(kinds)
        }
    }

    /// Both requests in one walk.
    #[must_use]
    pub fn and(self, other: ScanRequest) -> ScanRequest {
        ScanRequest {
            attachers: self.attachers || other.attachers,
            sem_waiters: self.sem_waiters || other.sem_waiters,
            msg_waiters: self.msg_waiters || other.msg_waiters,
            open_files: self.open_files || other.open_files,
            mapped_files: self.mapped_files || other.mapped_files,
            pmsg_waiters: self.pmsg_waiters || other.pmsg_waiters,
            details: self.details || other.details,
            census: self.census || other.census,
            maps: self.maps,
        }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !(self.attachers || self.census || self.files() || self.waits())
    }

    pub(super) fn waits(&self) -> bool {
        self.sem_waiters || self.msg_waiters || self.pmsg_waiters
    }

    pub(super) fn files(&self) -> bool {
        self.open_files || self.mapped_files
    }
}

/// A process with mappings that look like those of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The process.
    pub pid: i32,
    /// Whether one of its threads is in this IPC namespace. If none is, its mappings are those of
    /// another namespace's segment, or it left this one while attached.
    pub member: bool,
    /// The mappings, by address.
    pub mappings: Vec<Mapping>,
}

/// Processes that could not be inspected, and why.
pub type Denied = BTreeMap<i32, Errno>;

/// What a walk found, and what it could not inspect.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What the walk looked for.
    pub request: ScanRequest,
    /// Candidates by segment id; `Inspector::attached` decides which of them are real.
    pub attachments: HashMap<Id, Vec<Attachment>>,
    /// Threads within semop(2) on sets of this IPC namespace.
    pub sem_waiters: HashMap<Id, Vec<Waiter>>,
    /// Threads blocked on queues of this IPC namespace.
    pub msg_waiters: HashMap<Id, Vec<Waiter>>,
    /// When files began to be looked for: those with a later change are newer.
    pub began: Option<(i64, i64)>,
    /// Who uses which files, in whatever IPC namespace.
    pub files: Arc<FileUsers>,
    /// All live processes.
    pub census: Census,
    /// Processes whose mappings could not be read.
    pub denied_maps: Denied,
    /// Processes whose descriptors could not be read.
    pub denied_files: Denied,
    /// Processes whose threads could not be inspected.
    pub denied_waits: Denied,
    /// Processes whose users could not be read.
    pub denied_census: Denied,
    /// Why others may be invisible.
    pub hidden: Option<Hidden>,
    /// Processes started and exited so fast that no list was complete.
    pub unsettled: bool,
    /// The device of shared memory is unknown, so that no mapping could be recognised.
    pub no_device: bool,
    /// The kernel does not show which system call a thread is blocked in.
    pub no_syscall: bool,
}

impl Findings {
    /// All processes that could not be inspected for any reason.
    #[must_use]
    pub fn denied(&self) -> Denied {
        let Findings { denied_maps, denied_files, denied_waits, denied_census, .. } = self;
        let all = [denied_maps, denied_files, denied_waits, denied_census];
        all.into_iter().flatten().map(|(pid, errno)| (*pid, *errno)).collect()
    }

    /// The processes that were found to use an object.
    pub(super) fn users(&self) -> BTreeSet<i32> {
        let attached = self.attachments.values().flatten().map(|one| one.pid);
        let waiting = self.sem_waiters.values().chain(self.msg_waiters.values()).flatten();
        let files = self.files.users.values().flatten().map(|one| one.pid);
        attached.chain(waiting.map(|one| one.pid)).chain(files).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Kinds = Kinds::SYSTEM_V;

    /// What a request looks for: mappings, waiters on sets and on queues, details, users.
    fn wanted(request: ScanRequest) -> [bool; 5] {
        let ScanRequest { attachers, sem_waiters, msg_waiters, details, census, .. } = request;
        [attachers, sem_waiters, msg_waiters, details, census]
    }

    /// What a request looks for because of POSIX objects: descriptors, mappings, waiters.
    fn wanted_files(request: ScanRequest) -> [bool; 3] {
        [request.open_files, request.mapped_files, request.pmsg_waiters]
    }

    #[test]
    fn files_are_looked_for_only_because_of_posix_objects() {
        use ScanRequest as Scan;
        for request in [Scan::processes, Scan::in_use, Scan::unused, Scan::users] {
            assert_eq!(wanted_files(request(Kinds::SYSTEM_V)), [false; 3]);
            assert_eq!(wanted_files(request(Kinds::PSHM)), [true, true, false]);
            assert_eq!(wanted_files(request(Kinds::PSEM)), [true, true, false]);
            assert_eq!(wanted_files(request(Kinds::PMSG)), [true, false, true]);
            assert!(!request(Kinds::PSHM).is_empty());
            let both = request(Kinds::PSHM).and(request(Kinds::PMSG));
            assert_eq!(wanted_files(both), [true; 3]);
            let both = request(Kinds::PMSG).and(request(Kinds::PSEM));
            assert_eq!(wanted_files(both), [true; 3]);
        }
        assert_eq!(wanted_files(Scan::waiters(Kinds::POSIX)), [false, false, true]);
        // Whoever may come back to an unused object does not matter.
        let census = |request: fn(Kinds) -> Scan| request(Kinds::POSIX).census;
        assert_eq!([Scan::in_use, Scan::unused, Scan::users].map(census), [true, false, false]);
        assert_eq!(wanted(Scan::processes(Kinds::POSIX)), [false, false, false, true, true]);
    }

    #[test]
    fn a_request_looks_for_what_its_kinds_need() {
        let [yes, no] = [true, false];
        for (request, expected) in [
            (ScanRequest::processes(Kinds::SHM), [yes, no, no, yes, yes]),
            // A deadlock may involve both.
            (ScanRequest::processes(Kinds::SEM), [no, yes, yes, yes, yes]),
            (ScanRequest::processes(Kinds::MSG), [no, yes, yes, yes, yes]),
            (ScanRequest::in_use(ALL), [no, yes, yes, no, yes]),
            (ScanRequest::in_use(Kinds::SHM), [no, no, no, no, yes]),
            (ScanRequest::in_use(Kinds::NONE), [no; 5]),
            (ScanRequest::unused(Kinds::SHM), [no; 5]),
            (ScanRequest::unused(Kinds::MSG), [no, no, yes, no, yes]),
            (ScanRequest::unused(Kinds::SEM), [no, yes, no, no, yes]),
            (ScanRequest::waiters(ALL), [no, yes, yes, no, no]),
            (ScanRequest::users(ALL), [yes, yes, yes, no, no]),
            (ScanRequest::users(Kinds::SHM), [yes, no, no, no, no]),
            (ScanRequest::users(Kinds::MSG), [no, no, yes, no, no]),
        ] {
            assert_eq!(wanted(request), expected);
            assert_eq!(request.is_empty(), expected == [no; 5]);
            assert_eq!(request.waits(), expected[1] || expected[2]);
        }
    }

    #[test]
    fn two_requests_together_look_for_everything_of_both() {
        let none = ScanRequest::default();
        let each = [
            ScanRequest { attachers: true, ..none },
            ScanRequest { sem_waiters: true, ..none },
            ScanRequest { msg_waiters: true, ..none },
            ScanRequest { details: true, ..none },
            ScanRequest { census: true, ..none },
        ];
        for (at, a) in each.into_iter().enumerate() {
            for (other, b) in each.into_iter().enumerate() {
                let expected: Vec<bool> = (0..5).map(|bit| bit == at || bit == other).collect();
                assert_eq!(wanted(a.and(b)), expected[..]);
            }
        }
    }
}

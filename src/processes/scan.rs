//! One pass over /proc for what is asked, and nothing else.
//!
//! A process that vanishes meanwhile is no error; one that may not be looked at is noted.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::attach::{Mapping, MapsSource};
use super::pass::Pass;
use super::people::Process;
use super::visibility::{Hidden, Visibility};
use super::waits::Waiter;
use crate::model::{Id, Kind, Kinds};
use crate::proc::ProcRoot;
use crate::sys::devices::{ShmDevice, shm_devices};

/// How often the list of processes is read again for those that came meanwhile. Where a hundred
/// start in a second, two or three times do.
const ROUNDS: usize = 20;

/// What a scan looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Who has segments attached: 10 to 20 us a process.
    pub attachers: bool,
    /// Who is blocked on semaphores: 10 us a thread.
    pub sem_waiters: bool,
    /// Who is blocked on queues: 10 us a thread, the same pass.
    pub msg_waiters: bool,
    /// Who is stopped within semop(2), as far as may be seen: the kernel counts everyone else, so
    /// that it does not matter who may not be looked at. The same pass.
    pub sem_stopped: bool,
    /// Whose processes live in this IPC namespace: about 20 us a process.
    pub uids: bool,
    /// Also who the processes are that have segments attached or are blocked: 10 us each, less
    /// than when asked later, because several threads share it.
    pub people: bool,
    /// How the mappings are read.
    pub maps: MapsSource,
}

impl Request {
    /// For `ipcs -P` of these kinds.
    #[must_use]
    pub fn processes(kinds: Kinds) -> Request {
        Request {
            attachers: kinds.contains(Kind::Shm),
            people: true,
            ..Request::waiters(kinds).and(Request::orphans(kinds))
        }
    }

    /// For `--orphaned` and its columns: segments need no scan.
    #[must_use]
    pub fn orphans(kinds: Kinds) -> Request {
        let uids = kinds.intersects(Kinds::SEM.and(Kinds::MSG));
        Request { uids, ..Request::in_use(kinds) }
    }

    /// For `--unused` and the in-use check: of segments the kernel tells everything.
    #[must_use]
    pub fn in_use(kinds: Kinds) -> Request {
        Request {
            msg_waiters: kinds.contains(Kind::Msg),
            sem_stopped: kinds.contains(Kind::Sem),
            ..Request::default()
        }
    }

    /// Only who is blocked, on objects of these kinds.
    #[must_use]
    pub fn waiters(kinds: Kinds) -> Request {
        Request {
            sem_waiters: kinds.contains(Kind::Sem),
            msg_waiters: kinds.contains(Kind::Msg),
            ..Request::default()
        }
    }

    /// Both requests in one pass.
    #[must_use]
    pub fn and(self, other: Request) -> Request {
        Request {
            attachers: self.attachers || other.attachers,
            sem_waiters: self.sem_waiters || other.sem_waiters,
            msg_waiters: self.msg_waiters || other.msg_waiters,
            sem_stopped: self.sem_stopped || other.sem_stopped,
            uids: self.uids || other.uids,
            people: self.people || other.people,
            maps: self.maps,
        }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !(self.attachers || self.uids || self.waits())
    }

    pub(super) fn waits(&self) -> bool {
        self.semops() || self.msg_waiters
    }

    pub(super) fn semops(&self) -> bool {
        self.sem_waiters || self.sem_stopped
    }
}

/// A process with mappings that look like those of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The process.
    pub pid: i32,
    /// Whether one of its threads is in our IPC namespace. If none is, its mappings are those of
    /// another namespace's segment, or it has left ours while attached.
    pub member: bool,
    /// The mappings, by address.
    pub mappings: Vec<Mapping>,
}

/// What was found, and what could not be looked at.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What was looked for.
    pub request: Request,
    /// Candidates by segment id; `Inspector::attached` tells which of them are real.
    pub attachments: HashMap<Id, Vec<Attachment>>,
    /// Threads within semop(2) on sets of this IPC namespace.
    pub sem_waiters: HashMap<Id, Vec<Waiter>>,
    /// Threads blocked on queues of this IPC namespace.
    pub msg_waiters: HashMap<Id, Vec<Waiter>>,
    /// For each real, effective or saved uid a process of this IPC namespace that has it.
    pub live_uids: HashMap<u32, i32>,
    /// The same of processes whose namespace could not be looked at.
    pub maybe_live_uids: HashMap<u32, i32>,
    /// Who the processes are that were found, in no order.
    pub people: Vec<Process>,
    /// Processes whose mappings could not be looked at.
    pub denied_maps: BTreeSet<i32>,
    /// Processes whose threads could not be looked at.
    pub denied_waits: BTreeSet<i32>,
    /// Processes whose uids could not be looked at.
    pub denied_uids: BTreeSet<i32>,
    /// Why others may be out of sight.
    pub hidden: Option<Hidden>,
    /// Processes came and went so fast that no list had them all.
    pub unsettled: bool,
    /// The device of shared memory is unknown, so that no mapping could be recognised.
    pub no_device: bool,
    /// The kernel does not tell in which call a thread is blocked.
    pub no_syscall: bool,
}

impl Scan {
    /// Passes over all processes.
    #[must_use]
    pub fn run(root: &ProcRoot, view: &Visibility, request: Request) -> Scan {
        let devices = if request.attachers { shm_devices() } else { Vec::new() };
        Scan::with_devices(root, view, request, &devices)
    }

    /// The same with the devices that count as those of shared memory.
    #[must_use]
    pub fn with_devices(
        root: &ProcRoot,
        view: &Visibility,
        request: Request,
        devices: &[ShmDevice],
    ) -> Scan {
        let mut scan = Scan { request, hidden: view.hidden, ..Scan::default() };
        scan.no_device = request.attachers && devices.is_empty();
        // Kernels without CONFIG_HAVE_ARCH_TRACEHOOK lack the file.
        scan.no_syscall = request.waits() && view.system && root.metadata("self/syscall").is_err();
        if request.is_empty() {
            return scan;
        }
        let pass = Pass::new(root, view, request, devices);
        let mut seen = HashSet::new();
        for round in 0.. {
            let Ok(mut pids) = root.numbers("") else {
                scan.hidden = Some(Hidden::NoProc);
                return scan;
            };
            pids.retain(|pid| seen.insert(*pid));
            if pids.is_empty() {
                break;
            }
            pass.run(&pids, &mut scan);
            // Mappings need no second look: nattch tells whether some are missing.
            if !request.uids && !request.waits() {
                break;
            }
            // A process that forks and exits is in one list no more and its child not yet: only
            // a list with nobody new has everybody.
            if round == ROUNDS {
                scan.unsettled = true;
                break;
            }
        }
        scan.sort();
        scan
    }

    /// All processes that could not be looked at for one reason or another.
    #[must_use]
    pub fn denied(&self) -> usize {
        let all = [&self.denied_maps, &self.denied_waits, &self.denied_uids];
        all.into_iter().flatten().collect::<BTreeSet<_>>().len()
    }

    pub(super) fn merge(&mut self, other: Scan) {
        for (id, found) in other.attachments {
            self.attachments.entry(id).or_default().extend(found);
        }
        for (id, found) in other.sem_waiters {
            self.sem_waiters.entry(id).or_default().extend(found);
        }
        for (id, found) in other.msg_waiters {
            self.msg_waiters.entry(id).or_default().extend(found);
        }
        self.people.extend(other.people);
        self.live_uids.extend(other.live_uids);
        self.maybe_live_uids.extend(other.maybe_live_uids);
        self.denied_maps.extend(other.denied_maps);
        self.denied_waits.extend(other.denied_waits);
        self.denied_uids.extend(other.denied_uids);
    }

    fn sort(&mut self) {
        for found in self.attachments.values_mut() {
            found.sort_unstable_by_key(|attachment| attachment.pid);
        }
        for found in self.sem_waiters.values_mut().chain(self.msg_waiters.values_mut()) {
            found.sort_unstable_by_key(|waiter| (waiter.pid, waiter.tid));
        }
    }
}

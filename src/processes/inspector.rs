//! What is known about processes: the findings of the last walk over /proc, and the kernel's
//! answers about single pids.

use std::collections::{BTreeSet, HashMap};

use super::attribution::{Attached, attribute};
use super::census::Claims;
use super::findings::{Denied, Findings, ScanRequest};
use super::liveness::Liveness;
use super::mappings::is_gone;
use super::process_info::{Process, read_processes};
use super::verdict::Gap;
use super::visibility::Visibility;
use super::waits::{Waiter, read_call};
use super::walk::{Walk, walk};
use crate::model::{Id, Kind, OVERFLOW_ID, Object};
use crate::proc::ProcRoot;
use crate::sys::{Errno, errno_of};

/// What is known about processes, as seen from the IPC namespace of the thread that created it.
#[derive(Debug)]
pub struct Inspector {
    root: ProcRoot,
    view: Visibility,
    pub(super) liveness: Liveness,
    scan: Findings,
    known: HashMap<i32, Option<Process>>,
}

impl Inspector {
    /// Determines what is visible; no process is inspected yet. The running program is never
    /// counted.
    #[must_use]
    pub fn new(root: ProcRoot) -> Inspector {
        let view = Visibility::of(&root);
        Inspector::with_view(root, view)
    }

    /// The same with another visibility.
    #[must_use]
    pub fn with_view(root: ProcRoot, view: Visibility) -> Inspector {
        let liveness = Liveness::new(root.clone(), view);
        Inspector { root, view, liveness, scan: Findings::default(), known: HashMap::new() }
    }

    /// Walks once over all processes. The result of an earlier walk is discarded.
    pub fn scan(&mut self, request: ScanRequest) -> &Findings {
        let boot = if request.census { self.liveness.boot_time() } else { None };
        self.set_scan(walk(&self.root, &self.view, request, boot))
    }

    /// Takes what a walk for all namespaces found in this one.
    pub fn take_from(&mut self, walk: &Walk) -> &Findings {
        self.set_scan(walk.findings_of(&self.view))
    }

    /// Takes the result of a walk that was done elsewhere.
    pub fn set_scan(&mut self, scan: Findings) -> &Findings {
        self.known.clear();
        self.scan = scan;
        if self.scan.request.details {
            let pids: Vec<i32> = self.scan.users().into_iter().collect();
            self.read_processes(&pids);
        }
        &self.scan
    }

    /// Walks over all processes for every IPC namespace.
    #[must_use]
    pub fn walk_all(&mut self, request: ScanRequest) -> Walk {
        let boot = if request.census { self.liveness.boot_time() } else { None };
        Walk::of_all(&self.root, &self.view, request, boot)
    }

    /// What the last walk found.
    #[must_use]
    pub fn found(&self) -> &Findings {
        &self.scan
    }

    /// What is visible to this program.
    #[must_use]
    pub fn view(&self) -> &Visibility {
        &self.view
    }

    /// What the last walk and the questions about single processes could not find out.
    fn gaps(&self) -> impl Iterator<Item = Gap> {
        let Findings { request, hidden, unsettled, no_device, no_syscall, .. } = &self.scan;
        let of_walk = [
            denied(&self.scan.denied()),
            hidden.map(Gap::Hidden),
            unsettled.then_some(Gap::Unsettled),
            no_device.then_some(Gap::NoDevice),
            no_syscall.then_some(Gap::NoSyscall),
        ];
        let was_walked = !request.is_empty();
        let of_pids = self.liveness.failure();
        let of_pids = of_pids.map(|(count, errno)| Gap::Denied { count, errno });
        // The walk has already reported the processes that it was not permitted to inspect.
        let of_pids = of_pids.filter(|gap| !was_walked || gap.is_failure());
        let invisible = self.liveness.out_of_sight().filter(|_| !was_walked).map(Gap::Hidden);
        let of_walk = of_walk.into_iter().flatten().filter(move |_| was_walked);
        of_walk.chain(of_pids).chain(invisible)
    }

    /// One line for people, if something could not be inspected: why, and how to see it.
    #[must_use]
    pub fn out_of_sight(&self) -> Option<String> {
        let gaps: Vec<Gap> = self.gaps().collect();
        let remedies: BTreeSet<&str> = gaps.iter().filter_map(Gap::remedy).collect();
        let remedies = remedies.into_iter().map(str::to_owned);
        let lines: Vec<String> = gaps.iter().map(Gap::to_string).chain(remedies).collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }

    /// Whether something failed, other than for want of permission.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.gaps().chain(self.unread_memory()).any(|gap| gap.is_failure())
    }

    /// Why command lines or operations are missing that were to be read from the memory of
    /// processes.
    #[must_use]
    pub fn unread_memory(&self) -> Option<Gap> {
        self.root.missed_memory().map(|(count, errno)| Gap::Memory { count, errno })
    }

    /// User and command of some processes, read together and once per walk.
    pub fn read_processes(&mut self, pids: &[i32]) {
        let unknown = pids.iter().copied().filter(|pid| !self.known.contains_key(pid));
        let unknown: Vec<i32> = unknown.collect::<BTreeSet<i32>>().into_iter().collect();
        if unknown.is_empty() {
            return;
        }
        for (pid, read) in unknown.iter().zip(read_processes(&self.root, &unknown)) {
            if let Err(error) = &read
                && !is_gone(error)
            {
                self.liveness.note_failure(*pid, errno_of(error));
            }
            self.known.insert(*pid, read.ok().map(|process| self.with_user(process)));
        }
    }

    /// In a user namespace that was entered, only some users have a number; a walk that was done
    /// before knows the others.
    fn with_user(&self, process: Process) -> Process {
        match self.scan.census.get(process.pid) {
            Some(seen) if process.uid == OVERFLOW_ID => Process { uid: seen.uid, ..process },
            _ => process,
        }
    }

    /// User and command of a process; `None` when it has exited.
    pub fn process(&mut self, pid: i32) -> Option<Process> {
        self.read_processes(&[pid]);
        self.known.get(&pid).cloned().flatten()
    }

    /// The processes that have a segment attached; needs a walk for `attachers`.
    pub fn attached(&mut self, shm: &Object) -> Attached {
        let found = shm.id().and_then(|id| self.scan.attachments.get(&id));
        let candidates = found.map_or(&[][..], Vec::as_slice);
        let mut failed = Denied::new();
        let all_seen = self.gap_of_maps().is_none();
        let attached = attribute(&self.root, shm, candidates, all_seen, &mut failed);
        for (pid, errno) in failed {
            self.liveness.note_failure(pid, errno);
        }
        attached
    }

    /// Whether a thread is still blocked on the same object.
    pub(super) fn is_still_blocked(&self, waiter: &Waiter, id: Id) -> bool {
        let call = read_call(&self.root, waiter.pid, waiter.tid);
        matches!(call, Ok(Some(call)) if call.id() == Some(id))
    }

    /// Which processes could use an object again; needs a walk for `census`.
    pub(super) fn claims(&mut self, object: &Object, clock_was_set: bool) -> Claims<'_> {
        self.scan.census.claims(object, clock_was_set)
    }

    pub(super) fn gap_of_maps(&self) -> Option<Gap> {
        if !self.scan.request.attachers {
            Some(Gap::NotScanned)
        } else if self.scan.no_device {
            Some(Gap::NoDevice)
        } else {
            self.gap_of(&self.scan.denied_maps)
        }
    }

    /// Why a user of the file of an object may be missing. A queue cannot be mapped.
    pub(super) fn gap_of_files(&self, kind: Kind) -> Option<Gap> {
        let ScanRequest { open_files, mapped_files, .. } = self.scan.request;
        match kind {
            Kind::Pmsg if open_files => self.gap_of(&self.scan.denied_files),
            Kind::Pshm | Kind::Psem if open_files && mapped_files => {
                let of_files = self.gap_of(&self.scan.denied_files);
                let of_maps = self.gap_of(&self.scan.denied_maps);
                of_maps.filter(Gap::is_failure).or(of_files).or(of_maps)
            }
            _ => Some(Gap::NotScanned),
        }
    }

    pub(super) fn gap_of_sem_waiters(&self) -> Option<Gap> {
        self.gap_of_waiters(self.scan.request.sem_waiters)
    }

    pub(super) fn gap_of_msg_waiters(&self) -> Option<Gap> {
        self.gap_of_waiters(self.scan.request.msg_waiters)
    }

    pub(super) fn gap_of_pmsg_waiters(&self) -> Option<Gap> {
        self.gap_of_waiters(self.scan.request.pmsg_waiters)
    }

    fn gap_of_waiters(&self, looked: bool) -> Option<Gap> {
        if !looked {
            Some(Gap::NotScanned)
        } else if self.scan.no_syscall {
            Some(Gap::NoSyscall)
        } else {
            self.gap_of(&self.scan.denied_waits)
        }
    }

    /// Why the census may lack a process.
    pub(super) fn gap_of_census(&self) -> Option<Gap> {
        if self.scan.request.census {
            self.gap_of(&self.scan.denied_census)
        } else {
            Some(Gap::NotScanned)
        }
    }

    fn gap_of(&self, those: &Denied) -> Option<Gap> {
        let hidden = self.scan.hidden.map(Gap::Hidden);
        let unsettled = self.scan.unsettled.then_some(Gap::Unsettled);
        denied(those).or(hidden).or(unsettled)
    }
}

fn denied(those: &Denied) -> Option<Gap> {
    // An error other than missing permission is more informative.
    let is_right = |errno: &&Errno| matches!(errno, Errno::EACCES | Errno::EPERM);
    let errno = those.values().find(|errno| !is_right(errno)).or(those.values().next())?;
    Some(Gap::Denied { count: those.len(), errno: *errno })
}

//! One place to ask about objects: the cheap look at recorded pids, the dear scan of /proc, and
//! what both mean for an object.

use std::collections::HashMap;

use super::alive::Liveness;
use super::inspect::Inspect;
use super::people::{Process, read_process};
use super::report::Report;
use super::resolve::{Attached, resolve};
use super::scan::{Request, Scan};
use super::verdict::{Gap, Verdict};
use super::visibility::Visibility;
use crate::model::Shm;
use crate::proc::{FileId, ProcRoot};

/// Answers questions about who uses an object.
///
/// It looks from the thread that made it: its IPC namespace is the one whose objects are meant.
#[derive(Debug)]
pub struct Inspector {
    root: ProcRoot,
    view: Visibility,
    pub(super) liveness: Liveness,
    scan: Scan,
    known: HashMap<i32, Option<Process>>,
}

impl Inspector {
    /// Finds out from where we look; no process is looked at yet.
    #[must_use]
    pub fn new(root: ProcRoot) -> Inspector {
        let view = Visibility::of(&root);
        Inspector::with_view(root, view)
    }

    /// The same as if seen from elsewhere: for trees that are no proc file system.
    #[must_use]
    pub fn with_view(root: ProcRoot, view: Visibility) -> Inspector {
        let liveness = Liveness::new(root.clone(), view);
        Inspector { root, view, liveness, scan: Scan::default(), known: HashMap::new() }
    }

    /// Passes once over all processes; what an earlier scan found is forgotten.
    pub fn scan(&mut self, request: Request) -> &Scan {
        self.set_scan(Scan::run(&self.root, &self.view, request))
    }

    /// Takes the result of a scan that was made elsewhere.
    pub fn set_scan(&mut self, scan: Scan) -> &Scan {
        self.known.clear();
        self.scan = scan;
        let people = std::mem::take(&mut self.scan.people);
        self.known.extend(people.into_iter().map(|process| (process.pid, Some(process))));
        &self.scan
    }

    /// What the last scan found.
    #[must_use]
    pub fn found(&self) -> &Scan {
        &self.scan
    }

    /// From where we look.
    #[must_use]
    pub fn view(&self) -> &Visibility {
        &self.view
    }

    /// The IPC namespace whose objects are meant.
    #[must_use]
    pub fn ipc_namespace(&self) -> Option<FileId> {
        self.view.ipc_namespace
    }

    /// One line for people, where something was out of sight of the last scan.
    #[must_use]
    pub fn out_of_sight(&self) -> Option<String> {
        let denied = self.scan.denied();
        let mut gaps = Vec::new();
        if self.scan.request.is_empty() {
            return None;
        }
        if denied > 0 {
            gaps.push(Gap::Denied(denied).to_string());
        }
        if let Some(why) = self.scan.hidden {
            gaps.push(Gap::Hidden(why).to_string());
        }
        if self.scan.unsettled {
            gaps.push(Gap::Unsettled.to_string());
        }
        if self.scan.no_device {
            gaps.push(Gap::NoDevice.to_string());
        }
        if self.scan.no_syscall {
            gaps.push(Gap::NoSyscall.to_string());
        }
        (!gaps.is_empty()).then(|| gaps.join("; "))
    }

    /// Who a process is, read once a scan; `None` when it has gone.
    pub fn process(&mut self, pid: i32) -> Option<Process> {
        if let Some(known) = self.known.get(&pid) {
            return known.clone();
        }
        let process = read_process(&self.root, pid);
        self.known.insert(pid, process.clone());
        process
    }

    /// The processes that have a segment attached; needs a scan for `attachers`.
    #[must_use]
    pub fn attached(&self, shm: &Shm) -> Attached {
        let candidates = self.scan.attachments.get(&shm.perm.id).map_or(&[][..], Vec::as_slice);
        resolve(&self.root, shm, candidates, self.gap_of_maps().is_none())
    }

    /// Whether the object is in use: what `ipcrm` keeps. Unknown counts as in use.
    pub fn in_use<T: Inspect>(&mut self, object: &T) -> Verdict {
        object.in_use(self)
    }

    /// Whether the object is unused, as `--unused` means it.
    pub fn unused<T: Inspect>(&mut self, object: &T) -> Verdict {
        object.unused(self)
    }

    /// Whether nothing alive can be using the object, as `--orphaned` means it.
    pub fn orphaned<T: Inspect>(&mut self, object: &T) -> Verdict {
        object.orphaned(self)
    }

    /// Everything that `-P` shows of an object.
    pub fn report<T: Inspect>(&mut self, object: &T) -> Report {
        object.report(self)
    }

    pub(super) fn gap_of_maps(&self) -> Option<Gap> {
        let scan = &self.scan;
        if !scan.request.attachers {
            Some(Gap::NotScanned)
        } else if scan.no_device {
            Some(Gap::NoDevice)
        } else {
            self.gap_of(scan.denied_maps.len())
        }
    }

    pub(super) fn gap_of_sem_waiters(&self) -> Option<Gap> {
        self.gap_of_waiters(self.scan.request.sem_waiters)
    }

    pub(super) fn gap_of_msg_waiters(&self) -> Option<Gap> {
        self.gap_of_waiters(self.scan.request.msg_waiters)
    }

    fn gap_of_waiters(&self, looked: bool) -> Option<Gap> {
        if !looked {
            Some(Gap::NotScanned)
        } else if self.scan.no_syscall {
            Some(Gap::NoSyscall)
        } else {
            self.gap_of(self.scan.denied_waits.len())
        }
    }

    pub(super) fn gap_of_uids(&self) -> Option<Gap> {
        if !self.scan.request.uids {
            return Some(Gap::NotScanned);
        }
        self.gap_of(self.scan.denied_uids.len())
    }

    fn gap_of(&self, denied: usize) -> Option<Gap> {
        let hidden = self.scan.hidden.map(Gap::Hidden);
        let unsettled = self.scan.unsettled.then_some(Gap::Unsettled);
        (denied > 0).then_some(Gap::Denied(denied)).or(hidden).or(unsettled)
    }
}

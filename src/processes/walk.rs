//! The walk over /proc: what is read about each process, by several threads if that is faster.
//!
//! A process that vanishes meanwhile is not an error. Every other failure is recorded: a process
//! that could not be inspected is never treated as one that uses nothing.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::num::NonZeroU64;

use super::attachments::by_segment;
use super::census::{Census, LiveProcess};
use super::findings::{Attachment, Denied, Findings, ScanRequest};
use super::mappings::{MapsReader, is_denied, is_gone};
use super::membership::{Member, Members, Membership};
use super::parallel::gather;
use super::visibility::{Hidden, Visibility};
use super::waits::{BlockedCall, Wait, Waiter, is_stopped, read_call, read_operations};
use crate::model::Id;
use crate::proc::stat::Stat;
use crate::proc::{ProcRoot, is_helper};
use crate::sys::devices::{ShmDevice, shm_devices};
use crate::sys::errno_of;
use crate::sys::is_permission;
use crate::sys::process::clock_ticks;

/// How often the list of processes is read again for processes that started meanwhile. If a hundred
/// processes start per second, two or three times are enough.
const ROUNDS: usize = 20;

/// Walks over all processes, as seen from the IPC namespace of the view. `boot` is the boot time in
/// seconds since the epoch.
#[must_use]
pub fn walk(
    root: &ProcRoot,
    view: &Visibility,
    request: ScanRequest,
    boot: Option<i64>,
) -> Findings {
    let devices = if request.attachers { shm_devices() } else { Vec::new() };
    walk_with_devices(root, view, request, boot, &devices)
}

/// The same with the given devices of shared memory.
#[must_use]
pub fn walk_with_devices(
    root: &ProcRoot,
    view: &Visibility,
    request: ScanRequest,
    boot: Option<i64>,
    devices: &[ShmDevice],
) -> Findings {
    Walk::run(root, view, request, boot, devices, true).into_findings(view)
}

/// A walk that has not been divided by IPC namespaces yet.
#[derive(Clone, Debug)]
pub struct Walk {
    boot: Option<i64>,
    /// What does not depend on the namespace.
    findings: Findings,
    found: Found,
}

impl Walk {
    /// Walks over all processes for every IPC namespace. `boot` is the boot time in seconds since
    /// the epoch.
    #[must_use]
    pub fn of_all(
        root: &ProcRoot,
        view: &Visibility,
        request: ScanRequest,
        boot: Option<i64>,
    ) -> Walk {
        let devices = if request.attachers { shm_devices() } else { Vec::new() };
        Walk::run(root, view, request, boot, &devices, false)
    }

    fn run(
        root: &ProcRoot,
        view: &Visibility,
        request: ScanRequest,
        boot: Option<i64>,
        devices: &[ShmDevice],
        only_own: bool,
    ) -> Walk {
        let mut findings = Findings {
            request,
            hidden: view.hidden,
            no_device: request.attachers && devices.is_empty(),
            // Kernels without CONFIG_HAVE_ARCH_TRACEHOOK lack the file.
            no_syscall: request.waits()
                && view.system
                && root.metadata("self/syscall").is_err_and(|error| is_gone(&error)),
            ..Findings::default()
        };
        let mut found = Found::default();
        if request.is_empty() {
            return Walk { boot, findings, found };
        }
        let walker = Walker {
            root,
            view,
            request,
            boot,
            ticks: clock_ticks(),
            maps: MapsReader::new(root, devices, request.maps),
            members: Members { root, view, only_own },
        };
        let mut seen = HashSet::new();
        for round in 0.. {
            let Some(mut pids) = list(root, view) else {
                findings.hidden = Some(Hidden::NoProc);
                break;
            };
            pids.retain(|pid| seen.insert(*pid) && !view.is_program(*pid));
            if pids.is_empty() {
                break;
            }
            found = found.and(walker.inspect(&pids));
            // Mappings need not be read again: nattch shows whether some are missing.
            if !request.census && !request.waits() {
                break;
            }
            // When a process forks and exits, one list may lack both it and its child. Only a list
            // without new processes is complete.
            if round == ROUNDS {
                findings.unsettled = true;
                break;
            }
        }
        found.complete(&walker);
        Walk { boot, findings, found }
    }

    /// What it found, as seen from the IPC namespace of the view.
    #[must_use]
    pub fn findings_of(&self, view: &Visibility) -> Findings {
        self.clone().into_findings(view)
    }

    fn into_findings(self, view: &Visibility) -> Findings {
        let Walk { boot, mut findings, found } = self;
        if !findings.request.is_empty() {
            found.put_into(&mut findings, view, boot);
        }
        findings
    }
}

/// All processes, or nothing if they cannot be listed.
///
/// The C library takes ENOENT for the end of a directory, so a list counts only if the running
/// program is in it.
fn list(root: &ProcRoot, view: &Visibility) -> Option<Vec<i32>> {
    let pids = root.numbers("").ok()?;
    let complete = !view.system || pids.contains(&std::process::id().cast_signed());
    complete.then_some(pids)
}

/// What every thread of the walk shares.
struct Walker<'a> {
    root: &'a ProcRoot,
    view: &'a Visibility,
    request: ScanRequest,
    boot: Option<i64>,
    ticks: NonZeroU64,
    maps: MapsReader<'a>,
    members: Members<'a>,
}

/// What was found about processes, with the IPC namespaces of each.
#[derive(Clone, Debug, Default)]
struct Found {
    attachments: Vec<(Id, Attachment, Membership)>,
    waiters: Vec<(BlockedCall, Waiter, Membership)>,
    processes: Vec<(LiveProcess, Membership)>,
    denied_maps: Denied,
    denied_waits: Denied,
    denied_census: Denied,
    /// Processes whose namespaces are unknown.
    unknown: HashSet<i32>,
}

impl Found {
    fn and(mut self, other: Found) -> Found {
        self.attachments.extend(other.attachments);
        self.waiters.extend(other.waiters);
        self.processes.extend(other.processes);
        self.denied_maps.extend(other.denied_maps);
        self.denied_waits.extend(other.denied_waits);
        self.denied_census.extend(other.denied_census);
        self.unknown.extend(other.unknown);
        self
    }

    /// Sorts it, and reads what is read of all processes together.
    fn complete(&mut self, walker: &Walker<'_>) {
        self.attachments.sort_by_key(|(_, one, _)| one.pid);
        self.waiters.sort_by_key(|(_, waiter, _)| (waiter.pid, waiter.tid));
        if walker.request.details {
            self.waiters = read_operations(walker.root, std::mem::take(&mut self.waiters));
        }
        self.processes.sort_by_key(|(process, _)| process.pid);
    }

    /// Files what concerns the namespace of the view.
    fn put_into(self, findings: &mut Findings, view: &Visibility, boot: Option<i64>) {
        let own = view.ipc_namespace;
        // See `Visibility::first_process_is_elsewhere`.
        let is_elsewhere =
            |pid: i32| pid == 1 && view.first_process_is_elsewhere() && self.unknown.contains(&1);
        for (id, mut attachment, membership) in self.attachments {
            if !is_elsewhere(attachment.pid) {
                attachment.member = membership.of(own) == Member::Yes;
                findings.attachments.entry(id).or_default().push(attachment);
            }
        }
        for (call, waiter, membership) in self.waiters {
            if membership.of(own) != Member::Yes || is_elsewhere(waiter.pid) {
                continue;
            }
            let waiters = match call {
                BlockedCall::Semop { .. } => &mut findings.sem_waiters,
                BlockedCall::Msgsnd { .. } | BlockedCall::Msgrcv { .. } => {
                    &mut findings.msg_waiters
                }
            };
            waiters.entry(call.id()).or_default().push(waiter);
        }
        let processes = self.processes.into_iter().filter(|(one, _)| !is_elsewhere(one.pid));
        // A process whose namespace cannot be read counts as being in this one.
        let processes = processes.map(|(process, membership)| LiveProcess {
            member: membership.of(own) != Member::No,
            ..process
        });
        let Visibility { initial_pid_namespace, initial_user_namespace, .. } = *view;
        findings.census =
            Census::new(processes.collect(), boot, initial_pid_namespace, initial_user_namespace);
        let visible = |denied: Denied| -> Denied {
            denied.into_iter().filter(|(pid, _)| !is_elsewhere(*pid)).collect()
        };
        findings.denied_maps = visible(self.denied_maps);
        findings.denied_waits = visible(self.denied_waits);
        findings.denied_census = visible(self.denied_census);
    }
}

impl Walker<'_> {
    fn inspect(&self, pids: &[i32]) -> Found {
        let found = gather(pids, |found: &mut Found, pid| {
            Worker { walker: self, found }.inspect(*pid);
        });
        found.into_iter().fold(Found::default(), Found::and)
    }

    /// Whether a process is a kernel thread or a zombie: then there is nothing to inspect.
    fn has_no_user(&self, pid: i32) -> bool {
        let stat = self.root.read(format!("{pid}/stat"));
        match stat {
            Ok(text) => Stat::parse(&text).is_ok_and(|it| it.is_kernel_thread() || it.is_zombie()),
            Err(error) => is_gone(&error),
        }
    }
}

/// One thread of the walk.
struct Worker<'a, 'b> {
    walker: &'a Walker<'b>,
    found: &'a mut Found,
}

impl Worker<'_, '_> {
    fn inspect(&mut self, pid: i32) {
        let Walker { request, view, members, .. } = self.walker;
        if pid == 1
            && (!members.only_own || view.first_process_is_elsewhere())
            && let Ok(first) = members.of_thread("1/ns/ipc")
            && matches!(first.of(None), Member::Unknown(_))
        {
            if members.only_own {
                return;
            }
            self.found.unknown.insert(pid);
        }
        if request.attachers {
            self.inspect_maps(pid);
        }
        if request.waits() {
            self.inspect_threads(pid);
        }
        if request.census {
            self.inspect_users(pid);
        }
    }

    fn inspect_maps(&mut self, pid: i32) {
        let mappings = match self.walker.maps.read(pid) {
            Ok(mappings) if mappings.is_empty() => return,
            Ok(mappings) => mappings,
            Err(error) => {
                if self.is_denial(pid, &error) {
                    self.found.denied_maps.insert(pid, errno_of(&error));
                }
                return;
            }
        };
        let membership = self.walker.members.of_process(pid);
        if let Member::Unknown(errno) = membership.of(None)
            && !is_permission(errno)
        {
            self.found.denied_maps.insert(pid, errno);
        }
        let attachments = by_segment(pid, mappings).into_iter();
        let attachments = attachments.map(|(id, one)| (id, one, membership.clone()));
        self.found.attachments.extend(attachments);
    }

    fn inspect_threads(&mut self, pid: i32) {
        let tids = match self.walker.root.threads(pid) {
            Ok(tids) => tids,
            Err(error) => return self.note_threads(pid, &error),
        };
        for tid in tids {
            match read_call(self.walker.root, pid, tid) {
                Ok(Some(call)) => self.inspect_call(pid, tid, call),
                Ok(None) => {}
                // This thread has exited.
                Err(error) if is_gone(&error) => {}
                // A file denied for one thread is denied for all.
                Err(error) => return self.note_threads(pid, &error),
            }
        }
    }

    fn inspect_call(&mut self, pid: i32, tid: i32, call: BlockedCall) {
        let (wanted, wait) = match call {
            BlockedCall::Semop { timed, .. } => {
                (self.walker.request.sem_waiters, Wait::Semop { ops: Vec::new(), timed })
            }
            BlockedCall::Msgsnd { .. } => (self.walker.request.msg_waiters, Wait::Msgsnd),
            BlockedCall::Msgrcv { msgtyp, except, .. } => {
                (self.walker.request.msg_waiters, Wait::Msgrcv { msgtyp, except })
            }
        };
        if !wanted {
            return;
        }
        let Walker { root, view, members, .. } = self.walker;
        let Ok(membership) = members.of_thread(&format!("{pid}/task/{tid}/ns/ipc")) else { return };
        match membership.of(view.ipc_namespace) {
            Member::Unknown(errno) => {
                self.found.denied_waits.insert(pid, errno);
            }
            Member::No if members.only_own => {}
            Member::Yes | Member::No => {
                let stopped = is_stopped(root, pid, tid);
                let waiter = Waiter { pid, tid, wait, stopped };
                self.found.waiters.push((call, waiter, membership));
            }
        }
    }

    fn inspect_users(&mut self, pid: i32) {
        match self.live_process(pid) {
            Ok(Some(process)) => {
                let membership = self.walker.members.of_process(pid);
                self.found.processes.push((process, membership));
            }
            Ok(None) => {}
            Err(error) => {
                if self.is_denial(pid, &error) {
                    self.found.denied_census.insert(pid, errno_of(&error));
                }
            }
        }
    }

    /// A process, unless it is a zombie or a kernel thread.
    fn live_process(&self, pid: i32) -> io::Result<Option<LiveProcess>> {
        let Walker { root, boot, ticks, .. } = self.walker;
        let odd = |error: crate::proc::ParseError| io::Error::other(error);
        let stat = Stat::parse(&root.read(format!("{pid}/stat"))?).map_err(odd)?;
        let is_child = self.walker.view.own_pid.is_some_and(|own| own == stat.ppid);
        if stat.is_kernel_thread() || stat.is_zombie() || is_child && is_helper(pid) {
            return Ok(None);
        }
        let (mut uids, mut gids, mut uid) = (BTreeSet::new(), BTreeSet::new(), None);
        // For the kernel, credentials belong to each thread (credentials(7)).
        let threads = if stat.num_threads == 1 { vec![pid] } else { root.threads(pid)? };
        for tid in threads {
            let status = match root.status(&format!("{pid}/task/{tid}")) {
                Ok(status) => status,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            uid = uid.or(Some(status.uids.effective));
            uids.extend(status.uids.all());
            gids.extend(status.gids);
        }
        // All threads have exited meanwhile.
        let Some(uid) = uid else { return Ok(None) };
        Ok(Some(LiveProcess {
            pid,
            ppid: stat.ppid,
            start: boot.map(|boot| boot.saturating_add(stat.start_seconds(*ticks))),
            uid,
            uids,
            gids,
            member: true,
            comm: stat.comm,
        }))
    }

    /// Records a process whose threads could not be inspected.
    fn note_threads(&mut self, pid: i32, error: &io::Error) {
        if self.is_denial(pid, error) {
            self.found.denied_waits.insert(pid, errno_of(error));
        }
    }

    /// Whether an error means that something was left uninspected. Zombies and kernel threads have
    /// nothing to inspect.
    fn is_denial(&self, pid: i32, error: &io::Error) -> bool {
        !(is_gone(error) || is_denied(error) && self.walker.has_no_user(pid))
    }
}

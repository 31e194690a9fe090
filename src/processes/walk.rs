//! The walk over /proc: what is read about each process, by several threads if that is faster.
//!
//! A process that vanishes meanwhile is not an error. Every other failure is recorded: a process
//! that could not be inspected is never treated as one that uses nothing.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;

use super::attachments::by_segment;
use super::census::LiveProcess;
use super::file_devices::FileDevices;
use super::files::open_files;
use super::findings::{Findings, ScanRequest};
use super::found::Found;
use super::mappings::{Mapped, Mapping, MapsReader, is_denied, is_gone};
use super::membership::{Member, Members};
use super::parallel::gather;
use super::visibility::{Hidden, Visibility};
use super::waits::{BlockedCall, Wait, Waiter, is_stopped, read_call};
use crate::model::Id;
use crate::proc::stat::Stat;
use crate::proc::{ProcRoot, is_helper};
use crate::sys::devices::{ShmDevice, shm_devices};
use crate::sys::errno_of;
use crate::sys::file_clock;
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
        // First the time: the number of a file system that is unmounted later may become that of one
        // with objects, which are newer then.
        findings.began = if request.files() { file_clock::boundary() } else { None };
        let files = request.files().then(|| FileDevices::read(root));
        let mapped = files.as_ref().filter(|_| request.mapped_files);
        let walker = Walker {
            root,
            view,
            request,
            boot,
            ticks: clock_ticks(),
            maps: MapsReader::new(root, devices, mapped, request.maps),
            files: files.as_ref(),
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
            // Segments need not be looked for again: nattch shows whether some mappings are missing.
            if !(request.census || request.waits() || request.files()) {
                break;
            }
            // When a process forks and exits, one list may lack both it and its child. Only a list
            // without new processes is complete.
            if round == ROUNDS {
                findings.unsettled = true;
                break;
            }
        }
        found.complete(root, request);
        // Shared by the findings of all namespaces.
        findings.files = Arc::new(std::mem::take(&mut found.files));
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
    files: Option<&'a FileDevices>,
    members: Members<'a>,
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
        if request.attachers || request.files() {
            self.inspect_memory(pid);
        }
        if request.waits() {
            self.inspect_threads(pid);
        }
        if request.census {
            self.inspect_users(pid);
        }
    }

    /// What a process has open and mapped.
    fn inspect_memory(&mut self, pid: i32) {
        let request = self.walker.request;
        let mut open = Vec::new();
        if let Some(devices) = self.walker.files.filter(|_| request.open_files) {
            match open_files(self.walker.root, devices, pid) {
                Ok(files) => open = files,
                Err(error) => {
                    if self.is_denial(pid, &error) {
                        self.found.denied_files.insert(pid, errno_of(&error));
                    }
                }
            }
        }
        let mut mapped = Mapped::default();
        if request.attachers || request.mapped_files {
            match self.walker.maps.read(pid) {
                Ok(mappings) => mapped = mappings,
                Err(error) => {
                    if self.is_denial(pid, &error) {
                        self.found.denied_maps.insert(pid, errno_of(&error));
                    }
                }
            }
        }
        self.found.files.add(pid, open, mapped.files);
        if !mapped.segments.is_empty() {
            self.add_segments(pid, mapped.segments);
        }
    }

    fn add_segments(&mut self, pid: i32, mappings: Vec<(Id, Mapping)>) {
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
            BlockedCall::MqSend { descriptor, timed } => {
                return self.inspect_mq_call(pid, tid, descriptor, Wait::MqSend { timed });
            }
            BlockedCall::MqReceive { descriptor, timed } => {
                return self.inspect_mq_call(pid, tid, descriptor, Wait::MqReceive { timed });
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

    /// A thread that is blocked on the queue of a descriptor, in whatever IPC namespace.
    fn inspect_mq_call(&mut self, pid: i32, tid: i32, descriptor: i32, wait: Wait) {
        let Walker { request, root, .. } = self.walker;
        if !request.pmsg_waiters {
            return;
        }
        match root.open_file(&format!("{pid}/task/{tid}"), descriptor) {
            Ok(Some(file)) => {
                let stopped = is_stopped(root, pid, tid);
                self.found.files.add_waiter(file, Waiter { pid, tid, wait, stopped });
            }
            Ok(None) => {}
            Err(error) => self.note_threads(pid, &error),
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

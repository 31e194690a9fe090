//! The walk over /proc: what is read about each process, by several threads if that is faster.
//!
//! A process that vanishes meanwhile is not an error. Every other failure is recorded: a process
//! that could not be inspected is never treated as one that uses nothing.

use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

use super::census::{Census, LiveProcess};
use super::findings::{Attachment, Denied, Findings, ScanRequest};
use super::mappings::{MapsReader, is_denied, is_gone};
use super::visibility::{Hidden, Visibility};
use super::waits::{BlockedCall, Wait, Waiter, is_stopped, read_call, read_operations};
use crate::model::Id;
use crate::proc::stat::Stat;
use crate::proc::status::Status;
use crate::proc::{ProcRoot, is_helper};
use crate::sys::devices::{ShmDevice, shm_devices};
use crate::sys::process::clock_ticks;
use crate::sys::{Errno, errno_of, is_permission};

/// With fewer processes a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 64;
/// How many processes a thread takes at once.
const PORTION: usize = 16;
/// More threads would only wait for each other's locks.
const MAX_THREADS: usize = 4;
/// How often the list of processes is read again for processes that started meanwhile. If a hundred
/// processes start per second, two or three times are enough.
const ROUNDS: usize = 20;

/// Walks over all processes. `boot` is the boot time in seconds since the epoch.
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
    if request.is_empty() {
        return findings;
    }
    let walker = Walker {
        root,
        view,
        request,
        boot,
        ticks: clock_ticks(),
        maps: MapsReader::new(root, devices, request.maps),
    };
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for round in 0.. {
        let Some(mut pids) = list(root, view) else {
            findings.hidden = Some(Hidden::NoProc);
            break;
        };
        pids.retain(|pid| seen.insert(*pid) && view.own_pid != Some(*pid));
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
    found.into_findings(findings, &walker)
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

/// Whether a process or thread is in the IPC namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Yes,
    No,
    /// It could not be read.
    Unknown(Errno),
}

/// What every thread of the walk shares.
struct Walker<'a> {
    root: &'a ProcRoot,
    view: &'a Visibility,
    request: ScanRequest,
    boot: Option<i64>,
    ticks: NonZeroU64,
    maps: MapsReader<'a>,
}

/// What one thread of the walk has found.
#[derive(Default)]
struct Found {
    attachments: Vec<(Id, Attachment)>,
    waiters: Vec<(BlockedCall, Waiter)>,
    processes: Vec<LiveProcess>,
    denied_maps: Denied,
    denied_waits: Denied,
    denied_census: Denied,
}

impl Found {
    fn and(mut self, other: Found) -> Found {
        self.attachments.extend(other.attachments);
        self.waiters.extend(other.waiters);
        self.processes.extend(other.processes);
        self.denied_maps.extend(other.denied_maps);
        self.denied_waits.extend(other.denied_waits);
        self.denied_census.extend(other.denied_census);
        self
    }

    fn into_findings(mut self, mut findings: Findings, walker: &Walker<'_>) -> Findings {
        self.attachments.sort_by_key(|(_, one)| one.pid);
        for (id, attachment) in self.attachments {
            findings.attachments.entry(id).or_default().push(attachment);
        }
        self.waiters.sort_by_key(|(_, waiter)| (waiter.pid, waiter.tid));
        if walker.request.details {
            self.waiters = read_operations(walker.root, self.waiters);
        }
        for (call, waiter) in self.waiters {
            let waiters = match call {
                BlockedCall::Semop { .. } => &mut findings.sem_waiters,
                BlockedCall::Msgsnd { .. } | BlockedCall::Msgrcv { .. } => {
                    &mut findings.msg_waiters
                }
            };
            waiters.entry(call.id()).or_default().push(waiter);
        }
        let Visibility { initial_pid_namespace, initial_user_namespace, .. } = *walker.view;
        self.processes.sort_by_key(|process| process.pid);
        findings.census =
            Census::new(self.processes, walker.boot, initial_pid_namespace, initial_user_namespace);
        findings.denied_maps = self.denied_maps;
        findings.denied_waits = self.denied_waits;
        findings.denied_census = self.denied_census;
        findings
    }
}

impl Walker<'_> {
    fn inspect(&self, pids: &[i32]) -> Found {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        if workers < 2 || pids.len() < WORTH_A_THREAD {
            return self.inspect_all(pids, Found::default());
        }
        // Processes differ much in cost, so each thread takes the next few when it is done.
        let next = AtomicUsize::new(0);
        let work = || {
            let mut found = Found::default();
            while let Some(rest) = pids.get(next.fetch_add(PORTION, Ordering::Relaxed)..) {
                found = self.inspect_all(rest.get(..PORTION).unwrap_or(rest), found);
            }
            found
        };
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..workers)
                // If no thread can be started (RLIMIT_NPROC), the others do its work.
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            helpers.into_iter().fold(work(), |found, helper| match helper.join() {
                Ok(more) => found.and(more),
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }

    fn inspect_all(&self, pids: &[i32], found: Found) -> Found {
        let mut worker = Worker { walker: self, found };
        for pid in pids {
            worker.inspect(*pid);
        }
        worker.found
    }

    /// Whether any thread of the process is in the IPC namespace: each may have its own.
    fn any_thread(&self, pid: i32) -> Member {
        match self.member(&format!("{pid}/ns/ipc")) {
            Ok(Member::Yes) => return Member::Yes,
            Ok(unknown @ Member::Unknown(_)) => return unknown,
            // In another namespace, or a first thread that has exited.
            Ok(Member::No) | Err(_) => {}
        }
        let threads = match self.root.threads(pid) {
            Ok(threads) => threads,
            Err(error) if is_gone(&error) => return Member::No,
            Err(error) => return Member::Unknown(errno_of(&error)),
        };
        if threads == [pid] {
            return Member::No;
        }
        let mut found = Member::No;
        for tid in threads {
            match self.member(&format!("{pid}/task/{tid}/ns/ipc")) {
                Ok(Member::Yes) => return Member::Yes,
                // A thread with another user may be unreadable even if the first one is readable.
                Ok(unknown @ Member::Unknown(_)) => found = unknown,
                Ok(Member::No) | Err(_) => {}
            }
        }
        found
    }

    /// Whether the thread with this namespace file is in the IPC namespace.
    ///
    /// # Errors
    /// ENOENT, ESRCH: it has exited.
    fn member(&self, path: &str) -> io::Result<Member> {
        let Some(ours) = self.view.ipc_namespace else {
            // A kernel without namespaces has one for all. In another namespace's /proc nothing is
            // known.
            let unknown =
                self.view.ipc_namespace_unreadable || self.view.hidden == Some(Hidden::OtherProc);
            return Ok(if unknown { Member::Unknown(Errno::EACCES) } else { Member::Yes });
        };
        match self.root.file_id(path) {
            Ok(namespace) => Ok(if namespace == ours { Member::Yes } else { Member::No }),
            Err(error) if is_gone(&error) => Err(error),
            Err(error) => Ok(Member::Unknown(errno_of(&error))),
        }
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
    found: Found,
}

impl Worker<'_, '_> {
    fn inspect(&mut self, pid: i32) {
        let Walker { request, view, .. } = self.walker;
        if pid == 1
            && view.first_process_is_elsewhere()
            && matches!(self.walker.member("1/ns/ipc"), Ok(Member::Unknown(_)))
        {
            return;
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
        let member = self.walker.any_thread(pid);
        if let Member::Unknown(errno) = member
            && !is_permission(errno)
        {
            self.found.denied_maps.insert(pid, errno);
        }
        let member = member == Member::Yes;
        for (id, mapping) in mappings {
            let all = self.found.attachments.iter_mut().rev();
            let mut own = all.take_while(|(_, one)| one.pid == pid);
            match own.find(|(known, _)| *known == id) {
                Some((_, attachment)) => attachment.mappings.push(mapping),
                None => {
                    let attachment = Attachment { pid, member, mappings: vec![mapping] };
                    self.found.attachments.push((id, attachment));
                }
            }
        }
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
        match self.walker.member(&format!("{pid}/task/{tid}/ns/ipc")) {
            Ok(Member::Yes) => {
                let stopped = is_stopped(self.walker.root, pid, tid);
                self.found.waiters.push((call, Waiter { pid, tid, wait, stopped }));
            }
            Ok(Member::Unknown(errno)) => {
                self.found.denied_waits.insert(pid, errno);
            }
            Ok(Member::No) | Err(_) => {}
        }
    }

    fn inspect_users(&mut self, pid: i32) {
        match self.live_process(pid) {
            Ok(Some(process)) => self.found.processes.push(process),
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
            let text = match root.read(format!("{pid}/task/{tid}/status")) {
                Ok(text) => text,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            let status = Status::parse(&text).map_err(odd)?;
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
            // A process whose namespace cannot be read counts as being in this one.
            member: self.walker.any_thread(pid) != Member::No,
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

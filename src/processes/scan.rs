//! One pass over /proc for what is asked, and nothing else.
//!
//! A process that vanishes meanwhile is no error; one that may not be looked at is noted.

use std::collections::{BTreeSet, HashMap};
use std::{io, thread};

use super::attach::{Mapping, MapsReader, MapsSource, is_denied, is_gone};
use super::visibility::{Hidden, Visibility};
use super::waits::{BlockedCall, Wait, Waiter, read_call, read_sops};
use crate::model::{Id, Kind, Kinds};
use crate::proc::stat::Stat;
use crate::proc::status::Status;
use crate::proc::{FileId, ProcRoot};
use crate::sys::devices::{ShmDevice, shm_devices};

/// Below so many processes a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 64;
/// More threads only wait for each other's locks.
const MAX_THREADS: usize = 4;

/// What a scan looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Who has segments attached: 10 to 20 us a process.
    pub attachers: bool,
    /// Who is blocked on semaphores: 10 us a thread.
    pub sem_waiters: bool,
    /// Who is blocked on queues: 10 us a thread, the same pass.
    pub msg_waiters: bool,
    /// Whose processes live in this IPC namespace: about 20 us a process.
    pub uids: bool,
    /// How the mappings are read.
    pub maps: MapsSource,
}

impl Request {
    /// For `ipcs -P` of these kinds.
    #[must_use]
    pub fn processes(kinds: Kinds) -> Request {
        Request {
            attachers: kinds.contains(Kind::Shm),
            ..Request::waiters(kinds).and(Request::orphans(kinds))
        }
    }

    /// For `--orphaned` and its columns: segments need no scan.
    #[must_use]
    pub fn orphans(kinds: Kinds) -> Request {
        let uids = kinds.intersects(Kinds::SEM.and(Kinds::MSG));
        Request { uids, msg_waiters: kinds.contains(Kind::Msg), ..Request::default() }
    }

    /// For `--unused` and the in-use check: only of queues the kernel does not tell who waits.
    #[must_use]
    pub fn in_use(kinds: Kinds) -> Request {
        Request { msg_waiters: kinds.contains(Kind::Msg), ..Request::default() }
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
            uids: self.uids || other.uids,
            maps: self.maps,
        }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !(self.attachers || self.uids || self.waits())
    }

    fn waits(&self) -> bool {
        self.sem_waiters || self.msg_waiters
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
    /// Threads blocked on semaphore sets of this IPC namespace.
    pub sem_waiters: HashMap<Id, Vec<Waiter>>,
    /// Threads blocked on queues of this IPC namespace.
    pub msg_waiters: HashMap<Id, Vec<Waiter>>,
    /// For each real, effective or saved uid a process of this IPC namespace that has it.
    pub live_uids: HashMap<u32, i32>,
    /// The same of processes whose namespace could not be looked at.
    pub maybe_live_uids: HashMap<u32, i32>,
    /// Processes whose mappings could not be looked at.
    pub denied_maps: BTreeSet<i32>,
    /// Processes whose threads could not be looked at.
    pub denied_waits: BTreeSet<i32>,
    /// Processes whose uids could not be looked at.
    pub denied_uids: BTreeSet<i32>,
    /// Why others may be out of sight.
    pub hidden: Option<Hidden>,
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
        let Ok(pids) = root.numbers("") else {
            scan.hidden = Some(Hidden::NoProc);
            return scan;
        };
        let pass = Pass {
            root,
            ipc: view.ipc_namespace,
            other_proc: view.hidden == Some(Hidden::OtherProc),
            request,
            maps: MapsReader::new(root, devices, request.maps),
        };
        pass.run(&pids, &mut scan);
        scan.sort();
        scan
    }

    /// All processes that could not be looked at for one reason or another.
    #[must_use]
    pub fn denied(&self) -> usize {
        let both: BTreeSet<_> = self.denied_maps.union(&self.denied_waits).copied().collect();
        both.union(&self.denied_uids).count()
    }

    fn merge(&mut self, other: Scan) {
        for (id, found) in other.attachments {
            self.attachments.entry(id).or_default().extend(found);
        }
        for (id, found) in other.sem_waiters {
            self.sem_waiters.entry(id).or_default().extend(found);
        }
        for (id, found) in other.msg_waiters {
            self.msg_waiters.entry(id).or_default().extend(found);
        }
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

/// Whether a process or thread is in our IPC namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Yes,
    No,
    /// No right to look.
    Denied,
}

struct Pass<'a> {
    root: &'a ProcRoot,
    ipc: Option<FileId>,
    other_proc: bool,
    request: Request,
    maps: MapsReader<'a>,
}

impl Pass<'_> {
    fn run(&self, pids: &[i32], scan: &mut Scan) {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        if workers < 2 || pids.len() < WORTH_A_THREAD {
            return self.look_at_all(pids, scan);
        }
        thread::scope(|scope| {
            let parts = pids.chunks(pids.len().div_ceil(workers));
            let handles: Vec<_> = parts
                .map(|part| {
                    let work = move || {
                        let mut scan = Scan::default();
                        self.look_at_all(part, &mut scan);
                        scan
                    };
                    (part, thread::Builder::new().spawn_scoped(scope, work))
                })
                .collect();
            for (part, handle) in handles {
                match handle.ok().and_then(|handle| handle.join().ok()) {
                    Some(found) => scan.merge(found),
                    // No thread to be had (RLIMIT_NPROC): then here.
                    None => self.look_at_all(part, scan),
                }
            }
        });
    }

    fn look_at_all(&self, pids: &[i32], scan: &mut Scan) {
        for pid in pids {
            self.look_at(*pid, scan);
        }
    }

    fn look_at(&self, pid: i32, scan: &mut Scan) {
        if self.request.attachers {
            self.look_at_maps(pid, scan);
        }
        if self.request.waits() {
            self.look_at_threads(pid, scan);
        }
        if self.request.uids {
            self.look_at_uids(pid, scan);
        }
    }

    fn look_at_maps(&self, pid: i32, scan: &mut Scan) {
        let found = match self.maps.read(pid) {
            Ok(found) => found,
            Err(error) => return self.note(pid, &error, &mut scan.denied_maps),
        };
        if found.is_empty() {
            return;
        }
        let member = self.any_thread(pid) == Member::Yes;
        for (id, mapping) in found {
            let all = scan.attachments.entry(id).or_default();
            match all.last_mut().filter(|last| last.pid == pid) {
                Some(last) => last.mappings.push(mapping),
                None => all.push(Attachment { pid, member, mappings: vec![mapping] }),
            }
        }
    }

    fn look_at_threads(&self, pid: i32, scan: &mut Scan) {
        let tids = match self.root.threads(pid) {
            Ok(tids) => tids,
            Err(error) => return self.note(pid, &error, &mut scan.denied_waits),
        };
        for tid in tids {
            match read_call(self.root, pid, tid) {
                Ok(None) => {}
                Ok(Some(call)) => self.look_at_call(pid, tid, call, scan),
                // This thread has gone.
                Err(error) if is_gone(&error) => {}
                // What one thread refuses, all do.
                Err(error) => return self.note(pid, &error, &mut scan.denied_waits),
            }
        }
    }

    fn look_at_call(&self, pid: i32, tid: i32, call: BlockedCall, scan: &mut Scan) {
        let is_sem = matches!(call, BlockedCall::Semop { .. });
        let wanted = if is_sem { self.request.sem_waiters } else { self.request.msg_waiters };
        if !wanted {
            return;
        }
        match self.member(&format!("{pid}/task/{tid}/ns/ipc")) {
            Ok(Member::Yes) => {}
            Ok(Member::Denied) => {
                scan.denied_waits.insert(pid);
                return;
            }
            Ok(Member::No) | Err(_) => return,
        }
        let wait = match call {
            BlockedCall::Semop { sops, nsops, .. } => {
                let sops = read_sops(self.root, pid, sops, nsops);
                // The thread may have gone on while its memory was read.
                if !matches!(read_call(self.root, pid, tid), Ok(Some(now)) if now == call) {
                    return;
                }
                Wait::Semop(sops.unwrap_or_default())
            }
            BlockedCall::Msgsnd { .. } => Wait::Msgsnd,
            BlockedCall::Msgrcv { msgtyp, .. } => Wait::Msgrcv { msgtyp },
        };
        let found = if is_sem { &mut scan.sem_waiters } else { &mut scan.msg_waiters };
        found.entry(call.id()).or_default().push(Waiter { pid, tid, wait });
    }

    fn look_at_uids(&self, pid: i32, scan: &mut Scan) {
        let member = self.any_thread(pid);
        if member == Member::No {
            return;
        }
        let text = match self.root.read(format!("{pid}/status")) {
            Ok(text) => text,
            Err(error) => return self.note(pid, &error, &mut scan.denied_uids),
        };
        let Ok(status) = Status::parse(&text) else { return };
        if member == Member::Denied && self.has_no_user(pid) {
            return;
        }
        // Of a process whose namespace cannot be told the uids say enough: it counts against the
        // objects of these users, and cannot be one of the others'.
        let live = match member {
            Member::Yes => &mut scan.live_uids,
            _ => &mut scan.maybe_live_uids,
        };
        for uid in [status.uids.real, status.uids.effective, status.uids.saved] {
            live.entry(uid).or_insert(pid);
        }
    }

    /// Remembers a process that we have no right to look at. Zombies and the kernel's own threads
    /// have nothing to look at: they do not count.
    fn note(&self, pid: i32, error: &io::Error, denied: &mut BTreeSet<i32>) {
        if !is_gone(error) && !self.has_no_user(pid) {
            denied.insert(pid);
        }
    }

    fn has_no_user(&self, pid: i32) -> bool {
        self.root
            .read(format!("{pid}/stat"))
            .ok()
            .and_then(|text| Stat::parse(&text).ok())
            .is_some_and(|stat| stat.is_kernel_thread() || stat.is_zombie())
    }

    /// Whether any thread of the process is in our IPC namespace: each may have its own.
    fn any_thread(&self, pid: i32) -> Member {
        match self.member(&format!("{pid}/ns/ipc")) {
            Ok(member @ (Member::Yes | Member::Denied)) => return member,
            // In another one, or an exited first thread.
            Ok(Member::No) | Err(_) => {}
        }
        if self.root.thread_count(pid).unwrap_or(0) == 1 {
            return Member::No;
        }
        let others = self.root.threads(pid).unwrap_or_default();
        let mut members = others.iter().map(|tid| self.member(&format!("{pid}/task/{tid}/ns/ipc")));
        if members.any(|member| matches!(member, Ok(Member::Yes))) {
            Member::Yes
        } else {
            Member::No
        }
    }

    fn member(&self, path: &str) -> io::Result<Member> {
        if self.ipc.is_none() {
            // A kernel without namespaces has one for all; in another's /proc we know nothing.
            return Ok(if self.other_proc { Member::Denied } else { Member::Yes });
        }
        match self.root.file_id(path) {
            Ok(namespace) if Some(namespace) == self.ipc => Ok(Member::Yes),
            Ok(_) => Ok(Member::No),
            Err(error) if is_denied(&error) => Ok(Member::Denied),
            Err(error) => Err(error),
        }
    }
}

//! The pass itself: what is read of each process, by several threads where that pays.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

use super::attach::{MapsReader, is_denied, is_gone};
use super::people::read_process;
use super::scan::{Attachment, Request, Scan};
use super::visibility::{Hidden, Visibility};
use super::waits::{BlockedCall, Wait, Waiter, is_stopped, read_call, read_sops};
use crate::proc::stat::Stat;
use crate::proc::status::Status;
use crate::proc::{FileId, ProcRoot};
use crate::sys::devices::ShmDevice;

/// Below so many processes a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 64;
/// How many processes a thread takes at a time.
const PORTION: usize = 16;
/// More threads only wait for each other's locks.
const MAX_THREADS: usize = 4;

/// Whether a process or thread is in our IPC namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Yes,
    No,
    /// No right to look.
    Denied,
}

pub(super) struct Pass<'a> {
    root: &'a ProcRoot,
    ipc: Option<FileId>,
    other_proc: bool,
    first_is_elsewhere: bool,
    request: Request,
    maps: MapsReader<'a>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        root: &'a ProcRoot,
        view: &Visibility,
        request: Request,
        devices: &'a [ShmDevice],
    ) -> Pass<'a> {
        Pass {
            root,
            ipc: view.ipc_namespace,
            other_proc: view.hidden == Some(Hidden::OtherProc),
            first_is_elsewhere: view.first_process_is_elsewhere(),
            request,
            maps: MapsReader::new(root, devices, request.maps),
        }
    }

    pub(super) fn run(&self, pids: &[i32], scan: &mut Scan) {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        if workers < 2 || pids.len() < WORTH_A_THREAD {
            return self.look_at_all(pids, scan);
        }
        // Processes differ much in cost, so each thread takes the next few when it is done.
        let next = AtomicUsize::new(0);
        let work = || {
            let mut found = Scan::default();
            while let Some(rest) = pids.get(next.fetch_add(PORTION, Ordering::Relaxed)..) {
                self.look_at_all(&rest[..rest.len().min(PORTION)], &mut found);
            }
            found
        };
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..workers)
                // Where no thread is to be had (RLIMIT_NPROC), the others do its part.
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            scan.merge(work());
            for helper in helpers {
                match helper.join() {
                    Ok(found) => scan.merge(found),
                    Err(panic) => std::panic::resume_unwind(panic),
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
        if pid == 1
            && self.first_is_elsewhere
            && matches!(self.member("1/ns/ipc"), Ok(Member::Denied))
        {
            return;
        }
        let mut found = false;
        if self.request.attachers {
            found |= self.look_at_maps(pid, scan);
        }
        if self.request.waits() {
            found |= self.look_at_threads(pid, scan);
        }
        if found && self.request.people {
            scan.people.extend(read_process(self.root, pid));
        }
        if self.request.uids {
            self.look_at_uids(pid, scan);
        }
    }

    fn look_at_maps(&self, pid: i32, scan: &mut Scan) -> bool {
        let found = match self.maps.read(pid) {
            Ok(found) => found,
            Err(error) => {
                self.note(pid, &error, &mut scan.denied_maps);
                return false;
            }
        };
        if found.is_empty() {
            return false;
        }
        let member = self.any_thread(pid) == Member::Yes;
        for (id, mapping) in found {
            let all = scan.attachments.entry(id).or_default();
            match all.last_mut().filter(|last| last.pid == pid) {
                Some(last) => last.mappings.push(mapping),
                None => all.push(Attachment { pid, member, mappings: vec![mapping] }),
            }
        }
        true
    }

    fn look_at_threads(&self, pid: i32, scan: &mut Scan) -> bool {
        let tids = match self.root.threads(pid) {
            Ok(tids) => tids,
            Err(error) => {
                self.note_threads(pid, &error, scan);
                return false;
            }
        };
        let mut found = false;
        for tid in tids {
            match read_call(self.root, pid, tid) {
                Ok(None) => {}
                Ok(Some(call)) => found |= self.look_at_call(pid, tid, call, scan),
                // This thread has gone.
                Err(error) if is_gone(&error) => {}
                // What one thread refuses, all do.
                Err(error) => {
                    self.note_threads(pid, &error, scan);
                    break;
                }
            }
        }
        found
    }

    fn look_at_call(&self, pid: i32, tid: i32, call: BlockedCall, scan: &mut Scan) -> bool {
        let is_sem = matches!(call, BlockedCall::Semop { .. });
        if !(if is_sem { self.request.semops() } else { self.request.msg_waiters }) {
            return false;
        }
        match self.member(&format!("{pid}/task/{tid}/ns/ipc")) {
            Ok(Member::Yes) => {}
            Ok(Member::Denied) => {
                self.deny_threads(pid, scan);
                return false;
            }
            Ok(Member::No) | Err(_) => return false,
        }
        let stopped = is_stopped(self.root, pid, tid);
        let wait = match call {
            BlockedCall::Semop { sops, nsops, timed, .. } => {
                let ops = read_sops(self.root, (pid, tid), sops, nsops);
                // The thread may have gone on while its memory was read.
                if !matches!(read_call(self.root, pid, tid), Ok(Some(now)) if now == call) {
                    return false;
                }
                Wait::Semop { ops: ops.unwrap_or_default(), timed }
            }
            BlockedCall::Msgsnd { .. } => Wait::Msgsnd,
            BlockedCall::Msgrcv { msgtyp, except, .. } => Wait::Msgrcv { msgtyp, except },
        };
        let found = if is_sem { &mut scan.sem_waiters } else { &mut scan.msg_waiters };
        found.entry(call.id()).or_default().push(Waiter { pid, tid, wait, stopped });
        true
    }

    fn look_at_uids(&self, pid: i32, scan: &mut Scan) {
        let member = self.any_thread(pid);
        if member == Member::No {
            return;
        }
        // To the kernel, credentials are each thread's own (credentials(7)).
        let threads = self.root.threads(pid).unwrap_or_else(|_| vec![pid]);
        for tid in threads {
            let text = match self.root.read(format!("{pid}/task/{tid}/status")) {
                Ok(text) => text,
                Err(error) => {
                    self.note(pid, &error, &mut scan.denied_uids);
                    continue;
                }
            };
            let Ok(status) = Status::parse(&text) else { continue };
            // Of a process in an unknown namespace its uids are enough, if they are none of an
            // object's.
            let live = match member {
                Member::Yes => &mut scan.live_uids,
                _ => &mut scan.maybe_live_uids,
            };
            for uid in [status.uids.real, status.uids.effective, status.uids.saved] {
                live.entry(uid).or_insert(pid);
            }
        }
    }

    /// Remembers a process whose threads we have no right to look at.
    fn note_threads(&self, pid: i32, error: &io::Error, scan: &mut Scan) {
        if !is_gone(error) && !self.has_no_user(pid) {
            self.deny_threads(pid, scan);
        }
    }

    /// For what is asked of sets alone the kernel's own count does.
    fn deny_threads(&self, pid: i32, scan: &mut Scan) {
        if self.request.sem_waiters || self.request.msg_waiters {
            scan.denied_waits.insert(pid);
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
        let mut found = Member::No;
        for tid in others {
            match self.member(&format!("{pid}/task/{tid}/ns/ipc")) {
                Ok(Member::Yes) => return Member::Yes,
                // A thread of another user may be out of sight where the first one is not.
                Ok(Member::Denied) => found = Member::Denied,
                Ok(Member::No) | Err(_) => {}
            }
        }
        found
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

//! The walk over /proc: in which namespaces the threads of each process are.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::age::Age;
use super::gap::Gap;
use crate::model::{Device, FileId, Id};
use crate::proc::ns::{ipc_inode, mount_inode};
use crate::proc::stat::Stat;
use crate::proc::{ProcRoot, file_id};
use crate::processes::{
    Attachment, AttachmentReader, INITIAL_IPC_NAMESPACE, INITIAL_PID_NAMESPACE, gather, is_denied,
    is_gone,
};
use crate::sys::{Errno, descriptors, errno_of};

/// How often a link is read that changes each time.
const CHANGES: usize = 10;
/// Descriptors that no namespace takes, to read files of processes and to start helpers.
const SPARE_DESCRIPTORS: u64 = 16;

/// A namespace that was found, by its inode number. While it is open, the number stays its own.
#[derive(Debug)]
pub(super) struct Pin {
    pub id: FileId,
    pub file: Result<File, Errno>,
    /// How many were opened before it.
    order: usize,
}

/// A process, in the order of their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Started {
    /// As [`Age`] has it.
    pub start: u64,
    pub pid: i32,
}

/// What was found so far.
pub(super) struct Walk<'a> {
    pub root: &'a ProcRoot,
    /// The namespace of the calling thread.
    pub own: Option<FileId>,
    pins: Mutex<HashMap<u64, Pin>>,
    /// How many were opened.
    opened: AtomicUsize,
    /// Namespaces take descriptors below this number.
    first_spare: u64,
    age: Age,
    /// Only this namespace is looked for.
    only: Option<u64>,
    /// Reads what processes have attached, if that is asked for.
    reader: Option<AttachmentReader<'a>>,
    /// What they have attached.
    pub attachments: Vec<(Id, Attachment)>,
    /// The processes of each namespace.
    pub members: HashMap<u64, Vec<Started>>,
    /// Whether the processes and threads of each mount namespace are found.
    pub finds_mounts: bool,
    /// The processes and threads of each mount namespace: paths below /proc.
    pub mounts: BTreeMap<u64, Vec<(i32, String)>>,
    /// Processes whose namespaces may not be read.
    pub denied: u64,
    pub gaps: Vec<Gap>,
}

/// What one thread of the walk has found.
#[derive(Default)]
struct Part {
    /// When namespaces were opened that this thread has seen, by their inode numbers.
    known: HashMap<u64, usize>,
    attachments: Vec<(Id, Attachment)>,
    members: Vec<(u64, Started)>,
    mounts: Vec<(u64, i32, String)>,
    denied: u64,
    gaps: Vec<Gap>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(root: &'a ProcRoot) -> Walk<'a> {
        let own = ["thread-self/ns/ipc", "self/ns/ipc"];
        let own = own.into_iter().find_map(|path| root.open(path).ok());
        let mut walk = Walk {
            root,
            own: None,
            pins: Mutex::default(),
            opened: AtomicUsize::new(0),
            first_spare: u64::MAX,
            age: Age::find(root),
            only: None,
            reader: None,
            attachments: Vec::new(),
            members: HashMap::new(),
            finds_mounts: false,
            mounts: BTreeMap::new(),
            denied: 0,
            gaps: Vec::new(),
        };
        if let Some(file) = own {
            walk.own = file.metadata().ok().map(|metadata| file_id(&metadata));
            walk.add(file);
        }
        walk.first_spare = descriptors::limit().saturating_sub(SPARE_DESCRIPTORS);
        walk
    }

    /// A walk that only looks for the processes of one namespace.
    pub(super) fn only(root: &'a ProcRoot, id: FileId, file: File) -> Walk<'a> {
        let mut walk = Walk::new(root);
        let pins = HashMap::from([(id.inode, walk.pin(id, file))]);
        (walk.only, walk.pins) = (Some(id.inode), Mutex::new(pins));
        walk
    }

    /// Lets the walk read what processes have attached, too.
    pub(super) fn with_attachments(mut self, reader: AttachmentReader<'a>) -> Walk<'a> {
        self.reader = Some(reader);
        self
    }

    /// Adds a namespace by its open file.
    pub(super) fn add(&self, file: File) {
        let Ok(metadata) = file.metadata() else { return };
        let id = file_id(&metadata);
        self.pins().entry(id.inode).or_insert_with(|| match self.keep(file) {
            Ok(file) => self.pin(id, file),
            Err(errno) => Pin { id, file: Err(errno), order: 0 },
        });
    }

    /// Adds one that is known but cannot be opened.
    pub(super) fn add_closed(&self, id: FileId, errno: Errno) {
        self.pins().entry(id.inode).or_insert(Pin { id, file: Err(errno), order: 0 });
    }

    fn pin(&self, id: FileId, file: File) -> Pin {
        Pin { id, file: Ok(file), order: self.opened.fetch_add(1, Ordering::SeqCst) }
    }

    /// Keeps a file open if enough descriptors are left. A new one has the lowest free number.
    fn keep(&self, file: File) -> Result<File, Errno> {
        let number = u64::try_from(file.as_raw_fd()).unwrap_or(u64::MAX);
        if number < self.first_spare { Ok(file) } else { Err(Errno::EMFILE) }
    }

    /// Whether a namespace is open.
    pub(super) fn is_open(&self, inode: u64) -> bool {
        self.pins().get(&inode).is_some_and(|pin| pin.file.is_ok())
    }

    /// The open files.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &File> {
        let pins = self.pins.get_mut().unwrap_or_else(PoisonError::into_inner);
        pins.values().filter_map(|pin| pin.file.as_ref().ok())
    }

    pub(super) fn take_pins(&mut self) -> HashMap<u64, Pin> {
        std::mem::take(self.pins.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    fn pins(&self) -> MutexGuard<'_, HashMap<u64, Pin>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at all processes.
    pub(super) fn walk_all(&mut self) {
        let pids = match self.root.numbers("") {
            Ok(pids) => pids,
            Err(error) => return self.gaps.push(Gap::Processes(errno_of(&error))),
        };
        let this: &Walk<'_> = self;
        let parts = gather(&pids, |part: &mut Part, pid| this.inspect(part, *pid));
        for part in parts {
            self.attachments.extend(part.attachments);
            for (inode, started) in part.members {
                self.members.entry(inode).or_default().push(started);
            }
            for (inode, pid, path) in part.mounts {
                self.mounts.entry(inode).or_default().push((pid, path));
            }
            self.denied = self.denied.saturating_add(part.denied);
            self.gaps.extend(part.gaps);
        }
    }

    fn inspect(&self, part: &mut Part, pid: i32) {
        if let Err(error) = self.try_inspect(part, pid) {
            self.note(part, pid, &error);
        }
    }

    fn try_inspect(&self, part: &mut Part, pid: i32) -> io::Result<()> {
        // It is slow to read, so most processes are inspected without it where that is possible.
        let needs_stat = self.age == Age::StartTime;
        let stat = if needs_stat { Some(self.stat(pid)?) } else { None };
        if stat.as_ref().is_some_and(has_no_user) {
            return Ok(());
        }
        let threads = match &stat {
            Some(stat) => stat.num_threads,
            None => self.root.thread_count(pid)?,
        };
        let mut inodes = Vec::new();
        let result = self.inspect_threads(part, pid, threads, &mut inodes);
        // All kernel threads are in the initial namespace.
        let is_in_doubt =
            result.as_ref().is_err_and(is_denied) || inodes.contains(&INITIAL_IPC_NAMESPACE);
        if is_in_doubt && stat.is_none() && has_no_user(&self.stat(pid)?) {
            return Ok(());
        }
        if inodes.is_empty() {
            return result;
        }
        inodes.sort_unstable();
        inodes.dedup();
        let start = self.age.start(pid, stat.as_ref())?;
        if let Some(reader) = &self.reader {
            // At once, while the kernel has the process in its caches.
            part.attachments.extend(reader.read(pid));
        }
        part.members.extend(inodes.into_iter().map(|inode| (inode, Started { start, pid })));
        result
    }

    fn stat(&self, pid: i32) -> io::Result<Stat> {
        let text = self.root.read_short(format!("{pid}/stat"))?;
        Stat::parse(&text).map_err(io::Error::other)
    }

    /// Records why something of a process was not seen.
    fn note(&self, part: &mut Part, pid: i32, error: &io::Error) {
        if is_denied(error) {
            let is_missing = !self.is_first_process(pid);
            part.denied = part.denied.saturating_add(u64::from(is_missing));
        } else if !is_gone(error) {
            part.gaps.push(Gap::Process { pid, errno: errno_of(error) });
        }
    }

    /// The namespaces that the threads of a process are in.
    fn inspect_threads(
        &self,
        part: &mut Part,
        pid: i32,
        threads: u64,
        inodes: &mut Vec<u64>,
    ) -> io::Result<()> {
        match self.inspect_thread(part, pid, pid.to_string()) {
            Ok(inode) => inodes.extend(inode),
            // The first thread may exit before the others.
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
        if threads < 2 {
            return Ok(());
        }
        for tid in self.root.threads(pid)?.into_iter().filter(|tid| *tid != pid) {
            match self.inspect_thread(part, pid, format!("{pid}/task/{tid}")) {
                Ok(inode) => inodes.extend(inode),
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The IPC namespace of a thread, if it is looked for.
    fn inspect_thread(&self, part: &mut Part, pid: i32, thread: String) -> io::Result<Option<u64>> {
        let found = self.namespace_of(&mut part.known, &thread)?;
        if self.finds_mounts
            && let Ok(link) = self.root.read_link(format!("{thread}/ns/mnt"))
            && let Some(inode) = mount_inode(link.as_os_str().as_bytes())
        {
            part.mounts.push((inode, pid, thread));
        }
        Ok(found)
    }

    /// The inode number of a thread's namespace, which is open then if it can be opened.
    ///
    /// `known` has the namespaces that the calling thread needs no lock to look up: what is open
    /// stays open.
    fn namespace_of(
        &self,
        known: &mut HashMap<u64, usize>,
        thread: &str,
    ) -> io::Result<Option<u64>> {
        let path = format!("{thread}/ns/ipc");
        for _ in 0..CHANGES {
            let opened = self.opened.load(Ordering::SeqCst);
            let link = self.root.read_link(&path);
            let link = link.map_err(|error| self.root.reason_of_denial(thread, error))?;
            let Some(inode) = ipc_inode(link.as_os_str().as_bytes()) else {
                return Err(Errno::EIO.into());
            };
            if self.only.is_some_and(|only| only != inode) {
                return Ok(None);
            }
            let order = known.get(&inode).copied().or_else(|| {
                let order = self.order_of(inode)?;
                known.insert(inode, order);
                Some(order)
            });
            match order {
                Some(order) if order < opened => return Ok(Some(inode)),
                // The link was read before that was opened, when the number may have been another's.
                Some(_) => {}
                None => return self.open(thread, inode).map(Some),
            }
        }
        Err(Errno::EAGAIN.into())
    }

    /// How many namespaces were opened before this one, if it is open.
    fn order_of(&self, inode: u64) -> Option<usize> {
        self.pins().get(&inode).filter(|pin| pin.file.is_ok()).map(|pin| pin.order)
    }

    /// Opens a namespace that was not seen before. It may be another one by now.
    fn open(&self, thread: &str, inode: u64) -> io::Result<u64> {
        let file = self.root.open(format!("{thread}/ns/ipc"));
        let opened = file.and_then(|file| Ok((file_id(&file.metadata()?), self.keep(file)?)));
        match opened.map_err(|error| self.root.reason_of_denial(thread, error)) {
            Ok((id, file)) => {
                let mut pins = self.pins();
                if pins.get(&id.inode).is_none_or(|pin| pin.file.is_err()) {
                    pins.insert(id.inode, self.pin(id, file));
                }
                Ok(id.inode)
            }
            Err(error) if is_gone(&error) => Err(error),
            Err(error) => {
                let device = self.own.map_or(Device { major: 0, minor: 0 }, |own| own.device);
                self.add_closed(FileId { device, inode }, errno_of(&error));
                Ok(inode)
            }
        }
    }

    /// Whether it is the first process of the machine, which not even root may inspect on some. It
    /// was made in the initial namespace, and so was everything else.
    fn is_first_process(&self, pid: i32) -> bool {
        let is_initial = |id: FileId| id.inode == INITIAL_PID_NAMESPACE;
        pid == 1 && self.root.file_id("self/ns/pid").is_ok_and(is_initial)
    }
}

/// Whether it is a kernel thread or a zombie.
fn has_no_user(stat: &Stat) -> bool {
    stat.is_kernel_thread() || stat.is_zombie()
}

/// The inode numbers of the namespaces that the threads of a process are in.
///
/// # Errors
/// Those of readlink(2): one of them is unknown.
pub(super) fn inodes_of(root: &ProcRoot, pid: i32) -> io::Result<Vec<u64>> {
    let mut inodes = Vec::new();
    for tid in root.threads(pid)? {
        match root.read_link(format!("{pid}/task/{tid}/ns/ipc")) {
            Ok(link) => inodes.extend(ipc_inode(link.as_os_str().as_bytes())),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(inodes)
}

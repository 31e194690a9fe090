//! Which processes the program can see at all.

use std::fmt;
use std::io;

use super::mappings::is_gone;
use crate::model::FileId;
use crate::proc::ProcRoot;
use crate::proc::mountinfo::{ProcMount, proc_mount_at};
use crate::sys::{Errno, child, errno_of, error_text};

/// The inode of the initial pid namespace (include/uapi/linux/nsfs.h, `PROC_PID_INIT_INO`).
pub const INITIAL_PID_NAMESPACE: u64 = 0xEFFF_FFFC;
/// The inode of the initial user namespace (include/uapi/linux/nsfs.h, `PROC_USER_INIT_INO`).
pub const INITIAL_USER_NAMESPACE: u64 = 0xEFFF_FFFD;
/// The inode of the initial IPC namespace (include/uapi/linux/nsfs.h, `PROC_IPC_INIT_INO`).
pub const INITIAL_IPC_NAMESPACE: u64 = 0xEFFF_FFFF;
/// The capability to inspect every process (capabilities(7)).
const CAP_SYS_PTRACE: u64 = 1 << 19;

/// Why an unknown number of processes may be invisible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// /proc is not there, or cannot be listed.
    NoProc,
    /// /proc belongs to another pid namespace: its pids are not ours.
    OtherProc,
    /// We are in a pid namespace that is not the initial one: processes outside have no pid here.
    PidNamespace,
    /// /proc is mounted with `hidepid=2` or `4`, or hides even the first process.
    Hidepid,
    /// /proc is mounted with `subset=pid`, as sandboxes do.
    SubsetPid,
    /// How /proc is mounted could not be read.
    MountUnknown,
    /// What shows which processes are visible could not be read.
    Failed(Errno),
}

impl Hidden {
    /// Whether something failed. The others are how the machine is set up.
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Hidden::NoProc | Hidden::MountUnknown | Hidden::Failed(_))
    }

    fn failed(error: &io::Error) -> Hidden {
        Hidden::Failed(errno_of(error))
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Hidden::Failed(errno) = self {
            return write!(f, "/proc cannot be read: {}", error_text(*errno));
        }
        f.write_str(match self {
            Hidden::Failed(_) | Hidden::NoProc => "/proc cannot be read",
            Hidden::OtherProc => "/proc belongs to another pid namespace",
            Hidden::PidNamespace => "not in the initial pid namespace",
            Hidden::Hidepid => "/proc is mounted with hidepid",
            Hidden::SubsetPid => "/proc is mounted with subset=pid",
            Hidden::MountUnknown => "the mount options of /proc cannot be read",
        })
    }
}

/// What is visible to this program: its namespaces, and what /proc shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visibility {
    /// The IPC namespace of the calling thread. Objects of another one may have the same ids.
    pub ipc_namespace: Option<FileId>,
    /// Whether the IPC namespace should be known but is not.
    pub ipc_namespace_unreadable: bool,
    /// Whether every process has a pid for us, so that a recorded pid 0 means "never".
    pub initial_pid_namespace: bool,
    /// Whether every user has a uid for us.
    pub initial_user_namespace: bool,
    /// The running program, which is never counted.
    pub own_pid: Option<i32>,
    /// The process that was started as the running program, if this one is its child in a namespace.
    pub program_pid: Option<i32>,
    /// Why processes may be invisible.
    pub hidden: Option<Hidden>,
    /// Whether kill(2) and this /proc show the same processes. False for a directory that only
    /// looks like a /proc.
    pub system: bool,
}

impl Visibility {
    /// Determines it for the calling thread: `unshare` and `setns` change a single thread.
    #[must_use]
    pub fn of(root: &ProcRoot) -> Visibility {
        let ipc = own(root, "ns/ipc");
        let pid = own(root, "ns/pid");
        let user = own(root, "ns/user");
        let is_initial =
            |own: &io::Result<FileId>, inode| own.as_ref().is_ok_and(|id| id.inode == inode);
        let mut view = Visibility {
            // Kernels without namespaces lack the file.
            ipc_namespace_unreadable: ipc.as_ref().is_err_and(|error| !is_gone(error)),
            ipc_namespace: ipc.ok(),
            initial_pid_namespace: is_initial(&pid, INITIAL_PID_NAMESPACE),
            initial_user_namespace: is_initial(&user, INITIAL_USER_NAMESPACE),
            own_pid: Some(std::process::id().cast_signed()),
            program_pid: child::program(),
            hidden: None,
            system: root.is_procfs(),
        };
        view.hidden = view.find_hidden(root, &pid);
        // A process has one pid in another /proc and a different one for kill(2).
        view.system &= !matches!(view.hidden, Some(Hidden::OtherProc));
        view
    }

    /// Whether a process is the running program.
    #[must_use]
    pub fn is_program(&self, pid: i32) -> bool {
        [self.own_pid, self.program_pid].contains(&Some(pid))
    }

    /// Whether the machine's first process can be assumed to be in another IPC namespace without
    /// inspecting it. On some machines not even root may inspect it. It was created
    /// in the initial namespace and has no parent to inherit another one from.
    #[must_use]
    pub fn first_process_is_elsewhere(&self) -> bool {
        let initial = |id: FileId| id.inode == INITIAL_IPC_NAMESPACE;
        self.initial_pid_namespace && self.ipc_namespace.is_some_and(|id| !initial(id))
    }

    fn find_hidden(&self, root: &ProcRoot, pid: &io::Result<FileId>) -> Option<Hidden> {
        if !self.system && root.metadata("self").is_err() {
            return Some(Hidden::NoProc);
        }
        if self.system {
            match root.shows_own_pids() {
                Ok(true) => {}
                Err(error) if !is_gone(&error) => return Some(Hidden::failed(&error)),
                _ => return Some(Hidden::OtherProc),
            }
        }
        if !self.initial_pid_namespace {
            return match pid {
                Err(error) if !is_gone(error) => Some(Hidden::failed(error)),
                _ => Some(Hidden::PidNamespace),
            };
        }
        let mount = mount_of(root);
        let hides_processes = mount.is_some_and(|mount| mount.hides_processes);
        match root.metadata("1") {
            Ok(_) if !hides_processes || may_trace_all(root) => {}
            Err(error) if !is_gone(&error) => return Some(Hidden::failed(&error)),
            _ => return Some(Hidden::Hidepid),
        }
        match mount {
            Some(mount) => mount.subset_pid.then_some(Hidden::SubsetPid),
            None => self.system.then_some(Hidden::MountUnknown),
        }
    }
}

/// A namespace of the calling thread. Kernels before 3.17 show only that of the process.
fn own(root: &ProcRoot, namespace: &str) -> io::Result<FileId> {
    root.file_id(format!("thread-self/{namespace}"))
        .or_else(|_| root.file_id(format!("self/{namespace}")))
}

fn mount_of(root: &ProcRoot) -> Option<ProcMount> {
    let point = root.path("").canonicalize().ok()?;
    let text = root.read("thread-self/mountinfo").or_else(|_| root.read("self/mountinfo")).ok()?;
    proc_mount_at(&text, point.as_os_str().as_encoded_bytes())
}

fn may_trace_all(root: &ProcRoot) -> bool {
    let status = root.status("thread-self").or_else(|_| root.status("self"));
    status.is_ok_and(|status| status.cap_eff & CAP_SYS_PTRACE != 0)
}

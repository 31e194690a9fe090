//! Entering a namespace: in a thread, or in a child process.
//!
//! A namespace of a user namespace of one's own can be entered only after that one. The kernel lets
//! only a process with one thread enter a user namespace, so this happens in a child. There the
//! kernel shows the ids of that user namespace, and [`crate::sys::ids`] translates them back.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::mounts::open_path;
use crate::model::IdMaps;
use crate::names;
use crate::proc::{ProcRoot, file_id, id_map};
use crate::sys::child::{self, Child, Ended, Pipes};
use crate::sys::namespace::{enter, enter_user, in_thread, owner};
use crate::sys::{Errno, errno_of, error_text, ids};

/// How often to look for the end of threads that have been joined: the kernel lists them for a
/// moment longer.
const LOOKS: usize = 100;
const PAUSE: Duration = Duration::from_millis(1);

/// Why nothing is known of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnterError {
    /// It could not be entered. EPERM: CAP_SYS_ADMIN is missing in its user namespace.
    Refused(Errno),
    /// The child process that entered it has ended before its work was done.
    Ended(Ended),
}

impl EnterError {
    /// Whether the namespace, or the process that showed it, has ended meanwhile.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(self, EnterError::Refused(Errno::ENOENT | Errno::ESRCH))
    }
}

impl From<Errno> for EnterError {
    fn from(errno: Errno) -> EnterError {
        EnterError::Refused(errno)
    }
}

impl fmt::Display for EnterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnterError::Refused(errno) => f.write_str(&error_text(*errno)),
            EnterError::Ended(Ended::Killed(signal)) => {
                write!(f, "the process that entered it was killed by signal {signal}")
            }
            EnterError::Ended(_) => f.write_str("the process that entered it ended unexpectedly"),
        }
    }
}

/// Runs `work` inside an IPC namespace, which the calling thread does not enter: in another thread,
/// or in a child process if its user namespace has to be entered first.
///
/// In a child, users and groups are those of the caller as long as they are read through
/// [`ProcRoot::status`], [`ProcRoot::user_of`], the sources and [`crate::sys::ids`]. What else
/// `work` changes is lost, except its result.
///
/// # Errors
/// It cannot be entered, or the child has ended.
pub fn run_inside<T, W>(root: &ProcRoot, namespace: &File, work: W) -> Result<T, EnterError>
where
    T: Send + Serialize + DeserializeOwned,
    W: FnOnce() -> T + Send,
{
    let entered = in_thread(|| match enter_or_stay(root, namespace) {
        Ok(()) => Ok(work()),
        Err(errno) => Err((errno, work)),
    })?;
    let (errno, work) = match entered {
        Ok(result) => return Ok(result),
        Err(refused) => refused,
    };
    match other_owner(root, namespace, errno) {
        Some(owner) if has_one_thread(root) => run_in_child(root, namespace, &owner, work),
        _ => Err(errno.into()),
    }
}

/// Moves the calling thread into a namespace. Without a privilege the kernel refuses even the one
/// that the thread is in.
fn enter_or_stay(root: &ProcRoot, namespace: &File) -> nix::Result<()> {
    let is_own = || {
        let own = root.file_id("thread-self/ns/ipc").ok();
        own.is_some() && own == namespace.metadata().ok().map(|metadata| file_id(&metadata))
    };
    enter(namespace).or_else(|errno| if is_own() { Ok(()) } else { Err(errno) })
}

/// Whether a namespace cannot be entered by a thread, but perhaps by a child process.
#[must_use]
pub fn needs_child(root: &ProcRoot, namespace: &File) -> bool {
    match in_thread(|| enter_or_stay(root, namespace)) {
        Ok(Err(errno)) => other_owner(root, namespace, errno).is_some(),
        _ => false,
    }
}

/// The user namespace that owns a namespace that could not be entered, if it is below ours.
fn other_owner(root: &ProcRoot, namespace: &File, errno: Errno) -> Option<OwnedFd> {
    if errno != Errno::EPERM {
        return None;
    }
    let owner = File::from(owner(namespace).ok()?);
    let inode = owner.metadata().ok()?.ino();
    let own = root.metadata("thread-self/ns/user").ok()?.ino();
    (inode != own).then(|| owner.into())
}

/// Whether the calling thread is the only one.
fn has_one_thread(root: &ProcRoot) -> bool {
    // Two links of a directory are not those of directories within it.
    let is_alone = || root.metadata("self/task").is_ok_and(|tasks| tasks.nlink() == 3);
    (0..LOOKS).any(|_| is_alone() || pause())
}

fn pause() -> bool {
    thread::sleep(PAUSE);
    false
}

/// The last message of a child.
#[derive(Serialize, Deserialize)]
struct Answer<T> {
    result: T,
    /// The error of a look-up of a name that failed.
    names_failure: Option<i32>,
}

fn run_in_child<T: Serialize + DeserializeOwned>(
    root: &ProcRoot,
    namespace: &File,
    owner: &OwnedFd,
    work: impl FnOnce() -> T,
) -> Result<T, EnterError> {
    let parent = std::process::id();
    let child = child::start(|pipes| {
        // An error means that the parent has ended, or gives up.
        let _ = work_inside(
            root,
            pipes,
            || {
                let entered = child::forbid_tracing()
                    .and_then(|()| enter_user(owner))
                    .and_then(|()| enter(namespace));
                child::end_with(parent);
                entered
            },
            work,
        );
    })?;
    let answer = match converse(root, &child) {
        // It has closed its end.
        Err(EnterError::Refused(Errno::EPIPE)) => return Err(EnterError::Ended(child.wait())),
        answer => answer?,
    };
    match serde_json::from_slice(&answer) {
        Ok(Answer { result, names_failure }) => {
            let _ = child.wait();
            names_failure.into_iter().for_each(names::note_failure);
            Ok(result)
        }
        Err(_) => Err(EnterError::Ended(child.wait())),
    }
}

/// The side of the child: it says its number in /proc, enters the namespaces, says how that ended,
/// gets the maps of ids, and sends the result.
fn work_inside<T: Serialize>(
    root: &ProcRoot,
    pipes: &Pipes,
    enter: impl FnOnce() -> nix::Result<()>,
    work: impl FnOnce() -> T,
) -> nix::Result<()> {
    let own = root.read_link("self").map_err(|error| errno_of(&error))?;
    pipes.send(own.as_os_str().as_bytes())?;
    pipes.receive()?;
    let entered = enter();
    pipes.send(&entered.err().map_or(0, |errno| errno as i32).to_ne_bytes())?;
    entered?;
    let maps = serde_json::from_slice(&pipes.receive()?).map_err(|_| Errno::EIO)?;
    ids::set_caller(maps);
    let result = work();
    let names_failure = names::failure().map(|errno| errno as i32);
    let answer = serde_json::to_vec(&Answer { result, names_failure }).map_err(|_| Errno::EIO)?;
    pipes.send(&answer)
}

/// The side of the parent; returns the last message.
///
/// The kernel shows a map in the ids of whoever opens it, so that the parent does. With `hidepid`
/// the child is out of sight once it has entered, so its files are found before, which shows nothing
/// yet.
fn converse(root: &ProcRoot, child: &Child) -> Result<Vec<u8>, EnterError> {
    let pipes = &child.pipes;
    let directory = root.path(OsStr::from_bytes(&pipes.receive()?));
    let find = |name| open_path(&directory.join(name)).map_err(|error| errno_of(&error));
    let (users, groups) = (find("uid_map")?, find("gid_map")?);
    pipes.send(b"")?;
    let errno = pipes.receive()?.try_into().map_or(Errno::EIO as i32, i32::from_ne_bytes);
    if errno != 0 {
        return Err(Errno::from_raw(errno).into());
    }
    let read = |found: OwnedFd| {
        let text = root.read(format!("self/fd/{}", found.as_raw_fd()));
        let text = text.map_err(|error| errno_of(&error))?;
        id_map::parse(&text).map_err(|_| Errno::EIO)
    };
    let maps = IdMaps { users: read(users)?, groups: read(groups)? };
    pipes.send(&serde_json::to_vec(&maps).map_err(|_| Errno::EIO)?)?;
    Ok(pipes.receive()?)
}

//! IPC namespaces as open files (namespaces(7)): entering them, whom they belong to, and the list of
//! all of them.

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::thread;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_long};
use nix::sched::{CloneFlags, setns};

use super::layout::{NamespaceHandle, NamespaceQuery};

/// include/uapi/linux/nsfs.h
const NS_GET_USERNS: libc::Ioctl = 0xb701;
const NS_GET_NSTYPE: libc::Ioctl = 0xb703;
const NS_GET_OWNER_UID: libc::Ioctl = 0xb704;
const NS_GET_ID: libc::Ioctl = libc::_IOR::<u64>(0xb7, 13);
/// listns(2), Linux 6.19. The number is the same on all architectures that Rust has for 64-bit Linux
/// but MIPS, where the kernel does not know it.
const SYS_LISTNS: c_long = 470;
/// Opens handles of namespaces without another descriptor (include/uapi/linux/fcntl.h).
const FD_NSFS_ROOT: c_int = -10003;

/// Moves the calling thread into an IPC namespace. The other threads stay where they are.
///
/// # Errors
/// EPERM: no CAP_SYS_ADMIN in its user namespace, or in ours. EINVAL: it is another kind of file.
pub fn enter(namespace: &File) -> nix::Result<()> {
    setns(namespace, CloneFlags::CLONE_NEWIPC)
}

/// Moves this process into a user namespace.
///
/// # Errors
/// EINVAL: it has several threads, or is in that namespace already. EPERM: no CAP_SYS_ADMIN there.
pub fn enter_user(namespace: &OwnedFd) -> nix::Result<()> {
    setns(namespace, CloneFlags::CLONE_NEWUSER)
}

/// Runs `work` in an IPC namespace. A thread of its own enters the namespace, so the calling
/// thread never leaves its own, even if `work` panics.
///
/// # Errors
/// Those of [`enter`]; EAGAIN if no thread can be started.
pub fn in_namespace<T: Send>(
    namespace: &File,
    work: impl FnOnce() -> T + Send,
) -> Result<T, Errno> {
    in_thread(|| enter(namespace).map(|()| work()))?
}

/// Runs `work` in a thread of its own, whose namespaces end with it.
///
/// # Errors
/// EAGAIN if no thread can be started.
pub fn in_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Errno> {
    thread::scope(|scope| {
        let started = thread::Builder::new().spawn_scoped(scope, work);
        let started = started.map_err(|error| super::errno_of(&error))?;
        started.join().or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A request that takes no pointer.
fn ask(namespace: &File, request: libc::Ioctl) -> nix::Result<c_int> {
    // SAFETY: the requests that are passed here take no argument.
    Errno::result(unsafe { libc::ioctl(namespace.as_raw_fd(), request) })
}

/// Whether a file is an IPC namespace.
///
/// # Errors
/// ENOTTY: it is not a namespace at all. EPERM: a filter of system calls refuses ioctl(2).
pub fn is_ipc(file: &File) -> nix::Result<bool> {
    ask(file, NS_GET_NSTYPE).map(|kind| kind == libc::CLONE_NEWIPC)
}

/// The user namespace that owns a namespace.
///
/// # Errors
/// EPERM: it is neither ours nor below it. ENOTTY: older than Linux 4.9.
pub fn owner(namespace: &File) -> nix::Result<OwnedFd> {
    let descriptor = ask(namespace, NS_GET_USERNS)?;
    // SAFETY: the request returned a new descriptor, which nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// The user who made the user namespace that owns a namespace (ioctl_nsfs(2)).
///
/// # Errors
/// EPERM: that user namespace is neither ours nor below it. ENOTTY: older than Linux 4.11.
pub fn owner_uid(namespace: &File) -> nix::Result<u32> {
    let owner = owner(namespace)?;
    let mut uid: libc::uid_t = 0;
    // SAFETY: the request writes a uid_t, which lives through the call.
    Errno::result(unsafe { libc::ioctl(owner.as_raw_fd(), NS_GET_OWNER_UID, &raw mut uid) })?;
    Ok(uid)
}

/// Whether our capabilities reach into a namespace: its owning user namespace is ours or one below
/// (ioctl_ns(2)).
///
/// # Errors
/// It is unknown. ENOTTY: the kernel is older than Linux 4.9. EPERM: a filter of system calls
/// refuses ioctl(2).
pub fn is_within_reach(namespace: &File) -> nix::Result<bool> {
    match owner(namespace) {
        Ok(_) => Ok(true),
        // This is the kernel's answer for a namespace that is not within reach. It always answers
        // the other request, unless a filter gave this answer.
        Err(Errno::EPERM) => ask(namespace, NS_GET_NSTYPE).map(|_| false),
        Err(errno) => Err(errno),
    }
}

/// The identifier of a namespace that is never used again.
///
/// # Errors
/// ENOTTY: older than Linux 6.18.
pub fn unique_id(namespace: &File) -> nix::Result<u64> {
    let mut id = 0u64;
    // SAFETY: the request writes a u64, which lives through the call.
    Errno::result(unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_ID, &raw mut id) })?;
    Ok(id)
}

/// The unique identifiers of all IPC namespaces that the caller may know of, also of those that
/// only an open descriptor keeps.
///
/// # Errors
/// ENOSYS: older than Linux 6.19. EPERM: a filter of system calls refuses it.
pub fn list() -> nix::Result<Vec<u64>> {
    list_in_steps_of(1024, |query, ids| {
        // SAFETY: the query is a whole structure, and the ids are written to a buffer of that many;
        // both live through the call.
        let count = Errno::result(unsafe {
            libc::syscall(SYS_LISTNS, &raw const *query, ids.as_mut_ptr(), ids.len(), 0)
        })?;
        Ok(usize::try_from(count).unwrap_or(0))
    })
}

/// Asks for the next ids until there are none.
fn list_in_steps_of(
    step: usize,
    mut next: impl FnMut(&NamespaceQuery, &mut [u64]) -> nix::Result<usize>,
) -> nix::Result<Vec<u64>> {
    let mut query = NamespaceQuery::new(libc::CLONE_NEWIPC.cast_unsigned());
    let mut found = Vec::new();
    loop {
        let mut ids = vec![0; step];
        let count = next(&query, &mut ids)?;
        ids.truncate(count);
        // Ids are listed in ascending order, so that a list without end is not possible.
        ids.retain(|id| *id > query.ns_id);
        let Some(last) = ids.last() else { return Ok(found) };
        query.ns_id = *last;
        found.append(&mut ids);
        if count < step {
            return Ok(found);
        }
    }
}

/// Opens a namespace by its unique identifier.
///
/// # Errors
/// ESTALE: it has ended, or the kernel is older than Linux 6.19. EPERM: no CAP_SYS_ADMIN in its user
/// namespace. EBADF: older than Linux 6.18.
pub fn open_by_id(id: u64) -> nix::Result<File> {
    let mut handle = NamespaceHandle::new(id);
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the handle has as many bytes as its first field says, and lives through the call.
    let descriptor = Errno::result(unsafe {
        libc::syscall(libc::SYS_open_by_handle_at, FD_NSFS_ROOT, &raw mut handle, flags)
    })?;
    let descriptor = c_int::try_from(descriptor).map_err(|_| Errno::EBADF)?;
    // SAFETY: the call returned a new descriptor, which nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    const OWN: &str = "/proc/thread-self/ns/ipc";

    fn own() -> PathBuf {
        fs::read_link(OWN).unwrap()
    }

    #[test]
    fn the_calling_thread_stays_in_its_namespace() {
        let before = own();
        let namespace = File::open(OWN).unwrap();
        let entered = in_namespace(&namespace, || 7);
        assert_ne!(
            entered,
            Err(Errno::EPERM),
            "this test needs root, because it enters a namespace"
        );
        assert_eq!(entered, Ok(7));
        // Not a namespace.
        assert_eq!(in_namespace(&File::open("/").unwrap(), || 7), Err(Errno::EINVAL));
        let panics = || in_namespace(&namespace, || panic!("on purpose"));
        let result = std::panic::catch_unwind(panics);
        assert_eq!(result.unwrap_err().downcast_ref(), Some(&"on purpose"));
        assert_eq!(own(), before);
    }

    #[test]
    fn kinds_of_files() {
        assert_eq!(is_ipc(&File::open(OWN).unwrap()), Ok(true));
        assert_eq!(is_ipc(&File::open("/proc/self/ns/uts").unwrap()), Ok(false));
        assert_eq!(is_ipc(&File::open("/").unwrap()), Err(Errno::ENOTTY));
    }

    #[test]
    fn a_listed_namespace_is_opened_by_its_unique_id() {
        let own = unique_id(&File::open(OWN).unwrap());
        match list() {
            Ok(ids) => {
                let own = own.unwrap();
                assert!(ids.contains(&own), "{own} {ids:?}");
                let opened = open_by_id(own).map(|file| unique_id(&file));
                // An ordinary user may not.
                assert!(matches!(opened, Ok(Ok(id)) if id == own) || opened == Err(Errno::EPERM));
            }
            Err(errno) => assert!(matches!(errno, Errno::ENOSYS | Errno::EPERM), "{errno}"),
        }
        assert!(open_by_id(u64::MAX).is_err());
    }

    #[test]
    fn long_lists_are_read_in_steps() {
        let all: Vec<u64> = (1..=10).map(|n| n * 3).collect();
        for step in [1, 2, 3, 5, 10, 11] {
            let found = list_in_steps_of(step, |query, ids| {
                let rest: Vec<u64> = all.iter().copied().filter(|id| *id > query.ns_id).collect();
                let count = rest.len().min(ids.len());
                ids[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            });
            assert_eq!(found.as_ref(), Ok(&all), "{step}");
        }
        // A kernel that starts from the first one again.
        let endless = list_in_steps_of(2, |_, ids| {
            ids.copy_from_slice(&[3, 6]);
            Ok(2)
        });
        assert_eq!(endless, Ok(vec![3, 6]));
        assert_eq!(list_in_steps_of(2, |_, _| Err(Errno::ENOSYS)), Err(Errno::ENOSYS));
    }
}

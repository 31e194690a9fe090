//! Namespaces that a mount keeps, in all mount namespaces of the machine.
//!
//! A privileged caller lists these (Linux 6.12) and enters one after another, which takes no look at
//! the mount namespace of each process, and finds those without processes too.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::gap::Gap;
use super::mounts::add_all;
use super::walk::Walk;
use crate::proc::ProcRoot;
use crate::processes::INITIAL_USER_NAMESPACE;
use crate::sys::mounts::{Direction, detach_directories, enter, neighbour};
use crate::sys::namespace::in_thread;
use crate::sys::process::effective_capabilities;
use crate::sys::{Errno, errno_of, is_permission};

/// The capabilities to enter a mount namespace: CAP_SYS_CHROOT and CAP_SYS_ADMIN (capabilities(7)).
const CAPABILITIES: u64 = 1 << 18 | 1 << 21;
/// The most mount namespaces in one direction. Others may be made as fast as they are looked at.
const MOST: usize = 1 << 17;
/// The calling thread, below /proc.
const SELF: &str = "thread-self";

/// Whether all mount namespaces can be listed and entered.
pub(super) fn can_list(root: &ProcRoot) -> bool {
    let is_initial = |inode: u64| inode == INITIAL_USER_NAMESPACE;
    effective_capabilities().is_ok_and(|all| all & CAPABILITIES == CAPABILITIES)
        && root.is_procfs()
        && root.shows_own_pids().unwrap_or(false)
        && root.file_id("self/ns/user").is_ok_and(|id| is_initial(id.inode))
        && own(root)
            .is_ok_and(|own| matches!(neighbour(&own, Direction::Next), Ok(_) | Err(Errno::ENOENT)))
        && in_thread(|| enter_own(root).is_ok()).is_ok_and(|is_entered| is_entered)
}

/// Lets the calling thread enter its own mount namespace, which a sandbox may forbid. It is in
/// another directory afterwards.
fn enter_own(root: &ProcRoot) -> io::Result<()> {
    detach_directories()?;
    Ok(enter(&own(root)?, &root.open("")?)?)
}

fn own(root: &ProcRoot) -> io::Result<File> {
    root.open(format!("{SELF}/ns/mnt"))
}

/// Finds the namespaces that are mounted in any of them.
pub(super) fn find(walk: &mut Walk<'_>) {
    let found = in_thread(|| find_here(walk)).unwrap_or_else(|errno| Err(errno.into()));
    match found {
        Ok(gaps) => walk.gaps.extend(gaps),
        Err(error) => walk.gaps.push(Gap::MountNamespaces(errno_of(&error))),
    }
}

/// The same, in a thread that is in another mount namespace afterwards.
fn find_here(walk: &Walk<'_>) -> io::Result<Vec<Gap>> {
    let (own, directory) = (own(walk.root)?, walk.root.open("")?);
    detach_directories()?;
    let mut gaps = Vec::new();
    let mut look = |namespace: &File| match look_into(walk, namespace, &directory) {
        Ok(()) => {}
        // It has no root.
        Err(error) if matches!(errno_of(&error), Errno::ENOENT | Errno::EINVAL) => {}
        Err(error) if is_permission(errno_of(&error)) => {}
        Err(error) => {
            let inode = namespace.metadata().map_or(0, |metadata| metadata.ino());
            gaps.push(Gap::MountNamespace { inode, errno: errno_of(&error) });
        }
    };
    look(&own);
    for direction in [Direction::Previous, Direction::Next] {
        let mut at = own.try_clone()?;
        for _ in 0..MOST {
            at = match neighbour(&at, direction) {
                Ok(next) => next,
                Err(Errno::ENOENT) => break,
                Err(errno) => return Err(errno.into()),
            };
            look(&at);
        }
    }
    Ok(gaps)
}

fn look_into(walk: &Walk<'_>, namespace: &File, directory: &File) -> io::Result<()> {
    enter(namespace, directory)?;
    // The directory of /proc that the thread came from, which may have another path here.
    let root = ProcRoot::at(".");
    let text = root.read(format!("{SELF}/mountinfo"))?;
    add_all(walk, &root, SELF, &text);
    Ok(())
}

//! All mount namespaces (mount_namespaces(7)), one after another, and entering them.

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::fchdir;

/// `struct mnt_ns_info` (include/uapi/linux/nsfs.h).
#[repr(C)]
#[derive(Default)]
struct Info {
    size: u32,
    nr_mounts: u32,
    mnt_ns_id: u64,
}

const _: () = assert!(size_of::<Info>() == 16);

/// In which direction to go from a mount namespace. They are in the order in which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the one that was made next.
    Next,
    /// To the one that was made before.
    Previous,
}

/// Opens the mount namespace after or before another one. Those in whose user namespace the caller
/// lacks CAP_SYS_ADMIN are left out.
///
/// # Errors
/// ENOENT: there is none. ENOTTY: older than Linux 6.12.
pub fn neighbour(namespace: &File, direction: Direction) -> nix::Result<File> {
    let request = match direction {
        Direction::Next => const { libc::_IOR::<Info>(0xb7, 11) },
        Direction::Previous => const { libc::_IOR::<Info>(0xb7, 12) },
    };
    let mut info = Info { size: const { size_of::<Info>() as u32 }, ..Info::default() };
    // SAFETY: the request writes one structure of the size that its number has, which lives through
    // the call.
    let descriptor =
        Errno::result(unsafe { libc::ioctl(namespace.as_raw_fd(), request, &raw mut info) })?;
    // SAFETY: the request returned a new descriptor, which nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }.into())
}

/// Lets the calling thread have root and working directory of its own, without which it cannot enter
/// a mount namespace.
///
/// # Errors
/// ENOMEM; EPERM from a filter of system calls.
pub fn detach_directories() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_FS)
}

/// Moves the calling thread into a mount namespace, and then into a directory of where it was.
///
/// # Errors
/// EPERM: CAP_SYS_ADMIN or CAP_SYS_CHROOT is missing. EINVAL: the root and the working directory are
/// those of other threads too.
pub fn enter(namespace: &File, directory: &File) -> nix::Result<()> {
    setns(namespace, CloneFlags::CLONE_NEWNS)?;
    fchdir(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn the_neighbour_of_a_neighbour_is_this_one() {
        let own = File::open("/proc/thread-self/ns/mnt").unwrap();
        for (there, back) in
            [(Direction::Next, Direction::Previous), (Direction::Previous, Direction::Next)]
        {
            match neighbour(&own, there) {
                Ok(other) => {
                    assert_ne!(other.metadata().unwrap().ino(), own.metadata().unwrap().ino());
                    // Others may be made or end meanwhile.
                    assert!(matches!(neighbour(&other, back), Ok(_) | Err(Errno::ENOENT)));
                }
                Err(errno) => assert!(matches!(errno, Errno::ENOENT | Errno::ENOTTY), "{errno}"),
            }
        }
        let other = File::open("/proc/self/ns/uts").unwrap();
        assert!(neighbour(&other, Direction::Next).is_err());
    }
}

//! Facts about processes that the kernel reports without /proc.

use std::cmp::Ordering;
use std::num::NonZeroU64;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::stat::fstat;
use nix::sys::statfs::{FsType, fstatfs};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

/// Whether there is a process or thread of this number in our pid namespace: `kill(pid, 0)`.
///
/// It takes no look at /proc, so `hidepid` hides nothing from it; zombies count.
///
/// # Errors
/// None that kill(2) has: a seccomp filter refuses the call.
pub fn exists(pid: i32) -> nix::Result<bool> {
    // 0 and below mean groups of processes.
    if pid <= 0 {
        return Ok(false);
    }
    // SAFETY: kill takes no pointer, and signal 0 is never delivered.
    match Errno::result(unsafe { libc::kill(pid, 0) }) {
        Ok(_) | Err(Errno::EPERM) => Ok(true),
        Err(Errno::ESRCH) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// The unit of a process' start time: ticks a second (`sysconf(_SC_CLK_TCK)`).
#[must_use]
pub fn clock_ticks() -> NonZeroU64 {
    sysconf(SysconfVar::CLK_TCK)
        .ok()
        .flatten()
        .and_then(|ticks| u64::try_from(ticks).ok())
        .and_then(NonZeroU64::new)
        .unwrap_or(const { NonZeroU64::new(100).unwrap() })
}

/// When the machine was started, in seconds since the epoch, computed from the clocks. It is for a
/// /proc without `stat`, and the kernel computes `btime` there in the same way.
#[must_use]
pub fn boot_time() -> Option<i64> {
    let now = clock_gettime(ClockId::CLOCK_REALTIME).ok()?;
    let up = clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?;
    let before = i64::from(now.tv_nsec() < up.tv_nsec());
    now.tv_sec().checked_sub(up.tv_sec())?.checked_sub(before)
}

/// A number that is larger for each process than for all that were started before: the inode number
/// of its pidfd, which the kernel counts up (fs/pidfs.c). It costs less than the start time in
/// /proc/PID/stat.
///
/// # Errors
/// ESRCH: it has ended. Those of pidfd_open(2).
pub fn birth(pid: i32) -> nix::Result<u64> {
    fstat(pidfd(pid)?).map(|stat| stat.st_ino)
}

/// Whether the kernel has such numbers: Linux 6.9.
#[must_use]
pub fn has_births() -> bool {
    // include/uapi/linux/magic.h
    const PID_FS: FsType = FsType(0x5049_4446);
    // With fewer bits the numbers are used again.
    cfg!(target_pointer_width = "64")
        && pidfd(std::process::id().cast_signed())
            .and_then(fstatfs)
            .is_ok_and(|fs| fs.filesystem_type() == PID_FS)
}

fn pidfd(pid: i32) -> nix::Result<OwnedFd> {
    // SAFETY: pidfd_open takes numbers only.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    let fd = i32::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the descriptor is new, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Orders two processes by their memory; equal when they share it (vfork, CLONE_VM): kcmp(2).
///
/// # Errors
/// EPERM: no permission to inspect one of them. ESRCH: it has exited. ENOSYS: the kernel lacks the
/// call.
pub fn compare_memory(a: i32, b: i32) -> nix::Result<Ordering> {
    const KCMP_VM: libc::c_long = 1;
    let (a, b) = (libc::c_long::from(a), libc::c_long::from(b));
    // SAFETY: kcmp takes numbers only.
    match Errno::result(unsafe { libc::syscall(libc::SYS_kcmp, a, b, KCMP_VM, 0, 0) })? {
        0 => Ok(Ordering::Equal),
        1 => Ok(Ordering::Less),
        _ => Ok(Ordering::Greater),
    }
}

/// The effective capabilities of the calling thread, a bit each: capget(2).
///
/// # Errors
/// None that is documented for the calling thread itself.
pub fn effective_capabilities() -> nix::Result<u64> {
    /// `struct __user_cap_header_struct` and `__user_cap_data_struct` (linux/capability.h).
    #[repr(C)]
    struct Header {
        version: u32,
        pid: libc::c_int,
    }
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Data {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    /// `_LINUX_CAPABILITY_VERSION_3`: two pieces of data.
    const VERSION: u32 = 0x2008_0522;
    let mut header = Header { version: VERSION, pid: 0 };
    let mut data = [Data::default(); 2];
    let (header, pieces) = (&raw mut header, data.as_mut_ptr());
    // SAFETY: version 3 writes two pieces of data, and the version back into the header.
    Errno::result(unsafe { libc::syscall(libc::SYS_capget, header, pieces) })?;
    Ok(u64::from(data[1].effective) << 32 | u64::from(data[0].effective))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_exists_and_group_numbers_do_not() {
        assert_eq!(exists(std::process::id().cast_signed()), Ok(true));
        for nobody in [0, -1, i32::MAX] {
            assert_eq!(exists(nobody), Ok(false));
        }
    }

    #[test]
    fn the_clocks_have_the_boot_time_of_proc() {
        let stat = std::fs::read_to_string("/proc/stat").unwrap();
        let btime = stat.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
        // The clock may be adjusted between the two.
        assert!(boot_time().unwrap().abs_diff(btime.parse().unwrap()) <= 1);
    }

    #[test]
    fn a_child_is_born_after_its_parent() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let [parent, born] = [std::process::id(), child.id()].map(|pid| birth(pid.cast_signed()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!has_births() || parent.unwrap() < born.unwrap());
        assert!(birth(0).is_err());
    }

    #[test]
    fn a_process_shares_memory_with_itself() {
        let pid = std::process::id().cast_signed();
        assert!(matches!(compare_memory(pid, pid), Ok(Ordering::Equal) | Err(Errno::ENOSYS)));
    }
}

//! Semaphore sets: semget(2), semctl(2).

use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::libc;

use super::layout::SemidDs;
use super::{StatBy, perm_of};
use crate::model::{Id, Key, SemLimits, SemSet, SemUsage, Semaphore};

/// # Safety
/// A `T` is what `cmd` fills; the sizes are asserted in `layout`.
unsafe fn fill<T>(id: i32, cmd: libc::c_int) -> nix::Result<(i32, T)> {
    let mut buf = MaybeUninit::<T>::uninit();
    // SAFETY: the variadic argument is `union semun`, passed as its pointer member; it points to a
    // buffer of the type that `cmd` fills, as the caller promises.
    let ret = Errno::result(unsafe { libc::semctl(id, 0, cmd, buf.as_mut_ptr()) })?;
    // SAFETY: on success the kernel has filled the whole structure.
    Ok((ret, unsafe { buf.assume_init() }))
}

fn from_raw(id: i32, ds: &SemidDs) -> SemSet {
    SemSet {
        perm: perm_of(&ds.sem_perm, id),
        nsems: ds.sem_nsems,
        otime: ds.sem_otime,
        ctime: ds.sem_ctime,
    }
}

/// The set at an index, or at the index of an id.
///
/// # Errors
/// EINVAL: no such object, or the kernel does not know the command. EACCES: no read permission.
pub fn stat(index: i32, by: StatBy) -> nix::Result<SemSet> {
    let cmd = match by {
        StatBy::Any => libc::SEM_STAT_ANY,
        StatBy::Readable => libc::SEM_STAT,
    };
    // SAFETY: SEM_STAT and SEM_STAT_ANY fill a semid64_ds.
    match unsafe { fill::<SemidDs>(index, cmd) } {
        // glibc before 2.33 does not know the command and passes NULL for the buffer (its bug
        // 26637): whoever asks by it shall find it as unknown as to a kernel before 4.17.
        Err(Errno::EFAULT) if by == StatBy::Any => Err(Errno::EINVAL),
        filled => filled.map(|(id, ds)| from_raw(id, &ds)),
    }
}

/// Highest used index (0 also when there is none) and the limits (`IPC_INFO`).
///
/// # Errors
/// ENOSYS: the kernel has no System V IPC.
pub fn limits() -> nix::Result<(i32, SemLimits)> {
    // SAFETY: IPC_INFO and SEM_INFO fill a seminfo.
    let (max_index, info) = unsafe { fill::<libc::seminfo>(0, libc::IPC_INFO) }?;
    let limits = SemLimits {
        semmni: info.semmni.into(),
        semmsl: info.semmsl.into(),
        semmns: info.semmns.into(),
        semopm: info.semopm.into(),
        semvmx: u64::from(info.semvmx.cast_unsigned()),
    };
    Ok((max_index, limits))
}

/// The highest used index and the sums over all sets (`SEM_INFO`); cheap.
///
/// # Errors
/// ENOSYS: the kernel has no System V IPC.
pub fn usage() -> nix::Result<(i32, SemUsage)> {
    // SAFETY: IPC_INFO and SEM_INFO fill a seminfo.
    let (max_index, info) = unsafe { fill::<libc::seminfo>(0, libc::SEM_INFO) }?;
    let usage = SemUsage {
        semusz: u64::from(info.semusz.cast_unsigned()),
        semaem: u64::from(info.semaem.cast_unsigned()),
    };
    Ok((max_index, usage))
}

fn get_one(id: Id, num: i32, cmd: libc::c_int) -> nix::Result<i32> {
    // SAFETY: GETVAL, GETPID, GETNCNT and GETZCNT take no fourth argument.
    Errno::result(unsafe { libc::semctl(id.0, num, cmd) })
}

/// The value of one semaphore (`GETVAL`).
///
/// There is no function for all of them in one call: GETALL writes as many values as the set has at
/// that moment, and a set that took the place of another under the same id may have more.
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn value(id: Id, num: u32) -> nix::Result<i32> {
    get_one(id, num.cast_signed(), libc::GETVAL)
}

/// The number of waiters of one semaphore: for increase and for zero (`GETNCNT`, `GETZCNT`).
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn waiters(id: Id, num: u32) -> nix::Result<(i32, i32)> {
    let num = num.cast_signed();
    Ok((get_one(id, num, libc::GETNCNT)?, get_one(id, num, libc::GETZCNT)?))
}

/// The pid of the last operation on one semaphore (`GETPID`).
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn last_pid(id: Id, num: u32) -> nix::Result<i32> {
    get_one(id, num.cast_signed(), libc::GETPID)
}

/// All that the kernel tells of one semaphore.
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn semaphore(id: Id, num: u32) -> nix::Result<Semaphore> {
    let value = value(id, num)?;
    let (ncount, zcount) = waiters(id, num)?;
    Ok(Semaphore { num, value, ncount, zcount, pid: last_pid(id, num)? })
}

/// Removes a set (`IPC_RMID`).
///
/// # Errors
/// EINVAL, EIDRM: no such object. EPERM: neither owner nor creator nor privileged.
pub fn remove(id: Id) -> nix::Result<()> {
    // SAFETY: IPC_RMID takes no fourth argument.
    Errno::result(unsafe { libc::semctl(id.0, 0, libc::IPC_RMID) }).map(drop)
}

/// Finds or makes a set (semget(2)); `flags` are permission bits and `IPC_CREAT`, `IPC_EXCL`.
///
/// # Errors
/// Those of semget(2).
pub fn get(key: Key, nsems: i32, flags: i32) -> nix::Result<Id> {
    // SAFETY: semget takes no pointer.
    Errno::result(unsafe { libc::semget(key.raw(), nsems, flags) }).map(Id)
}

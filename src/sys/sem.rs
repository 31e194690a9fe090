//! Semaphore sets: semget(2), semctl(2).

use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::libc;

use super::layout::SemidDs;
use super::{StatBy, object};
use crate::model::{Body, Id, Key, Kind, Object, Sem, SemLimits, SemUsage, Semaphore};

/// With at least this many semaphores, one call for all values saves calls.
const WORTH_ALL_VALUES: u32 = 16;

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

fn from_raw(id: i32, ds: &SemidDs) -> Object {
    let body = Sem { nsems: ds.sem_nsems, otime: ds.sem_otime };
    object(Kind::Sem, id, &ds.sem_perm, ds.sem_ctime, Body::Sem(body))
}

/// The set at an index, or at the index of an id.
///
/// # Errors
/// EINVAL: no such object, or the kernel does not know the command. EACCES: no read permission.
#[inline]
pub fn stat(index: i32, by: StatBy) -> nix::Result<Object> {
    let cmd = match by {
        StatBy::Any => libc::SEM_STAT_ANY,
        StatBy::Readable => libc::SEM_STAT,
    };
    // SAFETY: SEM_STAT and SEM_STAT_ANY fill a semid64_ds.
    match unsafe { fill::<SemidDs>(index, cmd) } {
        // glibc before 2.33 does not know the command and passes NULL for the buffer (its bug
        // 26637). It is reported to callers as unknown, as on a kernel before 4.17.
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
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn value(id: Id, num: u32) -> nix::Result<i32> {
    get_one(id, num.cast_signed(), libc::GETVAL)
}

/// The values of all semaphores of a set that has `count` of them (`GETALL`).
///
/// The kernel writes as many values as the set has at that moment. Another, larger set may have got
/// the same id meanwhile. So the buffer ends at memory that cannot be written, and a longer answer
/// fails.
///
/// # Errors
/// EFAULT: the set has more semaphores. EACCES: no read permission. EINVAL, EIDRM: no such set,
/// or a smaller one. ENOMEM: no memory for the buffer.
pub fn values(id: Id, count: u32) -> nix::Result<Vec<u16>> {
    let (count, page) = (count as usize, super::page_size() as usize);
    let bytes = count.checked_mul(size_of::<u16>()).ok_or(Errno::ENOMEM)?;
    let room = bytes.checked_next_multiple_of(page).ok_or(Errno::ENOMEM)?;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let total = room.checked_add(page).ok_or(Errno::ENOMEM)?;
    // SAFETY: a new private mapping, which no other code knows of; its last page is taken from use.
    // The values are written before that page, aligned for u16 (`bytes` is even), or the call
    // fails. They are copied, and the mapping is removed, before anything else happens.
    unsafe {
        let base = libc::mmap(std::ptr::null_mut(), total, access, flags, -1, 0);
        if base == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let values = base.byte_add(room.saturating_sub(bytes)).cast::<u16>();
        // No value: they end at 32767. What the kernel does not write shows a smaller set.
        values.write_bytes(0xff, count);
        let guarded = Errno::result(libc::mprotect(base.byte_add(room), page, libc::PROT_NONE));
        let read = guarded.and_then(|_| Errno::result(libc::semctl(id.0, 0, libc::GETALL, values)));
        let read = read.map(|_| std::slice::from_raw_parts(values, count).to_vec());
        libc::munmap(base, total);
        read.and_then(|all| if all.contains(&u16::MAX) { Err(Errno::EINVAL) } else { Ok(all) })
    }
}

/// The number of threads that wait for a semaphore to increase (`GETNCNT`).
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn ncount(id: Id, num: u32) -> nix::Result<i32> {
    get_one(id, num.cast_signed(), libc::GETNCNT)
}

/// The number of threads that wait for a semaphore to become zero (`GETZCNT`).
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn zcount(id: Id, num: u32) -> nix::Result<i32> {
    get_one(id, num.cast_signed(), libc::GETZCNT)
}

/// The pid of the last operation on one semaphore (`GETPID`).
///
/// # Errors
/// EACCES: no read permission. EINVAL, EIDRM: no such set or semaphore.
pub fn last_pid(id: Id, num: u32) -> nix::Result<i32> {
    get_one(id, num.cast_signed(), libc::GETPID)
}

/// A command of semctl(2) that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The command.
    pub command: &'static str,
    /// Why.
    pub error: Errno,
}

/// The semaphores of a set, one after another, so that the caller can stop early: three or four
/// calls of about 0.3 us for each. Read permission is needed.
///
/// They are not read at one moment: the set may change meanwhile.
pub fn semaphores(set: &Object) -> impl Iterator<Item = Result<Semaphore, Failed>> {
    // No set has more: the kernel counts its semaphores in 32 bits.
    let count = u32::try_from(set.size()).unwrap_or(u32::MAX);
    let id = set.id();
    let all = id.filter(|_| count >= WORTH_ALL_VALUES).and_then(|id| values(id, count).ok());
    let numbers = id.into_iter().flat_map(move |id| (0..count).map(move |num| (id, num)));
    numbers.map(move |(id, num)| {
        let value = all.as_ref().and_then(|all| all.get(num as usize));
        read_one(id, num, value.map(|value| i32::from(*value)))
    })
}

/// The numbers of the semaphores of a set, each with the pid of its last operation.
pub fn last_pids(set: &Object) -> impl Iterator<Item = Result<(u32, i32), Failed>> {
    let count = u32::try_from(set.size()).unwrap_or(u32::MAX);
    let numbers = set.id().into_iter().flat_map(move |id| (0..count).map(move |num| (id, num)));
    numbers.map(|(id, num)| {
        let pid = last_pid(id, num).map_err(|error| Failed { command: "GETPID", error })?;
        Ok((num, pid))
    })
}

fn read_one(id: Id, num: u32, value: Option<i32>) -> Result<Semaphore, Failed> {
    let failed = |command| move |error| Failed { command, error };
    let value = value.map_or_else(|| self::value(id, num), Ok).map_err(failed("GETVAL"))?;
    let ncount = ncount(id, num).map_err(failed("GETNCNT"))?;
    // No thread waits for zero where it is zero.
    let zcount = if value == 0 { 0 } else { zcount(id, num).map_err(failed("GETZCNT"))? };
    let pid = last_pid(id, num).map_err(failed("GETPID"))?;
    Ok(Semaphore { num, value, ncount, zcount, pid })
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

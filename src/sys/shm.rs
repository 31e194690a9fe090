//! Shared memory: shmget(2), shmctl(2).

use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::libc;

use super::layout::{SHM_INFO, SHM_STAT, SHM_STAT_ANY, ShmInfo, ShmInfo64};
use super::{StatBy, object};
use crate::model::{Body, Id, Key, Kind, Object, Shm, ShmLimits, ShmUsage};

/// # Safety
/// A `T` is what `cmd` fills; the sizes are asserted in `layout`.
unsafe fn fill<T>(id: i32, cmd: libc::c_int) -> nix::Result<(i32, T)> {
    let mut buf = MaybeUninit::<T>::uninit();
    // SAFETY: the pointer is to a buffer of the type that `cmd` fills, as the caller promises.
    let ret = Errno::result(unsafe { libc::shmctl(id, cmd, buf.as_mut_ptr().cast()) })?;
    // SAFETY: on success the kernel has filled the whole structure.
    Ok((ret, unsafe { buf.assume_init() }))
}

fn from_raw(id: i32, ds: &libc::shmid_ds) -> Object {
    let body = Shm {
        size: ds.shm_segsz as u64,
        nattch: ds.shm_nattch,
        cpid: ds.shm_cpid,
        lpid: ds.shm_lpid,
        atime: ds.shm_atime,
        dtime: ds.shm_dtime,
        rss: None,
        swap: None,
    };
    object(Kind::Shm, id, &ds.shm_perm, ds.shm_ctime, Body::Shm(body))
}

/// The segment at an index, or at the index of an id.
///
/// # Errors
/// EINVAL: no such object, or the kernel does not know the command. EACCES: no read permission.
#[inline]
pub fn stat(index: i32, by: StatBy) -> nix::Result<Object> {
    let cmd = match by {
        StatBy::Any => SHM_STAT_ANY,
        StatBy::Readable => SHM_STAT,
    };
    // SAFETY: SHM_STAT and SHM_STAT_ANY fill a shmid_ds.
    unsafe { fill::<libc::shmid_ds>(index, cmd) }.map(|(id, ds)| from_raw(id, &ds))
}

/// Highest used index (0 also when there is none) and the limits (`IPC_INFO`).
///
/// # Errors
/// ENOSYS: the kernel has no System V IPC.
pub fn limits() -> nix::Result<(i32, ShmLimits)> {
    // SAFETY: IPC_INFO fills a shminfo64.
    let (max_index, info) = unsafe { fill::<ShmInfo64>(0, libc::IPC_INFO) }?;
    let limits = ShmLimits {
        shmmni: info.shmmni,
        shmmax: info.shmmax,
        shmall: info.shmall,
        shmmin: info.shmmin,
    };
    Ok((max_index, limits))
}

/// The sums over all segments (`SHM_INFO`); it walks every segment.
///
/// # Errors
/// ENOSYS: the kernel has no System V IPC.
pub fn usage() -> nix::Result<ShmUsage> {
    // SAFETY: SHM_INFO fills a shm_info.
    let (_, info) = unsafe { fill::<ShmInfo>(0, SHM_INFO) }?;
    Ok(ShmUsage {
        used_ids: u64::from(info.used_ids.cast_unsigned()),
        shm_tot: info.shm_tot,
        shm_rss: info.shm_rss,
        shm_swp: info.shm_swp,
        swap_attempts: info.swap_attempts,
        swap_successes: info.swap_successes,
    })
}

/// Removes a segment, or marks it for destruction while it is attached (`IPC_RMID`).
///
/// # Errors
/// EINVAL, EIDRM: no such object. EPERM: neither owner nor creator nor privileged.
pub fn remove(id: Id) -> nix::Result<()> {
    // SAFETY: IPC_RMID takes no buffer.
    Errno::result(unsafe { libc::shmctl(id.0, libc::IPC_RMID, std::ptr::null_mut()) }).map(drop)
}

/// Finds or makes a segment (shmget(2)); `flags` are permission bits and `IPC_CREAT`, `IPC_EXCL`.
///
/// # Errors
/// Those of shmget(2).
pub fn get(key: Key, size: usize, flags: i32) -> nix::Result<Id> {
    // SAFETY: shmget takes no pointer.
    Errno::result(unsafe { libc::shmget(key.raw(), size, flags) }).map(Id)
}

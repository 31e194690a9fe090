//! Message queues: msgget(2), msgctl(2).

use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::libc;

use super::layout::MSG_STAT_ANY;
use super::{StatBy, object};
use crate::model::{Body, Id, Key, Kind, Msg, MsgLimits, MsgUsage, Object};

/// # Safety
/// A `T` is what `cmd` fills; the sizes are asserted in `layout`.
unsafe fn fill<T>(id: i32, cmd: libc::c_int) -> nix::Result<(i32, T)> {
    let mut buf = MaybeUninit::<T>::uninit();
    // SAFETY: the pointer is to a buffer of the type that `cmd` fills, as the caller promises.
    let ret = Errno::result(unsafe { libc::msgctl(id, cmd, buf.as_mut_ptr().cast()) })?;
    // SAFETY: on success the kernel has filled the whole structure.
    Ok((ret, unsafe { buf.assume_init() }))
}

fn from_raw(id: i32, ds: &libc::msqid_ds) -> Object {
    let body = Msg {
        cbytes: ds.__msg_cbytes,
        qbytes: Some(ds.msg_qbytes),
        qnum: ds.msg_qnum,
        lspid: ds.msg_lspid,
        lrpid: ds.msg_lrpid,
        stime: ds.msg_stime,
        rtime: ds.msg_rtime,
    };
    object(Kind::Msg, id, &ds.msg_perm, ds.msg_ctime, Body::Msg(body))
}

/// The queue at an index, or at the index of an id.
///
/// # Errors
/// EINVAL: no such object, or the kernel does not know the command. EACCES: no read permission.
#[inline]
pub fn stat(index: i32, by: StatBy) -> nix::Result<Object> {
    let cmd = match by {
        StatBy::Any => MSG_STAT_ANY,
        StatBy::Readable => libc::MSG_STAT,
    };
    // SAFETY: MSG_STAT and MSG_STAT_ANY fill a msqid_ds.
    unsafe { fill::<libc::msqid_ds>(index, cmd) }.map(|(id, ds)| from_raw(id, &ds))
}

/// Highest used index (0 also when there is none) and the limits (`IPC_INFO`).
///
/// # Errors
/// ENOSYS: the kernel has no System V IPC.
pub fn limits() -> nix::Result<(i32, MsgLimits)> {
    // SAFETY: IPC_INFO and MSG_INFO fill a msginfo.
    let (max_index, info) = unsafe { fill::<libc::msginfo>(0, libc::IPC_INFO) }?;
    let limits = MsgLimits {
        msgmni: u64::from(info.msgmni.cast_unsigned()),
        msgmax: u64::from(info.msgmax.cast_unsigned()),
        msgmnb: u64::from(info.msgmnb.cast_unsigned()),
    };
    Ok((max_index, limits))
}

/// The highest used index and the sums over all queues (`MSG_INFO`); cheap.
///
/// # Errors
/// ENOSYS: the kernel has no System V IPC.
pub fn usage() -> nix::Result<(i32, MsgUsage)> {
    // SAFETY: IPC_INFO and MSG_INFO fill a msginfo.
    let (max_index, info) = unsafe { fill::<libc::msginfo>(0, libc::MSG_INFO) }?;
    let usage = MsgUsage {
        msgpool: u64::from(info.msgpool.cast_unsigned()),
        msgmap: u64::from(info.msgmap.cast_unsigned()),
        msgtql: u64::from(info.msgtql.cast_unsigned()),
    };
    Ok((max_index, usage))
}

/// Removes a queue and its messages (`IPC_RMID`).
///
/// # Errors
/// EINVAL, EIDRM: no such object. EPERM: neither owner nor creator nor privileged.
pub fn remove(id: Id) -> nix::Result<()> {
    // SAFETY: IPC_RMID takes no buffer.
    Errno::result(unsafe { libc::msgctl(id.0, libc::IPC_RMID, std::ptr::null_mut()) }).map(drop)
}

/// Finds or makes a queue (msgget(2)); `flags` are permission bits and `IPC_CREAT`, `IPC_EXCL`.
///
/// # Errors
/// Those of msgget(2).
pub fn get(key: Key, flags: i32) -> nix::Result<Id> {
    // SAFETY: msgget takes no pointer.
    Errno::result(unsafe { libc::msgget(key.raw(), flags) }).map(Id)
}

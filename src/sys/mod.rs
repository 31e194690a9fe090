//! The system calls for System V IPC and for inspecting processes, as safe functions. This is the
//! only module with unsafe code.
//!
//! nix wraps none of them, so they are called through `nix::libc` and `Errno::result`. Only 64-bit
//! Linux is supported: there libc passes the kernel's `*64_ds` structures through.
#![allow(unsafe_code)]

pub mod accounts;
pub mod allocator;
pub mod child;
pub mod clock;
pub mod descriptors;
pub mod devices;
pub mod directory;
pub mod entry;
pub mod file_clock;
pub mod handle;
pub mod ids;
pub mod ipc;
mod layout;
pub mod lease;
pub mod mounts;
pub mod mqueue;
pub mod msg;
pub mod namespace;
pub mod open_files;
pub mod posix;
pub mod process;
pub mod procmap;
pub mod random;
pub mod reader;
pub mod sem;
pub mod shm;

use std::os::fd::AsFd;

pub use nix::errno::Errno;

use crate::model::{Body, Id, Identity, Key, Kind, Mode, Object, Owner};

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("ipcs reads the IPC structures of 64-bit Linux");

/// `IPC_STAT`-like commands that take an index in the kernel's table.
///
/// The kernel masks an id to its index itself (ipc/util.h, `ipcid_to_idx`), so that an id may be
/// passed as well; the caller then has to compare the id that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatBy {
    /// `*_STAT_ANY`, Linux 4.17: no permission on the object is needed.
    Any,
    /// `*_STAT`: needs read permission on the object.
    Readable,
}

/// How often a call is repeated that a signal interrupts. A call that is always interrupted, as by
/// a filter of system calls, must not keep a program running forever.
pub const MAX_INTERRUPTIONS: usize = 100;

/// Repeats a call that a signal interrupts.
///
/// # Errors
/// Those of the call; EINTR if it is interrupted again and again.
pub fn retry<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    for _ in 1..MAX_INTERRUPTIONS {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
    call()
}

/// Writes everything.
///
/// # Errors
/// Those of write(2).
pub fn write_all(fd: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        let count = retry(|| nix::unistd::write(fd.as_fd(), bytes))?;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

/// The error number of a failed read or write; EIO if it is not from the kernel.
#[must_use]
pub fn errno_of(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// Whether an error means that permission is missing.
#[must_use]
pub fn is_permission(errno: Errno) -> bool {
    matches!(errno, Errno::EACCES | Errno::EPERM)
}

/// The text of strerror(3). The descriptions of nix differ for some errors.
#[must_use]
pub fn error_text(errno: Errno) -> String {
    reason(&std::io::Error::from(errno))
}

/// The reason of a failed read or write in the C library's words, without Rust's "(os error N)".
#[must_use]
pub fn reason(error: &std::io::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.rfind(" (os error ") {
        text.truncate(at);
    }
    text
}

/// An object from the kernel's description of it.
fn object(kind: Kind, id: i32, raw: &nix::libc::ipc_perm, ctime: i64, body: Body) -> Object {
    // glibc and the kernel agree on the layout, but the widths of `mode` and `__seq` differ
    // between architectures.
    #[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, clippy::useless_conversion)]
    Object {
        identity: Identity::sysv(kind, Id(id)),
        key: Some(Key(raw.__key.cast_unsigned())),
        seq: Some(u32::from(raw.__seq)),
        owner: ids::caller_owner(Owner { uid: raw.uid, gid: raw.gid }),
        creator: Some(ids::caller_owner(Owner { uid: raw.cuid, gid: raw.cgid })),
        mode: Mode(raw.mode as u16),
        ctime,
        body,
    }
}

/// Bytes of a page of memory (sysconf(3)).
#[must_use]
pub fn page_size() -> u64 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
    size.ok().flatten().and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_an_interrupted_call_up_to_a_bound() {
        let interrupted = |times: usize| {
            let mut calls = 0;
            let result = retry(|| {
                calls += 1;
                if calls <= times { Err(Errno::EINTR) } else { Ok(7) }
            });
            (result, calls)
        };
        assert_eq!(interrupted(0), (Ok(7), 1));
        assert_eq!(interrupted(MAX_INTERRUPTIONS - 1), (Ok(7), MAX_INTERRUPTIONS));
        assert_eq!(interrupted(usize::MAX), (Err(Errno::EINTR), MAX_INTERRUPTIONS));
        assert_eq!(retry::<()>(|| Err(Errno::EIO)), Err(Errno::EIO));
    }
}

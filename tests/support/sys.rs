//! Thin wrappers of system calls. What only actors call is in [`super::actor`].
#![allow(unsafe_code)] // System V IPC, mount and poll have no safe wrapper in nix.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use nix::errno::Errno;
use nix::libc;

/// Owner, group and mode, as `IPC_SET` takes them.
#[derive(Clone, Copy, Debug)]
pub struct Permissions {
    pub uid: u32,
    pub gid: u32,
    pub mode: u32,
}

pub fn shmget(key: i32, size: usize, flags: i32) -> nix::Result<i32> {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::shmget(key, size, flags) })
}

/// Attaches a segment at an address that the kernel chooses, and returns the address.
pub fn shmat(id: i32, flags: i32) -> nix::Result<usize> {
    // SAFETY: a null address lets the kernel choose a free range, so no
    // existing mapping is replaced.
    let address = unsafe { libc::shmat(id, ptr::null(), flags) };
    if address.addr() == usize::MAX {
        return Err(Errno::last());
    }
    Ok(address.expose_provenance())
}

/// Detaches what [`shmat`] returned.
pub fn shmdt(address: usize) -> nix::Result<()> {
    // SAFETY: the address is one that shmat returned. No reference into the mapping
    // exists: the tests pass the address as a plain number.
    Errno::result(unsafe { libc::shmdt(ptr::with_exposed_provenance(address)) }).map(drop)
}

/// Writes one byte in each page, so that the pages become resident.
pub fn touch(address: usize, size: usize) {
    for offset in (0..size).step_by(4096) {
        // SAFETY: the caller passes a writable attachment of that size. The write is
        // volatile because other processes may map the segment too.
        unsafe {
            ptr::with_exposed_provenance_mut::<u8>(address + offset).write_volatile(1);
        }
    }
}

/// `shmctl` with a command that needs no buffer.
pub fn shmctl(id: i32, command: i32) -> nix::Result<i32> {
    // SAFETY: IPC_RMID, SHM_LOCK and SHM_UNLOCK ignore the buffer.
    Errno::result(unsafe { libc::shmctl(id, command, ptr::null_mut()) })
}

pub fn shm_set(id: i32, to: Permissions) -> nix::Result<()> {
    let mut data = MaybeUninit::<libc::shmid_ds>::zeroed();
    // SAFETY: shmid_ds is made of integers, for which zero is a valid value.
    let ds = unsafe { data.assume_init_mut() };
    ds.shm_perm.uid = to.uid;
    ds.shm_perm.gid = to.gid;
    ds.shm_perm.mode = to.mode as _;
    // SAFETY: the buffer is a whole shmid_ds that lives through the call.
    Errno::result(unsafe { libc::shmctl(id, libc::IPC_SET, ds) }).map(drop)
}

pub fn msgget(key: i32, flags: i32) -> nix::Result<i32> {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::msgget(key, flags) })
}

/// Sends a message of `length` bytes.
pub fn msgsnd(id: i32, kind: i64, length: usize, flags: i32) -> nix::Result<()> {
    let mut message = vec![kind; 1 + length.div_ceil(size_of::<i64>())];
    message[0] = kind;
    // SAFETY: the buffer begins with the type and holds at least `length`
    // bytes after it.
    Errno::result(unsafe { libc::msgsnd(id, message.as_ptr().cast(), length, flags) }).map(drop)
}

/// Receives one message of at most `length` bytes and returns its length.
pub fn msgrcv(id: i32, kind: i64, length: usize, flags: i32) -> nix::Result<usize> {
    let mut message = vec![0_i64; 1 + length.div_ceil(size_of::<i64>())];
    // SAFETY: the buffer has room for the type and `length` bytes after it.
    let received =
        unsafe { libc::msgrcv(id, message.as_mut_ptr().cast(), length, kind as _, flags) };
    Errno::result(received).map(|count| count as usize)
}

pub fn msg_remove(id: i32) -> nix::Result<()> {
    // SAFETY: IPC_RMID ignores the buffer.
    Errno::result(unsafe { libc::msgctl(id, libc::IPC_RMID, ptr::null_mut()) }).map(drop)
}

/// Sets owner, group, mode and the capacity in bytes.
pub fn msg_set(id: i32, to: Permissions, qbytes: usize) -> nix::Result<()> {
    let mut data = MaybeUninit::<libc::msqid_ds>::zeroed();
    // SAFETY: msqid_ds is made of integers, for which zero is a valid value.
    let ds = unsafe { data.assume_init_mut() };
    ds.msg_perm.uid = to.uid;
    ds.msg_perm.gid = to.gid;
    ds.msg_perm.mode = to.mode as _;
    ds.msg_qbytes = qbytes as _;
    // SAFETY: the buffer is a whole msqid_ds that lives through the call.
    Errno::result(unsafe { libc::msgctl(id, libc::IPC_SET, ds) }).map(drop)
}

/// The capacity of a queue in bytes.
pub fn msg_qbytes(id: i32) -> nix::Result<usize> {
    let mut data = MaybeUninit::<libc::msqid_ds>::zeroed();
    // SAFETY: the buffer is a whole msqid_ds that lives through the call.
    Errno::result(unsafe { libc::msgctl(id, libc::IPC_STAT, data.as_mut_ptr()) })?;
    // SAFETY: zeroed is valid, and the kernel filled it in.
    Ok(unsafe { data.assume_init() }.msg_qbytes as usize)
}

pub fn semget(key: i32, count: i32, flags: i32) -> nix::Result<i32> {
    // SAFETY: no pointer is passed.
    Errno::result(unsafe { libc::semget(key, count, flags) })
}

/// Operations `(semaphore, delta)` on one set; blocks unless the flags say otherwise.
pub fn semop(id: i32, operations: &[(u16, i16)], flags: i16) -> nix::Result<()> {
    let mut operations: Vec<_> = operations.iter().map(|&of| sembuf(of, flags)).collect();
    // SAFETY: the pointer and the length are those of the vector.
    Errno::result(unsafe { libc::semop(id, operations.as_mut_ptr(), operations.len()) }).map(drop)
}

/// One operation `(semaphore, delta)` that blocks for some seconds at most.
pub fn semtimedop(id: i32, operation: (u16, i16), seconds: i64) -> nix::Result<()> {
    let mut operation = sembuf(operation, 0);
    let timeout = libc::timespec { tv_sec: seconds, tv_nsec: 0 };
    let (operation, timeout) = (&raw mut operation, &raw const timeout);
    // SAFETY: one operation and one timeout are passed, and both live through the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_semtimedop, id, operation, 1, timeout) })
        .map(drop)
}

fn sembuf((num, delta): (u16, i16), flags: i16) -> libc::sembuf {
    libc::sembuf { sem_num: num, sem_op: delta, sem_flg: flags }
}

/// Blocks signals in this thread: any signal delivered here would interrupt a waiting semop.
pub fn block_signals() -> nix::Result<()> {
    let mut all = MaybeUninit::uninit();
    // SAFETY: sigfillset fills in the whole set before pthread_sigmask reads it; a null pointer
    // means that the old set is not returned.
    let error = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), ptr::null_mut())
    };
    if error == 0 { Ok(()) } else { Err(Errno::from_raw(error)) }
}

/// `semctl` with a command that takes no argument or a number (`SETVAL`).
pub fn semctl(id: i32, num: i32, command: i32, value: i32) -> nix::Result<i32> {
    // SAFETY: none of these commands takes a pointer. The number is as wide as the
    // union that the call expects.
    Errno::result(unsafe { libc::semctl(id, num, command, libc::c_long::from(value)) })
}

pub fn sem_set(id: i32, to: Permissions) -> nix::Result<()> {
    /// A `semid_ds` as far as it matters here; libc does not declare it for every
    /// target. The permissions come first, and IPC_SET reads no other field.
    #[repr(C)]
    struct SemidDs {
        sem_perm: libc::ipc_perm,
        rest: [u64; 16],
    }
    let mut data = MaybeUninit::<SemidDs>::zeroed();
    // SAFETY: the structure is made of integers, for which zero is valid.
    let ds = unsafe { data.assume_init_mut() };
    ds.sem_perm.uid = to.uid;
    ds.sem_perm.gid = to.gid;
    ds.sem_perm.mode = to.mode as _;
    // SAFETY: the buffer is longer than the semid_ds that the kernel reads and
    // lives through the call.
    Errno::result(unsafe { libc::semctl(id, 0, libc::IPC_SET, ptr::from_mut(ds)) }).map(drop)
}

/// Gives this thread alone other user and group ids permanently.
///
/// The C library's `setresuid` would change every thread of the process.
pub fn become_user_in_this_thread(uid: u32, gid: u32) -> nix::Result<()> {
    // SAFETY: these calls take numbers, and an empty list of groups.
    unsafe {
        Errno::result(libc::syscall(libc::SYS_setgroups, 0, ptr::null::<u32>()))?;
        Errno::result(libc::syscall(libc::SYS_setresgid, gid, gid, gid))?;
        Errno::result(libc::syscall(libc::SYS_setresuid, uid, uid, uid))?;
    }
    Ok(())
}

/// Lets other processes of this user inspect this one again.
///
/// When one thread changes its user id, the kernel makes the whole process undumpable.
pub fn make_dumpable() -> nix::Result<()> {
    // SAFETY: PR_SET_DUMPABLE takes a number.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) }).map(drop)
}

/// Mounts; `None` for arguments that the call does not need.
pub fn mount(
    source: &str,
    target: &str,
    kind: Option<&str>,
    flags: libc::c_ulong,
    data: Option<&str>,
) -> nix::Result<()> {
    let text = |text: &str| CString::new(text).expect("a mount argument without NUL");
    let (source, target) = (text(source), text(target));
    let (kind, data) = (kind.map(text), data.map(text));
    let pointer = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    // SAFETY: every pointer is null, where mount allows it, or a C string that
    // lives through the call.
    Errno::result(unsafe {
        libc::mount(source.as_ptr(), target.as_ptr(), pointer(&kind), flags, pointer(&data).cast())
    })
    .map(drop)
}

/// A descriptor that becomes readable when the process ends.
pub fn pidfd_open(pid: u32) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes numbers.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the descriptor is new and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Waits until a descriptor is readable or closed, and returns which ones are.
///
/// `None` entries are ignored. After the timeout all are false.
pub fn poll<const N: usize>(
    fds: [Option<BorrowedFd<'_>>; N],
    milliseconds: i32,
) -> nix::Result<[bool; N]> {
    let mut polled = fds.map(|fd| libc::pollfd {
        // poll ignores negative descriptors.
        fd: fd.map_or(-1, |fd| fd.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    // SAFETY: the array has N elements and lives through the call.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, milliseconds) };
    match Errno::result(ready) {
        Ok(_) | Err(Errno::EINTR) => Ok(polled.map(|fd| fd.revents != 0)),
        Err(error) => Err(error),
    }
}

/// The second of the wall clock.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("a clock after 1970").as_secs().cast_signed()
}

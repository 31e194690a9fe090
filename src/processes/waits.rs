//! Which threads are blocked in semop(2), msgsnd(2), msgrcv(2), mq_send(3) or mq_receive(3), from
//! their current system call.

use std::io;

use nix::libc;

use super::membership::Membership;
use crate::model::Id;
use crate::proc::stat::Stat;
use crate::proc::syscall::SyscallState;
use crate::proc::{MemoryRead, ProcRoot, read_memory};

/// More operations than the kernel accepts in one call by default (SEMOPM is 500). It limits what
/// is read from a process that may change meanwhile.
const MAX_SOPS: usize = crate::sys::reader::MOST / SEMBUF_SIZE;

/// One operation that a thread waits to carry out: `struct sembuf` (semop(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemOp {
    /// Which semaphore of the set.
    pub num: u16,
    /// By how much; 0 waits for zero.
    pub sem_op: i16,
}

/// What a thread waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// To carry out operations on a set.
    Semop {
        /// All of them; empty where they could not be read.
        ops: Vec<SemOp>,
        /// With a timeout (semtimedop(2)).
        timed: bool,
    },
    /// To send: the queue is full.
    Msgsnd,
    /// To receive a message of this type (msgrcv(2): 0 any, negative: up to its absolute value).
    Msgrcv {
        /// The wanted type.
        msgtyp: i64,
        /// Of any type but this one (`MSG_EXCEPT`).
        except: bool,
    },
    /// To send to a POSIX queue: it is full.
    MqSend {
        /// With a timeout (mq_timedsend(3)).
        timed: bool,
    },
    /// To receive a message from a POSIX queue.
    MqReceive {
        /// With a timeout (mq_timedreceive(3)).
        timed: bool,
    },
}

/// A thread that is blocked on an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Its process.
    pub pid: i32,
    /// The thread.
    pub tid: i32,
    /// What it waits for.
    pub wait: Wait,
    /// It was stopped by a signal or is held by a debugger. The kernel does not count it among the
    /// waiters of a semaphore, but it is still in its call and will wait again.
    pub stopped: bool,
}

/// A call that blocks on an object, as decoded from the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockedCall {
    Semop {
        id: Id,
        sops: u64,
        nsops: u64,
        timed: bool,
    },
    Msgsnd {
        id: Id,
    },
    Msgrcv {
        id: Id,
        msgtyp: i64,
        except: bool,
    },
    /// A POSIX queue is known by a descriptor of the thread.
    MqSend {
        descriptor: i32,
        timed: bool,
    },
    MqReceive {
        descriptor: i32,
        timed: bool,
    },
}

impl BlockedCall {
    /// The id of a System V object.
    pub(super) fn id(self) -> Option<Id> {
        match self {
            BlockedCall::Semop { id, .. }
            | BlockedCall::Msgsnd { id }
            | BlockedCall::Msgrcv { id, .. } => Some(id),
            BlockedCall::MqSend { .. } | BlockedCall::MqReceive { .. } => None,
        }
    }
}

/// The IPC call that a thread is blocked in, if it is one.
pub(super) fn decode(state: SyscallState) -> Option<BlockedCall> {
    let SyscallState::In { number, args } = state else { return None };
    direct(number, &args).or_else(|| multiplexed(number, &args)).or_else(|| compat(number, &args))
}

/// Arguments are C ints in wider registers. The upper half is undefined.
#[allow(clippy::cast_possible_truncation)]
fn id_of(arg: u64) -> Id {
    Id((arg as u32).cast_signed())
}

/// semop(id, sops, nsops), msgsnd(id, ...), msgrcv(id, buffer, size, type, flags).
fn semop(args: &[u64; 6]) -> Option<BlockedCall> {
    Some(BlockedCall::Semop { id: id_of(args[0]), sops: args[1], nsops: args[2], timed: false })
}

/// semtimedop(id, sops, nsops, timeout). Without a timeout it is how the C library calls semop.
fn semtimedop(args: &[u64; 6]) -> Option<BlockedCall> {
    let timed = args[3] != 0;
    Some(BlockedCall::Semop { id: id_of(args[0]), sops: args[1], nsops: args[2], timed })
}

fn msgrcv(args: &[u64; 6]) -> Option<BlockedCall> {
    let (msgtyp, except) = (args[3].cast_signed(), is_except(args[4]));
    Some(BlockedCall::Msgrcv { id: id_of(args[0]), msgtyp, except })
}

fn is_except(flags: u64) -> bool {
    id_of(flags).0 & libc::MSG_EXCEPT != 0
}

fn msgsnd(args: &[u64; 6]) -> Option<BlockedCall> {
    Some(BlockedCall::Msgsnd { id: id_of(args[0]) })
}

/// mq_timedsend(queue, message, size, priority, timeout)
fn mq_send(args: &[u64; 6]) -> Option<BlockedCall> {
    Some(BlockedCall::MqSend { descriptor: id_of(args[0]).0, timed: args[4] != 0 })
}

/// mq_timedreceive(queue, buffer, size, priority, timeout)
fn mq_receive(args: &[u64; 6]) -> Option<BlockedCall> {
    Some(BlockedCall::MqReceive { descriptor: id_of(args[0]).0, timed: args[4] != 0 })
}

/// Architectures that have always had a number for each call.
#[cfg(not(any(target_arch = "powerpc64", target_arch = "s390x", target_arch = "sparc64")))]
fn direct(number: i64, args: &[u64; 6]) -> Option<BlockedCall> {
    match number {
        libc::SYS_semop => semop(args),
        libc::SYS_semtimedop => semtimedop(args),
        libc::SYS_msgsnd => msgsnd(args),
        libc::SYS_msgrcv => msgrcv(args),
        libc::SYS_mq_timedsend => mq_send(args),
        libc::SYS_mq_timedreceive => mq_receive(args),
        _ => None,
    }
}

/// Architectures that got the numbers in Linux 5.1, the same ones everywhere.
#[cfg(any(target_arch = "powerpc64", target_arch = "s390x", target_arch = "sparc64"))]
fn direct(number: i64, args: &[u64; 6]) -> Option<BlockedCall> {
    match number {
        392 => semtimedop(args),
        400 => msgsnd(args),
        401 => msgrcv(args),
        libc::SYS_mq_timedsend => mq_send(args),
        libc::SYS_mq_timedreceive => mq_receive(args),
        _ => None,
    }
}

#[cfg(any(target_arch = "powerpc64", target_arch = "s390x", target_arch = "sparc64"))]
fn multiplexed(number: i64, args: &[u64; 6]) -> Option<BlockedCall> {
    if number == libc::SYS_ipc { ipc(args) } else { None }
}

#[cfg(not(any(target_arch = "powerpc64", target_arch = "s390x", target_arch = "sparc64")))]
fn multiplexed(_: i64, _: &[u64; 6]) -> Option<BlockedCall> {
    None
}

/// Programs with 32-bit pointers on x86-64. No i386 number is a 64-bit call that blocks on an object:
/// 117 is setresuid there, 279 move_pages, 280 utimensat, and the others are not used. The first
/// argument of those two is not a queue. The x32 numbers are the 64-bit ones with an extra
/// bit (arch/x86/entry/syscalls/*.tbl).
#[cfg(target_arch = "x86_64")]
fn compat(number: i64, args: &[u64; 6]) -> Option<BlockedCall> {
    const X32_SYSCALL_BIT: i64 = 0x4000_0000;
    let call = match number {
        117 => ipc(args),
        279 | 418 => mq_send(args),
        280 | 419 => mq_receive(args),
        400 => msgsnd(args),
        401 => msgrcv(args),
        420 => semtimedop(args),
        x32 if x32 & X32_SYSCALL_BIT != 0 => direct(x32 & !X32_SYSCALL_BIT, args),
        _ => None,
    };
    call.map(narrow)
}

/// 32-bit programs on arm64 (arch/arm/tools/syscall.tbl). 64-bit calls there have other numbers, but
/// for 276 and 277, renameat2 and seccomp, whose first argument is not a queue.
#[cfg(target_arch = "aarch64")]
fn compat(number: i64, args: &[u64; 6]) -> Option<BlockedCall> {
    let call = match number {
        276 | 418 => mq_send(args),
        277 | 419 => mq_receive(args),
        298 => semop(args),
        301 => msgsnd(args),
        302 => msgrcv(args),
        312 | 420 => semtimedop(args),
        _ => None,
    };
    call.map(narrow)
}

/// A long of 32 bits.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn narrow(call: BlockedCall) -> BlockedCall {
    match call {
        BlockedCall::Msgrcv { id, msgtyp, except } => {
            let msgtyp = i64::from(id_of(msgtyp.cast_unsigned()).0);
            BlockedCall::Msgrcv { id, msgtyp, except }
        }
        call => call,
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn compat(_: i64, _: &[u64; 6]) -> Option<BlockedCall> {
    None
}

/// ipc(call, first, second, third, ptr, fifth): ipc(2), ipc/syscall.c of the kernel.
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "powerpc64",
    target_arch = "s390x",
    target_arch = "sparc64"
))]
fn ipc(args: &[u64; 6]) -> Option<BlockedCall> {
    let id = id_of(args[1]);
    match args[0] & 0xffff {
        // SEMOP, SEMTIMEDOP
        call @ (1 | 4) => {
            let timed = call == 4 && args[5] != 0;
            Some(BlockedCall::Semop { id, sops: args[4], nsops: args[2], timed })
        }
        // MSGSND
        11 => Some(BlockedCall::Msgsnd { id }),
        // MSGRCV. In version 0 the type is in a structure, which is not read.
        12 => {
            let msgtyp = if args[0] >> 16 != 0 { args[5].cast_signed() } else { 0 };
            Some(BlockedCall::Msgrcv { id, msgtyp, except: is_except(args[3]) })
        }
        _ => None,
    }
}

/// The call that a thread is blocked in: one small file, about 5 us.
pub(super) fn read_call(root: &ProcRoot, pid: i32, tid: i32) -> io::Result<Option<BlockedCall>> {
    let text = root.read(format!("{pid}/task/{tid}/syscall"))?;
    // Text that cannot be understood does not prove that the thread is not blocked.
    SyscallState::parse(&text).map(decode).map_err(io::Error::other)
}

/// Whether a thread was stopped by a signal or is held by a debugger.
pub(super) fn is_stopped(root: &ProcRoot, pid: i32, tid: i32) -> bool {
    let text = root.read(format!("{pid}/task/{tid}/stat")).ok();
    text.and_then(|text| Stat::parse(&text).ok()).is_some_and(|stat| stat.is_stopped())
}

/// Adds the operations of each blocked semop, from the memory of its process. Waiters that were
/// woken meanwhile are left out. The memory is read through the thread because the first thread may
/// have exited.
pub(super) fn read_operations(
    root: &ProcRoot,
    waiters: Vec<(BlockedCall, Waiter, Membership)>,
) -> Vec<(BlockedCall, Waiter, Membership)> {
    let wanted: Vec<Option<MemoryRead>> =
        waiters.iter().map(|(call, waiter, _)| operations_of(*call, waiter)).collect();
    let reads: Vec<MemoryRead> = wanted.iter().flatten().cloned().collect();
    let mut answers = read_memory(root, &reads).into_iter();
    let mut complete = Vec::with_capacity(waiters.len());
    for ((call, mut waiter, membership), wanted) in waiters.into_iter().zip(wanted) {
        if let (Some(wanted), Wait::Semop { ops, .. }) = (wanted, &mut waiter.wait) {
            let bytes = answers.next().and_then(Result::ok).unwrap_or_default();
            if bytes.len() == wanted.length {
                *ops = bytes.as_chunks().0.iter().map(sembuf).collect();
            }
            if !matches!(read_call(root, waiter.pid, waiter.tid), Ok(Some(now)) if now == call) {
                continue;
            }
        }
        complete.push((call, waiter, membership));
    }
    complete
}

/// Where the operations of a waiter are; `None` of more than the kernel takes by default.
fn operations_of(call: BlockedCall, waiter: &Waiter) -> Option<MemoryRead> {
    let BlockedCall::Semop { sops, nsops, .. } = call else { return None };
    let count = usize::try_from(nsops).ok().filter(|count| (1..=MAX_SOPS).contains(count))?;
    let length = count.checked_mul(SEMBUF_SIZE)?;
    let path = format!("{}/task/{}/mem", waiter.pid, waiter.tid);
    Some(MemoryRead { path, offset: sops, length })
}

/// `struct sembuf` is three shorts on every architecture: sem_num, sem_op, sem_flg.
const SEMBUF_SIZE: usize = 6;
const _: () = assert!(size_of::<libc::sembuf>() == SEMBUF_SIZE);

fn sembuf(bytes: &[u8; SEMBUF_SIZE]) -> SemOp {
    let [a, b, c, d, ..] = *bytes;
    SemOp { num: u16::from_ne_bytes([a, b]), sem_op: i16::from_ne_bytes([c, d]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: i64, args: [u64; 6]) -> Option<BlockedCall> {
        decode(SyscallState::In { number, args })
    }

    #[test]
    fn the_calls_of_this_architecture() {
        let sem = |timed| Some(BlockedCall::Semop { id: Id(8), sops: 0x7000, nsops: 2, timed });
        assert_eq!(call(libc::SYS_semtimedop, [8, 0x7000, 2, 0, 0, 0]), sem(false));
        assert_eq!(call(libc::SYS_semtimedop, [8, 0x7000, 2, 0x7100, 0, 0]), sem(true));
        assert_eq!(call(libc::SYS_semop, [8, 0x7000, 2, 9, 9, 9]), sem(false));
        // The upper half of a register is not part of an int.
        assert_eq!(
            call(libc::SYS_msgsnd, [0xffff_0000_0000_0003, 1, 2, 3, 4, 5]),
            Some(BlockedCall::Msgsnd { id: Id(3) })
        );
        assert_eq!(
            call(libc::SYS_msgrcv, [3, 1, 2, (-7i64).cast_unsigned(), 0, 0]),
            Some(BlockedCall::Msgrcv { id: Id(3), msgtyp: -7, except: false })
        );
        assert_eq!(
            call(libc::SYS_msgrcv, [3, 1, 2, 7, 0o20000 | 0o10000, 0]),
            Some(BlockedCall::Msgrcv { id: Id(3), msgtyp: 7, except: true })
        );
        assert_eq!(call(libc::SYS_read, [8, 0x7000, 2, 0, 0, 0]), None);
        assert_eq!(decode(SyscallState::Elsewhere), None);
    }

    #[test]
    fn the_calls_of_posix_queues() {
        let send = |timed| Some(BlockedCall::MqSend { descriptor: 3, timed });
        let receive = |timed| Some(BlockedCall::MqReceive { descriptor: 3, timed });
        for (timeout, timed) in [(0, false), (0x7000, true)] {
            // The upper half of a register is not part of an int.
            let args = [0xffff_0000_0000_0003, 1, 2, 3, timeout, 0];
            assert_eq!(call(libc::SYS_mq_timedsend, args), send(timed));
            assert_eq!(call(libc::SYS_mq_timedreceive, args), receive(timed));
            if cfg!(target_arch = "x86_64") {
                assert_eq!(call(279, args), send(timed));
                assert_eq!(call(419, args), receive(timed));
                assert_eq!(call(0x4000_0000 | libc::SYS_mq_timedsend, args), send(timed));
            }
        }
        assert_eq!(send(true).and_then(BlockedCall::id), None);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_calls_of_32_bit_programs() {
        let sem = |timed| Some(BlockedCall::Semop { id: Id(8), sops: 0x7000, nsops: 2, timed });
        assert_eq!(call(117, [4, 8, 2, 0, 0x7000, 0]), sem(false));
        assert_eq!(call(117, [4, 8, 2, 0, 0x7000, 0x7100]), sem(true));
        assert_eq!(call(117, [1, 8, 2, 0, 0x7000, 0x7100]), sem(false));
        assert_eq!(call(420, [8, 0x7000, 2, 0x7100, 0, 0]), sem(true));
        let msg = |msgtyp, except| Some(BlockedCall::Msgrcv { id: Id(8), msgtyp, except });
        assert_eq!(call(117, [(1 << 16) | 12, 8, 2, 0, 0x7000, 0xffff_fffe]), msg(-2, false));
        assert_eq!(call(117, [(1 << 16) | 12, 8, 2, 0o20000, 0x7000, 2]), msg(2, true));
        assert_eq!(call(401, [8, 1, 2, 0xffff_fffe, 0, 0]), msg(-2, false));
        // x32
        assert_eq!(call(0x4000_0000 | libc::SYS_semop, [8, 0x7000, 2, 1, 0, 0]), sem(false));
        assert_eq!(call(0x4000_0000 | libc::SYS_read, [8, 0x7000, 2, 1, 0, 0]), None);
        assert_eq!(call(117, [11, 8, 2, 0, 0x7000, 0]), Some(BlockedCall::Msgsnd { id: Id(8) }));
        assert_eq!(call(117, [13, 8, 2, 0, 0x7000, 0]), None);
    }

    #[test]
    fn operations_are_read_as_the_program_laid_them_out() {
        let mut bytes = Vec::new();
        for word in [3u16, (-2i16).cast_unsigned(), 0o10000] {
            bytes.extend_from_slice(&word.to_ne_bytes());
        }
        assert_eq!(sembuf(bytes.as_slice().try_into().unwrap()), SemOp { num: 3, sem_op: -2 });
    }

    #[test]
    fn absurd_counts_are_not_read() {
        let waiter = |nsops| {
            let call = BlockedCall::Semop { id: Id(1), sops: 0x1000, nsops, timed: false };
            let wait = Wait::Semop { ops: Vec::new(), timed: false };
            operations_of(call, &Waiter { pid: 1, tid: 1, wait, stopped: false })
        };
        assert_eq!(waiter(2).map(|read| read.length), Some(12));
        assert_eq!(waiter(0), None);
        assert_eq!(waiter(u64::MAX), None);
    }
}

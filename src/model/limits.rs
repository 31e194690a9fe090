//! System-wide limits and sums.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;

/// The smallest size of a segment in bytes: a constant of the kernel (include/uapi/linux/shm.h).
pub const SHMMIN: u64 = 1;
/// The largest value of a semaphore: a constant of the kernel (include/uapi/linux/sem.h).
pub const SEMVMX: u64 = 32767;

/// Limits of shared memory (proc(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShmLimits {
    /// Segments.
    pub shmmni: u64,
    /// Bytes of one segment.
    pub shmmax: u64,
    /// Pages of all segments.
    pub shmall: u64,
    /// Least bytes of a segment.
    pub shmmin: u64,
}

/// Limits of message queues (proc(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MsgLimits {
    /// Queues.
    pub msgmni: u64,
    /// Bytes of one message.
    pub msgmax: u64,
    /// Bytes that a new queue may hold.
    pub msgmnb: u64,
}

/// Limits of semaphores (proc(5)). The kernel's are signed, and most of them can be set below 0;
/// then no object can be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemLimits {
    /// Sets.
    pub semmni: i64,
    /// Semaphores of one set.
    pub semmsl: i64,
    /// Semaphores of all sets.
    pub semmns: i64,
    /// Operations of one semop call.
    pub semopm: i64,
    /// Largest value.
    pub semvmx: u64,
}

/// The largest value of a POSIX semaphore: a constant of the C library (sem_post(3)).
pub const SEM_VALUE_MAX: u64 = 2_147_483_647;

/// Limits of POSIX shared memory: those of the file system at /dev/shm (tmpfs(5)). `None`: it has
/// no such limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PshmLimits {
    /// Bytes of all files.
    pub devshm_bytes: Option<u64>,
    /// Files, directories and links.
    pub devshm_inodes: Option<u64>,
}

/// Limits of POSIX queues: the sysctls `fs.mqueue.*` (mq_overview(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PmsgLimits {
    /// Queues.
    pub queues_max: u64,
    /// The most messages that a queue may be made for, without privileges.
    pub msg_max: u64,
    /// The most bytes of a message that a queue may be made for, without privileges.
    pub msgsize_max: u64,
    /// The most messages of a queue that is made without a number.
    pub msg_default: u64,
    /// The most bytes of a message of such a queue.
    pub msgsize_default: u64,
}

/// Limits of POSIX semaphores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PsemLimits {
    /// Largest value.
    pub value_max: u64,
}

/// The limits of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KindLimits {
    /// Shared memory.
    Shm(ShmLimits),
    /// Message queues.
    Msg(MsgLimits),
    /// Semaphores.
    Sem(SemLimits),
    /// POSIX queues.
    Pmsg(PmsgLimits),
    /// POSIX semaphores.
    Psem(PsemLimits),
    /// POSIX shared memory. It is the last one, because none of its fields has to be there.
    Pshm(PshmLimits),
}

/// The limits of the kinds asked for. A kind whose limits could not be read is absent.
pub type Limits = BTreeMap<Kind, KindLimits>;

/// Use of shared memory: `struct shm_info` (shmctl(2), SHM_INFO). Pages are `sysconf(_SC_PAGESIZE)`
/// bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShmUsage {
    /// Segments.
    pub used_ids: u64,
    /// Pages of all segments.
    pub shm_tot: u64,
    /// Resident pages.
    pub shm_rss: u64,
    /// Swapped pages.
    pub shm_swp: u64,
    /// Unused since Linux 2.4.
    pub swap_attempts: u64,
    /// Unused since Linux 2.4.
    pub swap_successes: u64,
}

/// Use of message queues: `struct msginfo` as MSG_INFO fills it (msgctl(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MsgUsage {
    /// Queues.
    pub msgpool: u64,
    /// Messages in all queues.
    pub msgmap: u64,
    /// Bytes of the messages in all queues.
    pub msgtql: u64,
}

/// Use of semaphores: `struct seminfo` as SEM_INFO fills it (semctl(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemUsage {
    /// Sets.
    pub semusz: u64,
    /// Semaphores of all sets.
    pub semaem: u64,
}

/// Use of POSIX shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PshmUsage {
    /// Files in /dev/shm, without semaphores.
    pub objects: u64,
    /// Bytes that are used of its file system, by whatever.
    pub devshm_bytes: u64,
    /// Inodes that are used of it.
    pub devshm_inodes: u64,
}

/// Use of POSIX queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PmsgUsage {
    /// Queues.
    pub queues: u64,
    /// Messages in all queues; `None` if one of them may not be read.
    pub messages: Option<u64>,
    /// Bytes of these messages.
    pub bytes: Option<u64>,
}

/// Use of POSIX semaphores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PsemUsage {
    /// Semaphores.
    pub semaphores: u64,
}

/// The use of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KindUsage {
    /// Shared memory.
    Shm(ShmUsage),
    /// Message queues.
    Msg(MsgUsage),
    /// Semaphores.
    Sem(SemUsage),
    /// POSIX shared memory.
    Pshm(PshmUsage),
    /// POSIX queues.
    Pmsg(PmsgUsage),
    /// POSIX semaphores.
    Psem(PsemUsage),
}

/// The sums of the kinds asked for. A kind whose sums could not be read is absent.
pub type Usage = BTreeMap<Kind, KindUsage>;

//! The table of causes: which call fails with which error because of which limit.

use super::failure::Failure;

/// Why calls fail: one limit, or one property of a request.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// The name of the limit, as in manual pages.
    pub limit: &'static str,
    /// The calls that fail.
    pub calls: &'static [&'static str],
    /// How they fail.
    pub failures: &'static [Failure],
    /// What is limited.
    pub what: &'static str,
    /// How its state is known.
    pub gauge: Gauge,
    /// What raises the limit, or what else can be done.
    pub remedy: Remedy,
}

/// How the state of a limit is known.
#[derive(Clone, Copy, Debug)]
pub enum Gauge {
    /// A resource of which all objects together take a part.
    Total(Request),
    /// A resource that limits a single request.
    Single,
    /// Only the call decides: what it has to be looked at for.
    Call(&'static str),
    /// The bytes in each queue.
    QueueBytes,
    /// The number of messages in each queue.
    QueueMessages,
    /// Memory that may be promised to programs.
    Overcommit,
    /// Huge pages that are free.
    HugePages,
    /// The group that may use huge pages.
    HugeGroup,
    /// Mappings of one process.
    Mappings,
    /// A limit of a process: its name in /proc/PID/limits.
    Process(&'static str, Exempt),
    /// Whether files of others are protected.
    ProtectedFiles,
    /// Memory of the control group.
    Memory,
}

/// How much of a total one request can take.
#[derive(Clone, Copy, Debug)]
pub enum Request {
    /// One object.
    One,
    /// Up to the limit of another resource.
    UpTo(&'static str),
    /// Anything.
    Any,
}

/// Who is exempt from a limit of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exempt {
    /// Nobody.
    Nobody,
    /// Processes with CAP_IPC_LOCK.
    LockCapable,
}

/// What to do about a limit.
#[derive(Clone, Copy, Debug)]
pub enum Remedy {
    /// Raise this sysctl; the number is the largest that the kernel takes.
    Sysctl(&'static str, Option<u64>),
    /// Raise one of the four numbers of kernel.sem.
    Sem(usize, Option<u64>),
    /// Mount /dev/shm again with a larger value of this option.
    DevShm(&'static str),
    /// Raise a limit of the process, by this option of prlimit(1).
    Process(&'static str),
    /// A command that is the same everywhere.
    Command(&'static str),
    /// In words.
    Words(&'static str),
}

/// `IPCMNI` (include/linux/ipc_namespace.h): the most objects of a kind.
const IPCMNI: Option<u64> = Some(32_768);
/// `INT_MAX`
const INT: Option<u64> = Some(2_147_483_647);

#[rustfmt::skip]
const fn cause(
    limit: &'static str, calls: &'static [&'static str], failures: &'static [Failure],
    what: &'static str, gauge: Gauge, remedy: Remedy,
) -> Cause {
    Cause { limit, calls, failures, what, gauge, remedy }
}

use Failure::{
    Again, BusError, Denied, Invalid, Killed, NoMemory, NoSpace, NotPermitted, OutOfRange,
    TooLarge, TooLong, TooManyFiles,
};
use Gauge::{Call, Process, Single, Total};

const LOCK: &[&str] = &["shmctl", "SHM_LOCK"];
const OPENS: &[&str] = &["shm_open", "sem_open"];
const WRITES: &[&str] = &["fallocate", "posix_fallocate", "sem_open", "write"];

/// Every cause. Of those with the same verdict, the first ones are named first.
#[rustfmt::skip]
pub static CAUSES: &[Cause] = &[
    cause("semmni", &["semget"], &[NoSpace], "number of sets",
        Total(Request::One), Remedy::Sem(3, IPCMNI)),
    cause("semmns", &["semget"], &[NoSpace], "semaphores in all sets",
        Total(Request::UpTo("semmsl")), Remedy::Sem(1, INT)),
    cause("semmsl", &["semget"], &[Invalid], "semaphores in one set",
        Single, Remedy::Sem(0, Some(65_536))),
    cause("nsems", &["semget"], &[Invalid], "semaphores of an existing set with the same key",
        Call("fails if that set has fewer than the call asks for"),
        Remedy::Words("compare the number of semaphores with that of the set: ipcs -s")),
    cause("shmmni", &["shmget"], &[NoSpace], "number of segments",
        Total(Request::One), Remedy::Sysctl("kernel.shmmni", IPCMNI)),
    cause("shmall", &["shmget"], &[NoSpace], "bytes of all segments",
        Total(Request::UpTo("shmmax")), Remedy::Sysctl("kernel.shmall", None)),
    cause("shmmax", &["shmget"], &[Invalid], "bytes of one segment",
        Single, Remedy::Sysctl("kernel.shmmax", None)),
    cause("size", &["shmget"], &[Invalid], "bytes of an existing segment with the same key",
        Call("fails if that segment is smaller than what the call asks for"),
        Remedy::Words("compare the size with that of the segment: ipcs -m")),
    cause("shmmin", &["shmget"], &[Invalid], "a size of 0, or a huge page size that is not supported",
        Call("fails for a new segment of 0 bytes, and with SHM_HUGETLB for an unknown page size"),
        Remedy::Words("look at the arguments of the call: strace -e shmget PROGRAM")),
    cause("vm.overcommit_memory", &["shmget"], &[NoMemory], "memory promised to all programs",
        Gauge::Overcommit, Remedy::Command("sysctl -w vm.overcommit_memory=0")),
    cause("vm.nr_hugepages", &["shmget"], &[NoMemory], "free huge pages",
        Gauge::HugePages, Remedy::Words("reserve more, by the size of the segment: sysctl -w vm.nr_hugepages=N")),
    cause("vm.hugetlb_shm_group", &["shmget"], &[NotPermitted], "the group that may use SHM_HUGETLB",
        Gauge::HugeGroup, Remedy::Words("name a group of the user: sysctl -w vm.hugetlb_shm_group=GID")),
    cause("RLIMIT_AS", &["shmat"], &[NoMemory], "address space of one process in bytes",
        Process("Max address space", Exempt::Nobody), Remedy::Process("as")),
    cause("vm.max_map_count", &["shmat"], &[NoMemory], "mappings of one process",
        Gauge::Mappings, Remedy::Sysctl("vm.max_map_count", INT)),
    cause("RLIMIT_MEMLOCK", LOCK, &[NoMemory, NotPermitted], "bytes that one user may lock",
        Process("Max locked memory", Exempt::LockCapable), Remedy::Process("memlock")),
    cause("msgmni", &["msgget"], &[NoSpace], "number of queues",
        Total(Request::One), Remedy::Sysctl("kernel.msgmni", IPCMNI)),
    cause("qbytes (bytes)", &["msgsnd"], &[Again], "bytes in one queue",
        Gauge::QueueBytes, Remedy::Sysctl("kernel.msgmnb", INT)),
    cause("qbytes (messages)", &["msgsnd"], &[Again], "messages in one queue",
        Gauge::QueueMessages, Remedy::Sysctl("kernel.msgmnb", INT)),
    cause("msgmax", &["msgsnd"], &[Invalid], "bytes of one message",
        Single, Remedy::Sysctl("kernel.msgmax", INT)),
    cause("msgmnb", &["msgctl", "IPC_SET"], &[NotPermitted],
        "capacity of a queue that is set without CAP_SYS_RESOURCE",
        Single, Remedy::Sysctl("kernel.msgmnb", INT)),
    cause("semopm", &["semop", "semtimedop"], &[TooLong], "operations of one call",
        Single, Remedy::Sem(2, INT)),
    cause("sem_num", &["semop", "semtimedop"], &[TooLarge], "the number of a semaphore",
        Call("fails if sem_num is not below the number of semaphores in the set"),
        Remedy::Words("compare sem_num with the number of semaphores of the set: ipcs -s")),
    cause("semvmx", &["semop", "semtimedop", "semctl", "SETVAL", "SETALL"], &[OutOfRange],
        "value of one semaphore, and its undo value",
        Single, Remedy::Words("the limit is fixed; find who only increments: ipcs -s -i ID")),
    cause("queues_max", &["mq_open"], &[NoSpace], "number of POSIX queues",
        Total(Request::One), Remedy::Sysctl("fs.mqueue.queues_max", INT)),
    cause("msg_max", &["mq_open"], &[Invalid], "messages of one queue, without CAP_SYS_RESOURCE",
        Single, Remedy::Sysctl("fs.mqueue.msg_max", Some(65_536))),
    cause("msgsize_max", &["mq_open"], &[Invalid], "bytes of one message, without CAP_SYS_RESOURCE",
        Single, Remedy::Sysctl("fs.mqueue.msgsize_max", Some(16_777_216))),
    cause("RLIMIT_MSGQUEUE", &["mq_open"], &[TooManyFiles], "bytes of all POSIX queues of one user",
        Process("Max msgqueue size", Exempt::Nobody), Remedy::Process("msgqueue")),
    cause("RLIMIT_NOFILE", &["mq_open", "shm_open", "sem_open"], &[TooManyFiles],
        "open files of one process",
        Process("Max open files", Exempt::Nobody), Remedy::Process("nofile")),
    cause("devshm_inodes", OPENS, &[NoSpace], "number of files in /dev/shm",
        Total(Request::One), Remedy::DevShm("nr_inodes")),
    cause("devshm_bytes", WRITES, &[NoSpace], "bytes of all files in /dev/shm",
        Total(Request::Any), Remedy::DevShm("size")),
    cause("devshm_bytes", &["ftruncate", "mmap"], &[BusError],
        "bytes of all files in /dev/shm: ftruncate succeeds beyond them, and using the page fails",
        Total(Request::Any), Remedy::DevShm("size")),
    cause("fs.protected_regular", OPENS, &[Denied], "opening a file of another user with O_CREAT",
        Gauge::ProtectedFiles,
        Remedy::Words("open without O_CREAT, or as the owner of the file: ipcs --posix -m")),
    cause("memory.max", &[], &[Killed], "memory of the control group: a page, message or set above it",
        Gauge::Memory, Remedy::Words("raise memory.max of the group, or the memory of the container")),
];

impl Cause {
    /// The calls that the table knows, each once, in its order.
    #[must_use]
    pub fn known_calls() -> Vec<&'static str> {
        let mut known = Vec::new();
        for call in CAUSES.iter().flat_map(|cause| cause.calls) {
            if !known.contains(call) {
                known.push(*call);
            }
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RESOURCES;

    fn is_resource(name: &str) -> bool {
        RESOURCES.iter().any(|resource| resource.name == name)
    }

    #[test]
    fn causes_name_resources_that_exist() {
        for cause in CAUSES {
            match cause.gauge {
                Total(request) => {
                    assert!(is_resource(cause.limit), "{}", cause.limit);
                    if let Request::UpTo(other) = request {
                        assert!(is_resource(other), "{other}");
                    }
                }
                Single => assert!(is_resource(cause.limit), "{}", cause.limit),
                _ => {}
            }
        }
    }

    #[test]
    fn every_failure_has_a_cause() {
        for failure in Failure::ALL {
            assert!(CAUSES.iter().any(|cause| cause.failures.contains(&failure)), "{failure:?}");
        }
    }
}

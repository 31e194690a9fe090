//! Limits and sums: from /proc/sys/kernel where it has them, from the kernel's calls otherwise.

use std::str::FromStr;

use crate::model::{Kind, Kinds, Limits, MsgLimits, SEMVMX, SHMMIN, SemLimits, ShmLimits, Usage};
use crate::proc::ProcRoot;
use crate::sys::{msg, sem, shm};

/// The limits of some kinds; one that cannot be had is `None`.
#[must_use]
pub fn limits(proc: &ProcRoot, kinds: Kinds) -> Limits {
    Limits {
        shm: kinds.contains(Kind::Shm).then(|| shm_limits(proc)).flatten(),
        msg: kinds.contains(Kind::Msg).then(|| msg_limits(proc)).flatten(),
        sem: kinds.contains(Kind::Sem).then(|| sem_limits(proc)).flatten(),
    }
}

/// The sums over some kinds; one that cannot be had is `None`.
#[must_use]
pub fn usage(kinds: Kinds) -> Usage {
    Usage {
        shm: kinds.contains(Kind::Shm).then(|| shm::usage().ok()).flatten(),
        msg: kinds.contains(Kind::Msg).then(|| msg::usage().ok().map(|(_, sums)| sums)).flatten(),
        sem: kinds.contains(Kind::Sem).then(|| sem::usage().ok().map(|(_, sums)| sums)).flatten(),
    }
}

fn shm_limits(proc: &ProcRoot) -> Option<ShmLimits> {
    let from_proc = || {
        Some(ShmLimits {
            shmmni: number(proc, "shmmni")?,
            shmmax: number(proc, "shmmax")?,
            shmall: number(proc, "shmall")?,
            shmmin: SHMMIN,
        })
    };
    from_proc().or_else(|| shm::limits().ok().map(|(_, limits)| limits))
}

fn msg_limits(proc: &ProcRoot) -> Option<MsgLimits> {
    let from_proc = || {
        Some(MsgLimits {
            msgmni: number(proc, "msgmni")?,
            msgmax: number(proc, "msgmax")?,
            msgmnb: number(proc, "msgmnb")?,
        })
    };
    from_proc().or_else(|| msg::limits().ok().map(|(_, limits)| limits))
}

fn sem_limits(proc: &ProcRoot) -> Option<SemLimits> {
    let from_proc = || {
        let [semmsl, semmns, semopm, semmni] = *numbers(proc, "sem")? else { return None };
        Some(SemLimits { semmni, semmsl, semmns, semopm, semvmx: SEMVMX })
    };
    from_proc().or_else(|| sem::limits().ok().map(|(_, limits)| limits))
}

fn number(proc: &ProcRoot, name: &str) -> Option<u64> {
    numbers::<u64>(proc, name)?.first().copied()
}

/// The numbers in a file of /proc/sys/kernel (Documentation/admin-guide/sysctl/kernel.rst).
fn numbers<T: FromStr>(proc: &ProcRoot, name: &str) -> Option<Box<[T]>> {
    let bytes = proc.read(format!("sys/kernel/{name}")).ok()?;
    std::str::from_utf8(&bytes)
        .ok()?
        .split_ascii_whitespace()
        .map(|word| word.parse().ok())
        .collect()
}

//! Limits and sums: from /proc/sys/kernel if they are there, otherwise from system calls.

use std::str::FromStr;

use crate::model::{
    Kind, KindLimits, KindUsage, Kinds, Limits, MsgLimits, SEMVMX, SHMMIN, SemLimits, ShmLimits,
    Usage,
};
use crate::proc::ProcRoot;
use crate::sys::{msg, sem, shm};

/// The limits of some kinds. A kind is absent if neither source has it.
#[must_use]
pub fn limits(proc: &ProcRoot, kinds: Kinds) -> Limits {
    let of = |kind| match kind {
        Kind::Shm => shm_limits(proc).map(KindLimits::Shm),
        Kind::Msg => msg_limits(proc).map(KindLimits::Msg),
        Kind::Sem => sem_limits(proc).map(KindLimits::Sem),
    };
    kinds.iter().filter_map(|kind| Some((kind, of(kind)?))).collect()
}

/// The sums over the objects of some kinds. A kind that the kernel lacks is absent.
#[must_use]
pub fn usage(kinds: Kinds) -> Usage {
    let of = |kind| match kind {
        Kind::Shm => shm::usage().map(KindUsage::Shm),
        Kind::Msg => msg::usage().map(|(_, sums)| KindUsage::Msg(sums)),
        Kind::Sem => sem::usage().map(|(_, sums)| KindUsage::Sem(sums)),
    };
    kinds.iter().filter_map(|kind| Some((kind, of(kind).ok()?))).collect()
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

//! Limits and sums: from /proc/sys/kernel if they are there, otherwise from system calls.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{Gap, Gaps};
use crate::model::{
    Kind, KindLimits, KindUsage, Kinds, Limits, MsgLimits, SEMVMX, SHMMIN, SemLimits, ShmLimits,
    Usage,
};
use crate::proc::{ProcRoot, sysctl};
use crate::sys::{Errno, msg, sem, shm};

/// The limits of some kinds. A kind is absent if neither source has it, and the reason is a gap.
#[must_use]
pub fn limits(proc: &ProcRoot, kinds: Kinds, gaps: &mut Gaps) -> Limits {
    let of = |kind| match kind {
        Kind::Shm => shm_limits(proc).map(KindLimits::Shm),
        Kind::Msg => msg_limits(proc).map(KindLimits::Msg),
        Kind::Sem => sem_limits(proc).map(KindLimits::Sem),
        Kind::Pshm | Kind::Pmsg | Kind::Psem => Err(Errno::EOPNOTSUPP),
    };
    known(kinds, of, |kind, error| gaps.push(Gap::Limits { kind, error }))
}

/// The sums over the objects of some kinds. A kind is absent if the call fails, and the reason is a
/// gap.
#[must_use]
pub fn usage(kinds: Kinds, gaps: &mut Gaps) -> Usage {
    let of = |kind| match kind {
        Kind::Shm => shm::usage().map(KindUsage::Shm),
        Kind::Msg => msg::usage().map(|(_, sums)| KindUsage::Msg(sums)),
        Kind::Sem => sem::usage().map(|(_, sums)| KindUsage::Sem(sums)),
        Kind::Pshm | Kind::Pmsg | Kind::Psem => Err(Errno::EOPNOTSUPP),
    };
    known(kinds, of, |kind, error| gaps.push(Gap::Usage { kind, error }))
}

/// What could be read of each kind.
fn known<T>(
    kinds: Kinds,
    of: impl Fn(Kind) -> nix::Result<T>,
    mut failed: impl FnMut(Kind, Errno),
) -> BTreeMap<Kind, T> {
    let one = |kind| of(kind).map(|it| (kind, it)).map_err(|error| failed(kind, error)).ok();
    kinds.iter().filter_map(one).collect()
}

fn shm_limits(proc: &ProcRoot) -> nix::Result<ShmLimits> {
    let from_proc = || {
        Some(ShmLimits {
            shmmni: number(proc, "shmmni")?,
            shmmax: number(proc, "shmmax")?,
            shmall: number(proc, "shmall")?,
            shmmin: SHMMIN,
        })
    };
    from_proc().map_or_else(|| shm::limits().map(|(_, limits)| limits), Ok)
}

fn msg_limits(proc: &ProcRoot) -> nix::Result<MsgLimits> {
    let from_proc = || {
        Some(MsgLimits {
            msgmni: number(proc, "msgmni")?,
            msgmax: number(proc, "msgmax")?,
            msgmnb: number(proc, "msgmnb")?,
        })
    };
    from_proc().map_or_else(|| msg::limits().map(|(_, limits)| limits), Ok)
}

fn sem_limits(proc: &ProcRoot) -> nix::Result<SemLimits> {
    let from_proc = || {
        let [semmsl, semmns, semopm, semmni] = *numbers(proc, "sem")? else { return None };
        Some(SemLimits { semmni, semmsl, semmns, semopm, semvmx: SEMVMX })
    };
    from_proc().map_or_else(|| sem::limits().map(|(_, limits)| limits), Ok)
}

fn number(proc: &ProcRoot, name: &str) -> Option<u64> {
    numbers::<u64>(proc, name)?.first().copied()
}

/// The numbers in a file of /proc/sys/kernel (Documentation/admin-guide/sysctl/kernel.rst).
fn numbers<T: FromStr>(proc: &ProcRoot, name: &str) -> Option<Box<[T]>> {
    sysctl::parse_numbers(&proc.read(format!("sys/kernel/{name}")).ok()?)
}

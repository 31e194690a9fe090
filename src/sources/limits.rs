//! Limits and sums: from /proc/sys/kernel if they are there, otherwise from system calls.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{Gap, Gaps, Posix};
use crate::model::{
    Kind, KindLimits, KindUsage, Kinds, Limits, MsgLimits, SEMVMX, SHMMIN, SemLimits, ShmLimits,
    Usage,
};
use crate::proc::{ProcRoot, sysctl};
use crate::sys::{msg, sem, shm};

/// The limits of some kinds. A kind is absent if neither source has it, and the reason is a gap.
#[must_use]
pub fn limits(proc: &ProcRoot, posix: &Posix, kinds: Kinds, gaps: &mut Gaps) -> Limits {
    let of = |kind| -> Result<KindLimits, Gap> {
        let gap = |error| Gap::Limits { kind, error };
        match kind {
            Kind::Shm => shm_limits(proc).map(KindLimits::Shm).map_err(gap),
            Kind::Msg => msg_limits(proc).map(KindLimits::Msg).map_err(gap),
            Kind::Sem => sem_limits(proc).map(KindLimits::Sem).map_err(gap),
            Kind::Pshm | Kind::Pmsg | Kind::Psem => posix.limits(kind),
        }
    };
    known(kinds, of, gaps)
}

/// The sums over the objects of some kinds. A kind is absent if the call fails, and the reason is a
/// gap.
#[must_use]
pub fn usage(posix: &Posix, kinds: Kinds, gaps: &mut Gaps) -> Usage {
    let mut of_objects = Vec::new();
    let of = |kind| -> Result<KindUsage, Gap> {
        let gap = |error| Gap::Usage { kind, error };
        match kind {
            Kind::Shm => shm::usage().map(KindUsage::Shm).map_err(gap),
            Kind::Msg => msg::usage().map(|(_, sums)| KindUsage::Msg(sums)).map_err(gap),
            Kind::Sem => sem::usage().map(|(_, sums)| KindUsage::Sem(sums)).map_err(gap),
            Kind::Pshm | Kind::Pmsg | Kind::Psem => posix.usage(kind, &mut of_objects),
        }
    };
    let usage = known(kinds, of, gaps);
    gaps.extend(of_objects);
    usage
}

/// What could be read of each kind.
fn known<T>(
    kinds: Kinds,
    mut of: impl FnMut(Kind) -> Result<T, Gap>,
    gaps: &mut Gaps,
) -> BTreeMap<Kind, T> {
    let mut known = BTreeMap::new();
    for kind in kinds.iter() {
        match of(kind) {
            Ok(it) => drop(known.insert(kind, it)),
            Err(gap) => gaps.push(gap),
        }
    }
    known
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

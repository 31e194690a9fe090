//! Which limit of the kernel refused an object, if its figures prove that.

use super::object::Object;
use crate::model::{KindLimits, KindUsage, Kinds};
use crate::proc::ProcRoot;
use crate::sources::{Gaps, Posix, ShmFiles, limits, usage};
use crate::sys::{Errno, page_size};

/// One line about the limit that refused an object with this error: its value, and how much of it
/// is used. The figures are read after the refusal, so that they may have changed.
pub fn limit(object: Object, errno: Errno, proc: &ProcRoot) -> Option<String> {
    if !matches!(errno, Errno::EINVAL | Errno::ENOSPC) {
        return None;
    }
    let posix = &Posix::new(proc.clone(), ShmFiles::Own);
    let (kind, mut gaps) = (object.kind(), Gaps::default());
    let limits = limits(proc, posix, Kinds::of(kind), &mut gaps).remove(&kind)?;
    // Whether a size is allowed does not depend on other objects.
    let usage = match errno {
        Errno::ENOSPC => usage(posix, Kinds::of(kind), &mut gaps).remove(&kind),
        _ => None,
    };
    line(object, limits, usage, page_size())
}

/// The same from the figures. `usage`: the error was ENOSPC.
fn line(object: Object, limits: KindLimits, usage: Option<KindUsage>, page: u64) -> Option<String> {
    match (object, limits, usage) {
        (Object::Shm(size), KindLimits::Shm(limits), None) => {
            let (max, min) = (limits.shmmax, limits.shmmin);
            let too_large = format!("kernel.shmmax allows {max} bytes in a segment, not {size}");
            let too_small = format!("SHMMIN allows no segment of less than {min} byte");
            (size > max).then_some(too_large).or((size < min).then_some(too_small))
        }
        (Object::Shm(size), KindLimits::Shm(limits), Some(KindUsage::Shm(usage))) => {
            let all = full("kernel.shmmni", "segments", usage.used_ids, limits.shmmni);
            let pages = size.div_ceil(page);
            all.or_else(|| too_many("kernel.shmall", "pages", usage.shm_tot, pages, limits.shmall))
        }
        (Object::Msg, KindLimits::Msg(limits), Some(KindUsage::Msg(usage))) => {
            full("kernel.msgmni", "queues", usage.msgpool, limits.msgmni)
        }
        (Object::Sem(count), KindLimits::Sem(limits), None) => {
            let max = limits.semmsl;
            let line =
                format!("semmsl (in kernel.sem) allows {max} semaphores in a set, not {count}");
            (i64::from(count) > max).then_some(line)
        }
        (Object::Sem(count), KindLimits::Sem(limits), Some(KindUsage::Sem(usage))) => {
            let [sets, all] = [limits.semmni, limits.semmns].map(u64::try_from);
            let full = full("semmni (in kernel.sem)", "sets", usage.semusz, sets.ok()?);
            let (used, more) = (usage.semaem, u64::try_from(count).ok()?);
            let name = "semmns (in kernel.sem)";
            full.or_else(|| too_many(name, "semaphores", used, more, all.ok()?))
        }
        _ => None,
    }
}

fn full(name: &str, nouns: &str, used: u64, limit: u64) -> Option<String> {
    (used >= limit).then(|| format!("{name} allows {limit} {nouns}, and {used} exist"))
}

fn too_many(name: &str, nouns: &str, used: u64, more: u64, limit: u64) -> Option<String> {
    (used.saturating_add(more) > limit).then(|| {
        format!("{name} allows {limit} {nouns}; {used} are in use, and {more} more are needed")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MsgLimits, MsgUsage, SemLimits, SemUsage, ShmLimits, ShmUsage};

    const SHM: ShmLimits = ShmLimits { shmmni: 3, shmmax: 8192, shmall: 10, shmmin: 1 };
    const SEM: SemLimits = SemLimits { semmni: 3, semmsl: 5, semmns: 9, semopm: 5, semvmx: 7 };

    fn refused(object: Object, limits: KindLimits, usage: Option<KindUsage>) -> String {
        line(object, limits, usage, 4096).unwrap_or_default()
    }

    #[test]
    fn names_the_limit_of_a_single_segment_or_set() {
        let shm = |size| refused(Object::Shm(size), KindLimits::Shm(SHM), None);
        assert_eq!(shm(8193), "kernel.shmmax allows 8192 bytes in a segment, not 8193");
        assert_eq!(shm(0), "SHMMIN allows no segment of less than 1 byte");
        assert_eq!(shm(8192), "");
        let sem = |count| refused(Object::Sem(count), KindLimits::Sem(SEM), None);
        assert_eq!(sem(6), "semmsl (in kernel.sem) allows 5 semaphores in a set, not 6");
        assert_eq!((sem(5), sem(0), sem(-1)), (String::new(), String::new(), String::new()));
    }

    #[test]
    fn names_the_limit_of_all_objects() {
        let shm = |size, used_ids, shm_tot| {
            let [shm_rss, shm_swp, swap_attempts, swap_successes] = [0; 4];
            let usage =
                ShmUsage { used_ids, shm_tot, shm_rss, shm_swp, swap_attempts, swap_successes };
            refused(Object::Shm(size), KindLimits::Shm(SHM), Some(KindUsage::Shm(usage)))
        };
        assert_eq!(shm(1, 3, 0), "kernel.shmmni allows 3 segments, and 3 exist");
        assert_eq!(
            shm(4097, 1, 9),
            "kernel.shmall allows 10 pages; 9 are in use, and 2 more are needed"
        );
        assert_eq!(shm(4096, 1, 9), "");
        let msg = |msgpool| {
            let limits = MsgLimits { msgmni: 2, msgmax: 0, msgmnb: 0 };
            let usage = MsgUsage { msgpool, msgmap: 0, msgtql: 0 };
            refused(Object::Msg, KindLimits::Msg(limits), Some(KindUsage::Msg(usage)))
        };
        assert_eq!(msg(2), "kernel.msgmni allows 2 queues, and 2 exist");
        assert_eq!(msg(1), "");
        let sem = |count, semusz, semaem| {
            let usage = SemUsage { semusz, semaem };
            refused(Object::Sem(count), KindLimits::Sem(SEM), Some(KindUsage::Sem(usage)))
        };
        assert_eq!(sem(1, 3, 3), "semmni (in kernel.sem) allows 3 sets, and 3 exist");
        assert_eq!(
            sem(2, 1, 8),
            "semmns (in kernel.sem) allows 9 semaphores; 8 are in use, and 2 more are needed"
        );
        assert_eq!(sem(1, 1, 8), "");
    }
}

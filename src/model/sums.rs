//! Sums over some of the objects of a namespace.

use serde::{Deserialize, Serialize};

use super::{
    Body, Kind, KindUsage, Kinds, MsgUsage, Object, PmsgUsage, PsemUsage, PshmUsage, SemUsage,
    ShmUsage, Usage,
};

/// Sums over objects of any kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Over segments.
    pub shm: ShmSums,
    /// Over queues.
    pub msg: MsgSums,
    /// Over sets.
    pub sem: SemSums,
    /// Over POSIX shared memory.
    pub pshm: PshmSums,
    /// Over POSIX queues.
    pub pmsg: PmsgSums,
    /// Over POSIX semaphores.
    pub psem: PsemSums,
}

/// Sums over segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShmSums {
    /// Segments.
    pub objects: u64,
    /// Their sizes in bytes.
    pub bytes: u64,
    /// Their sizes in pages, each rounded up: what the limit `shmall` counts.
    pub pages: u64,
    /// Resident bytes; `None` if those of a segment are unknown.
    pub rss: Option<u64>,
    /// Mappings (not processes).
    pub attached: u64,
}

impl Default for ShmSums {
    fn default() -> ShmSums {
        ShmSums { objects: 0, bytes: 0, pages: 0, rss: Some(0), attached: 0 }
    }
}

/// Sums over queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MsgSums {
    /// Queues.
    pub objects: u64,
    /// Messages in them.
    pub messages: u64,
    /// Bytes of these messages.
    pub bytes: u64,
}

/// Sums over sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemSums {
    /// Sets.
    pub objects: u64,
    /// Semaphores in them.
    pub semaphores: u64,
}

/// Sums over POSIX shared memory. Other files in /dev/shm count too: they take the same space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PshmSums {
    /// Files.
    pub objects: u64,
    /// Their sizes in bytes.
    pub bytes: u64,
    /// Bytes for which there is memory or swap space.
    pub allocated: u64,
}

/// Sums over POSIX queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PmsgSums {
    /// Queues.
    pub objects: u64,
    /// Messages in them; `None` if a queue may not be read.
    pub messages: Option<u64>,
    /// Bytes of these messages.
    pub bytes: Option<u64>,
}

impl Default for PmsgSums {
    fn default() -> PmsgSums {
        PmsgSums { objects: 0, messages: Some(0), bytes: Some(0) }
    }
}

/// Sums over POSIX semaphores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PsemSums {
    /// Semaphores.
    pub objects: u64,
}

impl Sums {
    /// Adds an object; `page_size` is in bytes.
    pub fn add(&mut self, object: &Object, page_size: u64) {
        let add = |sum: &mut u64, number: u64| *sum = sum.saturating_add(number);
        match &object.body {
            Body::Shm(shm) => {
                let sums = &mut self.shm;
                add(&mut sums.objects, 1);
                add(&mut sums.bytes, shm.size);
                add(&mut sums.pages, shm.size.div_ceil(page_size.max(1)));
                add(&mut sums.attached, shm.nattch);
                let rss = sums.rss.zip(shm.credible_rss());
                sums.rss = rss.map(|(sum, rss)| sum.saturating_add(rss));
            }
            Body::Msg(msg) => {
                add(&mut self.msg.objects, 1);
                add(&mut self.msg.messages, msg.qnum);
                add(&mut self.msg.bytes, msg.cbytes);
            }
            Body::Sem(sem) => {
                add(&mut self.sem.objects, 1);
                add(&mut self.sem.semaphores, sem.nsems);
            }
            Body::Pshm(file) => {
                add(&mut self.pshm.objects, 1);
                add(&mut self.pshm.bytes, file.size);
                add(&mut self.pshm.allocated, file.allocated);
            }
            Body::Pmsg(pmsg) => {
                let sums = &mut self.pmsg;
                let both = |sum: Option<u64>, more: Option<u64>| Some(sum?.saturating_add(more?));
                add(&mut sums.objects, 1);
                sums.messages = both(sums.messages, pmsg.qnum);
                sums.bytes = both(sums.bytes, pmsg.cbytes);
            }
            Body::Psem(_) => add(&mut self.psem.objects, 1),
        }
    }

    /// Objects of any kind.
    #[must_use]
    pub fn objects(&self) -> u64 {
        Kind::ORDER.iter().map(|kind| self.objects_of(*kind)).fold(0, u64::saturating_add)
    }

    /// Objects of one kind.
    #[must_use]
    pub fn objects_of(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Shm => self.shm.objects,
            Kind::Msg => self.msg.objects,
            Kind::Sem => self.sem.objects,
            Kind::Pshm => self.pshm.objects,
            Kind::Pmsg => self.pmsg.objects,
            Kind::Psem => self.psem.objects,
        }
    }

    /// Bytes of segments and messages.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let Sums { shm, msg, pshm, pmsg, .. } = self;
        let each = [shm.bytes, msg.bytes, pshm.bytes, pmsg.bytes.unwrap_or(0)];
        each.into_iter().fold(0, u64::saturating_add)
    }

    /// The same in the form of the kernel's sums over all objects of a namespace, to compare with
    /// the limits. What is resident or swapped has no limit and is 0.
    #[must_use]
    pub fn usage(&self, kinds: Kinds) -> Usage {
        let of = |kind| match kind {
            Kind::Pshm => KindUsage::Pshm(PshmUsage {
                objects: self.pshm.objects,
                devshm_bytes: self.pshm.allocated,
                devshm_inodes: self.pshm.objects,
            }),
            Kind::Pmsg => KindUsage::Pmsg(PmsgUsage {
                queues: self.pmsg.objects,
                messages: self.pmsg.messages,
                bytes: self.pmsg.bytes,
            }),
            Kind::Psem => KindUsage::Psem(PsemUsage { semaphores: self.psem.objects }),
            Kind::Shm => KindUsage::Shm(ShmUsage {
                used_ids: self.shm.objects,
                shm_tot: self.shm.pages,
                shm_rss: 0,
                shm_swp: 0,
                swap_attempts: 0,
                swap_successes: 0,
            }),
            Kind::Msg => KindUsage::Msg(MsgUsage {
                msgpool: self.msg.objects,
                msgmap: self.msg.messages,
                msgtql: self.msg.bytes,
            }),
            Kind::Sem => {
                KindUsage::Sem(SemUsage { semusz: self.sem.objects, semaem: self.sem.semaphores })
            }
        };
        kinds.iter().map(|kind| (kind, of(kind))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Id, Identity, Key, Mode, Msg, Owner, Sem, Shm};

    fn object(kind: Kind, body: Body) -> Object {
        Object {
            identity: Identity::sysv(kind, Id(0)),
            key: Some(Key(0)),
            seq: None,
            owner: Owner::default(),
            creator: None,
            mode: Mode(0o600),
            ctime: 1,
            body,
        }
    }

    fn segment(size: u64, nattch: u64, rss: Option<u64>) -> Object {
        object(Kind::Shm, Body::Shm(Shm { size, nattch, rss, ..Shm::default() }))
    }

    fn sum(objects: &[Object]) -> Sums {
        let mut sums = Sums::default();
        objects.iter().for_each(|object| sums.add(object, 4096));
        sums
    }

    #[test]
    fn adds_the_amounts_of_each_kind() {
        let queue =
            |cbytes, qnum| object(Kind::Msg, Body::Msg(Msg { cbytes, qnum, ..Msg::default() }));
        let set = |nsems| object(Kind::Sem, Body::Sem(Sem { nsems, otime: 0 }));
        let sums = sum(&[
            segment(1, 2, Some(4096)),
            segment(8192, 3, Some(0)),
            queue(100, 2),
            queue(0, 0),
            set(3),
            set(250),
        ]);
        let shm = ShmSums { objects: 2, bytes: 8193, pages: 3, rss: Some(4096), attached: 5 };
        assert_eq!(sums.shm, shm);
        assert_eq!(sums.msg, MsgSums { objects: 2, messages: 2, bytes: 100 });
        assert_eq!(sums.sem, SemSums { objects: 2, semaphores: 253 });
        assert_eq!((sums.objects(), sums.bytes()), (6, 8293));
    }

    #[test]
    fn resident_bytes_are_unknown_if_those_of_one_segment_are() {
        assert_eq!(sum(&[]).shm.rss, Some(0));
        assert_eq!(sum(&[segment(9, 0, Some(4096)), segment(9, 0, None)]).shm.rss, None);
        assert_eq!(sum(&[segment(9, 0, None), segment(9, 0, Some(4096))]).shm.rss, None);
        // More than the size allows is not believed.
        assert_eq!(sum(&[segment(9, 0, Some(1 << 40))]).shm.rss, None);
    }

    #[test]
    fn the_largest_sizes_do_not_overflow() {
        let large = || segment(u64::MAX, u64::MAX, Some(u64::MAX));
        let sums = sum(&[large(), large()]);
        assert_eq!((sums.bytes(), sums.shm.attached), (u64::MAX, u64::MAX));
        let mut sums = Sums::default();
        sums.add(&segment(5, 0, None), 0);
        assert_eq!(sums.shm.pages, 5);
    }

    #[test]
    fn usage_has_the_chosen_kinds_with_segments_in_pages() {
        let usage = sum(&[segment(5000, 0, None)]).usage(Kinds::SHM.and(Kinds::SEM));
        assert_eq!(usage.keys().copied().collect::<Vec<_>>(), [Kind::Shm, Kind::Sem]);
        let Some(KindUsage::Shm(shm)) = usage.get(&Kind::Shm) else { panic!("{usage:?}") };
        assert_eq!((shm.used_ids, shm.shm_tot), (1, 2));
    }
}

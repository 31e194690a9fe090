//! What metrics report about the objects of each owner. Only the sums are kept.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::sink::RowSink;
use crate::columns::{Needs, Row};
use crate::model::{Kind, Kinds, Object, Share, Sums};

/// Numbers of objects by kind. A kind without objects may be absent.
pub type Counts = BTreeMap<Kind, u64>;

/// The sums over the objects of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// What other totals have too.
    pub sums: Sums,
    /// Bytes of segments in swap space; `None` if those of a segment are unknown.
    pub swapped: Option<u64>,
    /// All objects.
    pub objects: Counts,
    /// Queues of which all is used.
    pub full: Counts,
    /// Orphaned objects.
    pub orphaned: Counts,
    /// Objects of which this is unknown.
    pub unsure: Counts,
}

impl Default for Owned {
    fn default() -> Owned {
        Owned {
            sums: Sums::default(),
            swapped: Some(0),
            objects: Counts::new(),
            full: Counts::new(),
            orphaned: Counts::new(),
            unsure: Counts::new(),
        }
    }
}

impl Owned {
    fn add(&mut self, object: &Object, orphaned: Option<bool>, page_size: u64) {
        let kind = object.kind();
        self.sums.add(object, page_size);
        if let Some(segment) = object.shm() {
            let both = self.swapped.zip(segment.swap);
            self.swapped = both.map(|(sum, more)| sum.saturating_add(more));
        }
        count(&mut self.objects, kind);
        if object.share().is_some_and(|share| share >= Share::FULL) {
            count(&mut self.full, kind);
        }
        match orphaned {
            Some(true) => count(&mut self.orphaned, kind),
            Some(false) => {}
            None => count(&mut self.unsure, kind),
        }
    }
}

fn count(counts: &mut Counts, kind: Kind) {
    let count = counts.entry(kind).or_default();
    *count = count.saturating_add(1);
}

/// Sums the rows of a query by owner.
#[derive(Debug)]
pub struct OwnerSums {
    page_size: u64,
    owners: BTreeMap<u32, Owned>,
}

impl OwnerSums {
    /// Nothing yet; `page_size` is in bytes.
    #[must_use]
    pub fn new(page_size: u64) -> OwnerSums {
        OwnerSums { page_size, owners: BTreeMap::new() }
    }

    /// What has to be read of objects of these kinds.
    #[must_use]
    pub fn needs(kinds: Kinds) -> Needs {
        let of = |kind, needs| if kinds.contains(kind) { needs } else { Needs::NOTHING };
        of(Kind::Shm, Needs::RSS).and(of(Kind::Msg, Needs::QBYTES)).and(Needs::ORPHANED)
    }

    /// The sums by uid. Users without a name are different ones.
    #[must_use]
    pub fn into_owners(self) -> Vec<(u32, Owned)> {
        self.owners.into_iter().collect()
    }
}

impl RowSink for OwnerSums {
    fn begin(&mut self, _kind: Kind) -> io::Result<()> {
        Ok(())
    }

    fn takes_any_order(&self) -> bool {
        true
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let owned = self.owners.entry(row.object.owner.uid).or_default();
        owned.add(row.object, row.facts.orphaned, self.page_size);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Facts;
    use crate::model::{Body, Id, Identity, Key, Mode, Msg, Owner, Shm};

    fn object(uid: u32, kind: Kind, body: Body) -> Object {
        Object {
            identity: Identity::sysv(kind, Id(0)),
            key: Some(Key(0)),
            seq: None,
            owner: Owner { uid, gid: 0 },
            creator: None,
            mode: Mode(0o600),
            ctime: 1,
            body,
        }
    }

    fn sums(rows: &[(Object, Option<bool>)]) -> Vec<(u32, Owned)> {
        let mut sums = OwnerSums::new(4096);
        for (object, orphaned) in rows {
            let facts = Facts { orphaned: *orphaned, ..Facts::default() };
            sums.row(Row { object, facts: &facts }).unwrap();
        }
        sums.into_owners()
    }

    #[test]
    fn counts_what_is_full_orphaned_and_unsure() {
        let queue = |uid, cbytes, qnum, qbytes| {
            let body = Body::Msg(Msg { cbytes, qnum, qbytes, ..Msg::default() });
            object(uid, Kind::Msg, body)
        };
        let owners = sums(&[
            (queue(7, 99, 1, Some(100)), Some(true)),
            (queue(7, 100, 1, Some(100)), None),
            (queue(7, 0, 100, Some(100)), None),
            (queue(7, 100, 1, None), Some(false)),
            (queue(8, 0, 0, Some(0)), Some(true)),
        ]);
        let [(7, first), (8, second)] = &owners[..] else { panic!("{owners:?}") };
        let counts = |of: &Owned| {
            [&of.objects, &of.full, &of.orphaned, &of.unsure]
                .map(|counts| counts.get(&Kind::Msg).copied().unwrap_or(0))
        };
        assert_eq!((counts(first), counts(second)), ([4, 2, 1, 2], [1, 0, 1, 0]));
        assert_eq!(first.sums.msg.bytes, 299);
    }

    #[test]
    fn swapped_bytes_are_unknown_if_those_of_one_segment_are() {
        let segment =
            |swap| (object(1, Kind::Shm, Body::Shm(Shm { swap, ..Shm::default() })), Some(false));
        let swapped = |rows: &[_]| sums(rows)[0].1.swapped;
        assert_eq!(swapped(&[segment(Some(4096)), segment(Some(8192))]), Some(12288));
        assert_eq!(swapped(&[segment(Some(4096)), segment(None)]), None);
        assert_eq!(swapped(&[segment(None), segment(Some(1))]), None);
    }

    #[test]
    fn reads_only_what_the_kinds_have() {
        assert!(!OwnerSums::needs(Kinds::SEM).has(Needs::RSS));
        assert!(!OwnerSums::needs(Kinds::SHM).has(Needs::QBYTES));
        let all = Needs::RSS.and(Needs::QBYTES).and(Needs::ORPHANED);
        assert_eq!(OwnerSums::needs(Kinds::SYSTEM_V), all);
    }
}

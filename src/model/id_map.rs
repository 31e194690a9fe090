//! How the ids of one user namespace are seen from another (user_namespaces(7)).

use serde::{Deserialize, Serialize};

/// The kernel's default overflow id: it stands for every user and group without a number.
pub const OVERFLOW_ID: u32 = 65_534;

/// A range of ids of which each has a counterpart outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange {
    /// Its first id inside the namespace.
    pub inside: u32,
    /// The counterpart of the first id; [`u32::MAX`] if there is none.
    pub outside: u32,
    /// How many ids it has.
    pub count: u32,
}

/// The ranges of a user namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMap(pub Vec<IdRange>);

impl IdMap {
    /// The counterpart of an id; [`OVERFLOW_ID`] if it has none.
    ///
    /// The overflow id itself has none: the kernel shows it also for all that have no id inside.
    #[must_use]
    pub fn outside(&self, id: u32) -> u32 {
        let counterpart = |range: &IdRange| {
            let offset = id.checked_sub(range.inside).filter(|offset| *offset < range.count)?;
            range.outside.checked_add(offset).filter(|outside| *outside != u32::MAX)
        };
        let found = self.0.iter().filter(|_| id != OVERFLOW_ID).find_map(counterpart);
        found.unwrap_or(OVERFLOW_ID)
    }
}

/// How users and groups of a user namespace are seen from another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMaps {
    /// The users.
    pub users: IdMap,
    /// The groups.
    pub groups: IdMap,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_without_a_counterpart_are_the_overflow_id() {
        let range = |inside, outside, count| IdRange { inside, outside, count };
        let unmapped = range(500, u32::MAX, 10);
        let map = IdMap(vec![range(0, 1000, 1), range(1, 100_000, 70_000), unmapped]);
        for (inside, outside) in [
            (0, 1000),
            (1, 100_000),
            (33, 100_032),
            (70_000, 169_999),
            (70_001, OVERFLOW_ID),
            (OVERFLOW_ID, OVERFLOW_ID),
            (u32::MAX, OVERFLOW_ID),
        ] {
            assert_eq!(map.outside(inside), outside, "{inside}");
        }
        let map = IdMap(vec![unmapped]);
        assert_eq!([500, 501, 509].map(|id| map.outside(id)), [OVERFLOW_ID; 3]);
        assert_eq!(IdMap::default().outside(0), OVERFLOW_ID);
    }
}

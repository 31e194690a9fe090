//! The filters that `ipcs` and `ipcrm` share.

use std::time::Duration;

use crate::columns::{AsRow, ObjectRef, Row};
use crate::model::{Key, Kinds, Object};
use crate::processes::{Inspect, Inspector, Request, Verdict};

/// What an object must be to pass. Different conditions are all to be met; of a list, one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The owner is one of these.
    pub owners: Option<Vec<u32>>,
    /// The creator is one of these.
    pub creators: Option<Vec<u32>>,
    /// The group is one of these.
    pub groups: Option<Vec<u32>>,
    /// The key is one of these.
    pub keys: Option<Vec<Key>>,
    /// At least this many bytes (shm: size, msg: cbytes) or semaphores.
    pub min_size: Option<u64>,
    /// The last change is at least that long ago.
    pub older: Option<Duration>,
    /// The last use or change is at least that long ago.
    pub idle: Option<Duration>,
    /// Nobody uses it.
    pub unused: bool,
    /// Nothing alive can be using it.
    pub orphaned: bool,
}

/// What a filter chooses among: rows, or the objects themselves.
pub trait Choosable {
    /// It as a row.
    fn as_row(&self) -> Row<'_>;
}

impl Choosable for Row<'_> {
    fn as_row(&self) -> Row<'_> {
        *self
    }
}

impl<T: AsRow> Choosable for &T {
    fn as_row(&self) -> Row<'_> {
        self.row()
    }
}

impl Filter {
    /// Whether every object passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// What has to be looked for among the processes.
    #[must_use]
    pub fn request(&self, kinds: Kinds) -> Request {
        let unused = if self.unused { Request::in_use(kinds) } else { Request::default() };
        let orphaned = if self.orphaned { Request::orphans(kinds) } else { Request::default() };
        unused.and(orphaned)
    }

    /// Whether processes have to be asked about.
    #[must_use]
    pub fn needs_processes(&self) -> bool {
        self.unused || self.orphaned
    }

    /// What passes. Where processes have to be asked about, the inspector has been told to scan for
    /// [`Filter::request`]; without one nothing passes then.
    pub fn choose<T: Choosable>(
        &self,
        mut rows: Vec<T>,
        now: i64,
        inspector: Option<&mut Inspector>,
    ) -> Vec<T> {
        rows.retain(|row| self.passes(&row.as_row(), now));
        if self.needs_processes() {
            match inspector {
                Some(inspector) => {
                    rows.retain(|row| self.passes_by_use(&row.as_row(), inspector));
                }
                None => rows.clear(),
            }
        }
        rows
    }

    fn passes_by_use(&self, row: &Row<'_>, inspector: &mut Inspector) -> bool {
        let against = match row.object {
            ObjectRef::Shm(shm) => self.against_use(shm, inspector),
            ObjectRef::Msg(msg) => self.against_use(msg, inspector),
            ObjectRef::Sem(sem) => self.against_use(sem, inspector),
        };
        against.is_none()
    }

    /// What the processes have against an object; `None`: it passes.
    pub fn against_use<T: Inspect>(
        &self,
        object: &T,
        inspector: &mut Inspector,
    ) -> Option<Verdict> {
        let unused = self.unused.then(|| inspector.unused(object));
        if let Some(verdict) = unused.filter(|verdict| !verdict.is_yes()) {
            return Some(verdict);
        }
        let orphaned = self.orphaned.then(|| inspector.orphaned(object));
        orphaned.filter(|verdict| !verdict.is_yes())
    }

    /// Whether an object passes as far as it can be told without its processes; `now` is in seconds since the epoch.
    #[must_use]
    pub fn passes(&self, row: &Row<'_>, now: i64) -> bool {
        let perm = row.perm();
        let (size, ctime, last_use) = match row.object {
            ObjectRef::Shm(shm) => (shm.size, shm.ctime, shm.last_use()),
            ObjectRef::Msg(msg) => (msg.cbytes, msg.ctime, msg.last_use()),
            ObjectRef::Sem(sem) => (sem.nsems, sem.ctime, sem.last_use()),
        };
        one_of(self.owners.as_deref(), perm.uid)
            && one_of(self.creators.as_deref(), perm.cuid)
            && one_of(self.groups.as_deref(), perm.gid)
            && one_of(self.keys.as_deref(), perm.key)
            && self.min_size.is_none_or(|least| size >= least)
            && is_ago(self.older, now, ctime)
            && is_ago(self.idle, now, last_use)
    }
}

fn one_of<T: PartialEq>(list: Option<&[T]>, value: T) -> bool {
    list.is_none_or(|list| list.contains(&value))
}

fn is_ago(least: Option<Duration>, now: i64, then: i64) -> bool {
    least.is_none_or(|least| i128::from(now) - i128::from(then) >= i128::from(least.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Id, Mode, Perm, Shm};

    const NOW: i64 = 1_000_000;

    fn segment() -> Shm {
        let perm = Perm {
            key: Key(7),
            id: Id(1),
            seq: None,
            uid: 1000,
            gid: 100,
            cuid: 0,
            cgid: 0,
            mode: Mode(0o600),
        };
        let (atime, dtime, ctime) = (NOW - 10, NOW - 50, NOW - 100);
        Shm {
            perm,
            size: 4096,
            nattch: 0,
            cpid: 1,
            lpid: 1,
            atime,
            dtime,
            ctime,
            rss: None,
            swap: None,
        }
    }

    fn passes(filter: &Filter) -> bool {
        filter.passes(&segment().row(), NOW)
    }

    #[test]
    fn a_list_is_or_and_conditions_are_and() {
        let owners = Some(vec![5, 1000]);
        assert!(passes(&Filter { owners: owners.clone(), ..Filter::default() }));
        assert!(!passes(&Filter {
            owners: owners.clone(),
            keys: Some(vec![Key(8)]),
            ..Filter::default()
        }));
        assert!(passes(&Filter { owners, keys: Some(vec![Key(8), Key(7)]), ..Filter::default() }));
        assert!(!passes(&Filter { creators: Some(vec![1000]), ..Filter::default() }));
        assert!(passes(&Filter { groups: Some(vec![100]), ..Filter::default() }));
    }

    #[test]
    fn bounds_are_inclusive() {
        let seconds = |s| Some(Duration::from_secs(s));
        for (filter, expected) in [
            (Filter { min_size: Some(4096), ..Filter::default() }, true),
            (Filter { min_size: Some(4097), ..Filter::default() }, false),
            (Filter { older: seconds(100), ..Filter::default() }, true),
            (Filter { older: seconds(101), ..Filter::default() }, false),
            (Filter { idle: seconds(10), ..Filter::default() }, true),
            (Filter { idle: seconds(11), ..Filter::default() }, false),
            (Filter { idle: seconds(u64::MAX), ..Filter::default() }, false),
        ] {
            assert_eq!(passes(&filter), expected, "{filter:?}");
        }
    }
}

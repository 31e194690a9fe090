//! The filters that `ipcs` and `ipcrm` share.

use std::time::Duration;

use crate::columns::Needs;
use crate::model::{Key, Kinds, Object, Share};
use crate::processes::{Inspector, Reason, ScanRequest, Verdict, Verdicts, rules};

/// A condition on the key of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMatch {
    /// It is this one. A segment that is marked for destruction has the key 0.
    Is(Key),
    /// There is none. A segment that is marked for destruction may have had one.
    None,
    /// There is one.
    Any,
}

impl KeyMatch {
    fn fits(self, object: &Object) -> bool {
        match self {
            KeyMatch::Is(key) => object.key == Some(key),
            KeyMatch::None => object.key == Some(Key::PRIVATE) && !object.is_dest(),
            KeyMatch::Any => object.key.is_some_and(|key| key != Key::PRIVATE),
        }
    }
}

/// The conditions that an object must meet to pass. All conditions apply; of a list, one value is
/// enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The owner is one of these.
    pub owners: Option<Vec<u32>>,
    /// The creator is one of these.
    pub creators: Option<Vec<u32>>,
    /// The group is one of these.
    pub groups: Option<Vec<u32>>,
    /// The key meets one of these.
    pub keys: Option<Vec<KeyMatch>>,
    /// At least this many bytes (of memory, of all messages in a queue) or semaphores.
    pub min_size: Option<u64>,
    /// At most this many.
    pub max_size: Option<u64>,
    /// A queue of which at least this share is used.
    pub full: Option<Share>,
    /// One of these processes uses it, or is recorded as a user.
    pub used_by: Option<Vec<i32>>,
    /// The last change is at least that long ago.
    pub older: Option<Duration>,
    /// The last use or change is at least that long ago.
    pub idle: Option<Duration>,
    /// No process is using it.
    pub unused: bool,
    /// It is orphaned.
    pub orphaned: bool,
    /// A process is using it.
    pub in_use: bool,
    /// Uncertain objects pass too, for `unused`, `orphaned` and removals. It needs `idle`.
    pub include_unsure: bool,
}

/// The result of the verdicts about an object for a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It passes.
    Passes,
    /// It is uncertain whether it meets the filter.
    Unsure(Verdict),
    /// It certainly does not meet the filter.
    Fails(Verdict),
}

impl Filter {
    /// Whether every object passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// What has to be read of an object.
    #[must_use]
    pub fn needs(&self) -> Needs {
        if self.full.is_some() { Needs::QBYTES } else { Needs::NOTHING }
    }

    /// What a walk over the processes has to look for.
    #[must_use]
    pub fn scan_request(&self, kinds: Kinds) -> ScanRequest {
        let verdicts = if self.orphaned || self.in_use {
            ScanRequest::in_use(kinds)
        } else if self.unused {
            ScanRequest::unused(kinds)
        } else {
            ScanRequest::default()
        };
        let users = self.used_by.is_some().then(|| ScanRequest::users(kinds));
        verdicts.and(users.unwrap_or_default())
    }

    /// Whether the processes have to be inspected.
    #[must_use]
    pub fn needs_processes(&self) -> bool {
        self.needs_verdicts() || self.used_by.is_some()
    }

    /// Whether verdicts are needed too.
    #[must_use]
    pub fn needs_verdicts(&self) -> bool {
        self.unused || self.orphaned || self.in_use
    }

    /// Whether an object passes the conditions that depend on processes. The inspector must have
    /// walked for [`Filter::scan_request`].
    ///
    /// # Errors
    /// What failed, if the object might pass but for that.
    pub fn passes_by_processes(
        &self,
        object: &Object,
        inspector: &mut Inspector,
    ) -> Result<bool, Reason> {
        match self.used_by(object, inspector) {
            Ok(true) => self.passes_by_verdict(object, inspector),
            Err(reason) if reason.is_failure() => Err(reason),
            Ok(false) | Err(_) => Ok(false),
        }
    }

    /// Whether one of the processes asked for uses the object, if the filter asks for any.
    ///
    /// # Errors
    /// Why that is unknown.
    pub fn used_by(&self, object: &Object, inspector: &mut Inspector) -> Result<bool, Reason> {
        self.used_by.as_ref().map_or(Ok(true), |pids| rules::used_by(object, pids, inspector))
    }

    fn passes_by_verdict(
        &self,
        object: &Object,
        inspector: &mut Inspector,
    ) -> Result<bool, Reason> {
        if !self.needs_verdicts() {
            return Ok(true);
        }
        // A fast path for many objects with few owners.
        if self.orphaned && !self.include_unsure && !rules::may_be_orphaned(object, inspector) {
            return Ok(false);
        }
        let verdicts = rules::verdicts(object, inspector);
        match self.judge(&verdicts) {
            Judgement::Passes => Ok(true),
            Judgement::Unsure(verdict) | Judgement::Fails(verdict) => match verdicts.failure {
                Some(failure) if verdict.answer.is_none() => Err(failure),
                _ => Ok(false),
            },
        }
    }

    /// The result of verdicts for this filter.
    #[must_use]
    pub fn judge(&self, verdicts: &Verdicts) -> Judgement {
        let Verdicts { in_use, unused, orphaned, failure } = verdicts;
        let asked = [(self.unused, unused), (self.orphaned, orphaned)];
        let mut unsure = None;
        for (_, verdict) in asked.into_iter().filter(|(asked, _)| *asked) {
            match verdict.answer {
                Some(true) => {}
                Some(false) => return Judgement::Fails(verdict.clone()),
                // What failed may be what shows the use.
                None if self.include_unsure && failure.is_none() => {}
                None => unsure = unsure.or(Some(verdict)),
            }
        }
        if self.in_use && !in_use.is_yes() {
            return Judgement::Fails(in_use.clone());
        }
        unsure.map_or(Judgement::Passes, |verdict| Judgement::Unsure(verdict.clone()))
    }

    /// Whether an object passes the conditions that do not depend on processes. `now` is in seconds
    /// since the epoch.
    #[must_use]
    pub fn passes_by_itself(&self, object: &Object, now: i64) -> bool {
        let creator = object.creator.map(|creator| creator.uid);
        is_one_of(self.owners.as_deref(), Some(object.owner.uid))
            && is_one_of(self.creators.as_deref(), creator)
            && is_one_of(self.groups.as_deref(), Some(object.owner.gid))
            && self.keys.as_ref().is_none_or(|keys| keys.iter().any(|key| key.fits(object)))
            && self.has_size(object)
            && self.full.is_none_or(|least| object.share().is_some_and(|share| share >= least))
            && is_ago(self.older, now, object.ctime)
            && is_ago(self.idle, now, object.last_use())
    }
}

impl Filter {
    /// Whether the size is within the limits. A queue that may not be read never passes.
    fn has_size(&self, object: &Object) -> bool {
        let (least, most) = (self.min_size.unwrap_or(0), self.max_size.unwrap_or(u64::MAX));
        let is_unknown = object.pmsg().is_some_and(|queue| queue.cbytes.is_none());
        let is_asked = self.min_size.is_some() || self.max_size.is_some();
        !is_asked || !is_unknown && (least..=most).contains(&object.size())
    }
}

fn is_one_of<T: PartialEq>(list: Option<&[T]>, value: Option<T>) -> bool {
    list.is_none_or(|list| value.is_some_and(|value| list.contains(&value)))
}

fn is_ago(least: Option<Duration>, now: i64, then: i64) -> bool {
    least.is_none_or(|least| {
        i128::from(now).saturating_sub(then.into()) >= i128::from(least.as_secs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Id, Identity, Kind, Mode, Msg, Owner, Shm};

    const NOW: i64 = 1_000_000;

    fn segment() -> Object {
        let body = Shm { size: 4096, atime: NOW - 10, dtime: NOW - 50, ..Shm::default() };
        Object {
            identity: Identity::sysv(Kind::Shm, Id(1)),
            key: Some(Key(7)),
            seq: None,
            owner: Owner { uid: 1000, gid: 100 },
            creator: Some(Owner { uid: 0, gid: 0 }),
            mode: Mode(0o600),
            ctime: NOW - 100,
            body: Body::Shm(body),
        }
    }

    fn passes(filter: &Filter) -> bool {
        filter.passes_by_itself(&segment(), NOW)
    }

    #[test]
    fn a_list_matches_any_value_and_all_conditions_apply() {
        let owners = Some(vec![5, 1000]);
        assert!(passes(&Filter { owners: owners.clone(), ..Filter::default() }));
        assert!(!passes(&Filter {
            owners: owners.clone(),
            keys: Some(vec![KeyMatch::Is(Key(8))]),
            ..Filter::default()
        }));
        assert!(passes(&Filter {
            owners,
            keys: Some(vec![KeyMatch::Is(Key(8)), KeyMatch::Is(Key(7))]),
            ..Filter::default()
        }));
        assert!(!passes(&Filter { creators: Some(vec![1000]), ..Filter::default() }));
        assert!(passes(&Filter { groups: Some(vec![100]), ..Filter::default() }));
    }

    #[test]
    fn bounds_are_inclusive() {
        let seconds = |s| Some(Duration::from_secs(s));
        for (filter, expected) in [
            (Filter { min_size: Some(4096), ..Filter::default() }, true),
            (Filter { min_size: Some(4097), ..Filter::default() }, false),
            (Filter { max_size: Some(4096), ..Filter::default() }, true),
            (Filter { max_size: Some(4095), ..Filter::default() }, false),
            (Filter { older: seconds(100), ..Filter::default() }, true),
            (Filter { older: seconds(101), ..Filter::default() }, false),
            (Filter { idle: seconds(10), ..Filter::default() }, true),
            (Filter { idle: seconds(11), ..Filter::default() }, false),
            (Filter { idle: seconds(u64::MAX), ..Filter::default() }, false),
        ] {
            assert_eq!(passes(&filter), expected, "{filter:?}");
        }
    }

    #[test]
    fn words_for_keys_leave_out_marked_segments() {
        let fits = |key: u32, mode: u16| {
            let object = Object { key: Some(Key(key)), mode: Mode(mode), ..segment() };
            [KeyMatch::None, KeyMatch::Any, KeyMatch::Is(Key(0))].map(|key| key.fits(&object))
        };
        assert_eq!(fits(7, 0o600), [false, true, false]);
        assert_eq!(fits(0, 0o600), [true, false, true]);
        assert_eq!(fits(0, 0o1600), [false, false, true]);
        // An object without System V's keys.
        let other = Object { key: None, ..segment() };
        assert!(!KeyMatch::None.fits(&other) && !KeyMatch::Any.fits(&other));
    }

    #[test]
    fn full_needs_a_queue_with_a_known_capacity() {
        let full = |used, limit| Filter { full: Share::of(used, limit), ..Filter::default() };
        let queue = |cbytes, qnum, qbytes| Object {
            body: Body::Msg(Msg { cbytes, qnum, qbytes, ..Msg::default() }),
            ..segment()
        };
        let passes = |filter: &Filter, object: Object| filter.passes_by_itself(&object, NOW);
        assert!(passes(&full(4, 5), queue(80, 1, Some(100))));
        assert!(passes(&full(4, 5), queue(0, 80, Some(100))));
        assert!(!passes(&full(4, 5), queue(79, 79, Some(100))));
        assert!(passes(&full(3, 2), queue(150, 1, Some(100))));
        assert!(passes(&full(0, 1), queue(0, 0, Some(1))));
        for unknown in [queue(5, 5, Some(0)), queue(5, 5, None), segment()] {
            assert!(!passes(&full(0, 1), unknown));
        }
        assert_eq!(full(0, 1).needs(), Needs::QBYTES);
        assert_eq!(Filter::default().needs(), Needs::NOTHING);
    }
}

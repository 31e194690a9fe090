//! Objects that a filter chose and that stay all the same, with the reason and who is behind it.

use std::fmt;

use super::{Chosen, Target};
use crate::model::{Id, Identity, Kind};
use crate::processes::{Gap, Inspector, Process, Reason, Request, Verdict};

/// What an object no longer has in common with the one that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its key.
    Key,
    /// Its owner.
    Owner,
    /// The time of its last change.
    Ctime,
    /// It no longer passes the filter: it was used, or has grown or shrunk.
    Filter,
}

/// Why an object stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It is in use, or may be: the verdict says why.
    InUse(Verdict),
    /// It is marked for destruction already; more cannot be done.
    Marked {
        /// How often it is attached.
        nattch: u64,
    },
    /// It is no longer unused or orphaned, as the filter wants it.
    NoLonger(Verdict),
    /// It is not the same any more.
    Changed(Change),
    /// It has gone, and another object has its place.
    Replaced(Id),
    /// It could not be looked at right before its removal.
    OutOfSight,
    /// Whoever was asked said no.
    Declined,
}

impl Because {
    /// What has changed between two looks at an object, if anything has.
    pub(super) fn changed(then: &Identity, now: &Identity) -> Option<Because> {
        if then.id != now.id {
            Some(Because::Replaced(now.id))
        } else if then.key != now.key {
            Some(Because::Changed(Change::Key))
        } else if then.uid != now.uid {
            Some(Because::Changed(Change::Owner))
        } else if then.ctime != now.ctime {
            Some(Because::Changed(Change::Ctime))
        } else {
            None
        }
    }

    /// Whether somebody uses the object, or may.
    #[must_use]
    pub fn is_use(&self) -> bool {
        matches!(self, Because::InUse(_) | Because::Marked { .. } | Because::NoLonger(_))
    }

    fn reason(&self) -> Option<Reason> {
        match self {
            Because::InUse(verdict) | Because::NoLonger(verdict) => Some(verdict.reason),
            Because::Marked { nattch } => Some(Reason::Attached(*nattch)),
            _ => None,
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Because::InUse(Verdict { answer, reason }) => {
                let maybe = if answer.is_some() { "in use" } else { "may be in use" };
                match reason {
                    Reason::PidAlive(field, _) => write!(f, "{maybe}: {} alive", field.noun()),
                    Reason::Gap(gap) => {
                        write!(f, "{maybe}: whether a process waits on it is not known ({gap})")
                    }
                    reason => write!(f, "{maybe}: {reason}"),
                }
            }
            Because::Marked { nattch } => write!(
                f,
                "marked for destruction, goes when the last process detaches: \
                 attached, nattch {nattch}"
            ),
            Because::NoLonger(verdict) => write!(f, "no longer passes: {}", verdict.reason),
            Because::Changed(Change::Key) => f.write_str("changed meanwhile: another key"),
            Because::Changed(Change::Owner) => f.write_str("changed meanwhile: another owner"),
            Because::Changed(Change::Ctime) => f.write_str("changed meanwhile: another ctime"),
            Because::Changed(Change::Filter) => {
                f.write_str("changed meanwhile: no longer passes the filter")
            }
            Because::Replaced(id) => write!(f, "gone, and its place is taken by id {id}"),
            Because::OutOfSight => f.write_str("could not be looked at again"),
            Because::Declined => f.write_str("not wanted"),
        }
    }
}

/// An object that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The object.
    pub chosen: Chosen,
    /// The same as it was when that was found out, if it was there.
    pub target: Option<Target>,
    /// Why.
    pub because: Because,
    /// The processes behind it, by pid: who uses it, or who could not be looked at.
    pub processes: Vec<Process>,
}

/// Finds the processes behind each of these: one scan, and only if one is needed.
pub(super) fn explain(kept: &mut [Kept], inspector: &mut Inspector) {
    let mut request = Request { people: true, ..Request::default() };
    for one in kept.iter() {
        match (one.because.reason(), one.chosen.kind) {
            (Some(Reason::Attached(_) | Reason::AttachedBy(_)), _) => request.attachers = true,
            (Some(Reason::Blocked(_)), Kind::Sem) => request.sem_waiters = true,
            (Some(Reason::Blocked(_) | Reason::Gap(_)), Kind::Msg) => request.msg_waiters = true,
            _ => {}
        }
    }
    if !request.is_empty() {
        inspector.scan(request);
    }
    for one in kept {
        let pids = pids_behind(one, inspector);
        one.processes = pids.into_iter().filter_map(|pid| inspector.process(pid)).collect();
    }
}

fn pids_behind(kept: &Kept, inspector: &Inspector) -> Vec<i32> {
    let id = kept.chosen.identity.id;
    let found = inspector.found();
    let mut pids: Vec<i32> = match (kept.because.reason(), &kept.target) {
        (Some(Reason::Attached(_) | Reason::AttachedBy(_)), Some(Target::Shm(shm))) => {
            inspector.attached(shm).processes.iter().map(|one| one.pid).collect()
        }
        (Some(Reason::Blocked(_)), _) => {
            let waiters = match kept.chosen.kind {
                Kind::Sem => found.sem_waiters.get(&id),
                _ => found.msg_waiters.get(&id),
            };
            waiters.into_iter().flatten().map(|waiter| waiter.pid).collect()
        }
        (Some(Reason::PidAlive(_, pid) | Reason::PidUnknown(_, pid, _)), _) if pid > 0 => vec![pid],
        (Some(Reason::Gap(Gap::Denied(_))), _) => found.denied_waits.iter().copied().collect(),
        _ => Vec::new(),
    };
    pids.dedup();
    pids
}

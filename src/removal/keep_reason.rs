//! Why an object that a filter selected stays.

use crate::model::{Name, Object};
use crate::processes::{Reason, Verdict};

/// What has changed about an object since it was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its key.
    Key,
    /// Its owner.
    Owner,
    /// The time of its last change.
    Ctime,
    /// It was used.
    Used,
    /// It no longer passes the filter: it has grown or shrunk.
    Filter,
}

/// Why an object stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// It is in use, or may be: the verdict says why.
    InUse(Verdict),
    /// It is uncertain whether it meets the filter: the verdict says why.
    NotSure(Verdict),
    /// It is already marked for destruction: nothing more can be done.
    Marked {
        /// How often it is attached.
        nattch: u64,
    },
    /// It is no longer unused or orphaned, as the filter requires.
    NoLonger(Verdict),
    /// It has changed.
    Changed(Change),
    /// It was removed, and another object has its place.
    Replaced(Name),
    /// It could not be read again right before its removal.
    OutOfSight,
    /// The user was asked and declined.
    Declined,
}

impl KeepReason {
    /// What has changed between two readings of an object, if anything has.
    pub(super) fn changed(then: &Object, now: &Object) -> Option<KeepReason> {
        if then.identity != now.identity {
            Some(KeepReason::Replaced(now.identity.name.clone()))
        } else if then.key != now.key {
            Some(KeepReason::Changed(Change::Key))
        } else if then.owner.uid != now.owner.uid {
            Some(KeepReason::Changed(Change::Owner))
        } else if then.ctime != now.ctime {
            Some(KeepReason::Changed(Change::Ctime))
        } else {
            None
        }
    }

    /// Whether it stays because it may be in use, which is uncertain.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        match self {
            KeepReason::InUse(verdict) => verdict.answer.is_none(),
            KeepReason::NotSure(_) => true,
            _ => false,
        }
    }

    /// Whether it stays because it is in use.
    #[must_use]
    pub fn is_use(&self) -> bool {
        let is_use = matches!(
            self,
            KeepReason::InUse(_) | KeepReason::Marked { .. } | KeepReason::NoLonger(_)
        );
        is_use && !self.is_unsure()
    }

    /// The reason of the verdict that keeps it.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            KeepReason::InUse(verdict)
            | KeepReason::NotSure(verdict)
            | KeepReason::NoLonger(verdict) => Some(verdict.reason.clone()),
            KeepReason::Marked { nattch } => Some(Reason::Attached(*nattch)),
            _ => None,
        }
    }

    /// The reason in words. `user` gives the name of a user.
    pub fn text(&self, user: &mut dyn FnMut(u32) -> String) -> String {
        match self {
            KeepReason::InUse(verdict) | KeepReason::NotSure(verdict) => {
                let may = if verdict.answer.is_some() { "in use" } else { "may be in use" };
                match &verdict.reason {
                    Reason::PidAlive(field, _) => format!("{may}: {} is alive", field.noun()),
                    reason => format!("{may}: {}", reason.text(user)),
                }
            }
            KeepReason::Marked { nattch } => format!(
                "already marked for destruction; freed when the last process detaches \
                 (nattch {nattch})"
            ),
            KeepReason::NoLonger(verdict) => {
                format!("no longer matches: {}", verdict.reason.text(user))
            }
            KeepReason::Changed(change) => match change {
                Change::Key => "changed since it was selected: key differs".to_owned(),
                Change::Owner => "changed since it was selected: owner differs".to_owned(),
                Change::Ctime => "changed since it was selected: ctime differs".to_owned(),
                Change::Used => "used since it was selected".to_owned(),
                Change::Filter => {
                    "changed since it was selected: no longer matches the filter".to_owned()
                }
            },
            KeepReason::Replaced(name) => format!("removed; its slot now holds id {name}"),
            KeepReason::OutOfSight => "could not be checked again".to_owned(),
            KeepReason::Declined => "declined".to_owned(),
        }
    }
}

//! The events of a run, object by object.

use std::borrow::Cow;
use std::io;

use super::cause::Cause;
use super::keep_reason::KeepReason;
use super::request::NamedBy;
use crate::model::{Id, Kind, Object};
use crate::processes::Process;
use crate::sources::Gap;

/// An object that is to be removed.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its kind.
    pub kind: Kind,
    /// How it was named; failures that concern a whole kind have none, and neither has a POSIX
    /// object that was not named.
    pub named_by: Option<NamedBy>,
    /// Its id, where known.
    pub id: Option<Id>,
    /// The object as last read, if it was read.
    pub object: Option<Object>,
    /// How many threads are blocked on it, or how many processes use a POSIX object.
    pub blocked: Blocked,
}

/// How many threads are blocked on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Not asked for ([`super::Options::counts_blocked`]), or a segment.
    NotCounted,
    /// This number was found.
    Threads(u64),
    /// This number of processes has a POSIX object open or mapped, or waits for it.
    Processes(u64),
    /// The kernel did not tell, or not every process could be inspected.
    Unknown,
}

impl Candidate {
    /// A selected object as it was last read, or as it was selected if it was not found again.
    pub(super) fn looked_at(chosen: &Object, now: Option<Object>) -> Candidate {
        Candidate::of(now.unwrap_or_else(|| chosen.clone()))
    }

    /// The name of a POSIX object as a message shows it: as it was typed, if it was.
    #[must_use]
    pub fn shown_name(&self) -> Option<Cow<'_, str>> {
        match &self.named_by {
            Some(NamedBy::Name(_, typed) | NamedBy::NoName(_, typed)) => Some(typed.into()),
            _ => Some(self.object.as_ref()?.name()?.to_string().into()),
        }
    }

    pub(super) fn of(object: Object) -> Candidate {
        let id = object.id();
        let named_by = id.map(NamedBy::Id);
        Candidate {
            kind: object.kind(),
            named_by,
            id,
            object: Some(object),
            blocked: Blocked::NotCounted,
        }
    }
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was removed; in a dry run, it would have been. An attached segment is marked for
    /// destruction.
    Removed,
    /// Another process removed it meanwhile.
    Gone,
    /// It stays.
    Kept(KeepReason),
    /// It could not be removed; in a dry run, it could not have been.
    Failed(Cause),
}

/// A candidate with its outcome.
#[derive(Clone, Debug)]
pub struct Event {
    /// The object.
    pub candidate: Candidate,
    /// What became of it.
    pub outcome: Outcome,
    /// The processes that are the reason why it was kept, by pid.
    pub processes: Vec<Process>,
}

impl Event {
    pub(super) fn of(candidate: Candidate, outcome: Outcome) -> Event {
        Event { candidate, outcome, processes: Vec::new() }
    }
}

/// What is to be done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Remove it.
    Remove,
    /// Leave it and go on.
    Keep,
    /// Leave it and the rest.
    Stop,
}

/// Follows a run.
pub trait Handler {
    /// Called right before an object is removed, if [`super::Options::asks`] or
    /// [`super::Options::announces`] is set.
    ///
    /// # Errors
    /// Whatever ends the run, such as a terminal that went away.
    fn decide(&mut self, candidate: &Candidate) -> io::Result<Decision>;

    /// What became of an object. Kept objects are reported at the end, when the processes that use
    /// them are known.
    fn done(&mut self, event: &Event);

    /// Something could not be read.
    fn gap(&mut self, gap: &Gap);

    /// This many more things could not be read.
    fn more_gaps(&mut self, count: u64);

    /// How many objects were processed, selected or not, and about how many there are.
    fn progress(&mut self, done: u64, total: u64) {
        let _ = (done, total);
    }
}

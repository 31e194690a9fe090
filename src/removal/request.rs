//! What is to be removed, and how.

use crate::model::{Id, Key, Kind, Kinds, NameError, PosixName};
use crate::query::Filter;

/// How an object was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// By its id.
    Id(Id),
    /// By its key; messages show it as it was typed.
    Key(Key, String),
    /// By a word that is not an id. It names no object, but messages keep their order.
    Word(String),
    /// A POSIX object by its name; messages show it as it was typed.
    Name(PosixName, String),
    /// By a name that no POSIX object can have, and how it was typed.
    NoName(NameError, String),
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// One object that was named.
    Named(Kind, NamedBy),
    /// Every object of a kind that the caller owns or can read.
    All(Kind),
}

/// Named objects to remove, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// Objects to select by a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The conditions that they must meet.
    pub filter: Filter,
    /// Of which kinds.
    pub kinds: Kinds,
    /// Objects in use are removed too.
    pub force: bool,
}

/// What to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Named objects.
    Plan(Plan),
    /// What a filter selects.
    Selection(Selection),
}

impl Request {
    /// The kinds that it is about.
    #[must_use]
    pub fn kinds(&self) -> Kinds {
        match self {
            Request::Plan(plan) => {
                let kinds = plan.steps.iter().map(|step| match step {
                    Step::Named(kind, _) | Step::All(kind) => Kinds::of(*kind),
                });
                kinds.fold(Kinds::NONE, Kinds::and)
            }
            Request::Selection(selection) => selection.kinds,
        }
    }
}

/// How a request is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Nothing is removed; the handler receives what would be removed.
    pub dry_run: bool,
    /// The handler prompts before each removal.
    pub asks: bool,
    /// The handler prints something before each removal of a plan.
    pub announces: bool,
    /// The handler needs a description of each object of a plan.
    pub describes: bool,
    /// The handler needs to know how many threads are blocked on each described object of a plan.
    /// For queues that takes a walk over the processes.
    pub counts_blocked: bool,
    /// The handler needs to know how many processes use each POSIX object that would be removed.
    pub counts_users: bool,
    /// For at most how many kept objects the processes are looked up.
    pub explain: usize,
    /// Now, in seconds since the epoch.
    pub now: i64,
}

//! Removing objects: a plan of what to remove, and its execution, real or as a dry run.
//!
//! A [`Plan`] names objects, and they are removed as asked. A [`Cleanup`] holds what a filter chose,
//! and keeps what is in use. Nothing here prints or asks; whoever executes either hands in a
//! [`Handler`] or a [`CleanupHandler`].

mod cleanup;
mod execute;
mod failure;
mod kept;
mod look;
mod target;
mod watch;

pub use cleanup::{Aim, Chosen, Cleanup, CleanupHandler, Course, ORDER};
pub use execute::{Manner, execute};
pub use failure::{Cause, Failure};
pub use kept::{Because, Change, Kept};
pub use look::{Details, Extent, Privilege, look};
pub use target::Target;

use crate::model::{Id, Key, Kind};

/// How an object was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// By its id.
    Id(Id),
    /// By its key; messages show it as it was typed.
    Key(Key, String),
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// One object that was named.
    Named(Kind, Name),
    /// Every object of a kind that is the caller's own or that the caller can read.
    All(Kind),
}

/// What to remove, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// An object that is about to be removed.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// How it was named.
    pub name: Name,
    /// What it is, where that was asked for.
    pub details: Option<Details>,
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

/// Follows the execution of a plan.
pub trait Handler {
    /// Right before the object is removed.
    ///
    /// # Errors
    /// Whatever ends the run, such as a terminal that went away.
    fn decide(&mut self, subject: &Subject) -> std::io::Result<Decision>;

    /// The object was removed; in a dry run, it would have been.
    fn removed(&mut self, subject: &Subject);

    /// The object could not be removed; in a dry run, it could not have been.
    fn failed(&mut self, failure: &Failure);
}

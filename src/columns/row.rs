//! One line of a list: an object and what was read about it elsewhere.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Value;
use crate::model::{Msg, Object, Pmsg, PosixFile, Psem, Sem, Semaphore, Shm};
use crate::processes::Report;

/// An IPC namespace as a column shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its number, as in /proc/PID/ns/ipc.
    pub number: u64,
    /// The name of the container that it belongs to.
    pub container: Option<String>,
}

/// What was read about an object in addition to the object itself. A fact that no column needs is
/// not read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The semaphores of a set; `None` also where they may not be read.
    pub semaphores: Option<Vec<Semaphore>>,
    /// The command line of the creator, while that process lives.
    pub command: Option<Vec<u8>>,
    /// Which processes use the object.
    pub report: Option<Box<Report>>,
    /// Whether it is orphaned ([`Needs::ORPHANED`](super::Needs::ORPHANED)); `None` if that is
    /// unknown.
    pub orphaned: Option<bool>,
    /// The namespace that the object is in, if it was asked for.
    pub place: Option<Arc<Place>>,
}

impl Facts {
    /// Nothing was read.
    pub const NONE: &'static Facts =
        &Facts { semaphores: None, command: None, report: None, orphaned: None, place: None };
}

/// An object with its facts.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The object.
    pub object: &'a Object,
    /// What was read about it.
    pub facts: &'a Facts,
}

impl<'a> Row<'a> {
    /// A row of the object alone.
    #[must_use]
    pub fn of(object: &'a Object) -> Row<'a> {
        Row { object, facts: Facts::NONE }
    }

    pub(super) fn shm(&self, get: impl FnOnce(&'a Shm) -> Value<'a>) -> Value<'a> {
        self.object.shm().map_or(Value::Null, get)
    }

    pub(super) fn msg(&self, get: impl FnOnce(&'a Msg) -> Value<'a>) -> Value<'a> {
        self.object.msg().map_or(Value::Null, get)
    }

    pub(super) fn sem(&self, get: impl FnOnce(&'a Sem) -> Value<'a>) -> Value<'a> {
        self.object.sem().map_or(Value::Null, get)
    }

    pub(super) fn pmsg(&self, get: impl FnOnce(&'a Pmsg) -> Value<'a>) -> Value<'a> {
        self.object.pmsg().map_or(Value::Null, get)
    }

    pub(super) fn psem(&self, get: impl FnOnce(&'a Psem) -> Value<'a>) -> Value<'a> {
        self.object.psem().map_or(Value::Null, get)
    }

    pub(super) fn file(&self, get: impl FnOnce(&'a PosixFile) -> Value<'a>) -> Value<'a> {
        self.object.file().map_or(Value::Null, get)
    }

    pub(super) fn report(&self, get: impl FnOnce(&'a Report) -> Value<'a>) -> Value<'a> {
        self.facts.report.as_deref().map_or(Value::Null, get)
    }
}

/// An object with its facts, for lists that are kept in memory.
#[derive(Clone, Debug)]
pub struct OwnedRow {
    /// The object.
    pub object: Object,
    /// What was read about it.
    pub facts: Facts,
}

impl OwnedRow {
    /// A view of it.
    #[must_use]
    pub fn row(&self) -> Row<'_> {
        Row { object: &self.object, facts: &self.facts }
    }
}

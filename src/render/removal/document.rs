//! The document of `ipcrm --json`.

use serde::{Serialize, Serializer};

use super::describe;
use crate::escape::valid_utf8;
use crate::model::{Body, Key, Object};
use crate::names::Names;
use crate::processes::Process;
use crate::query::Filter;
use crate::removal::{Candidate, Event, Failure, KeepReason, NamedBy, Outcome};

/// Everything that happened.
#[derive(Debug, Serialize)]
pub struct Document {
    #[serde(flatten)]
    done: Done,
    /// Objects that a filter selected and that stay.
    kept: Vec<Element>,
    failed: Vec<Element>,
    /// How many objects stay because they may be in use. They are in `kept` only if the removal of
    /// everything selected was requested, and not if the filter itself requires a verdict.
    unsure: u64,
    /// What could not be read, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<String>,
}

/// The list of a dry run has another name, so that it is not mistaken for real removals.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    Removed(Vec<Element>),
    WouldRemove(Vec<Element>),
}

/// One object. What is not known is null; an object that was never found has neither id nor
/// owner.
#[derive(Debug, Serialize)]
struct Element {
    kind: &'static str,
    id: Option<i32>,
    #[serde(serialize_with = "serialize_key")]
    key: Option<Key>,
    owner: Option<String>,
    uid: Option<u32>,
    #[serde(flatten)]
    selected: Option<Selected>,
    #[serde(flatten)]
    error: Option<Error>,
}

/// Other facts about an object that a filter selected.
#[derive(Debug, Serialize)]
struct Selected {
    #[serde(flatten)]
    size: Option<Size>,
    /// Seconds since it was last used or changed.
    idle: Option<i64>,
    /// Why it was selected, or is kept.
    reason: String,
    /// The processes because of which it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<Vec<User>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Size {
    Shm { size: u64, nattch: u64 },
    Msg { cbytes: u64, qnum: u64 },
    Sem { nsems: u64 },
}

#[derive(Debug, Serialize)]
struct User {
    pid: i32,
    uid: u32,
    command: String,
}

#[derive(Debug, Serialize)]
struct Error {
    errno: String,
    message: String,
}

fn serialize_key<S: Serializer>(key: &Option<Key>, serializer: S) -> Result<S::Ok, S::Error> {
    match key {
        Some(key) => serializer.collect_str(key),
        None => serializer.serialize_none(),
    }
}

impl Document {
    /// An empty document.
    #[must_use]
    pub fn new(dry_run: bool) -> Document {
        let done = if dry_run { Done::WouldRemove } else { Done::Removed };
        Document {
            done: done(Vec::new()),
            kept: Vec::new(),
            failed: Vec::new(),
            unsure: 0,
            gaps: Vec::new(),
        }
    }

    /// Adds something that could not be read.
    pub fn add_gap(&mut self, gap: String) {
        self.gaps.push(gap);
    }

    /// Adds an object. `selection` is the filter that selected it, and now in seconds since the
    /// epoch; named objects have none.
    pub fn add(&mut self, event: &Event, selection: Option<(&Filter, i64)>, names: &mut Names) {
        let element = Element::of(&event.candidate, names);
        match &event.outcome {
            Outcome::Removed => {
                let (Done::Removed(list) | Done::WouldRemove(list)) = &mut self.done;
                let selected = selection.zip(event.candidate.object.as_ref()).map(
                    |((filter, now), object)| {
                        let reason = describe::why(filter, object, now, names);
                        Selected::of(Some(object), now, reason, None)
                    },
                );
                list.push(Element { selected, ..element });
            }
            Outcome::Kept(reason @ KeepReason::NotSure(_)) if !reason.is_unread() => {
                self.unsure += 1;
            }
            Outcome::Kept(reason) => {
                self.unsure += u64::from(reason.is_unsure());
                let object = event.candidate.object.as_ref();
                let users = event.processes.iter().map(User::of).collect();
                let now = selection.map_or(0, |(_, now)| now);
                let users = object.is_some().then_some(users);
                let selected =
                    Selected::of(object, now, describe::keep_reason(reason, names), users);
                self.kept.push(Element { selected: Some(selected), ..element });
            }
            Outcome::Failed(cause) => {
                let failure = Failure { candidate: &event.candidate, cause: *cause };
                let error =
                    Error { errno: format!("{:?}", cause.errno()), message: failure.to_string() };
                self.failed.push(Element { error: Some(error), ..element });
            }
            Outcome::Gone => {}
        }
    }
}

impl Element {
    fn of(candidate: &Candidate, names: &mut Names) -> Element {
        let typed = match candidate.named_by {
            Some(NamedBy::Key(key, _)) => Some(key),
            _ => None,
        };
        let object = candidate.object.as_ref();
        let uid = object.map(|object| object.owner.uid);
        let owner = uid.and_then(|uid| names.user(uid));
        Element {
            kind: candidate.kind.word(),
            id: candidate.id.map(|id| id.0),
            key: object.and_then(|object| object.key).or(typed),
            owner: owner.map(|name| valid_utf8(name).into_owned()),
            uid,
            selected: None,
            error: None,
        }
    }
}

impl Selected {
    fn of(
        object: Option<&Object>,
        now: i64,
        reason: String,
        processes: Option<Vec<User>>,
    ) -> Selected {
        let size = object.map(|object| match &object.body {
            Body::Shm(shm) => Size::Shm { size: shm.size, nattch: shm.nattch },
            Body::Msg(msg) => Size::Msg { cbytes: msg.cbytes, qnum: msg.qnum },
            Body::Sem(sem) => Size::Sem { nsems: sem.nsems },
        });
        let idle = object.map(|object| now.saturating_sub(object.last_use()).max(0));
        Selected { size, idle, reason, processes }
    }
}

impl User {
    fn of(process: &Process) -> User {
        User {
            pid: process.pid,
            uid: process.uid,
            command: valid_utf8(&process.command).into_owned(),
        }
    }
}

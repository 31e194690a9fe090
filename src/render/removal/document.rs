//! The document of `ipcrm --json`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::describe;
use crate::escape::valid_utf8;
use crate::model::{Body, Object};
use crate::names::Names;
use crate::processes::Process;
use crate::query::Filter;
use crate::removal::{Blocked, Candidate, Event, Failure, KeepReason, NamedBy, Outcome};

/// Everything that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<String>,
}

/// The list of a dry run has another name, so that it is not mistaken for real removals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    Removed(Vec<Element>),
    WouldRemove(Vec<Element>),
}

/// One object. What is not known is null; an object that was never found has neither id nor
/// owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Element {
    kind: Cow<'static, str>,
    /// The inode number of its namespace, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<u64>,
    id: Option<i32>,
    /// The name of a POSIX object. Only these have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    key: Option<String>,
    owner: Option<String>,
    uid: Option<u32>,
    /// How many processes use a POSIX object. Only dry runs count them.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Option<u64>>,
    #[serde(flatten)]
    selected: Option<Selected>,
    #[serde(flatten)]
    error: Option<Error>,
}

/// Other facts about an object that a filter selected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Size {
    Shm { size: u64, nattch: u64 },
    Msg { cbytes: u64, qnum: u64 },
    Sem { nsems: u64 },
    Pshm { size: u64, allocated: u64 },
    Pmsg { cbytes: Option<u64>, qnum: Option<u64> },
    Psem { value: Option<u32> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    pid: i32,
    uid: u32,
    command: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Error {
    errno: String,
    message: String,
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

    /// Adds an object of a namespace. `selection` is the filter that selected it, and now in seconds
    /// since the epoch; named objects have none.
    pub fn add(
        &mut self,
        event: &Event,
        namespace: Option<u64>,
        selection: Option<(&Filter, i64)>,
        names: &mut Names,
    ) {
        let element = Element { namespace, ..Element::of(&event.candidate, names) };
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
            kind: candidate.kind.word().into(),
            namespace: None,
            id: candidate.id.map(|id| id.0),
            name: Element::name(candidate),
            key: object.and_then(|object| object.key).or(typed).map(|key| key.to_string()),
            owner: owner.map(|name| valid_utf8(name).into_owned()),
            uid,
            users: match candidate.blocked {
                Blocked::Processes(count) => Some(Some(count)),
                Blocked::Unknown if candidate.kind.is_posix() => Some(None),
                _ => None,
            },
            selected: None,
            error: None,
        }
    }
}

impl Element {
    /// The name as the kernel has it, or as it was typed.
    fn name(candidate: &Candidate) -> Option<String> {
        match (candidate.object.as_ref().and_then(Object::name), &candidate.named_by) {
            (Some(name), _) | (None, Some(NamedBy::Name(name, _))) => {
                Some(valid_utf8(name.shown()).into_owned())
            }
            (None, Some(NamedBy::NoName(_, typed))) => Some(typed.clone()),
            _ => None,
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
            Body::Pshm(file) => Size::Pshm { size: file.size, allocated: file.allocated },
            Body::Pmsg(pmsg) => Size::Pmsg { cbytes: pmsg.cbytes, qnum: pmsg.qnum },
            Body::Psem(psem) => Size::Psem { value: psem.value() },
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

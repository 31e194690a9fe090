//! The document of `ipcrm --json`.

use serde::{Serialize, Serializer};

use crate::model::Key;
use crate::names::Names;
use crate::processes::Process;
use crate::removal::{Chosen, Details, Extent, Failure, Kept, Name, Subject, Target};
use crate::render::sanitize::valid_utf8;

/// Everything that happened.
#[derive(Debug, Serialize)]
pub struct Document {
    #[serde(flatten)]
    done: Done,
    /// Objects that a filter chose and that stay, most of all because they are in use.
    kept: Vec<Element>,
    failed: Vec<Element>,
}

/// A dry run's list has a name of its own, so that nobody takes it for the truth.
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
    chosen: Option<More>,
    #[serde(flatten)]
    error: Option<Error>,
}

/// What more is told of an object that a filter chose.
#[derive(Debug, Serialize)]
struct More {
    #[serde(flatten)]
    size: Option<Size>,
    /// Seconds since it was last used or changed.
    idle: Option<i64>,
    /// Why it was chosen, or is kept.
    reason: String,
    /// Who is behind it, of a kept object.
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<Vec<Behind>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Size {
    Shm { size: u64, nattch: u64 },
    Msg { cbytes: u64, qnum: u64 },
    Sem { nsems: u64 },
}

#[derive(Debug, Serialize)]
struct Behind {
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
    pub fn new(dry_run: bool) -> Document {
        let done = if dry_run { Done::WouldRemove } else { Done::Removed };
        Document { done: done(Vec::new()), kept: Vec::new(), failed: Vec::new() }
    }

    pub fn add_removed(&mut self, subject: &Subject, names: &mut Names) {
        let (Done::Removed(list) | Done::WouldRemove(list)) = &mut self.done;
        list.push(Element {
            kind: subject.kind.word(),
            id: Some(subject.id.0),
            ..Element::of(Some(&subject.name), subject.details.as_ref(), names)
        });
    }

    /// An object that a filter chose was removed, for that reason.
    pub fn add_cleaned(&mut self, target: &Target, why: String, now: i64, names: &mut Names) {
        let (Done::Removed(list) | Done::WouldRemove(list)) = &mut self.done;
        list.push(Element::chosen(target, why, None, now, names));
    }

    pub fn add_kept(&mut self, kept: &Kept, now: i64, names: &mut Names) {
        let behind = kept.processes.iter().map(Behind::of).collect();
        let reason = kept.because.to_string();
        self.kept.push(match &kept.target {
            Some(target) => Element::chosen(target, reason, Some(behind), now, names),
            None => Element::absent(&kept.chosen, reason, names),
        });
    }

    pub fn add_failed(&mut self, failure: &Failure, names: &mut Names) {
        let errno = format!("{:?}", failure.errno());
        self.failed.push(Element {
            kind: failure.kind.word(),
            id: failure.id.map(|id| id.0),
            error: Some(Error { errno, message: failure.to_string() }),
            ..Element::of(failure.name.as_ref(), failure.details.as_ref(), names)
        });
    }
}

impl Element {
    fn of(name: Option<&Name>, details: Option<&Details>, names: &mut Names) -> Element {
        let typed = match name {
            Some(Name::Key(key, _)) => Some(*key),
            _ => None,
        };
        let perm = details.map(|details| details.perm);
        Element {
            kind: "",
            id: None,
            key: perm.map(|perm| perm.key).or(typed),
            owner: perm.and_then(|perm| owner(perm.uid, names)),
            uid: perm.map(|perm| perm.uid),
            chosen: None,
            error: None,
        }
    }

    /// An object that was chosen and is no longer to be seen.
    fn absent(chosen: &Chosen, reason: String, names: &mut Names) -> Element {
        let identity = chosen.identity;
        Element {
            kind: chosen.kind.word(),
            id: Some(identity.id.0),
            key: Some(identity.key),
            owner: owner(identity.uid, names),
            uid: Some(identity.uid),
            chosen: Some(More { size: None, idle: None, reason, processes: None }),
            error: None,
        }
    }

    fn chosen(
        target: &Target,
        reason: String,
        processes: Option<Vec<Behind>>,
        now: i64,
        names: &mut Names,
    ) -> Element {
        let details = target.details();
        let size = match details.extent {
            Extent::Shm { size, nattch } => Size::Shm { size, nattch },
            Extent::Msg { qnum, cbytes } => Size::Msg { cbytes, qnum },
            Extent::Sem { nsems } => Size::Sem { nsems },
        };
        let idle = (now - target.last_use()).max(0);
        Element {
            kind: target.kind().word(),
            id: Some(target.perm().id.0),
            chosen: Some(More { size: Some(size), idle: Some(idle), reason, processes }),
            ..Element::of(None, Some(&details), names)
        }
    }
}

fn owner(uid: u32, names: &mut Names) -> Option<String> {
    names.user(uid).map(|name| valid_utf8(name).into_owned())
}

impl Behind {
    fn of(process: &Process) -> Behind {
        Behind {
            pid: process.pid,
            uid: process.uid,
            command: valid_utf8(&process.command).into_owned(),
        }
    }
}

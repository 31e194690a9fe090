//! The document of `ipcrm --json`.

use serde::{Serialize, Serializer};

use crate::model::Key;
use crate::removal::{Details, Failure, Name, Subject};

use crate::names::Names;

/// Everything that happened.
#[derive(Debug, Serialize)]
pub struct Document {
    #[serde(flatten)]
    done: Done,
    /// Objects that a filter chose and that are in use: none yet, but always there to be read.
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
    error: Option<Error>,
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
            owner: perm.and_then(|perm| names.user(perm.uid).map(str::to_owned)),
            uid: perm.map(|perm| perm.uid),
            error: None,
        }
    }
}

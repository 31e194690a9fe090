//! The document of `--json`.

use serde::{Deserialize, Serialize};

use super::object::Object;
use crate::escape::valid_utf8;
use crate::model::{Id, Key, Kind, Mode, PosixName};
use crate::sys::mqueue::Attributes;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    pub created: &'a [Created],
}

/// An object that was created. What its kind does not have is left out.
#[derive(Serialize, Deserialize)]
pub(super) struct Created {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nsems: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maxmsg: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    msgsize: Option<u64>,
    perms: String,
}

impl Created {
    fn new(object: Object, mode: u16) -> Created {
        let size = match object {
            Object::Shm(size) | Object::Pshm(size) => Some(size),
            _ => None,
        };
        let nsems = if let Object::Sem(count) = object { Some(count) } else { None };
        let value = if let Object::Psem(value) = object { Some(value) } else { None };
        let perms = format!("{:04o}", Mode(mode).perms());
        let [maxmsg, msgsize] = [None; 2];
        let (id, key, name) = (None, None, None);
        Created { kind: object.kind(), name, id, key, size, nsems, value, maxmsg, msgsize, perms }
    }

    pub(super) fn system_v(object: Object, id: Id, key: Key, mode: u16) -> Created {
        Created { id: Some(id.0), key: Some(key.to_string()), ..Created::new(object, mode) }
    }

    /// A queue has these limits.
    pub(super) fn posix(
        object: Object,
        name: &PosixName,
        limits: Option<Attributes>,
        mode: u16,
    ) -> Created {
        Created {
            name: Some(valid_utf8(name.shown()).into_owned()),
            maxmsg: limits.map(|limits| limits.maxmsg),
            msgsize: limits.map(|limits| limits.msgsize),
            ..Created::new(object, mode)
        }
    }
}

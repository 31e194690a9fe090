//! Processes in JSON.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::sanitize::valid_utf8;
use crate::model::Kind;
use crate::names::Names;
use crate::processes::{Alive, Mapping, Recorded, Role, SemOp, User, Wait, Waiter};

/// A live process that uses an object.
pub(super) struct JsonUser<'a> {
    pub kind: Kind,
    pub user: &'a User,
    pub names: &'a RefCell<Names>,
}

impl Serialize for JsonUser<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let User { process, roles, access, mappings, waits } = self.user;
        let uid = process.uid;
        let roles: Vec<_> = roles.iter().map(|role: &Role| role.word()).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("pid", &process.pid)?;
        map.serialize_entry("uid", &uid)?;
        map.serialize_entry("user", &self.names.borrow_mut().user(uid).map(valid_utf8))?;
        map.serialize_entry("command", &valid_utf8(&process.command))?;
        map.serialize_entry("roles", &roles)?;
        if self.kind == Kind::Shm {
            map.serialize_entry("access", &access.map(|access| access.word()))?;
            map.serialize_entry(
                "mappings",
                &mappings.iter().map(JsonMapping::of).collect::<Vec<_>>(),
            )?;
        } else {
            map.serialize_entry("waits", &waits.iter().flat_map(waits_of).collect::<Vec<_>>())?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct JsonMapping {
    address: String,
    size: u64,
    access: &'static str,
}

impl JsonMapping {
    fn of(mapping: &Mapping) -> JsonMapping {
        JsonMapping {
            address: format!("{:#x}", mapping.address),
            size: mapping.size,
            access: mapping.access.word(),
        }
    }
}

#[derive(Default, Serialize)]
struct JsonWait {
    tid: i32,
    op: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    num: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sem_op: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    msgtyp: Option<i64>,
    /// What is out of the ordinary is only said when it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    except: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    timed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stopped: bool,
}

/// One entry a sembuf; one without number where they could not be read.
fn waits_of(waiter: &Waiter) -> Vec<JsonWait> {
    let wait =
        |op| JsonWait { tid: waiter.tid, op, stopped: waiter.stopped, ..JsonWait::default() };
    match &waiter.wait {
        Wait::Semop { ops, timed } => {
            let semop = || JsonWait { timed: *timed, ..wait("semop") };
            if ops.is_empty() {
                return vec![semop()];
            }
            let one =
                |sop: &SemOp| JsonWait { num: Some(sop.num), sem_op: Some(sop.sem_op), ..semop() };
            ops.iter().map(one).collect()
        }
        Wait::Msgsnd => vec![wait("msgsnd")],
        Wait::Msgrcv { msgtyp, except } => {
            vec![JsonWait { msgtyp: Some(*msgtyp), except: *except, ..wait("msgrcv") }]
        }
    }
}

/// Whether each recorded process lives: by field, or for a set by pid.
pub(super) struct JsonAlive<'a> {
    pub kind: Kind,
    /// `None` of a set that may not be read.
    pub recorded: Option<&'a [Recorded]>,
}

/// Nothing recorded is neither alive nor gone.
fn is_alive(recorded: &Recorded) -> Option<bool> {
    if recorded.alive == Alive::Never { None } else { recorded.alive.known() }
}

impl Serialize for JsonAlive<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.kind == Kind::Sem {
            let pids = |recorded: &[Recorded]| -> BTreeMap<i32, Option<bool>> {
                // 0 is no process: one of another pid namespace.
                let numbered = recorded.iter().filter(|one| one.pid > 0);
                numbered.map(|one| (one.pid, is_alive(one))).collect()
            };
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("pids", &self.recorded.map(pids))?;
            return map.end();
        }
        let recorded = self.recorded.unwrap_or_default();
        serializer.collect_map(recorded.iter().map(|one| (one.field.name(), is_alive(one))))
    }
}

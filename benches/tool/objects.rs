//! Objects in the IPC namespace of the tool.

use std::fmt;
use std::fs;
use std::ops::ControlFlow;

use ipcs::columns::Needs;
use ipcs::model::{Id, Key, Kind};
use ipcs::proc::ProcRoot;
use ipcs::sources::{NamespaceHandle, Source, SystemV};
use ipcs::sys::{ipc, msg, sem, shm};

const MODE: i32 = 0o600;
/// The kernel's limit for each table (`IPCMNI`).
const MOST: &str = "32768";

/// The ids of the last objects, printed as `shm msg sem`.
pub struct Last([Id; 3]);

impl fmt::Display for Last {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.0[0], self.0[1], self.0[2])
    }
}

/// Makes objects of each kind, optionally as another user.
pub fn make(count: u32, user: Option<u32>) -> Result<Last, String> {
    raise_limits()?;
    if let Some(uid) = user {
        let uid = nix::unistd::Uid::from_raw(uid);
        nix::unistd::setresuid(uid, uid, uid).map_err(|error| format!("user {uid}: {error}"))?;
    }
    let mut last = Last([Id(-1); 3]);
    for _ in 0..count {
        last = one_of_each()?;
    }
    Ok(last)
}

/// Makes one object of each kind at this index of the kernel's tables.
pub fn make_at(index: u32) -> Result<(), String> {
    raise_limits()?;
    for kind in ["shm", "msg", "sem"] {
        set(&format!("{kind}_next_id"), &index.to_string())?;
    }
    one_of_each().map(drop)
}

fn one_of_each() -> Result<Last, String> {
    let made = |kind: &'static str| move |error| format!("making {kind}: {error}");
    Ok(Last([
        shm::get(Key::PRIVATE, 4096, MODE).map_err(made("a segment"))?,
        msg::get(Key::PRIVATE, MODE).map_err(made("a queue"))?,
        sem::get(Key::PRIVATE, 2, MODE).map_err(made("a set"))?,
    ]))
}

/// Removes every object.
pub fn clear() -> Result<(), String> {
    let source = SystemV::new(ProcRoot::default(), NamespaceHandle::current());
    for kind in Kind::SYSTEM_V {
        let mut ids = Vec::new();
        let read = source.read(*kind, Needs::NOTHING, &mut |batch| {
            ids.extend(batch.objects.iter().filter_map(|object| object.id()));
            Ok(ControlFlow::Continue(()))
        });
        read.map_err(|error| error.to_string())?;
        for id in ids {
            ipc::remove(*kind, id)
                .map_err(|error| format!("removing a {}: {error}", kind.noun()))?;
        }
    }
    Ok(())
}

fn raise_limits() -> Result<(), String> {
    set("shmmni", MOST)?;
    set("msgmni", MOST)?;
    set("sem", &format!("32000 1024000000 500 {MOST}"))
}

fn set(name: &str, value: &str) -> Result<(), String> {
    let path = format!("/proc/sys/kernel/{name}");
    fs::write(&path, value).map_err(|error| format!("writing {path}: {error}"))
}

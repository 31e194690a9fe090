//! Names of users and groups: NSS is asked once for each number.
//!
//! A name is bytes. Formats decide how bytes that are not UTF-8 are shown.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::sys::{Errno, accounts};

/// The error of a look-up that failed in this process; 0: none did.
static FAILED: AtomicI32 = AtomicI32::new(0);

/// Why a look-up failed in this process, so that a name is missing.
#[must_use]
pub fn failure() -> Option<Errno> {
    match FAILED.load(Ordering::Relaxed) {
        0 => None,
        errno => Some(Errno::from_raw(errno)),
    }
}

/// Remembers that a look-up failed in a child process.
pub fn note_failure(errno: i32) {
    FAILED.store(errno, Ordering::Relaxed);
}

/// Numbers and their names.
type Known = Vec<(u32, Option<Box<[u8]>>)>;

/// What asks NSS.
type LookUp = fn(u32) -> nix::Result<Option<Box<[u8]>>>;

/// What was looked up in this process: the lists of several namespaces have the same owners.
static USERS: Mutex<Known> = Mutex::new(Vec::new());
static GROUPS: Mutex<Known> = Mutex::new(Vec::new());

/// The names looked up so far. Owners are few even where objects are many, so a list is enough.
#[derive(Debug, Default)]
pub struct Names {
    users: Known,
    groups: Known,
    numeric: bool,
}

impl Names {
    /// Names as NSS knows them.
    #[must_use]
    pub fn new() -> Names {
        Names::default()
    }

    /// No names at all: every look-up fails, so that numbers are shown.
    #[must_use]
    pub fn numeric() -> Names {
        Names { numeric: true, ..Names::default() }
    }

    /// The name of a user; `None` where there is none.
    pub fn user(&mut self, uid: u32) -> Option<&[u8]> {
        if self.numeric {
            return None;
        }
        cached(&mut self.users, &USERS, uid, accounts::user_name)
    }

    /// The name of a group; `None` where there is none.
    pub fn group(&mut self, gid: u32) -> Option<&[u8]> {
        if self.numeric {
            return None;
        }
        cached(&mut self.groups, &GROUPS, gid, accounts::group_name)
    }
}

fn cached<'a>(
    known: &'a mut Known,
    shared: &Mutex<Known>,
    number: u32,
    ask: LookUp,
) -> Option<&'a [u8]> {
    // The next look-up is likely to be the same, so the last answer is the first.
    match known.iter().position(|(key, _)| *key == number) {
        Some(at) => known.swap(0, at),
        None => {
            known.push((number, look_up(shared, number, ask)));
            let last = known.len().saturating_sub(1);
            known.swap(0, last);
        }
    }
    known.first()?.1.as_deref()
}

/// Asks NSS, once for each number.
fn look_up(shared: &Mutex<Known>, number: u32, ask: LookUp) -> Option<Box<[u8]>> {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, name)) = shared.iter().find(|(key, _)| *key == number) {
        return name.clone();
    }
    match ask(number) {
        Ok(name) => {
            shared.push((number, name.clone()));
            name
        }
        Err(errno) => {
            note_failure(errno as i32);
            None
        }
    }
}

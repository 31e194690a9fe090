//! Objects that are certain not to be in use: their users have no processes.
//!
//! Root's objects never are, and neither are those of a user of whom any process lives. This
//! process has threads of many users while tests run, so each test needs users of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use super::actor::Actor;
use super::objects::as_user;
use super::user_namespace::first_absent_user;

/// A user without processes, another one each time.
pub fn absent_user() -> u32 {
    static USED: AtomicU32 = AtomicU32::new(0);
    first_absent_user() + USED.fetch_add(1, Ordering::Relaxed)
}

/// Makes objects as a user without processes, by commands to an [`Actor`] that exits. Its pid is
/// the creator's.
pub fn left_by(uid: u32, commands: &[&str]) {
    let mut actor = Actor::of(uid);
    for command in commands {
        actor.tell(command);
    }
    actor.end();
}

/// The objects of `objects::two_of_each`, left by a user without processes. Returns the user.
pub fn two_left_of_each() -> u32 {
    let uid = absent_user();
    left_by(uid, &["two-of-each"]);
    uid
}

/// Makes sets or queues as a user without processes. The kernel does not record who makes them, so
/// a thread of this process can. Returns the user.
pub fn as_absent_user<T: Send>(body: impl FnOnce() -> T + Send) -> (u32, T) {
    let uid = absent_user();
    (uid, as_user(uid, uid, body))
}

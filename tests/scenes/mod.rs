//! What becomes of the objects of programs that live, and of those that died: for each scene
//! what every rule answers and what each form of `ipcrm` would remove.
//!
//! The programs are imitated by [`daemon::Daemon`]s. Nobody of the test is an ancestor of one,
//! so the ancestors that the rules count are those of the scene alone. Comments name the clause
//! of the rules that decides, in the words of the section "Who could be using an object":
//! "condition" is the one under its table "In use?".
#![allow(clippy::unwrap_used)] // Helpers of tests fail where they stand.

pub mod acts;
mod aged;
mod apache;
mod clock;
mod daemon;
mod daemons;
mod invariant;
mod jobs;
mod judge;
mod lost_pages;
mod namespaces;
mod pages;
mod pids;
mod users;
mod visibility;

use crate::support::actor::alone;
use crate::support::namespace::{another, require_root};
use crate::support::objects::Sems;

/// Runs a scene in an IPC namespace of its own, and no other scene beside it: a number of a dead
/// process must not be given out again by a test that sets the next one.
fn scene<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    require_root("its processes are of many users");
    let _alone = alone();
    another(body)
}

/// How many threads the kernel counts as waiters of a semaphore.
fn counted(set: i32, num: u16) -> i32 {
    Sems { id: set }.blocked(num)
}

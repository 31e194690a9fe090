//! POSIX objects: nothing is recorded of who made or used them. In use is what is open, mapped or
//! waited for.
//!
//! What only the kernel has open is not found: a descriptor on its way through a socket, a file of
//! an io_uring or of a loop device. A removal asks the kernel as well (`crate::sys::lease`), which a
//! list does not do: a lease disturbs programs that open the file.

use std::collections::BTreeSet;

use super::common::{judge, keepers, unless_unseen};
use super::decide::Evidence;
use crate::model::{FileType, Kind, Object};
use crate::processes::files::FileUser;
use crate::processes::findings::{Denied, Findings};
use crate::processes::inspector::Inspector;
use crate::processes::report::{RecordedPids, Report, UsersByPid};
use crate::processes::verdict::{Gap, Reason};
use crate::processes::waits::Waiter;

#[cfg(test)]
#[path = "posix_tests.rs"]
mod tests;

pub(super) fn evidence(object: &Object, inspector: &mut Inspector) -> Evidence {
    let blocked = waiters(object, inspector).len() as u64;
    let users = users(object, inspector).len() as u64;
    let used = match (blocked, users) {
        (0, 0) => None,
        (0, users) => Some(Reason::OpenIn(users)),
        (blocked, _) => Some(Reason::Blocked(blocked)),
    };
    Evidence {
        used,
        doubt: messages(object),
        blind: gap(object, inspector),
        blind_to_owners: inspector.gap_of_census(),
        ..Evidence::default()
    }
}

/// Unread messages, or a queue that may not be read.
fn messages(object: &Object) -> Option<Reason> {
    match object.pmsg()?.qnum {
        Some(0) => None,
        Some(count) => Some(Reason::Messages(count)),
        None => Some(Reason::Unreadable),
    }
}

/// Why a process that uses the object may not have been found.
fn gap(object: &Object, inspector: &Inspector) -> Option<Gap> {
    // A walk looks only for regular files, which objects are.
    if object.file().is_some_and(|file| file.file_type != FileType::Regular) {
        return Some(Gap::NotAnObject);
    }
    let kind = object.kind();
    let of_waiters = inspector.gap_of_pmsg_waiters().filter(|_| kind == Kind::Pmsg);
    let of_files = inspector.gap_of_files(kind).or(of_waiters);
    of_files.or(match object.file() {
        Some(file) if !file.in_memory => Some(Gap::FileSystem),
        // A process that had been inspected before may have made it. The times of queues are in whole
        // seconds, so that one which is newer by less is not recognised; a removal lists them before
        // it walks.
        Some(file) if inspector.found().began.is_none_or(|began| file.changed > began) => {
            Some(Gap::Newer)
        }
        _ => None,
    })
}

fn users<'a>(object: &Object, inspector: &'a Inspector) -> &'a [FileUser] {
    let users = &inspector.found().files.users;
    let found = object.file().and_then(|file| users.get(&file.id));
    found.map_or(&[], Vec::as_slice)
}

pub(super) fn waiters<'a>(object: &Object, inspector: &'a Inspector) -> &'a [Waiter] {
    let waiters = &inspector.found().files.waiters;
    let found = object.file().and_then(|file| waiters.get(&file.id));
    found.map_or(&[], Vec::as_slice)
}

/// The processes that have an object open or mapped, or are blocked on it.
pub(super) fn pids(object: &Object, inspector: &Inspector) -> Vec<i32> {
    let waiting = waiters(object, inspector).iter().map(|waiter| waiter.pid);
    let users = users(object, inspector).iter().map(|user| user.pid);
    users.chain(waiting).collect::<BTreeSet<i32>>().into_iter().collect()
}

pub(super) fn used_by(
    object: &Object,
    asked: &[i32],
    inspector: &mut Inspector,
) -> Result<bool, Reason> {
    if pids(object, inspector).iter().any(|pid| asked.contains(pid)) {
        return Ok(true);
    }
    let Findings { denied_files, denied_maps, denied_waits, .. } = inspector.found();
    let errno =
        |pid| [denied_files, denied_maps, denied_waits].into_iter().find_map(|it| it.get(pid));
    let denied: Denied =
        asked.iter().filter_map(|pid| errno(pid).map(|errno| (*pid, *errno))).collect();
    unless_unseen(gap(object, inspector), &denied, asked)
}

pub(super) fn report(object: &Object, inspector: &mut Inspector) -> Report {
    let evidence = evidence(object, inspector);
    let verdicts = judge(object, &evidence, inspector);
    let is_queue = object.kind() == Kind::Pmsg;
    let mut found = UsersByPid::default();
    found.files(users(object, inspector));
    found.waiting(waiters(object, inspector));
    Report {
        attached: Some(users(object, inspector).len() as u64),
        waiting: is_queue.then(|| waiters(object, inspector).len() as u64),
        users: found.into_users(object.kind(), inspector),
        gap: evidence.blind,
        recorded: RecordedPids { kind: object.kind(), complete: true, list: Vec::new() },
        original_key: None,
        semaphores: None,
        keepers: keepers(object, &evidence, &verdicts, inspector),
        verdicts,
    }
}

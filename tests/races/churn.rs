//! Those who create, use and remove objects.

use std::collections::VecDeque;
use std::process;
use std::sync::Mutex;
use std::time::Instant;

use ipcs::model::{Id, Kind, Object};
use ipcs::sys::ipc;
use nix::libc;

use super::Until;
use super::log::Log;
use super::removals::OWNERS;
use crate::support::actor::{Actor, in_call, until};
use crate::support::json::{ids, objects};
use crate::support::namespace::{another, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm, as_user, two_of_each};
use crate::support::programs::ours;
use crate::support::sys;
use crate::support::table::remaining;

/// The owner of objects with reused ids, which no removal selects.
const SUCCESSOR: u32 = 4_300_200;
/// How many leaked objects of a kind may wait for somebody who uses or removes them.
const MOST: usize = 100;
/// How many objects are in use, or have reused ids, at the same time.
const AT_ONCE: usize = 6;

/// Objects that nobody uses. Whoever takes one out removes it.
#[derive(Default)]
pub struct Leaked(Mutex<VecDeque<(Kind, i32)>>);

impl Leaked {
    fn add(&self, kind: Kind, id: i32) {
        self.0.lock().expect("the leaked objects").push_back((kind, id));
    }

    /// Takes the newest out: it is likely to exist.
    fn take(&self, kind: Kind) -> Option<i32> {
        let mut all = self.0.lock().expect("the leaked objects");
        let at = all.iter().rposition(|(other, _)| *other == kind)?;
        all.remove(at).map(|(_, id)| id)
    }

    /// Takes the oldest out, if there are too many.
    fn take_surplus(&self) -> Option<(Kind, i32)> {
        let mut all = self.0.lock().expect("the leaked objects");
        if all.len() > MOST * Kind::SYSTEM_V.len() { all.pop_front() } else { None }
    }

    /// The newest, which may be removed meanwhile.
    pub fn newest(&self) -> Option<(Kind, i32)> {
        self.0.lock().expect("the leaked objects").back().copied()
    }
}

/// Removes an object, unless somebody else has removed it.
fn remove(kind: Kind, id: i32) {
    let _ = ipc::remove(kind, Id(id));
}

/// The object with this id, unless it is marked for destruction.
fn find(kind: Kind, id: i32) -> Option<Object> {
    let found = ipc::at_index_of(kind, Id(id)).ok();
    found.filter(|object| object.id() == Some(Id(id)) && !object.is_dest())
}

fn make(kind: Kind) -> i32 {
    match kind {
        Kind::Shm => Shm::private(100, 0o600).id,
        Kind::Msg => Queue::private(0o600).id,
        Kind::Sem => Sems::private(1, 0o600).id,
        Kind::Pshm | Kind::Pmsg | Kind::Psem => panic!("{kind:?} is not a kind of System V"),
    }
}

/// Leaks objects of many users, removes the oldest, and reuses ids. Returns how many ids were
/// reused.
pub fn leak(leaked: &Leaked, log: &Log, until: Until) -> usize {
    let mut successors = VecDeque::new();
    let mut count = 0;
    for (owner, kind) in OWNERS.cycle().zip(Kind::SYSTEM_V.iter().copied().cycle()) {
        if until.is_over() {
            break;
        }
        let made = as_user(owner, owner, || [(); 8].map(|()| make(kind)));
        let (first, others) = made.split_first().expect("eight objects");
        others.iter().for_each(|id| leaked.add(kind, *id));
        while let Some((kind, id)) = leaked.take_surplus() {
            remove(kind, id);
        }
        if let Some(since) = reuse(kind, *first) {
            count += 1;
            successors.push_back((kind, *first, since));
        }
        if successors.len() > AT_ONCE {
            successors.pop_front().into_iter().for_each(|successor| check(successor, log));
        }
    }
    successors.into_iter().for_each(|successor| check(successor, log));
    count
}

/// Removes an object and gives its id to one of another owner. Returns when that one was there;
/// none if another process was faster.
fn reuse(kind: Kind, id: i32) -> Option<Instant> {
    remove(kind, id);
    set_sysctl(&format!("{}_next_id", kind.word()), &id.to_string());
    let new = as_user(SUCCESSOR, SUCCESSOR, || make(kind));
    if new == id {
        return Some(Instant::now());
    }
    remove(kind, new);
    None
}

/// A removal that had chosen the predecessor must not take its successor.
fn check((kind, id, since): (Kind, i32, Instant), log: &Log) {
    if find(kind, id).is_none_or(|object| object.owner.uid != SUCCESSOR) {
        log.excuse(kind, id, since, "its id was reused by another user");
    }
    remove(kind, id);
}

/// Attaches leaked segments, while a whole run of `ipcrm` passes. Returns how many.
pub fn attach(leaked: &Leaked, log: &Log, until: Until) -> usize {
    let mut count = 0;
    while !until.is_over() {
        let mut attached = Vec::new();
        for id in (0..AT_ONCE).filter_map(|_| leaked.take(Kind::Shm)) {
            let Ok(address) = sys::shmat(id, 0) else { continue };
            match find(Kind::Shm, id) {
                Some(_) => attached.push((id, address, Instant::now())),
                // It was removed before it was attached.
                None => sys::shmdt(address).expect("shmdt"),
            }
        }
        log.wait_for(1);
        for (id, address, since) in attached {
            if find(Kind::Shm, id).is_none() {
                log.excuse(Kind::Shm, id, since, "it was attached");
            }
            count += 1;
            sys::shmdt(address).expect("shmdt");
            remove(Kind::Shm, id);
        }
    }
    count
}

/// Whether a thread of a process is blocked on a set or a queue.
fn waits(pid: i32, kind: Kind, id: i32) -> bool {
    match kind {
        Kind::Msg => in_call(pid, libc::SYS_msgrcv, id),
        _ => [libc::SYS_semop, libc::SYS_semtimedop].iter().any(|call| in_call(pid, *call, id)),
    }
}

/// Processes that wait on leaked sets and queues while a whole run of `ipcrm` passes, and are woken
/// or killed. Returns how often one waited.
pub fn wait(leaked: &Leaked, log: &Log, until_when: Until) -> usize {
    let (mut count, mut round) = (0, 0);
    while !until_when.is_over() {
        let mut actor = Actor::start();
        let pid = actor.pid();
        let mut waited_on = Vec::new();
        for kind in [Kind::Sem, Kind::Msg] {
            for id in (0..AT_ONCE / 2).filter_map(|_| leaked.take(kind)) {
                match kind {
                    Kind::Msg => actor.tell(&format!("thread msgrcv {id} 0")),
                    _ => actor.tell(&format!("thread semop {id} 0:-1")),
                };
                until("a thread waits", || waits(pid, kind, id) || find(kind, id).is_none());
                if waits(pid, kind, id) {
                    waited_on.push((kind, id, Instant::now()));
                }
            }
        }
        log.wait_for(1);
        for (kind, id, since) in &waited_on {
            if find(*kind, *id).is_none() {
                log.excuse(*kind, *id, *since, "a thread waited on it");
            }
        }
        if round % 2 == 0 {
            waited_on.iter().for_each(|(kind, id, _)| wake(pid, *kind, *id));
        }
        actor.end();
        waited_on.iter().for_each(|(kind, id, _)| remove(*kind, *id));
        (count, round) = (count + waited_on.len(), round + 1);
    }
    count
}

/// Ends the wait of a thread, unless the object is gone.
fn wake(pid: i32, kind: Kind, id: i32) {
    let woken = match kind {
        Kind::Msg => sys::msgsnd(id, 1, 10, libc::IPC_NOWAIT),
        _ => sys::semop(id, &[(0, 1)], 0),
    };
    if woken.is_ok() {
        until("a thread is woken", || !waits(pid, kind, id));
    }
}

/// Processes that leave objects behind, and namespaces that come and go. Returns how many.
pub fn come_and_go(leaked: &Leaked, until: Until) -> usize {
    let mut count = 0;
    for owner in OWNERS.cycle() {
        if until.is_over() {
            break;
        }
        let mut creator = Actor::of(owner);
        let (segment, set) = (creator.make_segment(100), creator.make_set(1));
        let queue = creator.make_queue();
        creator.end();
        for (kind, id) in [(Kind::Shm, segment.id), (Kind::Sem, set.id), (Kind::Msg, queue.id)] {
            leaked.add(kind, id);
        }
        let mut leaver = Actor::start();
        leaver.tell("leave");
        leaver.tell("two-of-each");
        leaver.end();
        another(|| {
            two_of_each();
            let list = ours("ipcs", ["-J"]).run();
            for kind in Kind::SYSTEM_V {
                assert_eq!(ids(&objects(kind.word(), &list)), [0, 1], "{list:?}");
            }
            assert_eq!(ours("ipcrm", ["-a"]).run().status, Some(0));
            assert_eq!(remaining(), "", "of process {}", process::id());
        });
        count += 1;
    }
    count
}

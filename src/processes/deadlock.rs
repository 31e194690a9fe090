//! The wait-for graph, as far as the kernel shows it, and its cycles.
//!
//! The kernel knows which threads are blocked and which process operated a semaphore or queue last,
//! but not which process will operate it next. So an edge is a hint, and a cycle is only a possible
//! deadlock.

use std::collections::{BTreeMap, BTreeSet};

use super::cycles::circles;
use super::inspector::Inspector;
use super::liveness::{Alive, Doubt, Record};
use super::verdict::PidField;
use super::waits::{SemOp, Wait, Waiter};
use crate::model::{Id, Identity, Kind, Msg, Object};
use crate::sys::{Errno, ipc, sem};

/// How often values and waiters are read until they are consistent: they are read one after
/// another.
const TRIES: usize = 3;

/// One blocked thread and the process that it waits on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitsOn {
    /// The set or queue.
    pub object: Identity,
    /// The blocked process.
    pub pid: i32,
    /// Its command line; empty if it has exited. It is untrusted and has to be escaped.
    pub command: Vec<u8>,
    /// The blocked thread.
    pub tid: i32,
    /// The semaphore that blocks it, where that is known.
    pub num: Option<u16>,
    /// What the other process did: operated the semaphore last, sent or received last.
    pub field: PidField,
    /// The other process. 0: none yet, or a process of another pid namespace. `None`: unknown.
    pub on: Option<i32>,
    /// The command line of the other process, while it lives.
    pub on_command: Vec<u8>,
    /// Whether the other process lives. If not, there may be no process left to wake the waiter.
    pub alive: Alive,
    /// The thread waits with a timeout.
    pub timed: bool,
    /// Values and waiters changed while they were read, so that the semaphore is unknown.
    pub unsettled: bool,
    /// The cycle that it is part of, as an index of [`WaitGraph::circles`]: a possible deadlock.
    pub circle: Option<usize>,
    /// A thread in that cycle waits with a timeout.
    pub ends_by_timeout: bool,
}

/// The wait-for graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitGraph {
    /// One for each blocked thread, by object and thread.
    pub edges: Vec<WaitsOn>,
    /// Processes that wait for each other in a cycle, by pid: each a possible deadlock.
    pub circles: Vec<Vec<i32>>,
    /// The objects with waiters that could not be read, or not wholly.
    pub unread: Vec<Unread>,
}

/// An object that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// Why.
    pub error: Errno,
}

/// Which threads wait on which processes, over all sets and queues that have waiters. Needs a walk
/// for waiters and their operations.
pub fn wait_graph(inspector: &mut Inspector) -> WaitGraph {
    let found = inspector.found();
    let sets = found.sem_waiters.keys().map(|id| (Kind::Sem, *id));
    let queues = found.msg_waiters.keys().map(|id| (Kind::Msg, *id));
    let objects: BTreeSet<(Kind, Id)> = sets.chain(queues).collect();
    let mut unread = Vec::new();
    let mut edges: Vec<WaitsOn> = objects
        .into_iter()
        .flat_map(|(kind, id)| edges_of(inspector, kind, id, &mut unread))
        .collect();
    let circles = circles(edges.iter().filter_map(WaitsOn::link));
    for edge in &mut edges {
        edge.circle = edge.link().and_then(|(from, to)| {
            let both =
                |circle: &Vec<i32>| [from, to].iter().all(|pid| circle.binary_search(pid).is_ok());
            circles.iter().position(both)
        });
    }
    let timed: BTreeSet<usize> =
        edges.iter().filter(|edge| edge.timed).filter_map(|edge| edge.circle).collect();
    for edge in &mut edges {
        edge.ends_by_timeout = edge.circle.is_some_and(|at| timed.contains(&at));
    }
    name_processes(inspector, &mut edges);
    WaitGraph { edges, circles, unread }
}

/// Adds the command lines, which are read together.
fn name_processes(inspector: &mut Inspector, edges: &mut [WaitsOn]) {
    let living = |edge: &WaitsOn| edge.on.filter(|_| edge.alive.known() == Some(true));
    let pids = edges.iter().flat_map(|edge| [Some(edge.pid), living(edge)]);
    let pids: Vec<i32> = pids.flatten().collect();
    inspector.read_processes(&pids);
    let mut command = |pid| inspector.process(pid).map(|it| it.command).unwrap_or_default();
    for edge in edges {
        edge.command = command(edge.pid);
        edge.on_command = living(edge).map(&mut command).unwrap_or_default();
    }
}

fn edges_of(
    inspector: &mut Inspector,
    kind: Kind,
    id: Id,
    unread: &mut Vec<Unread>,
) -> Vec<WaitsOn> {
    let found = inspector.found();
    let all = if kind == Kind::Sem { &found.sem_waiters } else { &found.msg_waiters };
    let waiters = all.get(&id).cloned().unwrap_or_default();
    let object = match ipc::at_index_of(kind, id) {
        Ok(object) if object.id() == Some(id) => object,
        Err(error) if !ipc::is_absent(error) => {
            unread.push(Unread { kind, id, error });
            return Vec::new();
        }
        // An object that was removed meanwhile has no waiters any more.
        _ => return Vec::new(),
    };
    let mut edges = Vec::with_capacity(waiters.len());
    for waiter in waiters {
        let edge = match object.msg() {
            Some(queue) => waits_on_queue(inspector, &object, queue, &waiter),
            None => waits_on_semaphore(inspector, &object, id, &waiter, unread),
        };
        edges.extend(edge);
    }
    edges
}

/// `None`: the thread was woken meanwhile.
fn waits_on_semaphore(
    inspector: &mut Inspector,
    set: &Object,
    id: Id,
    waiter: &Waiter,
    unread: &mut Vec<Unread>,
) -> Option<WaitsOn> {
    let Wait::Semop { ops, timed } = &waiter.wait else { return None };
    let (mut num, mut last, mut failed) = (None, None, None);
    for _ in 0..TRIES {
        num = blocking(ops, |num| {
            sem::value(id, u32::from(num)).map_err(|errno| failed = Some(errno)).ok()
        });
        let last_pid = |num: u16| sem::last_pid(id, num.into());
        last = num.and_then(|num| last_pid(num).map_err(|errno| failed = Some(errno)).ok());
        if !inspector.is_still_blocked(waiter, id) {
            return None;
        }
        if num.is_some() || ops.is_empty() || failed.is_some() {
            break;
        }
    }
    // Missing read permission is not a failure.
    let failure = failed.filter(|errno| *errno != Errno::EACCES && !ipc::is_absent(*errno));
    unread.extend(failure.map(|error| Unread { kind: Kind::Sem, id, error }));
    let unsettled = num.is_none() && !ops.is_empty() && failed.is_none();
    let otime = set.sem().map_or(0, |sem| sem.otime);
    let alive = match last {
        Some(pid) => inspector.liveness.of(&Record::new(set, pid, otime.max(set.ctime))),
        // The semaphore, or the process that operated it, is not known.
        None => Alive::Unknown(failure.map_or(Doubt::Denied, Doubt::Failed)),
    };
    let by = (PidField::Sempid, last, alive);
    Some(WaitsOn { num, timed: *timed, unsettled, ..edge(set, waiter, by) })
}

fn waits_on_queue(
    inspector: &mut Inspector,
    object: &Object,
    queue: &Msg,
    waiter: &Waiter,
) -> Option<WaitsOn> {
    if !inspector.is_still_blocked(waiter, object.id()?) {
        return None;
    }
    // A receiver makes room in a queue, and a sender adds a message.
    let (field, on, time) = match waiter.wait {
        Wait::Msgsnd => (PidField::Lrpid, queue.lrpid, queue.rtime),
        _ => (PidField::Lspid, queue.lspid, queue.stime),
    };
    let alive = inspector.liveness.of(&Record::new(object, on, time));
    Some(edge(object, waiter, (field, Some(on), alive)))
}

fn edge(
    object: &Object,
    waiter: &Waiter,
    (field, on, alive): (PidField, Option<i32>, Alive),
) -> WaitsOn {
    WaitsOn {
        object: object.identity.clone(),
        pid: waiter.pid,
        command: Vec::new(),
        tid: waiter.tid,
        num: None,
        field,
        on,
        on_command: Vec::new(),
        alive,
        timed: false,
        unsettled: false,
        circle: None,
        ends_by_timeout: false,
    }
}

impl WaitsOn {
    /// The edge between two processes, where it may be part of a cycle. It is normal that a process
    /// waits for a semaphore which it operated last itself: any consumer does.
    fn link(&self) -> Option<(i32, i32)> {
        let on = self.on.filter(|on| *on > 0 && *on != self.pid)?;
        (self.alive.known() != Some(false)).then_some((self.pid, on))
    }
}

#[cfg(test)]
impl WaitsOn {
    /// A wait for semaphore 3 of a set, which is not part of a deadlock.
    pub fn example(set: i32) -> WaitsOn {
        WaitsOn {
            object: Identity::sysv(Kind::Sem, Id(set)),
            pid: 912,
            command: b"/usr/bin/python3 /srv/worker.py\n".to_vec(),
            tid: 912,
            num: Some(3),
            field: PidField::Sempid,
            on: Some(4211),
            on_command: b"/sbin/master".to_vec(),
            alive: Alive::Yes,
            timed: false,
            unsettled: false,
            circle: None,
            ends_by_timeout: false,
        }
    }
}

/// The semaphore of the first operation that would block. The operations are tried in order, each
/// on the values left by those before it (ipc/sem.c, `perform_atomic_semop`).
fn blocking(sops: &[SemOp], mut value: impl FnMut(u16) -> Option<i32>) -> Option<u16> {
    // If all operations are on one semaphore, its value need not be known.
    let only = sops.first().map(|first| first.num);
    if sops.iter().all(|sop| Some(sop.num) == only) {
        return only;
    }
    let mut values: BTreeMap<u16, i32> = BTreeMap::new();
    for sop in sops {
        let now = match values.get(&sop.num) {
            Some(now) => *now,
            None => value(sop.num)?,
        };
        let next = now.saturating_add(i32::from(sop.sem_op));
        if next < 0 || (sop.sem_op == 0 && now != 0) {
            return Some(sop.num);
        }
        values.insert(sop.num, next);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_processes_unless_one_is_gone_or_waits_for_itself() {
        let link = |on, alive| WaitsOn { on, alive, ..WaitsOn::example(8) }.link();
        assert_eq!(link(Some(4211), Alive::Yes), Some((912, 4211)));
        assert_eq!(link(Some(1), Alive::Unknown(Doubt::MayBeReused)), Some((912, 1)));
        assert_eq!(link(Some(4211), Alive::Gone), None);
        assert_eq!(link(Some(912), Alive::Yes), None);
        assert_eq!(link(Some(0), Alive::Unknown(Doubt::MayBeReused)), None);
        assert_eq!(link(None, Alive::Yes), None);
    }

    #[test]
    fn the_first_operation_that_cannot_be_done_blocks() {
        let op = |num, sem_op| SemOp { num, sem_op };
        let values = |num: u16| [2, 0, 1].get(usize::from(num)).copied();
        assert_eq!(blocking(&[op(0, -2), op(1, -1)], values), Some(1));
        assert_eq!(blocking(&[op(0, -2), op(0, -1)], values), Some(0));
        assert_eq!(blocking(&[op(2, 0)], values), Some(2));
        // The own increment comes first, so no operation blocks.
        assert_eq!(blocking(&[op(1, 1), op(0, -1)], values), None);
        // With a single semaphore the answer does not depend on its value, even if that is
        // unreadable.
        assert_eq!(blocking(&[op(9, -1), op(9, 0)], values), Some(9));
        assert_eq!(blocking(&[op(9, -1), op(0, 0)], values), None);
        assert_eq!(blocking(&[], values), None);
    }
}

//! The wait-for graph, as far as the kernel shows it, and its cycles.
//!
//! The kernel knows which threads are blocked and which process operated a semaphore or queue last,
//! but not which process will operate it next. So an edge is a hint, and a cycle is only a possible
//! deadlock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::inspector::Inspector;
use super::liveness::{Alive, Doubt, Record};
use super::verdict::PidField;
use super::waits::{SemOp, Wait, Waiter};
use crate::escape::escaped;
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
    /// Its own name. It is untrusted and has to be escaped.
    pub name: Vec<u8>,
    /// The blocked thread.
    pub tid: i32,
    /// The semaphore that blocks it, where that is known.
    pub num: Option<u16>,
    /// What the other process did: operated the semaphore last, sent or received last.
    pub field: PidField,
    /// The other process. 0: none yet, or a process of another pid namespace. `None`: unknown.
    pub on: Option<i32>,
    /// The own name of the other process, while it lives.
    pub on_name: Vec<u8>,
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

/// One line, with the thread where it is not the first one:
/// `912/914 (b) waits for semaphore 3 of set 8, last changed by 4211 (a): possible deadlock`.
impl fmt::Display for WaitsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |name: &[u8]| match name {
            b"" => String::new(),
            name => format!(" ({})", escaped(name)),
        };
        write!(f, "{}", self.pid)?;
        if self.tid != self.pid {
            write!(f, "/{}", self.tid)?;
        }
        f.write_str(&name(&self.name))?;
        f.write_str(" waits for ")?;
        let what = &self.object.name;
        match (self.object.kind, self.num) {
            (Kind::Sem, Some(num)) => write!(f, "semaphore {num} of set {what}")?,
            (Kind::Sem, None) => write!(f, "set {what}")?,
            _ => write!(f, "queue {what}")?,
        }
        if self.timed {
            f.write_str(" with a timeout")?;
        }
        let did = match self.field {
            PidField::Lspid => "sent to",
            PidField::Lrpid => "received from",
            _ => "changed",
        };
        match (self.on, self.alive) {
            _ if self.unsettled => f.write_str(", which changes too fast to name the other")?,
            (None, _) => f.write_str(", last user unknown")?,
            (Some(0), Alive::Never) => write!(f, ", never {did}")?,
            (Some(0), _) => write!(f, ", last {did} by a process that cannot be seen")?,
            (Some(on), _) if on == self.pid => write!(f, ", last {did} by itself")?,
            (Some(on), alive) => {
                write!(f, ", last {did} by {on}")?;
                match alive.known() {
                    Some(true) => f.write_str(&name(&self.on_name))?,
                    Some(false) => f.write_str(" (gone)")?,
                    None => f.write_str(" (may have exited)")?,
                }
            }
        }
        f.write_str(match (self.circle, self.ends_by_timeout) {
            (None, _) => "",
            (Some(_), false) => ": possible deadlock",
            (Some(_), true) => ": possible deadlock, ends with a timeout",
        })
    }
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

impl WaitGraph {
    /// The edges of some objects, and of every cycle that includes one of these.
    pub fn around<'a>(
        &'a self,
        is_shown: impl Fn(&Identity) -> bool + 'a,
    ) -> impl Iterator<Item = &'a WaitsOn> {
        let circles: BTreeSet<usize> = self
            .edges
            .iter()
            .filter(|edge| is_shown(&edge.object))
            .filter_map(|edge| edge.circle)
            .collect();
        let is_in = move |circle: &usize| circles.contains(circle);
        self.edges
            .iter()
            .filter(move |edge| is_shown(&edge.object) || edge.circle.as_ref().is_some_and(&is_in))
    }
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
    WaitGraph { edges, circles, unread }
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
    Some(WaitsOn { num, timed: *timed, unsettled, ..edge(inspector, set, waiter, by) })
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
    Some(edge(inspector, object, waiter, (field, Some(on), alive)))
}

fn edge(
    inspector: &mut Inspector,
    object: &Object,
    waiter: &Waiter,
    (field, on, alive): (PidField, Option<i32>, Alive),
) -> WaitsOn {
    let lives = alive.known() == Some(true);
    WaitsOn {
        object: object.identity.clone(),
        pid: waiter.pid,
        name: inspector.name(waiter.pid),
        tid: waiter.tid,
        num: None,
        field,
        on,
        on_name: on.filter(|_| lives).map(|on| inspector.name(on)).unwrap_or_default(),
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

/// The groups of nodes that all reach each other: strongly connected components of two or more
/// nodes (Kosaraju's algorithm, without recursion because chains may be long).
fn circles(edges: impl Iterator<Item = (i32, i32)>) -> Vec<Vec<i32>> {
    let mut forward: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let mut backward: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (from, to) in edges {
        forward.entry(from).or_default().push(to);
        backward.entry(to).or_default().push(from);
    }
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    for start in forward.keys() {
        finish_order(*start, &forward, &mut seen, &mut order);
    }
    seen.clear();
    let mut circles = Vec::new();
    for start in order.iter().rev() {
        let mut circle = Vec::new();
        finish_order(*start, &backward, &mut seen, &mut circle);
        if circle.len() > 1 {
            circle.sort_unstable();
            circles.push(circle);
        }
    }
    circles.sort();
    circles
}

/// Visits all unseen nodes reachable from `start`, depth first; a node is appended after its
/// successors.
fn finish_order(
    start: i32,
    graph: &BTreeMap<i32, Vec<i32>>,
    seen: &mut BTreeSet<i32>,
    order: &mut Vec<i32>,
) {
    if !seen.insert(start) {
        return;
    }
    let mut stack = vec![(start, 0)];
    while let Some((node, next)) = stack.last_mut() {
        match graph.get(node).and_then(|all| all.get(*next)) {
            Some(successor) => {
                *next = next.saturating_add(1);
                if seen.insert(*successor) {
                    stack.push((*successor, 0));
                }
            }
            None => {
                order.push(*node);
                stack.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_cycles_but_not_chains() {
        let edges = [(1, 2), (2, 3), (3, 1), (4, 1), (5, 6), (6, 5), (7, 8), (8, 9)];
        assert_eq!(circles(edges.into_iter()), [vec![1, 2, 3], vec![5, 6]]);
        assert!(circles([(1, 2), (1, 3), (2, 3)].into_iter()).is_empty());
    }

    /// An edge in a circle.
    fn edge(id: i32) -> WaitsOn {
        WaitsOn {
            object: Identity::sysv(Kind::Sem, Id(id)),
            pid: 912,
            name: b"worker\n".to_vec(),
            tid: 914,
            num: Some(3),
            field: PidField::Sempid,
            on: Some(4211),
            on_name: b"master".to_vec(),
            alive: Alive::Yes,
            timed: false,
            unsettled: false,
            circle: Some(0),
            ends_by_timeout: false,
        }
    }

    #[test]
    fn shows_all_of_a_circle_and_only_the_shown_objects_of_others() {
        let alone = |id| WaitsOn { circle: None, ..edge(id) };
        let other = WaitsOn { circle: Some(1), ..edge(4) };
        let edges = vec![edge(1), edge(2), alone(2), alone(3), other];
        let graph = WaitGraph { edges, ..WaitGraph::default() };
        let shown = |id| -> Vec<(String, Option<usize>)> {
            let around = graph.around(move |object| object.name.id() == Some(Id(id)));
            around.map(|edge| (edge.object.name.to_string(), edge.circle)).collect()
        };
        let circle = [("1".to_owned(), Some(0)), ("2".to_owned(), Some(0))];
        assert_eq!(shown(1), circle);
        assert_eq!(shown(2), [&circle[..], &[("2".to_owned(), None)]].concat());
        assert_eq!(shown(3), [("3".to_owned(), None)]);
        assert_eq!(shown(5), []);
    }

    #[test]
    fn links_processes_unless_one_is_gone_or_waits_for_itself() {
        let link = |on, alive| WaitsOn { on, alive, ..edge(8) }.link();
        assert_eq!(link(Some(4211), Alive::Yes), Some((912, 4211)));
        assert_eq!(link(Some(1), Alive::Unknown(Doubt::MayBeReused)), Some((912, 1)));
        assert_eq!(link(Some(4211), Alive::Gone), None);
        assert_eq!(link(Some(912), Alive::Yes), None);
        assert_eq!(link(Some(0), Alive::Unknown(Doubt::MayBeReused)), None);
        assert_eq!(link(None, Alive::Yes), None);
    }

    #[test]
    fn a_line_omits_what_is_unknown() {
        let mut edge = edge(8);
        let head = "912/914 (worker\\x0a) waits for semaphore 3 of set 8";
        let line =
            |edge: &WaitsOn, tail: &str| assert_eq!(edge.to_string(), format!("{head}{tail}"));
        line(&edge, ", last changed by 4211 (master): possible deadlock");
        (edge.timed, edge.ends_by_timeout) = (true, true);
        let tail = " with a timeout, last changed by 4211 (master): possible deadlock, ends with a \
                    timeout";
        line(&edge, tail);
        (edge.timed, edge.circle) = (false, None);
        edge.alive = Alive::Gone;
        line(&edge, ", last changed by 4211 (gone)");
        edge.alive = Alive::Unknown(Doubt::MayBeReused);
        line(&edge, ", last changed by 4211 (may have exited)");
        edge.on = Some(912);
        line(&edge, ", last changed by itself");
        (edge.on, edge.alive) = (Some(0), Alive::Never);
        line(&edge, ", never changed");
        edge.on = None;
        line(&edge, ", last user unknown");
        edge.unsettled = true;
        line(&edge, ", which changes too fast to name the other");
        edge.unsettled = false;
        edge.on = Some(0);
        (edge.object, edge.num) = (Identity::sysv(Kind::Msg, Id(8)), None);
        edge.field = PidField::Lspid;
        assert!(edge.to_string().ends_with(" waits for queue 8, never sent to"), "{edge}");
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let chain = (1..50_000).map(|pid| (pid, pid + 1));
        assert!(circles(chain.clone()).is_empty());
        assert_eq!(circles(chain.chain([(50_000, 1)]))[0].len(), 50_000);
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

    proptest! {
        #[test]
        fn members_of_a_circle_reach_each_other(
            edges in proptest::collection::vec((0..12i32, 0..12i32), 0..30),
        ) {
            let mut reach = [[false; 12]; 12];
            for (a, b) in &edges {
                reach[*a as usize][*b as usize] = true;
            }
            for via in 0..12 {
                for a in 0..12 {
                    for b in 0..12 {
                        reach[a][b] |= reach[a][via] && reach[via][b];
                    }
                }
            }
            let found = circles(edges.iter().copied());
            for (a, from_a) in reach.iter().enumerate() {
                for b in (0..12usize).filter(|b| *b != a) {
                    let (x, y) = (a as i32, b as i32);
                    let together = found.iter().any(|c| c.contains(&x) && c.contains(&y));
                    prop_assert_eq!(together, from_a[b] && reach[b][a]);
                }
            }
        }
    }
}

//! Who waits on whom, as far as the kernel tells, and circles of processes that do.
//!
//! The kernel knows who is blocked, and who operated a semaphore or queue last; not who will
//! operate it next. So an edge is a hint, and a circle only a possible deadlock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::alive::{Alive, Doubt, Times};
use super::inspector::Inspector;
use super::verdict::PidField;
use super::waits::{SemOp, Wait, Waiter};
use crate::model::{Id, Kind, MsgQueue, Object, SemSet};
use crate::sys::sem;

/// One blocked thread and the process that it waits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitsOn {
    /// Sets or queues.
    pub kind: Kind,
    /// The object.
    pub id: Id,
    /// The blocked process.
    pub pid: i32,
    /// The blocked thread.
    pub tid: i32,
    /// The semaphore that blocks it, where that can be told.
    pub num: Option<u16>,
    /// What the other one did: operated the semaphore last, sent or received last.
    pub field: PidField,
    /// The other one; 0: nobody yet, or a process of another pid namespace. `None`: it could not be
    /// read.
    pub on: Option<i32>,
    /// Whether that one lives. If not, nobody may be left to wake the waiter.
    pub alive: Alive,
    /// The thread waits for a limited time only.
    pub timed: bool,
    /// Part of a circle.
    pub possible_deadlock: bool,
    /// Somebody of that circle waits for a limited time only.
    pub ends_by_timeout: bool,
}

/// One line for people: `912 waits for semaphore 3 of set 8, last operated by 4211: possible deadlock`.
impl fmt::Display for WaitsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pid)?;
        if self.tid != self.pid {
            write!(f, " (thread {})", self.tid)?;
        }
        f.write_str(" waits for ")?;
        match (self.kind, self.num) {
            (Kind::Sem, Some(num)) => write!(f, "semaphore {num} of set {}", self.id)?,
            (Kind::Sem, None) => write!(f, "set {}", self.id)?,
            _ => write!(f, "queue {}", self.id)?,
        }
        let did = match self.field {
            PidField::Lspid => "last sent to",
            PidField::Lrpid => "last received from",
            _ => "last operated",
        };
        if self.timed {
            f.write_str(" with a timeout")?;
        }
        match (self.on, self.alive) {
            (None, _) => f.write_str(", on whom is not known")?,
            (Some(0), Alive::Never) => write!(f, ", never {}", &did["last ".len()..])?,
            (Some(0), _) => write!(f, ", {did} by a process out of sight")?,
            (Some(on), alive) => match alive.known() {
                Some(true) => write!(f, ", {did} by {on}")?,
                Some(false) => write!(f, ", {did} by {on} (gone)")?,
                None => write!(f, ", {did} by {on} (perhaps gone)")?,
            },
        }
        f.write_str(match (self.possible_deadlock, self.ends_by_timeout) {
            (false, _) => "",
            (true, false) => ": possible deadlock",
            (true, true) => ": possible deadlock until a timeout",
        })
    }
}

/// The graph of who waits on whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitGraph {
    /// One for each blocked thread, by object and thread.
    pub edges: Vec<WaitsOn>,
    /// Processes that wait for each other in a circle, by pid: each a possible deadlock.
    pub circles: Vec<Vec<i32>>,
}

impl Inspector {
    /// Who waits on whom among these objects; needs a scan for their waiters.
    pub fn wait_graph(&mut self, sets: &[SemSet], queues: &[MsgQueue]) -> WaitGraph {
        let mut edges = Vec::new();
        for set in sets {
            for waiter in self.found().sem_waiters.get(&set.perm.id).cloned().unwrap_or_default() {
                edges.push(self.waits_on_semaphore(set, &waiter));
            }
        }
        for queue in queues {
            for waiter in self.found().msg_waiters.get(&queue.perm.id).cloned().unwrap_or_default()
            {
                edges.push(self.waits_on_queue(queue, &waiter));
            }
        }
        let circles = circles(edges.iter().filter_map(WaitsOn::link));
        let circle_of = |edge: &WaitsOn| {
            let (from, to) = edge.link()?;
            let both =
                |circle: &Vec<i32>| [from, to].iter().all(|pid| circle.binary_search(pid).is_ok());
            circles.iter().position(both)
        };
        let timed: BTreeSet<usize> =
            edges.iter().filter(|edge| edge.timed).filter_map(circle_of).collect();
        for edge in &mut edges {
            let circle = circle_of(edge);
            edge.possible_deadlock = circle.is_some();
            edge.ends_by_timeout = circle.is_some_and(|at| timed.contains(&at));
        }
        WaitGraph { edges, circles }
    }

    fn waits_on_semaphore(&mut self, set: &SemSet, waiter: &Waiter) -> WaitsOn {
        let id = set.perm.id;
        let (num, timed) = match &waiter.wait {
            Wait::Semop { ops, timed } => {
                (blocking(ops, |num| sem::value(id, u32::from(num)).ok()), *timed)
            }
            _ => (None, false),
        };
        let on = num.and_then(|num| sem::last_pid(id, u32::from(num)).ok());
        let alive = match on {
            Some(on) => self.alive(on, set.otime != 0, set),
            // Which semaphore it is, or who operated it, could not be read.
            None => Alive::Unknown(Doubt::StartUnknown),
        };
        let by = (PidField::Sempid, on, alive);
        WaitsOn { num, timed, ..WaitsOn::new(Kind::Sem, id, waiter, by) }
    }

    fn waits_on_queue(&mut self, queue: &MsgQueue, waiter: &Waiter) -> WaitsOn {
        // Room is made by whoever receives, a message comes from whoever sends.
        let (field, on, time) = match waiter.wait {
            Wait::Msgsnd => (PidField::Lrpid, queue.lrpid, queue.rtime),
            _ => (PidField::Lspid, queue.lspid, queue.stime),
        };
        let alive = self.alive(on, time != 0, queue);
        WaitsOn::new(Kind::Msg, queue.perm.id, waiter, (field, Some(on), alive))
    }

    fn alive<T: Object>(&mut self, pid: i32, operated: bool, object: &T) -> Alive {
        self.liveness.of(pid, operated, &Times::of(object.perm(), object.last_use()))
    }
}

impl WaitsOn {
    fn new(kind: Kind, id: Id, waiter: &Waiter, by: (PidField, Option<i32>, Alive)) -> WaitsOn {
        let (field, on, alive) = by;
        WaitsOn {
            kind,
            id,
            pid: waiter.pid,
            tid: waiter.tid,
            num: None,
            field,
            on,
            alive,
            timed: false,
            possible_deadlock: false,
            ends_by_timeout: false,
        }
    }

    /// From whom to whom, where it may be part of a circle. A process that waits for a semaphore
    /// which it operated last itself is ordinary: any consumer does.
    fn link(&self) -> Option<(i32, i32)> {
        let on = self.on.filter(|on| *on > 0 && *on != self.pid)?;
        (self.alive.known() != Some(false)).then_some((self.pid, on))
    }
}

/// The semaphore of the first operation that cannot be carried out: they are tried in order, each
/// on what those before it left (ipc/sem.c, `perform_atomic_semop`).
fn blocking(sops: &[SemOp], value: impl Fn(u16) -> Option<i32>) -> Option<u16> {
    // Where all are of one semaphore, its value need not be known.
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

/// The groups of nodes that all reach each other (strongly connected components of two or more;
/// Kosaraju's way, without recursion: chains may be long).
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

/// Visits all that is not seen yet from `start` in depth; a node is noted after its successors.
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
                *next += 1;
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
    fn circles_are_found_and_chains_are_not() {
        let edges = [(1, 2), (2, 3), (3, 1), (4, 1), (5, 6), (6, 5), (7, 8), (8, 9)];
        assert_eq!(circles(edges.into_iter()), [vec![1, 2, 3], vec![5, 6]]);
        assert!(circles([(1, 2), (1, 3), (2, 3)].into_iter()).is_empty());
    }

    #[test]
    fn a_line_for_people_is_careful() {
        let mut edge = WaitsOn {
            kind: Kind::Sem,
            id: Id(8),
            pid: 912,
            tid: 914,
            num: Some(3),
            field: PidField::Sempid,
            on: Some(4211),
            alive: Alive::Yes,
            timed: false,
            possible_deadlock: true,
            ends_by_timeout: false,
        };
        let text = "912 (thread 914) waits for semaphore 3 of set 8, last operated by 4211: possible deadlock";
        assert_eq!(edge.to_string(), text);
        (edge.timed, edge.ends_by_timeout) = (true, true);
        let text = "912 (thread 914) waits for semaphore 3 of set 8 with a timeout, last operated by \
                    4211: possible deadlock until a timeout";
        assert_eq!(edge.to_string(), text);
        (edge.timed, edge.possible_deadlock) = (false, false);
        edge.alive = Alive::Gone;
        let text = "912 (thread 914) waits for semaphore 3 of set 8, last operated by 4211 (gone)";
        assert_eq!(edge.to_string(), text);
        (edge.on, edge.alive) = (Some(0), Alive::Never);
        assert_eq!(
            edge.to_string(),
            "912 (thread 914) waits for semaphore 3 of set 8, never operated"
        );
        edge.on = None;
        assert_eq!(
            edge.to_string(),
            "912 (thread 914) waits for semaphore 3 of set 8, on whom is not known"
        );
        edge.on = Some(0);
        (edge.kind, edge.num, edge.field) = (Kind::Msg, None, PidField::Lspid);
        assert_eq!(edge.to_string(), "912 (thread 914) waits for queue 8, never sent to");
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
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
        // The own increment comes first, so nothing blocks.
        assert_eq!(blocking(&[op(1, 1), op(0, -1)], values), None);
        // Of one semaphore, whatever its value, and also where it may not be read.
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

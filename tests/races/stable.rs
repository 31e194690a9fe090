//! The objects that exist all the time.

use ipcs::model::Kind;

use crate::support::actor::{Actor, in_call, until};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use nix::libc;

/// An owner of leaked objects, too: filters by owner select the objects in use as well.
pub const LEAKER: u32 = 4_300_000;
/// How many users leak objects in turn: while a thread of one of them lives, its objects are kept.
pub const LEAKERS: u32 = 10;
/// The owner of objects that no removal selects.
pub const OTHER: u32 = 4_300_100;
/// The key of one object of each kind.
pub const KEY: u32 = 0x77;

/// One object, as every format shows it: key, id, owner, permissions, and figures.
pub struct Row {
    pub kind: Kind,
    pub id: i32,
    pub owner: u32,
    pub in_use: bool,
    pub cells: Vec<String>,
}

/// The objects, and the process that uses some of them.
pub struct Stable {
    pub rows: Vec<Row>,
    pub user: i32,
    _actor: Actor,
}

fn row(kind: Kind, id: i32, (key, owner, perms): (u32, u32, u32), figures: &[u64]) -> Row {
    let mut cells =
        vec![format!("{key:#010x}"), id.to_string(), owner.to_string(), format!("{perms:o}")];
    cells.extend(figures.iter().map(u64::to_string));
    Row { kind, id, owner, in_use: owner == LEAKER, cells }
}

impl Stable {
    pub fn make() -> Stable {
        let mut rows = as_user(OTHER, OTHER, || {
            let segment = Shm::keyed(KEY, 5000, 0o640);
            let queue = Queue::keyed(KEY, 0o600);
            queue.send(100);
            queue.send(23);
            let set = Sems::keyed(KEY, 3, 0o600);
            vec![
                row(Kind::Shm, segment.id, (KEY, OTHER, 0o640), &[5000, 0]),
                row(Kind::Msg, queue.id, (KEY, OTHER, 0o600), &[123, 2]),
                row(Kind::Sem, set.id, (KEY, OTHER, 0o600), &[3]),
            ]
        });
        let (segment, queue, set) = as_user(LEAKER, LEAKER, || {
            (Shm::private(70_000, 0o600), Queue::private(0o600), Sems::private(2, 0o600))
        });
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        actor.tell(&format!("thread semop {set} 1:-1"));
        actor.tell(&format!("thread msgrcv {queue} 0"));
        until("the set has a waiter", || set.blocked(1) == 1);
        until("the queue has a receiver", || in_call(actor.pid(), libc::SYS_msgrcv, queue.id));
        rows.extend([
            row(Kind::Shm, segment.id, (0, LEAKER, 0o600), &[70_000, 1]),
            row(Kind::Msg, queue.id, (0, LEAKER, 0o600), &[0, 0]),
            row(Kind::Sem, set.id, (0, LEAKER, 0o600), &[2]),
        ]);
        Stable { rows, user: actor.pid(), _actor: actor }
    }

    /// The objects of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    pub fn has(&self, kind: Kind, id: i32) -> bool {
        self.of(kind).any(|row| row.id == id)
    }

    /// Fails unless all of them still exist, and their users still use them.
    pub fn check(&self) {
        for row in &self.rows {
            match row.kind {
                Kind::Shm => {
                    let segment = Shm { id: row.id }.stat();
                    let (id, dest) = (segment.id().map(|id| id.0), segment.is_dest());
                    assert_eq!((id, dest, segment.owner.uid), (Some(row.id), false, row.owner));
                }
                Kind::Msg => {
                    assert_eq!(Queue { id: row.id }.stat().owner.uid, row.owner);
                    let waits = || in_call(self.user, libc::SYS_msgrcv, row.id);
                    until("the queue has its receiver", || waits() == row.in_use);
                }
                Kind::Sem => {
                    let waiters = Sems { id: row.id }.blocked(1);
                    assert_eq!(waiters, i32::from(row.in_use), "set {}", row.id);
                }
                kind => panic!("{kind:?} is not a kind of System V"),
            }
        }
    }
}

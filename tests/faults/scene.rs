//! The objects of the matrix: what is known of them is what a run may say.

use std::collections::BTreeSet;

use crate::support::actor::{Actor, in_call, until};
use crate::support::leftovers::absent_user;
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::table;

/// What numbers of a scene are replaced by, so that the outputs of two scenes can be compared.
const NAMES: [&str; 8] = [
    "990000001",
    "990000002",
    "990000003",
    "990000004",
    "990000005",
    "990000006",
    "990000007",
    "990000008",
];

/// Users that differ between workers and are the same for all scenes of one worker.
#[derive(Clone, Copy, Debug)]
pub struct Users {
    left: u32,
    other: u32,
    live: u32,
}

impl Users {
    pub fn new() -> Users {
        Users { left: absent_user(), other: absent_user(), live: absent_user() }
    }
}

/// Objects of three users in every state, and a process that uses some of them.
pub struct Scene {
    live: Actor,
    numbers: Vec<String>,
}

impl Scene {
    /// Makes it in an empty namespace.
    pub fn new(users: Users) -> Scene {
        let mut live = Actor::of(users.live);
        // Segments: 0 keyed, 1 attached, 2 left by a dead process, 3 marked for removal, 4 private.
        Shm::keyed(0x12, 5000, 0o640);
        let attached: Shm = live.make_segment(8192);
        live.attach(attached, "rw");
        let mut gone = Actor::of(users.left);
        gone.tell("keyed-segment 4660 4096");
        let marked = Shm::keyed(0x13, 5000, 0o666);
        live.attach(marked, "ro");
        marked.remove();
        gone.make_segment(100);
        // Queues: 0 with messages, 1 left empty, 2 with a receiver, 3 left with a message.
        let queue = Queue::keyed(0x12, 0o644);
        queue.send(100);
        queue.send(50);
        gone.make_queue();
        let receiving = live.make_queue();
        live.tell(&format!("thread msgrcv {receiving} 0"));
        as_user(users.left, users.left, || Queue::keyed(0x14, 0o600).send(10));
        // Sets: 0 keyed, 1 left, 2 with a waiter, 3 left by another user.
        Sems::keyed(0x12, 3, 0o600).set_value(1, 5);
        gone.make_set(1);
        let waiting = live.make_set(2);
        live.tell(&format!("thread semop {waiting} 0:-1"));
        as_user(users.other, users.other, || Sems::keyed(0x15, 1, 0o606));
        let dead = gone.end();
        until("a thread waits on the set", || waiting.blocked(0) == 1);
        until("a thread waits on the queue", || {
            in_call(live.pid(), nix::libc::SYS_msgrcv, receiving.id)
        });
        let numbers = [users.left, users.other, users.live].map(|uid| uid.to_string());
        let pids = [dead, live.pid()].map(|pid| pid.to_string());
        let mut numbers: Vec<String> = numbers.into_iter().chain(pids).collect();
        let mut threads = threads(live.pid());
        threads.sort_unstable();
        numbers.extend(threads.into_iter().skip(1).map(|thread| thread.to_string()));
        Scene { live, numbers }
    }

    /// The process that uses objects.
    pub fn live_pid(&self) -> i32 {
        self.live.pid()
    }

    /// Replaces the numbers of users and processes by those that all scenes have, and a name by the
    /// number that stands where names cannot be read.
    pub fn normalise(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|char: char| char.is_ascii_digit()) {
            let digits = rest[start..].find(|char: char| !char.is_ascii_digit());
            let end = digits.map_or(rest.len(), |length| start + length);
            let number = &rest[start..end];
            let known = self.numbers.iter().position(|known| known == number);
            out.push_str(&rest[..start]);
            out.push_str(known.map_or(number, |known| NAMES[known]));
            rest = &rest[end..];
        }
        (out + rest).replace("\"root\"", "\"0\"").replace("owner root", "owner 0")
    }
}

fn threads(pid: i32) -> Vec<i32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the threads");
    tasks
        .flatten()
        .map(|task| task.file_name().to_str().expect("digits").parse().expect("a tid"))
        .collect()
}

/// The objects of the namespace and what a removal or a change of them would alter: without times,
/// pages, and process ids.
pub fn objects() -> BTreeSet<String> {
    let columns: [(&str, &[usize]); 3] = [
        ("shm", &[0, 1, 2, 3, 6, 7, 8, 9, 10]),
        ("msg", &[0, 1, 2, 3, 4, 7, 8, 9, 10]),
        ("sem", &[0, 1, 2, 3, 4, 5, 6, 7]),
    ];
    let mut found = BTreeSet::new();
    for (kind, columns) in columns {
        for row in table::rows(kind) {
            let fields: Vec<_> = columns.iter().map(|&column| row[column].as_str()).collect();
            // The id comes first.
            found.insert(format!("{kind}{} {}", row[1], fields.join(" ")));
        }
    }
    found
}

/// Kind and id of one of [`objects`], as `shm3`.
pub fn name(object: &str) -> &str {
    object.split(' ').next().unwrap_or(object)
}

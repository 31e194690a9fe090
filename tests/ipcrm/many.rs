//! Clean-ups of tens of thousands, and while others create and remove.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipcs::model::{Id, Key};
use ipcs::sys::{StatBy, sem};
use nix::libc;

use super::interactive::on_terminal;
use crate::processes::scene::Actor;
use crate::support::namespace::{isolated, require_root, set_sysctl};
use crate::support::objects::{Sems, Shm};
use crate::support::programs::ours;

const LEAKER: u32 = 4_000_001;
const OTHER: u32 = 4_000_002;

fn sets() -> usize {
    std::fs::read_to_string("/proc/sysvipc/sem").expect("the list").lines().count() - 1
}

fn room_for_many() {
    set_sysctl("sem", "32000 1024000000 500 32768");
}

#[test]
fn exactly_the_leaked_ones_go() {
    isolated(|| {
        require_root("it gives objects to others");
        room_for_many();
        let (mut others, mut used) = (Vec::new(), Vec::new());
        for number in 0..32_050 {
            let set = Sems::private(1, 0o600);
            // Spread over the table.
            if number % 32 == 7 && others.len() < 1_000 {
                set.set(OTHER, OTHER, 0o600);
                others.push(set.id);
            } else {
                set.set(LEAKER, LEAKER, 0o600);
                if number % 600 == 8 && used.len() < 50 {
                    set.operate(0, 1);
                    used.push(set.id);
                }
            }
        }
        assert_eq!((others.len(), used.len(), sets()), (1_000, 50, 32_050));
        let owner = LEAKER.to_string();
        let dry = ours("ipcrm", ["-n", "sem", "--owner", &owner]).run();
        assert_eq!(dry.out().lines().count(), 31_051);
        assert_eq!(sets(), 32_050);
        let run = ours("ipcrm", ["sem", "--owner", &owner]).run();
        assert_eq!(run.status, Some(0));
        assert_eq!(run.out(), format!("removed 31000 semaphore sets of {owner}; kept 50 in use\n"));
        let mut expected = [others, used].concat();
        expected.sort_unstable();
        let text = std::fs::read_to_string("/proc/sysvipc/sem").expect("the list");
        let mut there: Vec<i32> = text
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().nth(1).expect("an id").parse().expect("a number"))
            .collect();
        there.sort_unstable();
        assert_eq!(there, expected);
    });
}

#[test]
fn a_long_run_shows_its_progress_on_a_terminal_only() {
    isolated(|| {
        room_for_many();
        let many = || {
            for _ in 0..12_000 {
                Sems::private(1, 0o600);
            }
        };
        many();
        let run = ours("ipcrm", ["sem", "--older", "0s"]).run();
        assert_eq!((run.out(), run.err()), ("removed 12000 semaphore sets\n", ""));
        many();
        let run = on_terminal(&["sem", "--older", "0s"], "", true);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "removed 12000 semaphore sets\n"));
        assert!(run.screen.starts_with("\ripcrm: looked at 0 of 12000"), "{:?}", run.screen);
        assert!(run.screen.ends_with("\r\u{1b}[K"), "{:?}", run.screen);
        // Short ones go without, and what is told anyway needs none.
        for args in [&["sem", "--older", "0s"][..], &["-v", "sem", "--older", "0s"]] {
            for _ in 0..if args.len() == 3 { 500 } else { 12_000 } {
                Sems::private(1, 0o600);
            }
            let run = on_terminal(args, "", true);
            assert_eq!((run.status, run.screen.as_str()), (Some(0), ""), "{args:?}");
        }
        assert_eq!(sets(), 0);
    });
}

#[test]
fn a_message_stands_alone_and_not_behind_the_progress() {
    isolated(|| {
        room_for_many();
        for _ in 0..10_000 {
            Sems::private(1, 0o600);
        }
        let _attached = Shm::private(10, 0o600).attach();
        let run = on_terminal(&["-a", "--older", "0s", "--force"], "", true);
        assert_eq!(run.status, Some(0), "{:?}", run.screen);
        let start = "\ripcrm: looked at 0 of 10001\r\u{1b}[Kipcrm: marked shared memory segment 0 ";
        assert!(run.screen.starts_with(start), "{:?}", run.screen);
    });
}

/// How long others create and remove.
const CHURN: Duration = Duration::from_secs(3);

#[test]
fn under_churn_nothing_outside_the_filter_goes() {
    isolated(|| {
        require_root("it gives objects to others");
        room_for_many();
        let stop = AtomicBool::new(false);
        let (lost, made) = (AtomicU64::new(0), AtomicU64::new(0));
        // Two processes create and remove sets of their own, as fast as they can; in this one two
        // threads leak, so that the same places of the table pass from one owner to the other.
        let mut actors = [Actor::start(), Actor::start()];
        for actor in &mut actors {
            actor.say(&format!("churn {} {OTHER}", CHURN.as_millis()));
        }
        let removed = thread::scope(|scope| {
            let leak = scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    if sets() < 2_000 {
                        for _ in 0..100 {
                            Sems::private(1, 0o600).set(LEAKER, LEAKER, 0o600);
                            made.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
            let start = Instant::now();
            let mut removed = 0;
            while start.elapsed() < CHURN {
                let owner = LEAKER.to_string();
                let run = ours("ipcrm", ["-J", "sem", "--owner", &owner]).run();
                assert_eq!(run.status, Some(0), "{run:?}");
                let document: serde_json::Value = serde_json::from_str(run.out()).expect("JSON");
                let list = document["removed"].as_array().expect("an array");
                assert!(list.iter().all(|one| one["uid"] == LEAKER), "{document}");
                removed += list.len() as u64;
            }
            stop.store(true, Ordering::Relaxed);
            leak.join().expect("the thread that leaks");
            removed
        });
        for actor in &mut actors {
            // "LOST of MADE": a set of its own that was not there when it came to remove it.
            let answer = actor.reply();
            let (gone, all) = answer.split_once(" of ").expect("two numbers");
            lost.fetch_add(gone.parse().expect("a number"), Ordering::Relaxed);
            let all: u64 = all.parse().expect("a number");
            assert!(all > 1_000, "there was hardly any churn: {answer}");
        }
        assert_eq!(lost.into_inner(), 0);
        assert!(removed > 1_000, "only {removed} were removed of {}", made.into_inner());
    });
}

/// What an actor does for `churn`: creates sets, gives them to a user, and removes them.
pub fn churn(milliseconds: u64, uid: u32) -> String {
    let start = Instant::now();
    let (mut lost, mut made) = (0u64, 0u64);
    while start.elapsed() < Duration::from_millis(milliseconds) {
        let sets: Vec<Id> = (0..20)
            .map(|_| sem::get(Key::PRIVATE, 1, libc::IPC_CREAT | 0o600).expect("a set"))
            .collect();
        for id in &sets {
            Sems { id: id.0 }.set(uid, uid, 0o600);
        }
        made += sets.len() as u64;
        for id in sets {
            let there = sem::stat(id.0, StatBy::Any).is_ok_and(|set| set.perm.id == id);
            lost += u64::from(!there || sem::remove(id).is_err());
        }
    }
    format!("{lost} of {made}")
}

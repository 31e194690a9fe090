//! Clean-ups of tens of thousands of objects, also while other processes create and remove some.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::interactive::on_terminal;
use crate::support::actor::Actor;
use crate::support::json::document;
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root, set_sysctl};
use crate::support::objects::{Sems, Shm, as_user};
use crate::support::programs::ours;
use crate::support::table;

/// The first of the users who leak sets in turn: while one of them lives, its sets are kept.
const LEAKER: u32 = 4_200_000;
const LEAKERS: u32 = 20;
const OTHER: u32 = 4_000_002;

fn count_sets() -> usize {
    table::ids("sem").len()
}

fn raise_limits() {
    set_sysctl("sem", "32000 1024000000 500 32768");
}

#[test]
fn removes_exactly_the_leaked_sets() {
    require_root("it acts as other users");
    isolated(|| {
        raise_limits();
        let (owner, mut leaked) = as_absent_user(|| {
            let make = |_| Sems::private(1, 0o600);
            (0..32_050).map(make).collect::<Vec<Sems>>()
        });
        let (mut others, mut used) = (Vec::new(), Vec::new());
        for (number, set) in leaked.drain(..).enumerate() {
            // Spread them over the table.
            if number % 32 == 7 && others.len() < 1_000 {
                set.set(OTHER, OTHER, 0o600);
                others.push(set.id);
            } else if number % 600 == 8 && used.len() < 50 {
                set.operate(0, 1);
                used.push(set.id);
            }
        }
        assert_eq!((others.len(), used.len(), count_sets()), (1_000, 50, 32_050));
        let owner = owner.to_string();
        let dry = ours("ipcrm", ["-n", "sem", "--owner", &owner]).run();
        assert_eq!(dry.out().lines().count(), 31_051);
        assert_eq!(count_sets(), 32_050);
        let run = ours("ipcrm", ["sem", "--owner", &owner]).run();
        assert_eq!(run.status, Some(0));
        assert_eq!(run.out(), format!("removed 31000 semaphore sets of {owner}; kept 50 in use\n"));
        let mut expected = [others, used].concat();
        expected.sort_unstable();
        let mut remaining = table::ids("sem");
        remaining.sort_unstable();
        assert_eq!(remaining, expected);
    });
}

#[test]
fn shows_progress_of_long_runs_on_a_terminal_only() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        raise_limits();
        let make_many = |count: u32| {
            as_absent_user(|| {
                for _ in 0..count {
                    Sems::private(1, 0o600);
                }
            });
        };
        make_many(12_000);
        let run = ours("ipcrm", ["sem", "--older", "0s"]).run();
        assert_eq!((run.out(), run.err()), ("removed 12000 semaphore sets\n", ""));
        make_many(12_000);
        let run = on_terminal(&["sem", "--older", "0s"], "", true);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "removed 12000 semaphore sets\n"));
        assert!(run.screen.starts_with("\ripcrm: checked 0 of 12000"), "{:?}", run.screen);
        assert!(run.screen.ends_with("\r\u{1b}[K"), "{:?}", run.screen);
        // A verbose run shows no progress.
        make_many(12_000);
        let run = on_terminal(&["-v", "sem", "--older", "0s"], "", true);
        assert_eq!((run.status, run.screen.as_str()), (Some(0), ""));
        assert_eq!(count_sets(), 0);
    });
}

#[test]
fn clears_the_progress_line_before_a_message() {
    isolated(|| {
        raise_limits();
        for _ in 0..10_000 {
            Sems::private(1, 0o600);
        }
        let _attached = Shm::private(10, 0o600).attach();
        let run = on_terminal(&["-a", "--older", "0s", "--force"], "", true);
        assert_eq!(run.status, Some(0), "{:?}", run.screen);
        let start = "\ripcrm: checked 0 of 10001\r\u{1b}[Kipcrm: marked segment 0 ";
        assert!(run.screen.starts_with(start), "{:?}", run.screen);
    });
}

/// How long other processes create and remove sets.
const CHURN: Duration = Duration::from_secs(3);

#[test]
fn removes_only_matching_sets_during_churn() {
    require_root("it gives objects to other users");
    isolated(|| {
        raise_limits();
        let stop = AtomicBool::new(false);
        let (lost, made) = (AtomicU64::new(0), AtomicU64::new(0));
        // Two processes create and remove their own sets as fast as they can, and a thread of this
        // one leaks sets, so that slots of the table pass from one owner to another.
        let mut actors = [Actor::start(), Actor::start()];
        for actor in &mut actors {
            actor.say(&format!("churn {} {OTHER}", CHURN.as_millis()));
        }
        let removed = thread::scope(|scope| {
            let leak = scope.spawn(|| {
                for uid in (LEAKER..LEAKER + LEAKERS).cycle() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if count_sets() < 2_000 {
                        as_user(uid, uid, || [(); 100].map(|()| Sems::private(1, 0o600)));
                        made.fetch_add(100, Ordering::Relaxed);
                    }
                }
            });
            let start = Instant::now();
            let mut removed = 0;
            let owners: Vec<String> =
                (LEAKER..LEAKER + LEAKERS).map(|uid| uid.to_string()).collect();
            let owners = owners.join(",");
            while start.elapsed() < CHURN {
                let run = ours("ipcrm", ["-J", "sem", "--owner", &owners]).run();
                assert_eq!(run.status, Some(0), "{run:?}");
                let document = document(&run);
                let list = document["removed"].as_array().expect("an array");
                let is_leaked = |one: &Value| {
                    let uid = one["uid"].as_u64().and_then(|uid| u32::try_from(uid).ok());
                    uid.is_some_and(|uid| (LEAKER..LEAKER + LEAKERS).contains(&uid))
                };
                assert!(list.iter().all(is_leaked), "{document}");
                removed += list.len() as u64;
            }
            stop.store(true, Ordering::Relaxed);
            leak.join().expect("the thread that leaks");
            removed
        });
        for actor in &mut actors {
            // "LOST of MADE": LOST sets were gone before their creator removed them.
            let answer = actor.reply();
            let (gone, all) = answer.split_once(" of ").expect("two numbers");
            lost.fetch_add(gone.parse().expect("a number"), Ordering::Relaxed);
            let all: u64 = all.parse().expect("a number");
            assert!(all > 1_000, "too few sets were created: {answer}");
        }
        assert_eq!(lost.into_inner(), 0);
        assert!(removed > 1_000, "only {removed} of {} were removed", made.into_inner());
    });
}

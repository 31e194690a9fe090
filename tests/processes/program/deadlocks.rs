//! Possible deadlocks.

use nix::libc;

use super::{named, text};
use crate::support::actor::{Actor, in_call, until};
use crate::support::namespace::isolated;
use crate::support::objects::{Queue, Sems};

#[test]
fn reports_a_possible_deadlock() {
    isolated(|| {
        let set = Sems::private(2, 0o600);
        set.operate(0, 1);
        set.operate(1, 1);
        let [mut a, mut b, mut third] = [Actor::start(), Actor::start(), Actor::start()];
        assert_eq!(a.tell(&format!("semop {set} 0:-1")), "Ok(())");
        assert_eq!(b.tell(&format!("semop {set} 1:-1")), "Ok(())");
        a.say(&format!("semop {set} 1:-1"));
        until("the first is blocked", || set.blocked(1) == 1);
        let waits = |args: &[&str]| {
            let shown = text(args);
            shown.lines().filter(|line| line.contains(" waits for ")).map(str::to_owned).collect()
        };
        let line = |from: &Actor, num: u16, on: &Actor| {
            let (from, on) = (named(from.pid()), named(on.pid()));
            format!("{from} waits for semaphore {num} of set {set}, last changed by {on}")
        };
        // One waiter alone is not a deadlock.
        let found: Vec<String> = waits(&["-P", "-s"]);
        assert_eq!(found, [line(&a, 1, &b)]);
        b.say(&format!("semop {set} 0:-1"));
        third.say(&format!("semop {set} 0:-1"));
        until("all are blocked", || set.blocked(0) == 2);
        let mut expected = vec![
            line(&a, 1, &b) + ": possible deadlock",
            line(&b, 0, &a) + ": possible deadlock",
            // It waits for one of the two, but no process waits for it.
            line(&third, 0, &a),
        ];
        expected.sort();
        for args in
            [&["-P", "-s"][..], &["-P"], &["-P", "-s", "--table"], &["-Psi", &set.to_string()]]
        {
            let mut found: Vec<String> = waits(args);
            found.sort();
            assert_eq!(found, expected, "{args:?}");
        }
    });
}

#[test]
fn shows_a_deadlock_across_objects_with_each_of_them() {
    isolated(|| {
        let (set, queue) = (Sems::private(1, 0o600), Queue::private(0o600));
        set.operate(0, 1);
        let [mut a, mut b] = [Actor::start(), Actor::start()];
        assert_eq!(b.tell(&format!("semop {set} 0:-1")), "Ok(())");
        assert_eq!(a.tell(&format!("msgsnd {queue} 5")), "Ok(())");
        queue.receive();
        a.say(&format!("semop {set} 0:-1"));
        b.say(&format!("msgrcv {queue} 0"));
        until("the first is blocked", || set.blocked(0) == 1);
        until("the second is blocked", || in_call(b.pid(), libc::SYS_msgrcv, queue.id));
        let (a, b) = (named(a.pid()), named(b.pid()));
        let lines = [
            format!(
                "{a} waits for semaphore 0 of set {set}, last changed by {b}: possible deadlock"
            ),
            format!("{b} waits for queue {queue}, last sent to by {a}: possible deadlock"),
        ];
        for args in [&["-P"][..], &["-Ps"], &["-Pq"], &["-P", "-s", "--table"]] {
            let shown = text(args);
            assert!(
                lines.iter().all(|line| shown.lines().any(|it| it == line)),
                "{args:?}: {shown}"
            );
        }
        assert!(!text(&["-Pm"]).contains("deadlock"));
    });
}

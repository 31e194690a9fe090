//! Possible deadlocks.

use nix::libc;

use super::{named, text, under};
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
        let lines = |args: &[&str]| -> Vec<String> {
            let shown = text(args);
            let is_wait =
                |line: &&str| line.contains(" waiting, last ") || line.starts_with("deadlock: ");
            shown.lines().filter(is_wait).map(str::to_owned).collect()
        };
        let waiting = |num: u16, on: &Actor| {
            format!("semaphore {num} of set {set}: 1 waiting, last changed by {}", named(on.pid()))
        };
        // One waiter alone is not a deadlock.
        assert_eq!(lines(&["-P", "-s"]), [waiting(1, &b)]);
        b.say(&format!("semop {set} 0:-1"));
        third.say(&format!("semop {set} 0:-1"));
        until("all are blocked", || set.blocked(0) == 2);
        let deadlock = |from: &Actor, num: u16, on: &Actor| {
            let (from, on) = (named(from.pid()), on.pid());
            format!("deadlock: {from} waits for semaphore {num} of set {set}, last changed by {on}")
        };
        let mut deadlocks = [deadlock(&a, 1, &b), deadlock(&b, 0, &a)];
        deadlocks.sort();
        // The third waits for one of the two, but no process waits for it.
        let expected = [&[waiting(0, &a)], &deadlocks[..]].concat();
        for args in
            [&["-P", "-s"][..], &["-P"], &["-P", "-s", "--table"], &["-Psi", &set.to_string()]]
        {
            let mut found = lines(args);
            found[1..].sort();
            assert_eq!(found, expected, "{args:?}");
        }
        // A filter does not hide a deadlock.
        for args in [&["-P", "-s", "--owner", "1"][..], &["-P", "-q", "--table"]] {
            let mut found = lines(args);
            found.sort();
            assert_eq!(found, deadlocks, "{args:?}");
        }
        // It is red where colours are used, and in tables only.
        let red = format!("\u{1b}[1m\u{1b}[31m{}\u{1b}[0m", deadlocks[0]);
        let colored = |args: &[&str]| text(&[args, &["-P", "--color", "always"]].concat());
        assert!(colored(&["--table"]).lines().any(|line| line == red));
        assert!(!colored(&["-s"]).contains('\u{1b}'));
    });
}

#[test]
fn says_that_the_process_is_gone_that_a_thread_waits_for() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        set.operate(0, 1);
        let [mut gone, mut waiter] = [Actor::start(), Actor::start()];
        assert_eq!(gone.tell(&format!("semop {set} 0:-1")), "Ok(())");
        let pid = gone.end();
        waiter.tell(&format!("thread semop {set} 0:-1"));
        waiter.tell(&format!("thread semop {set} 0:-1"));
        until("both threads are blocked", || set.blocked(0) == 2);
        let line = format!("semaphore 0 of set {set}: 2 waiting, last changed by {pid} (gone)");
        for args in [&["-P", "-s"][..], &["-P", "-s", "--table"]] {
            let shown = text(args);
            assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
        }
        let lines = under(&text(&["-P", "-s", "--table"]), set.id);
        let threads = format!("{} root 2 threads wait: semop 0: -1 ", waiter.pid());
        assert!(lines[0].starts_with(&threads), "{lines:?}");
        assert_eq!(lines[1..], [format!("last user {pid} gone")]);
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
        let lines = [
            format!(
                "deadlock: {} waits for semaphore 0 of set {set}, last changed by {}",
                named(a.pid()),
                b.pid()
            ),
            format!(
                "deadlock: {} waits for queue {queue}, last sent to by {}",
                named(b.pid()),
                a.pid()
            ),
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

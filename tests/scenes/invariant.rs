//! Nothing that a living process still needs is removed without `--force`, `--include-unsure` or,
//! for segments, `--unused`: programs of many kinds, every filter, and every way to look.

use super::apache::Apache;
use super::clock;
use super::daemon::{Daemon, exists};
use super::judge::View;
use super::{counted, scene};
use crate::support::actor::{stop, until};

const FIRST: u32 = 3_100_101;

/// Programs that live, and what they need.
struct Town {
    /// They die with it.
    _programs: Vec<Daemon>,
    needed: Vec<(&'static str, &'static str, i32)>,
    users: Vec<u32>,
}

impl Town {
    fn start() -> Town {
        let users: Vec<u32> = (FIRST..FIRST + 8).collect();
        let mut programs = Vec::new();
        let mut needed = Vec::new();
        let mut need = |what, kind, id| needed.push((what, kind, id));

        let apache = Apache::start(users[0]);
        need("a root master's mutex", "sem", apache.set);
        programs.push(apache.master);
        let mut apache = Apache::start(users[1]);
        apache.end_worker();
        need("that of one without a worker", "sem", apache.set);
        programs.push(apache.master);

        let mut daemon = Daemon::of(users[2]);
        for (kind, key) in [("sem", 1), ("msg", 2), ("shm", 3), ("sem", 0), ("msg", 0), ("shm", 0)]
        {
            need("made and never used", kind, daemon.make(kind, key));
            let key = if key == 0 { 0 } else { key + 10 };
            need("made by a child", kind, daemon.child_makes(users[2], kind, key).0);
        }
        programs.push(daemon);

        let mut pool = Daemon::of(users[3]);
        let (segment, _) = pool.child_makes(users[3], "shm", 0);
        let (set, _) = pool.child_makes(users[3], "sem", 0);
        let (queue, _) = pool.child_makes(users[3], "msg", 0);
        let acts =
            format!("use {segment} ; semop {set} 0:1 1:1 ; msgsnd {queue} 5 ; msgrcv {queue} 0");
        assert_eq!(pool.once(users[3], &acts).1, "0 Ok(()) Ok(()) Ok(())");
        for (kind, id) in [("shm", segment), ("sem", set), ("msg", queue)] {
            need("last used by a child", kind, id);
        }
        programs.push(pool);

        let mut setuid = Daemon::of(format!("{}/{}/{}", FIRST + 20, users[4], users[4]));
        need("a setuid program's", "sem", setuid.make("sem", 0));
        need("a setuid program's", "msg", setuid.make("msg", 21));
        programs.push(setuid);

        let mut dropped = Daemon::start();
        for (kind, key) in [("sem", 0), ("sem", 31), ("shm", 32), ("msg", 33)] {
            let id = dropped.make(kind, key);
            dropped.tell(&format!("give {kind} {id} {} 600", users[5]));
            need("given to the user that root became", kind, id);
        }
        need("made while it was root", "sem", dropped.make("sem", 34));
        dropped.tell(&format!("identity {}", users[5]));
        programs.push(dropped);

        let mut waited = Daemon::start();
        let (set, _) = waited.child_makes(users[6], "sem", 41);
        waited.tell(&format!("give sem {set} {} 666", users[6]));
        let waiter = waited.number(&format!("block {} semop {set} 0:-1", FIRST + 21));
        until("it waits", || counted(set, 0) == 1);
        stop(waiter);
        need("with a stopped waiter", "sem", set);
        programs.push(waited);

        let mut root = Daemon::start();
        for (kind, key) in
            [("sem", 51), ("msg", 52), ("shm", 53), ("sem", 0), ("msg", 0), ("shm", 0)]
        {
            need("root's", kind, root.make(kind, key));
        }
        let (segment, _) = root.child_makes(users[7], "shm", 54);
        root.stay(FIRST + 22, "");
        root.tell(&format!("attach {segment} rw"));
        need("attached by root", "shm", segment);
        programs.push(root);
        Town { _programs: programs, needed, users }
    }

    fn check(&self, after: &str) {
        for (what, kind, id) in &self.needed {
            assert!(exists(kind, *id), "{kind} {id} ({what}) was removed by {after}");
        }
    }
}

/// Filters that nothing of the town may be removed by.
const SAFE: [&str; 8] = [
    "-a --older 0s",
    "-a --idle 0s",
    "-a --orphaned",
    "-a --orphaned --idle 0s --older 0s",
    "sem msg --unused",
    "shm msg sem --min-size 0",
    "shm --orphaned",
    "-asem --older 0s",
];

#[test]
fn nothing_that_a_living_process_needs_is_removed() {
    scene(|| {
        let town = Town::start();
        town.check("nobody");
        let ((forward, _forward), (back, _back)) = (clock::view(86_400), clock::view(-86_400));
        let mut views = vec![
            ("root".to_owned(), View::root()),
            ("root in another pid namespace".to_owned(), View::in_pid_namespace()),
            ("root with hidepid".to_owned(), View::with_proc("hidepid=2")),
            ("root with a clock set forward".to_owned(), forward),
            ("root with a clock set back".to_owned(), back),
        ];
        views.extend(town.users.iter().map(|uid| (format!("user {uid}"), View::of(*uid))));
        for (who, view) in &views {
            for filter in SAFE {
                // What belongs to others may be refused.
                view.try_run("ipcrm", &filter.split(' ').collect::<Vec<_>>());
                town.check(&format!("{who}: ipcrm {filter}"));
            }
        }
        let owners = town.users.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        for by in ["--owner", "--created-by", "--group"] {
            View::root().run("ipcrm", &["-a", by, &owners]);
            town.check(by);
        }
    });
}

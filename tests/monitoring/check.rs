//! `--check`: states, texts, exit statuses, and performance data.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::plugin::{check, line, numbers, states, unknown};
use crate::support::actor::Actor;
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{
    add_users, another, cover_with, isolated, other_mounts, require_root, require_users, set_sysctl,
};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::posix;
use crate::support::programs::ours;

#[test]
fn the_state_follows_the_percentage_of_the_fullest_limit() {
    isolated(|| {
        set_sysctl("sem", "32000 100000 500 100");
        let mut made = 0;
        for (sets, state) in
            [(79, "OK"), (80, "WARNING"), (94, "WARNING"), (95, "CRITICAL"), (100, "CRITICAL")]
        {
            (made..sets).for_each(|_| {
                let _ = Sems::private(1, 0o600);
            });
            made = sets;
            let line = check(&["--check"]);
            assert_eq!(line.state, state, "{line:?}");
            let start = format!("semmni {sets}% ({sets} of 100 sets");
            assert!(line.text.starts_with(&start), "{line:?}");
            let sets = Some(sets);
            assert_eq!(numbers(&line, "semmni"), [sets, Some(80), Some(95), Some(0), Some(100)]);
        }
        // The limits of other kinds are not near.
        assert_eq!(check(&["-m", "--check"]).state, "OK");
        assert_eq!(check(&["-ms", "--check"]).state, "CRITICAL");
    });
}

#[test]
fn thresholds_are_percentages_that_include_their_value() {
    isolated(|| {
        set_sysctl("shmmni", "200");
        (0..11).for_each(|_| {
            let _ = Shm::private(1, 0o600);
        });
        for (thresholds, state) in [
            ("5.5,6", "WARNING"),
            ("5.51,6", "OK"),
            ("1,5.5", "CRITICAL"),
            ("5%,5.6%", "WARNING"),
            ("0,0", "CRITICAL"),
            ("100,100", "OK"),
        ] {
            let line = check(&["-m", &format!("--check={thresholds}")]);
            assert_eq!(line.state, state, "{thresholds}: {line:?}");
        }
        // An abbreviation, and the last of several.
        assert_eq!(check(&["-m", "--check=0,0", "--che=90,95"]).state, "OK");
    });
}

#[test]
fn performance_data_has_every_limit_that_is_counted() {
    isolated(|| {
        Shm::private(5000, 0o600);
        Sems::private(7, 0o600);
        Queue::private(0o600);
        set_sysctl("shmall", "1000");
        set_sysctl("msgmni", "33");
        let line = check(&["--check"]);
        let labels: Vec<&str> = line.perf.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["shmmni", "shmall", "msgmni", "semmni", "semmns"]);
        // Two pages of a thousand, in bytes; 80 and 95 percent of 33 are 26.4 and 31.35.
        let page = 4096;
        let shmall = [2, 800, 950, 0, 1000].map(|pages| Some(pages * page));
        assert_eq!(numbers(&line, "shmall"), shmall);
        assert_eq!(line.perf[1].unit, "B");
        assert_eq!(line.perf[0].unit, "");
        assert_eq!(numbers(&line, "msgmni"), [1, 26, 31, 0, 33].map(Some));
        assert_eq!(numbers(&line, "semmns")[0], Some(7));
        let posix = check(&["--posix", "--check"]);
        let labels: Vec<&str> = posix.perf.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["devshm_bytes", "devshm_inodes", "queues_max"]);
        assert_eq!(check(&["--with-posix", "--check"]).perf.len(), 8);
        assert_eq!(check(&["-s", "--with-posix", "--check"]).perf.len(), 2);
    });
}

#[test]
fn from_a_warning_on_the_owner_who_fills_a_limit_is_named() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[("filler", 5001)]);
        set_sysctl("sem", "32000 30 500 10");
        set_sysctl("shmall", "10");
        for (n, uid) in [5002, 5001, 5001, 5001, 0, 5001, 5001].into_iter().enumerate() {
            Sems::private(1 + i32::from(n == 0) * 20, 0o600).set(uid, 1, 0o600);
        }
        let (state, text) = states(&["-s", "--check"]);
        assert_eq!(
            (&*state, &*text),
            ("WARNING", "semmns 90% (27 of 30 semaphores, 5002 owns 21)"),
            "a user without a name is a number"
        );
        Sems::private(1, 0o600).set(5001, 1, 0o600);
        let (_, text) = states(&["-s", "--check"]);
        let expected = "semmns 93% (28 of 30 semaphores, 5002 owns 21), \
                        semmni 80% (8 of 10 sets, filler owns 6)";
        assert_eq!(text, expected, "the fullest first");
        let (_, numeric) = states(&["-s", "--check", "--numeric"]);
        assert!(numeric.ends_with("5001 owns 6)"), "{numeric}");
        Shm::private(40_000, 0o600).set(5001, 1, 0o600);
        let (state, text) = states(&["-m", "--check"]);
        assert_eq!((&*state, &*text), ("CRITICAL", "shmall 100% (40K of 40K, filler owns 40K)"));
        // Below the warning nobody is named.
        assert_eq!(states(&["-s", "--check=94,95"]).1, "semmns 93% (28 of 30 semaphores)");
    });
}

#[test]
fn a_limit_of_nothing_with_something_in_use_is_critical() {
    isolated(|| {
        set_sysctl("msgmni", "0");
        assert_eq!(check(&["-q", "--check"]).state, "OK");
        set_sysctl("msgmni", "10");
        Queue::private(0o600);
        set_sysctl("msgmni", "0");
        let line = check(&["-q", "--check"]);
        assert_eq!(line.state, "CRITICAL", "{line:?}");
        assert!(line.text.starts_with("msgmni above its limit (1 of 0 queues, "), "{line:?}");
        assert_eq!(numbers(&line, "msgmni"), [1, 0, 0, 0, 0].map(Some));
        // Reduced below what is in use.
        set_sysctl("shmmni", "10");
        (0..8).for_each(|_| {
            let _ = Shm::private(1, 0o600);
        });
        set_sysctl("shmmni", "4");
        let line = check(&["-m", "--check"]);
        assert_eq!(line.state, "CRITICAL", "{line:?}");
        assert!(line.text.starts_with("shmmni 200% (8 of 4 segments, "), "{line:?}");
    });
}

#[test]
fn hostile_names_neither_end_the_line_nor_begin_the_data() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[("a|b'=1;\x1b[2J", 5001)]);
        set_sysctl("msgmni", "1");
        Queue::private(0o600).set(5001, 1, 0o600);
        let line = check(&["-q", "--check"]);
        assert_eq!(line.text, "msgmni 100% (1 of 1 queues, a\\x7cb'=1;\\x1b[2J owns 1)");
        assert_eq!(line.perf.len(), 1);
        assert!(unknown(&["--check", "--x|y\nz"]).contains("--x\\x7cy\\x0az'"));
    });
}

#[test]
fn a_filter_counts_what_a_killed_process_has_left() {
    require_root("it acts as other users");
    isolated(|| {
        let args = ["--orphaned", "--check=1,10"];
        assert_eq!(states(&args), ("OK".into(), "0 objects match".into()));
        let uid = absent_user();
        left_by(uid, &["segment 4096"]);
        assert_eq!(states(&[&["-m"], &args[..]].concat()).0, "WARNING");
        left_by(uid, &["segment 4096", "segment 1", "set 1"]);
        let line = check(&args);
        let expected = format!("4 objects match (3 segments, 1 semaphore set, {uid} owns 4)");
        assert_eq!((&*line.state, &*line.text), ("WARNING", &*expected));
        assert_eq!(numbers(&line, "objects"), [Some(4), Some(1), Some(10), Some(0), None]);
        for (label, count) in [("shm", 3), ("msg", 0), ("sem", 1)] {
            assert_eq!(numbers(&line, label), [Some(count), None, None, Some(0), None]);
        }
        let line = check(&["-m", "--orphaned", "--check=3,4"]);
        let expected = format!("3 segments match ({uid} owns 3)");
        assert_eq!((&*line.state, &*line.text), ("WARNING", &*expected));
        assert_eq!(line.perf.len(), 1, "one kind has one number");
        assert_eq!(states(&["-m", "--orphaned", "--check=1,3"]).0, "CRITICAL");
        assert_eq!(states(&["-m", "--orphaned", "--check=4,4"]).0, "OK");
        // Used objects of the same owner are not counted.
        let one = states(&["-s", "--owner", &uid.to_string(), "--check=1,2"]);
        assert_eq!(one, ("WARNING".into(), format!("1 semaphore set matches ({uid} owns 1)")));
    });
}

#[test]
fn what_could_not_be_looked_at_is_unknown_unless_it_is_critical() {
    require_users("it acts as another user");
    isolated(|| {
        let uid = absent_user();
        left_by(uid, &["segment 4096", "segment 4096"]);
        let as_nobody = |args: &[&str]| line(&ours("ipcs", args).nobody().run());
        left_by(uid, &["set 1"]);
        // Who could use a set is hidden, and segments show it themselves.
        let hidden = as_nobody(&["--orphaned", "--check=5,10"]);
        assert_eq!(hidden.state, "UNKNOWN", "{hidden:?}");
        assert!(hidden.text.contains("could not be inspected: permission denied"), "{hidden:?}");
        assert!(hidden.text.ends_with("; 2 objects match (2 segments)"), "{hidden:?}");
        assert_eq!(numbers(&hidden, "objects")[0], Some(2));
        // A warning may be worse than it looks.
        assert_eq!(as_nobody(&["--orphaned", "--check=1,10"]).state, "UNKNOWN");
        let critical = as_nobody(&["--orphaned", "--check=1,2"]);
        assert_eq!(critical.state, "CRITICAL");
        assert!(critical.text.starts_with("2 objects match (2 segments, "), "{critical:?}");
        assert!(critical.text.contains("could not be inspected: "), "{critical:?}");
        assert_eq!(as_nobody(&["-m", "--orphaned", "--check=5,10"]).state, "OK");
        // A filter that needs no processes has nothing to hide.
        let owned = as_nobody(&["-m", "--owner", &uid.to_string(), "--check=5,10"]);
        assert_eq!(owned.state, "OK");
        // A row that cannot be parsed.
        Queue::private(0o600);
        other_mounts(|| {
            let mut rows = fs::read("/proc/sysvipc/msg").expect("the queues");
            rows.extend_from_slice(b"nonsense\n");
            cover_with("/proc/sysvipc/msg", &rows);
            let gap = check(&["-q", "--owner", "0", "--check=2,3"]);
            assert_eq!(gap.state, "UNKNOWN", "{gap:?}");
            assert!(gap.text.starts_with("/proc/sysvipc/msg: line 3: "), "{gap:?}");
            assert_eq!(check(&["-q", "--owner", "0", "--check=1,1"]).state, "CRITICAL");
        });
    });
}

#[test]
fn a_limit_that_cannot_be_read_is_unknown_unless_another_is_critical() {
    require_users("it acts as another user");
    isolated(|| {
        // Queues need a mount, which nobody may not make.
        let as_nobody = |args: &[&str]| line(&ours("ipcs", args).nobody().run());
        let unread = as_nobody(&["-q", "--posix", "--check"]);
        assert_eq!(unread.state, "UNKNOWN", "{unread:?}");
        assert!(unread.text.starts_with("cannot read POSIX message queues: "), "{unread:?}");
        let both = as_nobody(&["-q", "--with-posix", "--check"]);
        assert_eq!(both.state, "UNKNOWN", "{both:?}");
        assert!(both.text.ends_with("; msgmni 0% (0 of 32000 queues)"), "{both:?}");
        assert_eq!(both.perf.len(), 1, "{both:?}");
        set_sysctl("msgmni", "1");
        Queue::private(0o600);
        let critical = as_nobody(&["-q", "--with-posix", "--check"]);
        assert_eq!(critical.state, "CRITICAL", "{critical:?}");
        let starts = critical.text.starts_with("msgmni 100% (1 of 1 queues, root owns 1); cannot ");
        assert!(starts, "{critical:?}");
    });
}

#[test]
fn posix_objects_are_counted_too() {
    isolated(|| {
        posix::shm("one", 10, 0o600);
        posix::shm("two", 10, 0o600);
        posix::semaphore("three", 1);
        let line = check(&["--posix", "--owner", "0", "--check=1,9"]);
        let expected = "3 objects match (2 shared memory objects, 1 POSIX semaphore, root owns 3)";
        assert_eq!((&*line.state, &*line.text), ("WARNING", expected));
        assert_eq!(numbers(&line, "pshm")[0], Some(2));
        let none = unknown(&["-s", "--posix", "--check"]);
        assert!(none.starts_with("POSIX semaphores have no limit to check"), "{none}");
    });
}

#[test]
fn every_namespace_is_checked() {
    require_users("it enters other namespaces");
    isolated(|| {
        let number = || fs::metadata("/proc/thread-self/ns/ipc").expect("a namespace").ino();
        let here = number();
        let (mut actor, other) = another(|| {
            set_sysctl("msgmni", "1");
            (Actor::start(), number())
        });
        actor.make_queue();
        assert_eq!(check(&["-q", "--check"]).state, "OK");
        let pid = actor.pid().to_string();
        let one = check(&["-q", "--check", "--namespace", &pid]);
        assert_eq!(one.state, "CRITICAL", "{one:?}");
        assert_eq!(one.text, "msgmni 100% (1 of 1 queues, root owns 1)");
        assert_eq!(one.perf[0].label, "msgmni");
        // Namespaces of other tests may be there too, so only the exit status of their worst is sure.
        let all = check(&["-q", "--check", "--namespace", "all"]);
        assert_eq!(all.state, "CRITICAL", "{all:?}");
        assert!(all.text.starts_with("namespace "), "{all:?}");
        assert_eq!(numbers(&all, &format!("{here}_msgmni"))[0], Some(0));
        assert_eq!(numbers(&all, &format!("{other}_msgmni")), [1, 0, 0, 0, 1].map(Some));
        let counted = check(&["-q", "--owner", "0", "--check=1,1", "--namespace", "all"]);
        assert_eq!(counted.state, "CRITICAL", "{counted:?}");
        assert_eq!(numbers(&counted, &format!("{other}_objects"))[0], Some(1));
        assert_eq!(unknown(&["--check", "--namespace", "99999999"]), "no process 99999999");
        // What is missing of the processes is missing for all namespaces, and said once.
        let args = ["--orphaned", "--check=100000,100000", "--namespace", "all"];
        let hidden = line(&ours("ipcs", args).nobody().run());
        assert_eq!(hidden.state, "UNKNOWN", "{hidden:?}");
        let said = hidden.text.matches("processes could not be inspected: ").count();
        assert_eq!(said, 1, "{hidden:?}");
    });
}

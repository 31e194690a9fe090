//! Numbers of processes that are given out again.

use super::daemon::{Daemon, exists, row, sempid};
use super::judge::{Expected, View, judge, remove_what_is_sure};
use super::scene;
use crate::support::actor::until;
use crate::support::sys::now;

/// A scene in which the number of a dead process is another one's.
struct Reused {
    daemon: Daemon,
    pid: i32,
    segment: i32,
    set: i32,
}

impl Reused {
    /// A child of `uid` makes a segment and operates a set. More than 2 s later another process
    /// gets its number, of the user `heir`.
    fn start(uid: u32, heir: u32) -> Reused {
        let mut daemon = Daemon::start();
        let (set, _) = daemon.child_makes(uid, "sem", 0x5ce_0400);
        let acts = format!("make shm {} ; semop {set} 0:1 1:1", 0x5ce_0401);
        let (pid, answers) = daemon.once(uid, &acts);
        let segment = answers.split(' ').next().unwrap().parse().unwrap();
        let made = row("shm", segment).unwrap()["ctime"];
        assert_eq!((sempid(set, 0), row("shm", segment).unwrap()["cpid"]), (pid, pid.into()));
        until("a later start has another second", || now() > made + 4);
        let mut reused = Reused { daemon, pid, segment, set };
        reused.take_number(heir);
        reused
    }

    fn take_number(&mut self, heir: u32) {
        let line = format!("numbered {} {heir}", self.pid);
        // Somebody else may have it for a moment.
        until("the number is free", || match self.daemon.tell(&line).as_str() {
            "ready" => true,
            "EEXIST" => false,
            other => panic!("{other}"),
        });
    }
}

#[test]
fn a_number_that_is_another_users_is_no_user_on_record() {
    const UID: u32 = 3_100_041;
    const HEIR: u32 = 3_100_042;
    scene(|| {
        let scene = Reused::start(UID, HEIR);
        let root = View::root();
        // Replaced: it started later and has none of the object's uids. Condition: replaced is as
        // good as gone, and no live process is of its uids. Orphaned: "replaced is unsure".
        judge(&root, "shm", scene.segment, UID, &Expected::unused());
        judge(&root, "sem", scene.set, UID, &Expected::unused());
        for (kind, id) in [("shm", scene.segment), ("sem", scene.set)] {
            let alive = root.look(kind, id)["alive"].to_string();
            assert!(alive.contains("false") && !alive.contains("true"), "{kind}: {alive}");
        }
        remove_what_is_sure(&root, UID);
        assert!(!exists("shm", scene.segment) && !exists("sem", scene.set));
    });
}

#[test]
fn a_number_that_is_the_same_users_may_be_the_same_process() {
    const UID: u32 = 3_100_043;
    scene(|| {
        let scene = Reused::start(UID, UID);
        let root = View::root();
        // Unknown, so the condition does not hold, and it is "alive" for nobody: neither in use nor
        // not an orphan. "The clock was set": the process and its ancestor are keepers.
        let keepers = [scene.daemon.pid, scene.pid];
        judge(&root, "shm", scene.segment, UID, &Expected::unsure(&keepers));
        judge(&root, "sem", scene.set, UID, &Expected::unsure(&keepers));
        remove_what_is_sure(&root, UID);
        assert!(exists("shm", scene.segment) && exists("sem", scene.set));
    });
}

#[test]
fn a_creator_is_compared_with_the_earliest_time_of_its_segment() {
    const UID: u32 = 3_100_044;
    const HEIR: u32 = 3_100_045;
    scene(|| {
        let mut daemon = Daemon::start();
        let acts = format!("make shm {}", 0x5ce_0410);
        let (pid, segment) = daemon.once(UID, &acts);
        let segment: i32 = segment.parse().unwrap();
        assert_eq!(daemon.once(UID, &format!("use {segment}")).1, "0");
        let made = row("shm", segment).unwrap()["atime"];
        until("a later start has another second", || now() > made + 4);
        let mut scene = Reused { daemon, pid, segment, set: -1 };
        scene.take_number(HEIR);
        // A change by root makes ctime later than the start of who has the number now.
        until("a second has gone by", || now() > made + 5);
        scene.daemon.tell(&format!("give shm {segment} {UID} 600"));
        let seen = row("shm", segment).unwrap();
        assert!(seen["ctime"] > seen["atime"] + 4 && seen["cpid"] == i64::from(pid), "{seen:?}");
        // cpid: "the earliest of the segment's set times", which is atime. So it is replaced.
        judge(&View::root(), "shm", segment, UID, &Expected::unused());
    });
}

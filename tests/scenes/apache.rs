//! A root master that gives a private set to another user and recycles its children, as Apache
//! does with its mutex: the kernel knows a dead worker and no master.

use super::daemon::{Daemon, exists, lives, sempid};
use super::judge::{Expected, View, judge, remove, remove_what_is_sure};
use super::scene;

pub struct Apache {
    pub master: Daemon,
    pub set: i32,
    pub worker: i32,
    uid: u32,
}

impl Apache {
    /// A master with a mutex and one worker that has not needed it yet.
    pub fn start(uid: u32) -> Apache {
        let mut master = Daemon::start();
        let set = master.make("sem", 0);
        for num in [0, 1] {
            master.tell(&format!("value {set} {num} 1"));
        }
        master.tell(&format!("give sem {set} {uid} 600"));
        let (worker, _) = master.stay(uid, "");
        let mut apache = Apache { master, set, worker, uid };
        apache.request();
        apache
    }

    /// A worker of its own locks, unlocks and is recycled.
    pub fn request(&mut self) {
        let set = self.set;
        let acts = format!("semop {set} 0:-1 1:-1 ; semop {set} 0:1 1:1");
        let (pid, answers) = self.master.once(self.uid, &acts);
        assert_eq!(answers, "Ok(()) Ok(())", "the mutex is broken");
        assert_eq!([sempid(set, 0), sempid(set, 1)], [pid, pid]);
        assert!(!lives(pid));
    }

    /// No worker for a moment: each may end after so many requests.
    pub fn end_worker(&mut self) {
        self.master.tell(&format!("end {}", self.worker));
    }
}

#[test]
fn a_root_master_comes_back_to_the_set_of_its_workers() {
    const UID: u32 = 3_100_001;
    scene(|| {
        let mut apache = Apache::start(UID);
        let (set, master) = (apache.set, apache.master.pid);
        let root = View::root();
        // Condition: a uid is 0 (the creator's), so only the last clause is left; keepers are the
        // worker and its ancestor in the namespace. Both count whenever they started, since otime
        // is less than 60 s after ctime.
        judge(&root, "sem", set, UID, &Expected::unsure(&[master, apache.worker]));
        remove_what_is_sure(&root, UID);
        assert!(exists("sem", set));
        apache.request();
        // With its own eyes, and nobody else's: root made it, so an owner finds it unsure too.
        remove_what_is_sure(&View::of(UID), UID);
        apache.request();
    });
}

#[test]
fn a_root_master_without_a_worker_loses_no_set() {
    const UID: u32 = 3_100_002;
    scene(|| {
        let mut apache = Apache::start(UID);
        apache.end_worker();
        // No live process is of a uid other than 0, so there are no keepers. "Where its creator is
        // 0, some live process is of its owner's uid": none is.
        judge(&View::root(), "sem", apache.set, UID, &Expected::unsure(&[]));
        remove_what_is_sure(&View::root(), UID);
        apache.request();
    });
}

#[test]
fn a_worker_that_outlives_its_master_keeps_the_set() {
    const UID: u32 = 3_100_003;
    scene(|| {
        let mut apache = Apache::start(UID);
        apache.master.kill_alone();
        judge(&View::root(), "sem", apache.set, UID, &Expected::unsure(&[apache.worker]));
        remove_what_is_sure(&View::root(), UID);
        assert!(exists("sem", apache.set));
    });
}

#[test]
fn the_set_of_a_killed_master_is_found_by_those_who_ask_for_the_unsure() {
    const UID: u32 = 3_100_004;
    scene(|| {
        let Apache { master, set, .. } = Apache::start(UID);
        master.kill();
        let root = View::root();
        // As for a master without a worker: nothing tells the two apart.
        judge(&root, "sem", set, UID, &Expected::unsure(&[]));
        remove_what_is_sure(&root, UID);
        assert!(exists("sem", set));
        remove(&root, UID, "--include-unsure --idle 1d");
        assert!(exists("sem", set), "it was used today");
        remove(&root, UID, "--include-unsure --idle 0s");
        assert!(!exists("sem", set));
    });
}

#[test]
fn a_young_set_of_a_killed_master_is_unsure_beside_a_new_instance() {
    const UID: u32 = 3_100_005;
    scene(|| {
        let old = Apache::start(UID);
        let left = old.set;
        old.master.kill();
        let mut new = Apache::start(UID);
        let root = View::root();
        let keepers = [new.master.pid, new.worker];
        // Less than 60 s from ctime to otime: "all of them whenever they started". What is older
        // is in `aged`.
        judge(&root, "sem", left, UID, &Expected::unsure(&keepers));
        judge(&root, "sem", new.set, UID, &Expected::unsure(&keepers));
        remove_what_is_sure(&root, UID);
        assert!(exists("sem", left));
        new.request();
    });
}

//! Daemons of which the kernel recorded nothing that lives: no operation, or a maker that has gone.

use std::collections::BTreeSet;

use super::daemon::{Daemon, exists, lives, row, sempid, start_ticks};
use super::judge::{Expected, View, ids, judge, remove, remove_what_is_sure};
use super::scene;
use crate::support::actor::until;
use crate::support::sys::now;

#[test]
fn a_daemon_keeps_the_keyed_sets_that_it_never_operates() {
    const UID: u32 = 3_100_011;
    scene(|| {
        let mut daemon = Daemon::of(UID);
        let keys = 0x5ce_0100..0x5ce_0109;
        let sets: Vec<i32> = keys.clone().map(|key| daemon.make("sem", key)).collect();
        assert_eq!(sempid(sets[0], 0), 0);
        let root = View::root();
        // Users on record: never. Condition: a live process is of its uids, and a key is no
        // private one. Keepers: otime is unset, so whoever is of its uids.
        judge(&root, "sem", sets[0], UID, &Expected::unsure(&[daemon.pid]));
        let all: BTreeSet<i32> = sets.iter().copied().collect();
        let plain = root.dry_run(&["sem", "--owner", &UID.to_string()]);
        assert_eq!((ids(&plain["kept"], "sem"), plain["unsure"].as_u64()), (all, Some(9)));
        remove_what_is_sure(&root, UID);
        for (set, key) in sets.iter().zip(keys) {
            assert_eq!(daemon.number(&format!("find sem {key}")), *set);
        }
        daemon.kill();
        // Condition: no uid of it is 0 and no live process is of its uids.
        judge(&root, "sem", sets[8], UID, &Expected::left());
        remove(&root, UID, "--orphaned");
        assert!(sets.iter().all(|set| !exists("sem", *set)));
    });
}

#[test]
fn what_root_made_for_itself_is_never_sure() {
    scene(|| {
        let mut daemon = Daemon::start();
        let [set, queue, segment] =
            [("sem", 0x5ce_0110), ("msg", 0), ("shm", 0)].map(|(kind, key)| daemon.make(kind, key));
        let root = View::root();
        // A uid is 0, and the owner is: neither half of the condition holds. Processes of uid 0
        // are nobody's keepers.
        judge(&root, "sem", set, 0, &Expected::unsure(&[]));
        judge(&root, "msg", queue, 0, &Expected::unsure(&[]));
        // A user on record, its cpid, is alive.
        judge(&root, "shm", segment, 0, &Expected::creator_lives(&[]));
        remove_what_is_sure(&root, 0);
        daemon.kill();
        for (kind, id) in [("sem", set), ("msg", queue), ("shm", segment)] {
            judge(&root, kind, id, 0, &Expected::unsure(&[]));
        }
        remove_what_is_sure(&root, 0);
        assert!(exists("sem", set) && exists("msg", queue) && exists("shm", segment));
        remove(&root, 0, "--include-unsure --idle 0s");
        assert!(!exists("sem", set) && !exists("msg", queue) && !exists("shm", segment));
    });
}

#[test]
fn a_daemon_keeps_the_queue_that_a_child_made_for_it() {
    const UID: u32 = 3_100_012;
    scene(|| {
        let mut daemon = Daemon::of(UID);
        let (keyed, maker) = daemon.child_makes(UID, "msg", 0x5ce_0120);
        let (private, _) = daemon.child_makes(UID, "msg", 0);
        let (set, _) = daemon.child_makes(UID, "sem", 0);
        assert!(!lives(maker));
        let root = View::root();
        // Users on record: never. Condition: a live process is of its uids; for the private ones
        // it is a keeper.
        for (kind, id) in [("msg", keyed), ("msg", private), ("sem", set)] {
            judge(&root, kind, id, UID, &Expected::unsure(&[daemon.pid]));
        }
        remove_what_is_sure(&root, UID);
        assert_eq!(daemon.tell(&format!("msgsnd {keyed} 5")), "Ok(())");
        assert_eq!(daemon.tell(&format!("msgrcv {keyed} 0")), "Ok(())");
        assert_eq!(daemon.tell(&format!("msgsnd {private} 5")), "Ok(())");
        assert_eq!(daemon.tell(&format!("semop {set} 0:1")), "Ok(())");
        // Now a user on record is alive.
        judge(&root, "msg", keyed, UID, &Expected::used());
        judge(&root, "sem", set, UID, &Expected::used());
        daemon.kill();
        judge(&root, "msg", keyed, UID, &Expected::left());
        judge(&root, "sem", set, UID, &Expected::left());
        // "No messages in it" does not hold.
        judge(&root, "msg", private, UID, &Expected::unsure(&[]));
        remove(&root, UID, "--orphaned");
        assert!(!exists("msg", keyed) && !exists("sem", set) && exists("msg", private));
        remove(&root, UID, "--include-unsure --idle 0s");
        assert!(!exists("msg", private));
    });
}

#[test]
fn a_daemon_that_its_maker_started_later_keeps_what_was_made_before() {
    const UID: u32 = 3_100_013;
    scene(|| {
        let mut maker = Daemon::of(UID);
        let (queue, set) = (maker.make("msg", 0), maker.make("sem", 0));
        let made = row("msg", queue).unwrap()["ctime"];
        until("a later start has another second", || now() > made + 4);
        let (daemon, _) = maker.stay(UID, "");
        assert!(start_ticks(daemon) >= start_ticks(maker.pid) + 400);
        maker.kill_alone();
        let root = View::root();
        // It started more than 2 s after the last use; but the last use is unset, so it counts.
        judge(&root, "msg", queue, UID, &Expected::unsure(&[daemon]));
        judge(&root, "sem", set, UID, &Expected::unsure(&[daemon]));
        remove_what_is_sure(&root, UID);
        assert!(exists("msg", queue) && exists("sem", set));
        // Nobody is left.
        maker.kill();
        judge(&root, "msg", queue, UID, &Expected::left());
        judge(&root, "sem", set, UID, &Expected::left());
    });
}

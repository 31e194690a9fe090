//! Processes that are out of sight, and threads that the kernel does not count.

use nix::libc;

use super::daemon::{Daemon, exists};
use super::judge::{Expected, View, judge, remove, remove_what_is_sure};
use super::{counted, scene};
use crate::support::actor::{in_call, stop, until};

/// Objects of a user of whom no process lives.
fn left_behind(uid: u32) -> (Daemon, [(&'static str, i32); 3]) {
    let mut maker = Daemon::start();
    let objects = ["shm", "msg", "sem"].map(|kind| (kind, maker.child_makes(uid, kind, 0).0));
    (maker, objects)
}

#[test]
fn nothing_is_sure_where_proc_hides_processes() {
    const UID: u32 = 3_100_061;
    scene(|| {
        let (_maker, objects) = left_behind(UID);
        let hidden = View::of_with_proc(UID, "hidepid=2");
        for (kind, id) in objects {
            // Blind: hidepid. Of segments `--unused` asks for nothing but nattch 0.
            judge(&hidden, kind, id, UID, &Expected::unsure(&[]));
        }
        remove_what_is_sure(&hidden, UID);
        for (kind, id) in objects {
            assert!(exists(kind, id));
            judge(&View::root(), kind, id, UID, &Expected::left());
        }
    });
}

#[test]
fn nothing_is_sure_where_proc_has_processes_only() {
    const UID: u32 = 3_100_062;
    scene(|| {
        let (_maker, objects) = left_behind(UID);
        let view = View::with_proc("subset=pid");
        for (kind, id) in objects {
            // Blind: subset=pid, also for root.
            judge(&view, kind, id, UID, &Expected::unsure(&[]));
        }
        remove_what_is_sure(&view, UID);
        assert!(objects.iter().all(|(kind, id)| exists(kind, *id)));
    });
}

/// Whether root is blind where its rights see through hidepid is left open by the rules. That a
/// living program keeps what it needs is not.
#[test]
fn a_living_daemon_keeps_its_objects_where_proc_hides_processes() {
    const UID: u32 = 3_100_063;
    scene(|| {
        let mut daemon = Daemon::of(UID);
        let objects = ["shm", "msg", "sem"].map(|kind| (kind, daemon.make(kind, 0)));
        for view in [View::with_proc("hidepid=2"), View::of_with_proc(UID, "hidepid=2")] {
            remove_what_is_sure(&view, UID);
            assert!(objects.iter().all(|(kind, id)| exists(kind, *id)));
        }
    });
}

#[test]
fn a_stopped_waiter_of_another_user_keeps_a_set() {
    const UID: u32 = 3_100_064;
    const WAITER: u32 = 3_100_065;
    scene(|| {
        let mut daemon = Daemon::start();
        let (set, _) = daemon.child_makes(UID, "sem", 0x5ce_0600);
        daemon.tell(&format!("give sem {set} {UID} 666"));
        let waiter = daemon.number(&format!("block {WAITER} semop {set} 0:-1"));
        until("it waits", || counted(set, 0) == 1);
        let root = View::root();
        judge(&root, "sem", set, UID, &Expected::used());
        stop(waiter);
        until("the kernel does not count it", || counted(set, 0) == 0);
        // "Or a stopped thread seen."
        judge(&root, "sem", set, UID, &Expected::used());
        remove_what_is_sure(&root, UID);
        remove(&root, UID, "--include-unsure --idle 0s");
        // The owner may not look at that thread, and is blind.
        let own = View::of(UID);
        judge(&own, "sem", set, UID, &Expected::unsure(&[]));
        assert_eq!(own.look("sem", set)["processes_complete"], false);
        remove_what_is_sure(&own, UID);
        assert!(exists("sem", set));
    });
}

#[test]
fn a_stopped_receiver_of_another_user_keeps_a_queue() {
    const UID: u32 = 3_100_066;
    const RECEIVER: u32 = 3_100_067;
    scene(|| {
        let mut daemon = Daemon::start();
        let (queue, _) = daemon.child_makes(UID, "msg", 0x5ce_0610);
        daemon.tell(&format!("give msg {queue} {UID} 666"));
        let receiver = daemon.number(&format!("block {RECEIVER} msgrcv {queue} 0"));
        until("it waits", || in_call(receiver, libc::SYS_msgrcv, queue));
        let root = View::root();
        judge(&root, "msg", queue, UID, &Expected::used());
        stop(receiver);
        assert!(in_call(receiver, libc::SYS_msgrcv, queue));
        judge(&root, "msg", queue, UID, &Expected::used());
        remove_what_is_sure(&root, UID);
        remove(&root, UID, "--include-unsure --idle 0s");
        let own = View::of(UID);
        judge(&own, "msg", queue, UID, &Expected::unsure(&[]));
        remove_what_is_sure(&own, UID);
        assert!(exists("msg", queue));
    });
}

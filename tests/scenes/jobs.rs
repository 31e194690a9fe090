//! Programs that come and go around an object: a batch of jobs, a pool, a build under fakeroot.

use nix::libc;

use super::daemon::{Daemon, exists, lives, row};
use super::judge::{Expected, View, judge, remove, remove_what_is_sure};
use super::scene;
use crate::support::actor::{in_call, until};

#[test]
fn a_shell_keeps_the_keyed_segment_between_two_jobs() {
    const UID: u32 = 3_100_021;
    /// One job makes the segment or finds it, uses it and ends.
    const SCRIPT: &str = "job() { printf 'scene %s\\n' \"$1\" | /proc/self/fd/9 an actor | tail -n 1; }; \
        id=$(job 'make shm 97386752'); job \"use $id\"; echo $id; \
        read line; id=$(job 'find shm 97386752'); job \"use $id\"; echo $id; read line";
    scene(|| {
        let mut shell = Daemon::start();
        shell.write(&format!("scene shell {UID} {SCRIPT}"));
        assert_eq!(shell.read(), "0");
        let segment: i32 = shell.read().parse().unwrap();
        let seen = row("shm", segment).unwrap();
        assert_eq!(seen["nattch"], 0);
        assert!([seen["cpid"], seen["lpid"]].iter().all(|pid| *pid > 0 && !lives(*pid as i32)));
        let root = View::root();
        // Users on record are gone. Condition: a live process is of its uids, and it has a key.
        // `--unused` asks for nothing but nattch 0, and so takes it.
        judge(&root, "shm", segment, UID, &Expected::unsure(&[shell.pid]));
        remove_what_is_sure(&root, UID);
        remove_what_is_sure(&View::of(UID), UID);
        shell.write("go on");
        assert_eq!(shell.read(), "0", "the second job has lost its segment");
        assert_eq!(shell.read(), segment.to_string());
        shell.kill();
        judge(&root, "shm", segment, UID, &Expected::left());
        remove(&root, UID, "--orphaned");
        assert!(!exists("shm", segment));
    });
}

#[test]
fn unused_takes_a_segment_that_somebody_may_come_back_to() {
    const UID: u32 = 3_100_022;
    scene(|| {
        let mut daemon = Daemon::of(UID);
        let [segment, attached] = [daemon.make("shm", 0x5ce_0220), daemon.make("shm", 0)];
        daemon.tell(&format!("attach {attached} rw"));
        remove(&View::root(), UID, "--unused");
        assert!(!exists("shm", segment) && exists("shm", attached));
    });
}

#[test]
fn a_pool_keeps_the_segment_that_its_children_attach() {
    const UID: u32 = 3_100_023;
    scene(|| {
        let mut pool = Daemon::of(UID);
        let own = pool.make("shm", 0);
        let (childs, maker) = pool.child_makes(UID, "shm", 0);
        for segment in [own, childs] {
            let (child, answer) = pool.once(UID, &format!("use {segment}"));
            assert_eq!(answer, "0");
            assert!(!lives(child));
            let seen = row("shm", segment).unwrap();
            assert_eq!((seen["nattch"], seen["lpid"]), (0, child.into()));
        }
        assert!(!lives(maker));
        let root = View::root();
        // A user on record, its cpid, is alive, so the condition does not hold and it is no orphan.
        judge(&root, "shm", own, UID, &Expected::creator_lives(&[pool.pid]));
        // All users on record are gone; it is private and has a keeper.
        judge(&root, "shm", childs, UID, &Expected::unsure(&[pool.pid]));
        remove_what_is_sure(&root, UID);
        for segment in [own, childs] {
            assert_eq!(pool.once(UID, &format!("use {segment}")).1, "0");
        }
        pool.kill();
        judge(&root, "shm", own, UID, &Expected::left());
        judge(&root, "shm", childs, UID, &Expected::left());
    });
}

/// What fakeroot has: a process that has gone made two queues and a set for the one that serves.
fn fakeroot(uid: u32, how: &str) -> (Daemon, i32, [i32; 2], i32) {
    let mut maker = Daemon::of(uid);
    let queues = [maker.make("msg", 0x5ce_0230), maker.make("msg", 0x5ce_0231)];
    let set = maker.make("sem", 0x5ce_0232);
    let answer =
        maker.tell(&how.replace("UID", &uid.to_string()).replace("ID", &queues[0].to_string()));
    let server = answer.trim().parse().unwrap();
    maker.kill_alone();
    (maker, server, queues, set)
}

#[test]
fn a_build_under_fakeroot_keeps_its_queues_in_a_quiet_second() {
    const UID: u32 = 3_100_024;
    scene(|| {
        let (scene, server, queues, set) = fakeroot(UID, "block UID msgrcv ID 0");
        until("it waits", || in_call(server, libc::SYS_msgrcv, queues[0]));
        let root = View::root();
        // Somebody is blocked on the one; the other and the set have a live process of their uids.
        judge(&root, "msg", queues[0], UID, &Expected::used());
        judge(&root, "msg", queues[1], UID, &Expected::unsure(&[server]));
        judge(&root, "sem", set, UID, &Expected::unsure(&[server]));
        remove_what_is_sure(&root, UID);
        remove(&root, UID, "--include-unsure --idle 1d");
        // Never what is in use.
        remove(&root, UID, "--include-unsure --idle 0s");
        assert!(exists("msg", queues[0]) && !exists("msg", queues[1]));
        scene.kill();
        judge(&root, "msg", queues[0], UID, &Expected::left());
    });
}

#[test]
fn a_build_under_fakeroot_keeps_its_queues_before_it_serves() {
    const UID: u32 = 3_100_025;
    scene(|| {
        let (scene, server, queues, set) = fakeroot(UID, "stay UID");
        let root = View::root();
        for (kind, id) in [("msg", queues[0]), ("msg", queues[1]), ("sem", set)] {
            judge(&root, kind, id, UID, &Expected::unsure(&[server]));
        }
        remove_what_is_sure(&root, UID);
        remove_what_is_sure(&View::of(UID), UID);
        assert!(exists("msg", queues[0]) && exists("msg", queues[1]) && exists("sem", set));
        scene.kill();
        remove(&root, UID, "--orphaned");
        assert!(!exists("msg", queues[0]) && !exists("msg", queues[1]) && !exists("sem", set));
    });
}

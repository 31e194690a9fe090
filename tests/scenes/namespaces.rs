//! Programs in other pid and IPC namespaces.

use std::fs;

use super::daemon::{Daemon, exists, lives};
use super::judge::{Expected, View, judge, remove, remove_what_is_sure};
use super::{counted, scene};
use crate::support::actor::until;
use crate::support::namespace::another;

/// The IPC namespace of a process or of one thread, as a link says it.
fn namespace_of(path: &str) -> String {
    fs::read_link(format!("/proc/{path}/ns/ipc")).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn nothing_is_sure_in_another_pid_namespace() {
    const UID: u32 = 3_100_071;
    scene(|| {
        let mut daemon = Daemon::start();
        let objects = ["shm", "msg", "sem"].map(|kind| (kind, daemon.child_makes(UID, kind, 0).0));
        let inside = View::in_pid_namespace();
        for (kind, id) in objects {
            // Blind: a pid namespace other than the initial one; and the number 0 is unknown there.
            judge(&inside, kind, id, UID, &Expected::unsure(&[]));
        }
        remove_what_is_sure(&inside, UID);
        for (kind, id) in objects {
            judge(&View::root(), kind, id, UID, &Expected::left());
        }
    });
}

#[test]
fn what_the_kernel_counts_is_in_use_in_another_pid_namespace_too() {
    const UID: u32 = 3_100_072;
    scene(|| {
        let mut daemon = Daemon::start();
        let [(segment, _), (set, _)] =
            [("shm", 0), ("sem", 0)].map(|(kind, key)| daemon.child_makes(UID, kind, key));
        daemon.stay(UID, &format!("attach {segment} rw"));
        daemon.number(&format!("block {UID} semop {set} 0:-1"));
        until("it waits", || counted(set, 0) == 1);
        let inside = View::in_pid_namespace();
        judge(&inside, "shm", segment, UID, &Expected::used());
        judge(&inside, "sem", set, UID, &Expected::used());
        remove_what_is_sure(&inside, UID);
        remove(&inside, UID, "--include-unsure --idle 0s");
        assert!(exists("shm", segment) && exists("sem", set));
    });
}

#[test]
fn the_first_process_of_a_container_is_a_keeper() {
    const UID: u32 = 3_100_073;
    scene(|| {
        // Two generations: what is started from now on is in the pid namespace, and the first of
        // it is root's and lives on.
        let mut engine = Daemon::start();
        let (set, worker, init) = engine.container(UID);
        assert!(lives(worker) && lives(init));
        // Its uids: the worker. Ancestors in the IPC namespace: the container's first process,
        // which is not the initial pid namespace's, and the engine.
        let keepers = [engine.pid, init, worker];
        judge(&View::root(), "sem", set, UID, &Expected::unsure(&keepers));
        remove_what_is_sure(&View::root(), UID);
        assert!(exists("sem", set));
    });
}

#[test]
fn a_thread_in_the_namespace_keeps_what_its_process_left() {
    const UID: u32 = 3_100_074;
    scene(|| {
        let mut daemon = Daemon::start();
        let (keyed, _) = daemon.child_makes(UID, "sem", 0x5ce_0700);
        let (private, _) = daemon.child_makes(UID, "shm", 0);
        let home = namespace_of("thread-self");
        daemon.tell("thread scene park");
        let elsewhere = Elsewhere::start();
        daemon.tell(&format!("enter {}", elsewhere.path()));
        daemon.tell(&format!("identity {UID}"));
        assert_ne!(namespace_of(&daemon.pid.to_string()), home);
        let threads = fs::read_dir(format!("/proc/{}/task", daemon.pid)).unwrap().flatten();
        let mut threads = threads.map(|thread| thread.file_name().into_string().unwrap());
        assert!(
            threads.any(|thread| namespace_of(&format!("{}/task/{thread}", daemon.pid)) == home)
        );
        // "A live process: one that is in the namespace, or has a thread there."
        let root = View::root();
        judge(&root, "sem", keyed, UID, &Expected::unsure(&[daemon.pid]));
        judge(&root, "shm", private, UID, &Expected::unsure(&[daemon.pid]));
        remove_what_is_sure(&root, UID);
        assert!(exists("sem", keyed) && exists("shm", private));
        daemon.kill();
        judge(&root, "sem", keyed, UID, &Expected::left());
    });
}

#[test]
fn a_process_of_the_owner_in_another_namespace_keeps_nothing() {
    const UID: u32 = 3_100_075;
    scene(|| {
        let mut daemon = Daemon::start();
        let (keyed, _) = daemon.child_makes(UID, "sem", 0x5ce_0710);
        let home = namespace_of("thread-self");
        let elsewhere = Elsewhere::start();
        daemon.tell(&format!("enter {}", elsewhere.path()));
        daemon.tell(&format!("identity {UID}"));
        assert_ne!(namespace_of(&daemon.pid.to_string()), home);
        judge(&View::root(), "sem", keyed, UID, &Expected::left());
        // Its child is in the namespace by itself: it entered from another one, and its parent is
        // an ancestor that is not in it.
        daemon.kill();
        let mut parent = Daemon::start();
        let (child, _) = parent.stay(UID, "");
        parent.write(&format!("enter {}", elsewhere.path()));
        parent.read();
        assert_eq!(namespace_of(&child.to_string()), home);
        judge(&View::root(), "sem", keyed, UID, &Expected::unsure(&[child]));
    });
}

/// Another IPC namespace, which a process of it keeps.
struct Elsewhere(Daemon);

impl Elsewhere {
    fn start() -> Elsewhere {
        Elsewhere(another(Daemon::start))
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/ipc", self.0.pid)
    }
}

impl Daemon {
    /// Has a pid namespace made with a first process of root's, whose child of this user makes a
    /// set and lives on. The set, and the numbers of both.
    fn container(&mut self, uid: u32) -> (i32, i32, i32) {
        self.tell("pid-namespace");
        let answer = self.stay(0, &format!("stay {uid} make sem 0")).1;
        // The numbers in there are others; out here they are those of its descendants.
        let set = answer.rsplit(' ').next().unwrap().parse().unwrap();
        let child_of = |pid: i32| -> i32 {
            let path = format!("/proc/{pid}/task/{pid}/children");
            fs::read_to_string(path).unwrap().split_whitespace().next().unwrap().parse().unwrap()
        };
        let init = child_of(self.pid);
        let worker = child_of(init);
        until("it sleeps", || lives(worker));
        (set, worker, init)
    }
}

//! `--used-by`: the objects of a process, also when it has exited.

use super::{NONE, ids};
use crate::support::actor::{Actor, alone, in_call, until};
use crate::support::json::{ids as ids_of, objects as objects_of};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::ours;
use crate::support::sys::now;
use crate::support::table::remaining;

/// Users without processes, used by this file alone.
const REUSED: u32 = 3_000_031;
const CRASHED: u32 = 3_000_032;

fn used_by(kind: &str, pid: i32) -> Vec<i32> {
    ids(kind, &["--used-by", &pid.to_string()])
}

#[test]
fn finds_what_a_process_has_attached_made_or_used_last() {
    isolated(|| {
        let [attached, detached, other] = [(); 3].map(|()| Shm::private(122_880, 0o600));
        let [operated, _unused] = [(); 2].map(|()| Sems::private(3, 0o600));
        let [sent, received, _empty] = [(); 3].map(|()| Queue::private(0o600));
        received.send(1);
        let mut actor = Actor::start();
        let made = actor.make_segment(100);
        actor.attach(attached, "ro");
        let address = actor.attach(detached, "rw");
        actor.tell(&format!("detach {address}"));
        actor.tell(&format!("semop {operated} 2:1"));
        actor.tell(&format!("msgsnd {sent} 4"));
        actor.tell(&format!("msgrcv {received} 0"));
        let check = |pid: i32| {
            assert_eq!(used_by("shm", pid), [attached.id, detached.id, made.id]);
            assert_eq!(used_by("sem", pid), [operated.id]);
            assert_eq!(used_by("msg", pid), [sent.id, received.id]);
        };
        check(actor.pid());
        // This process is recorded as the creator of the others.
        let me = std::process::id().cast_signed();
        assert_eq!(used_by("shm", me), [attached.id, detached.id, other.id]);
        let both = format!("{me},{}", actor.pid());
        assert_eq!(ids("shm", &["--used-by", &both]).len(), 4);
        assert_eq!(used_by("shm", 1), NONE);
        // Its number stays recorded.
        check(actor.end());
    });
}

#[test]
fn finds_the_objects_that_a_process_waits_for() {
    isolated(|| {
        let sems = Sems::private(1, 0o600);
        let queue = Queue::private(0o600);
        let mut actor = Actor::start();
        actor.tell(&format!("thread semop {sems} 0:-1"));
        actor.tell(&format!("thread msgrcv {queue} 0"));
        until("it is blocked on the set", || sems.blocked(0) == 1);
        let msgrcv = nix::libc::SYS_msgrcv;
        until("it is blocked on the queue", || in_call(actor.pid(), msgrcv, queue.id));
        assert_eq!(used_by("sem", actor.pid()), [sems.id]);
        assert_eq!(used_by("msg", actor.pid()), [queue.id]);
        // Blocked threads leave no record.
        let pid = actor.end();
        assert_eq!((used_by("sem", pid), used_by("msg", pid)), (vec![], vec![]));
    });
}

#[test]
fn a_mapping_of_another_segment_is_not_an_attach() {
    isolated(|| {
        let [mine, theirs] = [(); 2].map(|()| Shm::private(126_976, 0o600));
        let _attachment = mine.attach();
        let mut actor = Actor::start();
        actor.attach(theirs, "rw");
        assert_eq!(used_by("shm", actor.pid()), [theirs.id]);
    });
}

/// The object may be used by that process, so that it does not pass and the gap is reported.
#[test]
fn reports_processes_that_could_not_be_inspected() {
    isolated(|| {
        let segment = Shm::private(118_784, 0o666);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        // Another process is recorded as the last one.
        drop(segment.attach());
        let pid = actor.pid().to_string();
        let run = ours("ipcs", ["-m", "--json", "--used-by", &pid]).nobody().run();
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(ids_of(&objects_of("shm", &run)), NONE);
        assert!(run.err().contains("could not be inspected: permission denied"), "{run:?}");
        assert_eq!(used_by("shm", actor.pid()), [segment.id]);
    });
}

#[test]
fn a_number_that_another_process_has_now_does_not_count() {
    require_root(EVERY_PROCESS);
    let _alone = alone();
    isolated(|| {
        let mut first = Actor::of(REUSED);
        let (segment, set) = (first.make_segment(100), first.make_set(1));
        first.tell(&format!("semop {set} 0:1"));
        let pid = first.end();
        assert_eq!((used_by("shm", pid), used_by("sem", pid)), (vec![segment.id], vec![set.id]));
        let mut reused = Actor::with_pid_of(pid, now());
        assert_eq!((used_by("shm", pid), used_by("sem", pid)), (vec![], vec![]));
        // Of the same user, it may be the process that was recorded.
        reused.tell(&format!("user {REUSED}"));
        assert_eq!((used_by("shm", pid), used_by("sem", pid)), (vec![segment.id], vec![set.id]));
    });
}

#[test]
fn ipcrm_removes_the_objects_of_a_crashed_process() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        Shm::private(1, 0o600);
        let mut actor = Actor::of(CRASHED);
        let made = actor.make_segment(100);
        let set = actor.make_set(1);
        actor.tell(&format!("semop {set} 0:1"));
        let pid = actor.end();
        let args = ["-a", "--used-by", &pid.to_string()];
        let run = ours("ipcrm", args).run();
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(
            run.out(),
            "removed 1 segment (100B) and 1 semaphore set\n",
            "{made:?} {set:?}: {run:?}"
        );
        assert_eq!(remaining(), "shm0");
    });
}

//! Objects that were in use for more than a minute before their users went: then a process keeps
//! them only if it started no later than 2 s after their last use.
//!
//! The kernel's times cannot be had otherwise than by waiting, so all these scenes are set up
//! together and wait for the same minute.

use std::fs::File;
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, setns};

use super::apache::Apache;
use super::daemon::{Daemon, exists, row};
use super::judge::{Expected, View, judge, remove, remove_what_is_sure};
use crate::support::actor::alone;
use crate::support::namespace::{another, require_root};
use crate::support::sys::now;

const LIVING: u32 = 3_100_091;
const KILLED: u32 = 3_100_092;
const LEFT: u32 = 3_100_093;
const KEPT: u32 = 3_100_094;

struct Stage {
    living: Slot<Apache>,
    killed: Slot<Apache>,
    left: Slot<Program>,
    kept: Slot<Program>,
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| Stage {
    living: Slot::new(|| Apache::start(LIVING)),
    killed: Slot::new(|| Apache::start(KILLED)),
    left: Slot::new(|| Program::start(LEFT)),
    kept: Slot::new(|| Program::start(KEPT)),
});

/// The scenes, which only root can set up.
fn stage() -> &'static Stage {
    require_root("its processes are of many users");
    &STAGE
}

/// A scene in a namespace of its own, for one test.
struct Slot<T> {
    namespace: File,
    made: i64,
    scene: Mutex<Option<T>>,
}

impl<T: Send> Slot<T> {
    fn new(start: impl FnOnce() -> T + Send) -> Self {
        let (namespace, scene) =
            another(|| (File::open("/proc/thread-self/ns/ipc").unwrap(), start()));
        Slot { namespace, made: now(), scene: Mutex::new(Some(scene)) }
    }

    /// Goes on when its objects are more than a minute old.
    fn go_on(&self, body: impl FnOnce(T) + Send) {
        let scene = self.scene.lock().unwrap().take().unwrap();
        wait_until_after(self.made + 62);
        let _alone = alone();
        let work = || {
            setns(&self.namespace, CloneFlags::CLONE_NEWIPC).unwrap();
            body(scene);
        };
        let result = thread::scope(|scope| scope.spawn(work).join());
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}

fn wait_until_after(second: i64) {
    while now() <= second {
        thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until what starts now started more than 2 s after the last use of everything.
fn let_later_starts_be_told() {
    wait_until_after(now() + 4);
}

/// A program of an ordinary user with an object of each kind.
struct Program {
    daemon: Daemon,
    uid: u32,
    set: i32,
    keyed: i32,
    segment: i32,
    queue: i32,
}

impl Program {
    fn start(uid: u32) -> Program {
        let mut daemon = Daemon::of(uid);
        let [(set, _), (keyed, _), (segment, _), (queue, _)] =
            [("sem", 0), ("sem", 0x5ce_0900), ("shm", 0), ("msg", 0)]
                .map(|(kind, key)| daemon.child_makes(uid, kind, key));
        Program { daemon, uid, set, keyed, segment, queue }
    }

    /// A child uses everything and ends.
    fn use_all(&mut self) {
        let Program { set, keyed, segment, queue, .. } = *self;
        let acts = format!(
            "semop {set} 0:1 1:1 ; semop {keyed} 0:1 1:1 ; use {segment} ; msgsnd {queue} 5 ; \
             msgrcv {queue} 0"
        );
        let (_, answers) = self.daemon.once(self.uid, &acts);
        assert_eq!(answers, "Ok(()) Ok(()) 0 Ok(()) Ok(())", "something was removed");
        for (kind, id, used) in self.objects() {
            let row = row(kind, id).unwrap();
            assert!(row[used] >= row["ctime"] + 60, "{kind}: {row:?}");
        }
    }

    fn objects(&self) -> [(&'static str, i32, &'static str); 4] {
        [
            ("sem", self.set, "otime"),
            ("sem", self.keyed, "otime"),
            ("shm", self.segment, "atime"),
            ("msg", self.queue, "stime"),
        ]
    }
}

#[test]
fn a_master_keeps_an_old_set_that_a_recycled_worker_used_last() {
    stage().living.go_on(|mut apache| {
        apache.end_worker();
        apache.request();
        let (set, master) = (apache.set, apache.master.pid);
        let seen = row("sem", set).unwrap();
        assert!(seen["otime"] >= seen["ctime"] + 60, "{seen:?}");
        let_later_starts_be_told();
        let (worker, _) = apache.master.stay(LIVING, "");
        let root = View::root();
        // The worker started later and is no keeper; its ancestor started before the last use.
        judge(&root, "sem", set, LIVING, &Expected::unsure(&[master]));
        remove_what_is_sure(&root, LIVING);
        apache.request();
        apache.master.tell(&format!("end {worker}"));
        // No keepers; but nobody of the owner's uid lives, where the creator is 0.
        judge(&root, "sem", set, LIVING, &Expected::unsure(&[]));
        remove_what_is_sure(&root, LIVING);
        apache.request();
    });
}

#[test]
fn the_old_set_of_a_killed_master_is_found_beside_a_new_instance() {
    stage().killed.go_on(|mut old| {
        old.request();
        let left = old.set;
        old.master.kill();
        let_later_starts_be_told();
        let mut new = Apache::start(KILLED);
        let root = View::root();
        // Private, owner not 0, no keepers, and a live process of the owner's: the last clause of
        // the condition. A uid of it is 0, so it is never sure that it is orphaned.
        judge(&root, "sem", left, KILLED, &Expected::unused());
        let keepers = [new.master.pid, new.worker];
        judge(&root, "sem", new.set, KILLED, &Expected::unsure(&keepers));
        remove(&root, KILLED, "--orphaned");
        assert!(exists("sem", left));
        remove_what_is_sure(&root, KILLED);
        assert!(!exists("sem", left));
        new.request();
    });
}

#[test]
fn a_new_process_of_the_owner_keeps_old_objects_with_a_key_only() {
    stage().left.go_on(|mut program| {
        program.use_all();
        let Program { set, keyed, segment, queue, .. } = program;
        program.daemon.kill();
        let_later_starts_be_told();
        let shell = Daemon::of(LEFT);
        let root = View::root();
        for (kind, id) in [("sem", set), ("shm", segment), ("msg", queue)] {
            // Private, owner and creator not 0, no keepers: the shell started later.
            judge(&root, kind, id, LEFT, &Expected::left());
        }
        // A live process is of its uids, and it has a key; there is no keeper to name.
        judge(&root, "sem", keyed, LEFT, &Expected::unsure(&[]));
        // The owner itself is blind for sets and queues.
        let own = View::of(LEFT);
        judge(&own, "shm", segment, LEFT, &Expected::left());
        judge(&own, "sem", set, LEFT, &Expected::unsure(&[]));
        judge(&own, "msg", queue, LEFT, &Expected::unsure(&[]));
        remove_what_is_sure(&root, LEFT);
        assert!(!exists("sem", set) && !exists("shm", segment) && !exists("msg", queue));
        assert!(exists("sem", keyed));
        shell.kill();
        judge(&root, "sem", keyed, LEFT, &Expected::left());
    });
}

#[test]
fn a_program_keeps_its_old_objects_when_a_child_that_has_gone_used_them_last() {
    stage().kept.go_on(|mut program| {
        program.use_all();
        let_later_starts_be_told();
        program.daemon.stay(KEPT, "");
        let root = View::root();
        for (kind, id, _) in program.objects() {
            // The new child started later and does not count; its parent does.
            judge(&root, kind, id, KEPT, &Expected::unsure(&[program.daemon.pid]));
        }
        remove_what_is_sure(&root, KEPT);
        remove_what_is_sure(&View::of(KEPT), KEPT);
        program.use_all();
    });
}

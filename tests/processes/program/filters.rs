//! `--unused`, `--orphaned` and `--in-use`, and what keeps an object.

use serde_json::{Value, json};

use super::{NONE, ids, keepers, object, objects, rows, text};
use crate::support::actor::{Actor, has_thread_of, until};
use crate::support::json::objects as objects_of;
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::ours;

/// Users without processes, used by this file alone.
const OWNER: u32 = 3_000_011;
const PARENT: u32 = 3_000_012;
const CLERK: u32 = 3_000_013;
const THREAD: u32 = 3_000_014;
const WORKER: u32 = 3_000_017;

#[test]
fn an_object_is_unsure_while_a_process_of_its_owner_is_alive() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut parent = Actor::of(PARENT);
        let sems = parent.make_set(1);
        let msgs = parent.make_queue();
        let mut child = Actor::of(PARENT);
        assert_eq!(child.tell(&format!("semop {sems} 0:1")), "Ok(())");
        assert_eq!(child.tell(&format!("msgsnd {msgs} 3")), "Ok(())");
        let child = child.end();
        // The kernel records only the child, which has ended.
        let sem = object("sem", "-s", sems);
        assert_eq!(sem["alive"], json!({"pids": {child.to_string(): false}}));
        for (kind, option, id) in [("sem", "-s", sems.id), ("msg", "-q", msgs.id)] {
            let object = object(kind, option, id);
            assert_eq!((&object["in_use"], &object["orphaned"]), (&Value::Null, &Value::Null));
            assert!(keepers(&object).contains(&parent.pid()), "{object}");
            for reason in [&object["use_reason"], &object["orphan_reason"]] {
                assert!(reason.as_str().unwrap().contains("may come back to it"), "{object}");
            }
            for filter in ["--orphaned", "--unused", "--in-use"] {
                assert_eq!(ids(kind, &[filter]), NONE);
            }
        }
        parent.end();
        for filter in ["--orphaned", "--unused"] {
            assert_eq!(ids("sem", &[filter]), [sems.id]);
        }
        let sem = objects("sem", &["--orphaned", "-P"]).remove(0);
        assert_eq!((&sem["in_use"], &sem["orphaned"]), (&json!(false), &json!(true)));
        assert_eq!((&sem["processes"], &sem["keepers"]), (&json!([]), &json!([])));
        assert_eq!(sem["orphan_reason"], "no live process used it or could come back to it");
        // A remaining message may be for somebody.
        let msg = object("msg", "-q", msgs);
        assert_eq!((&msg["in_use"], &msg["orphaned"]), (&Value::Null, &Value::Null));
        assert_eq!((&msg["use_reason"], &msg["keepers"]), (&json!("holds 1 message"), &json!([])));
        assert_eq!(ids("msg", &["--orphaned"]), NONE);
        let mut receiver = Actor::start();
        assert_eq!(receiver.tell(&format!("msgrcv {msgs} 0")), "Ok(())");
        receiver.end();
        assert_eq!(ids("msg", &["--orphaned"]), [msgs.id]);
    });
}

#[test]
fn a_single_thread_of_the_owner_may_come_back_to_an_object() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut creator = Actor::of(THREAD);
        let sems = creator.make_set(1);
        creator.end();
        assert_eq!(ids("sem", &["--orphaned"]), [sems.id]);
        let mut actor = Actor::start();
        actor.tell(&format!("thread sleep-as {THREAD}"));
        until("one thread has the other uid", || has_thread_of(actor.pid(), THREAD));
        assert_eq!(ids("sem", &["--orphaned"]), NONE);
        let sem = object("sem", "-s", sems);
        assert_eq!((&sem["in_use"], &sem["orphaned"]), (&Value::Null, &Value::Null));
        assert!(keepers(&sem).contains(&actor.pid()), "{sem}");
    });
}

/// A shell that starts a process and then `exec`s a program leaves it as that program's child.
#[test]
fn does_not_overlook_children_of_the_program() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        as_user(WORKER, WORKER, || Sems::private(1, 0o600));
        let start = format!(
            "setpriv --pdeathsig KILL --reuid {WORKER} --regid {WORKER} --clear-groups \
             sleep 60 >&- 2>&- & \
             until [ \"$(stat -c %u /proc/$!)\" = {WORKER} ]; do sleep 0.1; done; exec \"$0\" \"$@\""
        );
        let run = |through: &[&str]| {
            let args = ["sem", "--orphaned", "--dry-run"];
            let run = ours("ipcrm", args).through(through).run();
            assert_eq!(run.status, Some(0), "{run:?}");
            run.out().to_owned()
        };
        assert!(run(&[]).contains("would remove 1 semaphore set"), "WORKER has no process");
        let text = run(&["/bin/sh", "-c", &start]);
        assert!(text.contains("would remove nothing"), "{text}");
    });
}

#[test]
fn a_segment_is_orphaned_when_no_live_process_used_it() {
    isolated(|| {
        let mut creator = Actor::of(OWNER);
        let make = |creator: &mut Actor| creator.make_segment(102400);
        let [used, never] = [make(&mut creator), make(&mut creator)];
        assert_eq!(ids("shm", &["--orphaned"]), NONE);
        assert_eq!(
            object("shm", "-m", never)["orphan_reason"],
            format!("creator {} is alive", creator.pid())
        );
        let mut user = Actor::start();
        let address = user.attach(used, "rw");
        creator.end();
        assert_eq!(ids("shm", &["--orphaned"]), [never.id]);
        assert_eq!(object("shm", "-m", used)["orphan_reason"], "1 attached");
        // The process has detached but may attach again.
        user.tell(&format!("detach {address}"));
        assert_eq!(ids("shm", &["--orphaned"]), [never.id]);
        let pid = user.end();
        assert_eq!(ids("shm", &["--orphaned", "--sort", "id"]), [used.id, never.id]);
        let shm = object("shm", "-m", used);
        assert_eq!(shm["alive"], json!({"cpid": false, "lpid": false}));
        assert_eq!((&shm["lpid"], &shm["orphaned"]), (&json!(pid), &json!(true)));
        assert_eq!((&shm["in_use"], &shm["keepers"]), (&json!(false), &json!([])));
        assert_eq!(object("shm", "-m", never)["alive"], json!({"cpid": false, "lpid": null}));
        // Combined with other filters, and in the classic list.
        let owner = OWNER.to_string();
        assert_eq!(ids("shm", &["--orphaned", "--owner", &owner]).len(), 2);
        assert_eq!(ids("shm", &["--orphaned", "--owner", "root"]), NONE);
        assert_eq!(rows(&text(&["-m", "--orphaned"]), "Shared Memory Segments").len(), 2);
    });
}

#[test]
fn finds_unused_objects_of_each_kind() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        // A segment is unused when it is not attached, even if its creator is alive.
        let [free, held] = [0x05ce_000c, 0x05ce_000d].map(|key| Shm::keyed(key, 106_496, 0o600));
        let mut actor = Actor::start();
        let address = actor.attach(held, "rw");
        assert_eq!(ids("shm", &["--unused"]), [free.id]);
        actor.tell(&format!("detach {address}"));
        assert_eq!(ids("shm", &["--unused"]), [free.id, held.id]);
        // A set is unused when no thread waits, every last operator has ended, and nobody of its
        // users is left.
        let mut clerk = Actor::of(CLERK);
        let [fresh, operated, waited] = [(); 3].map(|()| clerk.make_set(2));
        let [full, emptied] = [(); 2].map(|()| clerk.make_queue());
        assert_eq!((ids("sem", &["--unused"]), ids("msg", &["--unused"])), (vec![], vec![]));
        clerk.end();
        assert_eq!(ids("msg", &["--unused"]), [full.id, emptied.id]);
        let mut worker = Actor::start();
        assert_eq!(worker.tell(&format!("semop {operated} 1:1")), "Ok(())");
        actor.tell(&format!("thread semop {waited} 0:-1"));
        until("the actor is blocked", || waited.blocked(0) == 1);
        assert_eq!(ids("sem", &["--unused"]), [fresh.id]);
        assert_eq!(ids("sem", &["--in-use"]), [operated.id, waited.id]);
        worker.end();
        assert_eq!(ids("sem", &["--unused"]), [fresh.id, operated.id]);
        assert_eq!(ids("sem", &["--in-use"]), [waited.id]);
        // A queue is unused when it is empty besides.
        let mut sender = Actor::start();
        for id in [full, emptied] {
            assert_eq!(sender.tell(&format!("msgsnd {id} 5")), "Ok(())");
        }
        assert_eq!(sender.tell(&format!("msgrcv {emptied} 0")), "Ok(())");
        assert_eq!(ids("msg", &["--unused"]), NONE);
        assert_eq!(ids("msg", &["--in-use"]), [full.id, emptied.id]);
        sender.end();
        assert_eq!(ids("msg", &["--unused"]), [emptied.id]);
        assert_eq!(ids("msg", &["--in-use"]), NONE);
    });
}

#[test]
fn objects_with_hidden_processes_are_not_unused() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let (_, (sems, msgs)) = as_absent_user(|| (Sems::private(1, 0o600), Queue::private(0o600)));
        for filter in ["--unused", "--orphaned"] {
            let run = ours("ipcs", [filter, "-J"]).nobody().run();
            assert_eq!(run.status, Some(0), "{run:?}");
            assert_eq!((objects_of("sem", &run), objects_of("msg", &run)), (vec![], vec![]));
            assert!(!run.err().is_empty(), "hidden processes are not reported");
            // Root sees every process, so for root both are.
            assert_eq!(ids("sem", &[filter]), [sems.id]);
            assert_eq!(ids("msg", &[filter]), [msgs.id]);
        }
    });
}

//! The processes that `-P` lists: attached, blocked, with their mappings and operations.

use std::process::id as own_pid;

use nix::libc;
use serde_json::{Value, json};

use super::{by_address, mapping, object, pids, process, rows, text, under};
use crate::support::actor::{Actor, in_call, until};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm};

#[test]
fn lists_attached_processes_with_their_mappings() {
    isolated(|| {
        let size = 61_440;
        let segment = Shm::keyed(0x05ce_0001, size, 0o600);
        let [mut first, mut last] = [Actor::start(), Actor::start()];
        let [a, b, c, d] = [&mut first, &mut last]
            .map(|actor| [actor.attach(segment, "rw"), actor.attach(segment, "rw")])
            .concat()
            .try_into()
            .unwrap();
        let shm = object("shm", "-m", segment);
        assert_eq!((&shm["nattch"], &shm["attached"]), (&json!(4), &json!(2)));
        assert_eq!(shm["processes_complete"], true);
        assert_eq!(shm["alive"], json!({"cpid": true, "lpid": true}));
        assert_eq!((&shm["in_use"], &shm["use_reason"]), (&json!(true), &json!("2 attached")));
        assert_eq!(
            (&shm["orphaned"], &shm["orphan_reason"]),
            (&json!(false), &json!("2 attached"))
        );
        let mut expected = vec![i64::from(own_pid()), first.pid().into(), last.pid().into()];
        expected.sort_unstable();
        assert_eq!(pids(&shm), expected);
        for (actor, roles, mappings) in
            [(&first, json!(["attached"]), [a, b]), (&last, json!(["attached", "last"]), [c, d])]
        {
            let process = process(&shm, actor.pid());
            assert_eq!(process["roles"], roles);
            assert_eq!((&process["uid"], &process["user"]), (&json!(0), &json!("root")));
            assert_eq!(process["access"], "rw");
            let mappings = mappings.map(|address| mapping(address, size, "rw"));
            assert_eq!(process["mappings"], by_address(mappings.into()));
            assert!(process["command"].as_str().unwrap().ends_with(" an actor"), "{process}");
        }
        // The creator never attached it.
        let creator = process(&shm, own_pid().cast_signed());
        assert_eq!(
            (&creator["roles"], &creator["access"], &creator["mappings"]),
            (&json!(["creator"]), &Value::Null, &json!([]))
        );
        let shown = text(&["-P", "-m"]);
        let [one, two] = [&first, &last].map(|actor| actor.pid().to_string());
        for row in rows(&shown, "Shared Memory Processes") {
            assert!(row[1] == one || row[1] == two, "{row:?}");
            assert_eq!(row[2..5], ["root", "rw", "2"], "{row:?}");
        }
        assert_eq!(rows(&shown, "Shared Memory Processes").len(), 2);
        // A process that has ended is no longer a user; the other one has two attachments.
        first.end();
        let shm = object("shm", "-m", segment);
        assert_eq!((&shm["nattch"], &shm["attached"]), (&json!(2), &json!(1)));
        assert_eq!(shm["use_reason"], "1 attached");
    });
}

#[test]
fn reports_access_of_processes_and_mappings() {
    isolated(|| {
        let size = 65_536;
        let segment = Shm::keyed(0x05ce_0002, size, 0o600);
        let [mut reader, mut both] = [Actor::start(), Actor::start()];
        let read = reader.attach(segment, "ro");
        let mappings = [("ro", both.attach(segment, "ro")), ("rw", both.attach(segment, "rw"))];
        let shm = object("shm", "-m", segment);
        let process = |actor: &Actor| process(&shm, actor.pid());
        assert_eq!(process(&reader)["access"], "ro");
        assert_eq!(process(&reader)["mappings"], json!([mapping(read, size, "ro")]));
        assert_eq!(process(&both)["access"], "rw");
        let mappings = mappings.map(|(access, address)| mapping(address, size, access));
        assert_eq!(process(&both)["mappings"], by_address(mappings.into()));
        let shown = text(&["-P", "-m"]);
        let pid = reader.pid().to_string();
        let shown = rows(&shown, "Shared Memory Processes");
        let row = shown.iter().find(|row| row[1] == pid).unwrap();
        assert_eq!(row[3..5], ["ro", "1"]);
    });
}

#[test]
fn shows_the_original_key_of_a_removed_segment() {
    isolated(|| {
        let segment = Shm::keyed(0x05ce_0003, 69_632, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        segment.remove();
        let shm = object("shm", "-m", segment);
        assert_eq!((&shm["key"], &shm["status"]), (&json!("0x00000000"), &json!(["dest"])));
        assert_eq!(process(&shm, actor.pid())["roles"], json!(["attached", "last"]));
        let row = [segment.to_string(), "0x05ce0003".to_owned()];
        assert_eq!(rows(&text(&["-P", "-m"]), "Shared Memory Original Keys"), [row]);
        let table = text(&["-P", "-m", "--table"]);
        assert!(table.lines().any(|line| line == "  key was 0x05ce0003"), "{table}");
        // The list itself shows the kernel's key.
        assert_eq!(rows(&text(&["-P", "-m"]), "Shared Memory Segments")[0][0], "0x00000000");
    });
}

#[test]
fn lists_waiting_threads_besides_the_first() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(3, 0o600);
        set.operate(0, 1);
        let mut actor = Actor::start();
        actor.tell(&format!("thread semop {set} 0:-1 2:-4"));
        until("the actor is blocked", || set.blocked(2) == 1);
        let sem = object("sem", "-s", set);
        assert_eq!((&sem["waiting"], &sem["processes_complete"]), (&json!(1), &json!(true)));
        let process = process(&sem, actor.pid());
        assert_eq!(process["roles"], json!(["waiting"]));
        let tid = &process["waits"][0]["tid"];
        assert_ne!(tid, actor.pid());
        // One entry for each operation, in their order.
        let expected = [
            json!({"tid": tid, "op": "semop", "num": 0, "sem_op": -1}),
            json!({"tid": tid, "op": "semop", "num": 2, "sem_op": -4}),
        ];
        assert_eq!(process["waits"], json!(expected));
        // The test process was the last to operate semaphore 0.
        assert_eq!(sem["alive"], json!({"pids": {own_pid().to_string(): true}}));
        let shown = text(&["-P", "-s"]);
        let row = &rows(&shown, "Semaphore Waiters")[0];
        let words = [set.to_string(), actor.pid().to_string(), "1".to_owned()];
        assert_eq!(row[..3], words, "{shown}");
        assert_eq!(row[3..9], ["root", "semop", "0:", "-1,", "2:", "-4"], "{shown}");
        // Semaphore 2 blocks it, and no process has operated that one.
        assert!(!shown.contains(" waiting, last changed by "), "{shown}");
    });
}

#[test]
fn lists_waiting_receivers_and_senders() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let (empty, full) = (Queue::private(0o600), Queue::private(0o600));
        full.set_with_capacity(0, 0, 0o600, 10);
        full.send(10);
        let [mut receiver, mut sender] = [Actor::start(), Actor::start()];
        receiver.say(&format!("msgrcv {empty} 42"));
        sender.say(&format!("msgsnd {full} 4"));
        until("the receiver is blocked", || in_call(receiver.pid(), libc::SYS_msgrcv, empty.id));
        until("the sender is blocked", || in_call(sender.pid(), libc::SYS_msgsnd, full.id));
        let (msg, tid) = (object("msg", "-q", empty), receiver.pid());
        let waits = json!([{"tid": tid, "op": "msgrcv", "msgtyp": 42}]);
        assert_eq!(process(&msg, tid)["waits"], waits);
        assert_eq!(process(&msg, tid)["roles"], json!(["waiting"]));
        assert_eq!(process(&msg, sender.pid()), Value::Null);
        // No message was ever sent, so there is no last sender.
        assert_eq!(msg["alive"], json!({"lspid": null, "lrpid": null}));
        let (msg, tid) = (object("msg", "-q", full), sender.pid());
        assert_eq!(process(&msg, tid)["waits"], json!([{"tid": tid, "op": "msgsnd"}]));
        assert_eq!(msg["alive"], json!({"lspid": true, "lrpid": null}));
        for msg in [msg, object("msg", "-q", empty)] {
            assert_eq!((&msg["waiting"], &msg["processes_complete"]), (&json!(1), &json!(true)));
            assert_eq!((&msg["in_use"], &msg["orphaned"]), (&json!(true), &json!(false)));
        }
        let shown = text(&["-P", "-q"]);
        let words: Vec<_> =
            rows(&shown, "Message Queue Waiters").iter().map(|row| row[4..].join(" ")).collect();
        assert!(words[0].starts_with("msgrcv type 42 "), "{shown}");
        assert!(words[1].starts_with("msgsnd "), "{shown}");
        let table = text(&["-P", "-q", "--table"]);
        let lines = under(&table, empty.id);
        assert_eq!(lines.len(), 1, "{table}");
        assert!(lines[0].starts_with(&format!("{} root waits: msgrcv type 42 ", receiver.pid())));
        let lines = under(&table, full.id);
        assert!(lines.iter().any(|line| line.contains(" root waits: msgsnd ")), "{table}");
        assert!(lines.iter().any(|line| line.contains(" root last sender ")), "{table}");
    });
}

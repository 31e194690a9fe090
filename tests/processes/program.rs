//! `ipcs -P`, `--orphaned` and `--unused`, run as a program.

use std::fmt::Display;
use std::process::id as own_pid;

use nix::libc;
use serde_json::{Value, json};

use crate::support::actor::{Actor, has_thread_of, in_call, until};
use crate::support::json::{ids as ids_of, objects as objects_of};
use crate::support::namespace::{another, isolated};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::{Outcome, ours};

/// Users without processes, used by this file alone.
const OWNER: u32 = 3_000_011;
const PARENT: u32 = 3_000_012;
const CLERK: u32 = 3_000_013;
const THREAD: u32 = 3_000_014;
const GONE: u32 = 3_000_015;
const WORKER: u32 = 3_000_017;
/// No ids.
const NONE: [i32; 0] = [];

/// Runs ipcs, which must succeed.
fn run(args: &[&str]) -> Outcome {
    let run = ours("ipcs", args).run();
    assert_eq!(run.status, Some(0), "{args:?}: {run:?}");
    run
}

fn text(args: &[&str]) -> String {
    run(args).out().to_owned()
}

/// The objects of one kind in JSON.
fn objects(kind: &str, args: &[&str]) -> Vec<Value> {
    objects_of(kind, &run(&[args, &["--json"]].concat()))
}

/// One object in JSON, with its processes.
fn object(kind: &str, option: &str, id: impl Display) -> Value {
    let id: i32 = id.to_string().parse().unwrap();
    let mut found = objects(kind, &["-P", option]);
    found.retain(|object| object["id"] == id);
    assert_eq!(found.len(), 1, "{kind} {id}: {found:?}");
    found.remove(0)
}

fn ids(kind: &str, args: &[&str]) -> Vec<i32> {
    ids_of(&objects(kind, args))
}

/// The entry of a process in an object, or null.
fn process(object: &Value, pid: i32) -> Value {
    let all = object["processes"].as_array().unwrap();
    let mut found: Vec<_> = all.iter().filter(|process| process["pid"] == pid).collect();
    assert!(found.len() < 2, "listed twice: {all:?}");
    found.pop().cloned().unwrap_or_default()
}

/// The pids of the keepers of an object.
fn keepers(object: &Value) -> Vec<i32> {
    let pid = |process: &Value| i32::try_from(process["pid"].as_i64().unwrap()).unwrap();
    object["keepers"].as_array().unwrap().iter().map(pid).collect()
}

fn pids(object: &Value) -> Vec<i64> {
    let all = object["processes"].as_array().unwrap();
    all.iter().map(|process| process["pid"].as_i64().unwrap()).collect()
}

/// A process as lines about waiters have it: its pid and its own name.
fn named(pid: i32) -> String {
    let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    format!("{pid} ({})", comm.trim_end())
}

/// The words of the lines below a title, without headings, up to an empty line.
fn rows<'a>(text: &'a str, title: &str) -> Vec<Vec<&'a str>> {
    let mut lines = text.lines().skip_while(|line| line.trim_matches(['-', ' ']) != title);
    assert!(lines.next().is_some(), "no {title:?} in:\n{text}");
    lines
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect()
}

fn mapping(address: u64, size: usize, access: &str) -> Value {
    json!({"address": format!("{address:#x}"), "size": size, "access": access})
}

/// Mappings in the order of JSON, which is by address.
fn by_address(mut mappings: Vec<Value>) -> Value {
    mappings.sort_by_key(|mapping| {
        let address = mapping["address"].as_str().unwrap();
        u64::from_str_radix(address.trim_start_matches("0x"), 16).unwrap()
    });
    mappings.into()
}

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
        for args in [&["-P", "-m"][..], &["-P", "-m", "--table"]] {
            let shown = text(args);
            let row = &rows(&shown, "Shared Memory Creators/Last Users")[0];
            assert_eq!(row[..2], [segment.to_string().as_str(), "0x05ce0003"], "{shown}");
        }
        // The list itself shows the kernel's key.
        assert_eq!(rows(&text(&["-P", "-m"]), "Shared Memory Segments")[0][0], "0x00000000");
    });
}

#[test]
fn lists_waiting_threads_besides_the_first() {
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
        let words = [set.to_string(), actor.pid().to_string(), tid.to_string()];
        assert_eq!(row[..3], words, "{shown}");
        assert_eq!(row[3..8], ["root", "0:", "-1,", "2:", "-4"], "{shown}");
        // Semaphore 2 blocks it, and no process has operated that one.
        let actor = named(actor.pid()).replacen(' ', &format!("/{tid} "), 1);
        let line = format!("{actor} waits for semaphore 2 of set {set}, never changed");
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    });
}

#[test]
fn lists_waiting_receivers_and_senders() {
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
            rows(&shown, "Message Queue Waiters").iter().map(|row| row[4..7].join(" ")).collect();
        assert_eq!(words, ["message type 42", "room to send"], "{shown}");
    });
}

#[test]
fn reports_a_possible_deadlock() {
    isolated(|| {
        let set = Sems::private(2, 0o600);
        set.operate(0, 1);
        set.operate(1, 1);
        let [mut a, mut b, mut third] = [Actor::start(), Actor::start(), Actor::start()];
        assert_eq!(a.tell(&format!("semop {set} 0:-1")), "Ok(())");
        assert_eq!(b.tell(&format!("semop {set} 1:-1")), "Ok(())");
        a.say(&format!("semop {set} 1:-1"));
        until("the first is blocked", || set.blocked(1) == 1);
        let waits = |args: &[&str]| {
            let shown = text(args);
            shown.lines().filter(|line| line.contains(" waits for ")).map(str::to_owned).collect()
        };
        let line = |from: &Actor, num: u16, on: &Actor| {
            let (from, on) = (named(from.pid()), named(on.pid()));
            format!("{from} waits for semaphore {num} of set {set}, last changed by {on}")
        };
        // One waiter alone is not a deadlock.
        let found: Vec<String> = waits(&["-P", "-s"]);
        assert_eq!(found, [line(&a, 1, &b)]);
        b.say(&format!("semop {set} 0:-1"));
        third.say(&format!("semop {set} 0:-1"));
        until("all are blocked", || set.blocked(0) == 2);
        let mut expected = vec![
            line(&a, 1, &b) + ": possible deadlock",
            line(&b, 0, &a) + ": possible deadlock",
            // It waits for one of the two, but no process waits for it.
            line(&third, 0, &a),
        ];
        expected.sort();
        for args in
            [&["-P", "-s"][..], &["-P"], &["-P", "-s", "--table"], &["-Psi", &set.to_string()]]
        {
            let mut found: Vec<String> = waits(args);
            found.sort();
            assert_eq!(found, expected, "{args:?}");
        }
    });
}

#[test]
fn shows_a_deadlock_across_objects_with_each_of_them() {
    isolated(|| {
        let (set, queue) = (Sems::private(1, 0o600), Queue::private(0o600));
        set.operate(0, 1);
        let [mut a, mut b] = [Actor::start(), Actor::start()];
        assert_eq!(b.tell(&format!("semop {set} 0:-1")), "Ok(())");
        assert_eq!(a.tell(&format!("msgsnd {queue} 5")), "Ok(())");
        queue.receive();
        a.say(&format!("semop {set} 0:-1"));
        b.say(&format!("msgrcv {queue} 0"));
        until("the first is blocked", || set.blocked(0) == 1);
        until("the second is blocked", || in_call(b.pid(), libc::SYS_msgrcv, queue.id));
        let (a, b) = (named(a.pid()), named(b.pid()));
        let lines = [
            format!(
                "{a} waits for semaphore 0 of set {set}, last changed by {b}: possible deadlock"
            ),
            format!("{b} waits for queue {queue}, last sent to by {a}: possible deadlock"),
        ];
        for args in [&["-P"][..], &["-Ps"], &["-Pq"], &["-P", "-s", "--table"]] {
            let shown = text(args);
            assert!(
                lines.iter().all(|line| shown.lines().any(|it| it == line)),
                "{args:?}: {shown}"
            );
        }
        assert!(!text(&["-Pm"]).contains("deadlock"));
    });
}

#[test]
fn ignores_processes_of_another_namespace() {
    isolated(|| {
        let make = || {
            (Shm::keyed(0x05ce_0004, 73_728, 0o600), Sems::private(1, 0o600), Queue::private(0o600))
        };
        let (seg, sems, msgs) = make();
        let mut ours = Actor::start();
        ours.attach(seg, "rw");
        let theirs = another(|| {
            assert_eq!(make(), (seg, sems, msgs));
            let mut theirs = Actor::start();
            theirs.attach(seg, "rw");
            theirs.tell(&format!("thread semop {sems} 0:-1"));
            theirs.tell(&format!("thread msgrcv {msgs} 0"));
            until("the actor is blocked", || sems.blocked(0) == 1);
            until("the actor is blocked", || in_call(theirs.pid(), libc::SYS_msgrcv, msgs.id));
            // In that namespace it has all these roles.
            let roles = |object: Value| process(&object, theirs.pid())["roles"].clone();
            assert_eq!(roles(object("shm", "-m", seg)), json!(["attached", "last"]));
            assert_eq!(roles(object("sem", "-s", sems)), json!(["waiting"]));
            assert_eq!(roles(object("msg", "-q", msgs)), json!(["waiting"]));
            theirs
        });
        let shm = object("shm", "-m", seg);
        assert_eq!((&shm["attached"], &shm["processes_complete"]), (&json!(1), &json!(true)));
        assert_eq!(process(&shm, ours.pid())["roles"], json!(["attached", "last"]));
        assert_eq!(process(&shm, theirs.pid()), Value::Null);
        let sem = object("sem", "-s", sems);
        assert_eq!((&sem["waiting"], &sem["processes"]), (&json!(0), &json!([])));
        assert_eq!(object("msg", "-q", msgs)["processes"], json!([]));
    });
}

#[test]
fn reports_hidden_processes_to_an_unprivileged_user() {
    isolated(|| {
        let segment = Shm::keyed(0x05ce_0005, 77_824, 0o600);
        let sems = Sems::private(1, 0o600);
        sems.operate(0, 1);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        let nobody = |args: &[&str]| {
            let run = ours("ipcs", args).nobody().run();
            assert_eq!(run.status, Some(0), "{args:?}: {run:?}");
            run
        };
        // One line says how many processes are hidden, or that their number is unknown.
        let assert_reported = |text: &str| {
            let reports = |line: &&str| {
                line.contains("could not be inspected") || line.contains("may be invisible")
            };
            assert_eq!(text.lines().filter(reports).count(), 1, "{text}");
        };
        let shm = objects_of("shm", &nobody(&["-P", "-m", "-J"])).remove(0);
        assert_eq!(shm["processes_complete"], false);
        // No attached process was found, but there may be some.
        assert_eq!((&shm["nattch"], &shm["attached"]), (&json!(1), &Value::Null));
        assert_eq!(
            (&shm["orphaned"], &shm["orphan_reason"]),
            (&json!(false), &json!("attached (nattch 1)"))
        );
        let sem = objects_of("sem", &nobody(&["-P", "-s", "-J"])).remove(0);
        assert_eq!((&sem["processes_complete"], &sem["waiting"]), (&json!(false), &Value::Null));
        // The pids that an unreadable set has recorded are unknown.
        assert_eq!(sem["alive"], json!({"pids": null}));
        assert_eq!((&sem["in_use"], &sem["orphaned"]), (&Value::Null, &Value::Null));
        for args in
            [&["-P"][..], &["-P", "-m"], &["-P", "-s", "--table"], &["-mPi", &segment.to_string()]]
        {
            assert_reported(nobody(args).out());
        }
        let shown = nobody(&["-P", "-m"]);
        let row = &rows(shown.out(), "Shared Memory Creators/Last Users")[0];
        assert_eq!(row[2..4], ["1", "0+"], "{shown:?}");
        // A format without room for the line has it on standard error.
        let shown = nobody(&["-m", "-o", "id,attached", "--format", "csv"]);
        assert_eq!(
            shown.out().lines().collect::<Vec<_>>(),
            ["id,attached", &format!("{segment},")]
        );
        assert_reported(shown.err());
        let shown = nobody(&["-q", "--orphaned", "--no-headings"]);
        assert_eq!(shown.out().trim(), "");
        assert_reported(shown.err());
    });
}

#[test]
fn process_columns_start_the_scan_without_the_option() {
    isolated(|| {
        let none = Shm::keyed(0x05ce_0006, 81_920, 0o600);
        let two = Shm::keyed(0x05ce_0007, 86_016, 0o600);
        let one = Shm::keyed(0x05ce_0008, 90_112, 0o600);
        let [mut a, mut b] = [Actor::start(), Actor::start()];
        a.attach(two, "rw");
        for id in [two, one, one] {
            b.attach(id, "rw");
        }
        let shown = text(&["-m", "-o", "+attached,orphaned", "--sort", "-attached"]);
        let mut lines = shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let heading = lines.next().unwrap();
        assert!(heading.starts_with(&["KEY", "ID"]), "{shown}");
        assert!(heading.ends_with(&["LPID", "ATTACHED", "ORPHANED"]), "{shown}");
        let found: Vec<_> =
            lines.map(|row| [row[1], row[row.len() - 2], row[row.len() - 1]].join(" ")).collect();
        let expected = [(two, "2 no"), (one, "1 no"), (none, "0 no")];
        assert_eq!(found, expected.map(|(id, rest)| format!("{id} {rest}")), "{shown}");
        // Sorting by a hidden column is enough to start the scan, in the classic list too.
        assert_eq!(
            ids("shm", &["-m", "--sort", "attached", "-o", "id"]),
            [none.id, one.id, two.id]
        );
        let shown = text(&["-m", "--sort", "-attached", "--no-headings"]);
        let column = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        let found: Vec<_> = shown.lines().filter_map(column).collect();
        assert_eq!(found, [two, one, none].map(|id| id.to_string()));
        // Without -P, JSON has exactly the columns that -o names.
        let rows = objects("shm", &["-m", "-o", "id,attached,orphan_reason"]);
        let row = rows.iter().find(|row| row["id"] == two.id).unwrap();
        assert_eq!(*row, json!({"id": two.id, "attached": 2, "orphan_reason": "2 attached"}));
    });
}

#[test]
fn shows_processes_in_every_format() {
    isolated(|| {
        let segment = Shm::keyed(0x05ce_0009, 94_208, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "ro");
        let (own, pid) = (i64::from(own_pid()), i64::from(actor.pid()));
        let mut users = [(own, format!("{own}:creator")), (pid, format!("{pid}:attached+last:ro"))];
        users.sort();
        let users = users.map(|(_, user)| user).join(",");
        const VERDICTS: &str = "in_use,use_reason,keepers,orphaned,orphan_reason";
        let verdicts = "yes,1 attached,,no,1 attached";
        // csv: a list is one quoted field.
        let csv = text(&["-P", "-m", "--format", "csv"]);
        let (heading, row) = csv.split_once("\r\n").or_else(|| csv.split_once('\n')).unwrap();
        assert!(heading.ends_with(&format!(",attached,processes,{VERDICTS}")), "{csv}");
        assert!(row.trim_end().ends_with(&format!(",1,\"{users}\",{verdicts}")), "{csv}");
        // raw: the row has as many fields as the heading.
        let raw = text(&["-P", "-m", "--format", "raw"]);
        let [heading, row] = raw.lines().collect::<Vec<_>>().try_into().unwrap();
        let [names, fields] = [heading, row].map(|line| line.split(' ').collect::<Vec<_>>());
        assert_eq!(names.len(), fields.len(), "{raw}");
        let at = names.iter().position(|name| *name == "PROCESSES").unwrap();
        assert_eq!(fields[at], users);
        let verdicts = ["yes", r"1\x20attached", "-", "no", r"1\x20attached"];
        assert_eq!(fields[at + 1..], verdicts, "{raw}");
        // export: a shell evaluates it.
        let export = text(&["-P", "-m", "--format", "export"]);
        let script =
            format!("{export}\nprintf '%s|%s|%s' \"$ID\" \"$PROCESSES\" \"$ORPHAN_REASON\"");
        let read = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        assert_eq!(read, format!("{segment}|{users}|1 attached"));
        // table: a section for each list, with the same words as the classic text.
        let table = text(&["-P", "-m", "--table"]);
        let row = &rows(&table, "Shared Memory Processes")[0];
        assert_eq!(
            row[..5],
            [segment.to_string(), pid.to_string(), "root".into(), "ro".into(), "1".into()]
        );
        // jsonl: the same object as JSON.
        let line: Value = serde_json::from_str(&text(&["-P", "-m", "--format", "jsonl"])).unwrap();
        assert_eq!(line, object("shm", "-m", segment));
        // csv has one heading and therefore one kind.
        let refused = ours("ipcs", ["-P", "--format", "csv"]).run();
        assert_eq!((refused.status, refused.out()), (Some(1), ""), "{refused:?}");
    });
}

#[test]
fn shows_the_processes_of_one_object_only() {
    isolated(|| {
        let [one, other] = [0x05ce_000a, 0x05ce_000b].map(|key| Shm::keyed(key, 98_304, 0o600));
        let [mut a, mut b] = [Actor::start(), Actor::start()];
        a.attach(one, "rw");
        b.attach(other, "rw");
        let arg = one.to_string();
        let found = objects("shm", &["-P", "-m", "-i", &arg]);
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0]["id"], &found[0]["attached"]), (&json!(one.id), &json!(1)));
        assert_eq!(process(&found[0], a.pid())["access"], "rw");
        assert_eq!(process(&found[0], b.pid()), Value::Null);
        // The details are the same as without -P, followed by the tables of this object.
        let (details, shown) = (text(&["-m", "-i", &arg]), text(&["-P", "-m", "-i", &arg]));
        assert!(shown.starts_with(&details), "{shown}");
        let shown = rows(&shown, "Shared Memory Processes")
            .iter()
            .map(|row| row[1].to_owned())
            .collect::<Vec<_>>();
        assert_eq!(shown, [a.pid().to_string()]);
        // A missing object is reported as without -P.
        let missing = ours("ipcs", ["-P", "-m", "-i", "2147483647", "-J"]).run();
        assert_eq!((missing.status, missing.out()), (Some(1), "{\"shm\":[]}\n"));
        assert_eq!(missing.err(), "ipcs: id 2147483647 not found\n");
    });
}

#[test]
fn refuses_processes_with_limits_and_summary() {
    isolated(|| {
        for args in
            [&["-P", "-l"][..], &["-lP"], &["--summary", "--processes"], &["-u", "-P", "-J"]]
        {
            let run = ours("ipcs", args).run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{args:?}: {run:?}");
            let [reason, hint] = run.err().lines().collect::<Vec<_>>().try_into().unwrap();
            assert!(reason.starts_with("ipcs: ") && reason.contains("-P"), "{reason}");
            assert_eq!(hint, "Try 'ipcs --help' for more information.");
        }
        // The last view wins, and -t is a list, which can have processes.
        assert!(text(&["-P", "-l", "-t"]).contains("Shared Memory Processes"));
    });
}

#[test]
fn an_object_is_unsure_while_a_process_of_its_owner_is_alive() {
    isolated(|| {
        let mut parent = Actor::start();
        parent.tell(&format!("user {PARENT}"));
        let sems = parent.make_set(1);
        let msgs = parent.make_queue();
        let mut child = Actor::start();
        child.tell(&format!("user {PARENT}"));
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
    isolated(|| {
        let mut creator = Actor::start();
        creator.tell(&format!("user {THREAD}"));
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
    isolated(|| {
        as_user(WORKER, WORKER, || Sems::private(1, 0o600));
        let start = format!(
            "setpriv --reuid {WORKER} --regid {WORKER} --clear-groups sleep 5 >&- 2>&- & \
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
        let mut creator = Actor::start();
        creator.tell(&format!("user {OWNER}"));
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
        let mut clerk = Actor::start();
        clerk.tell(&format!("user {CLERK}"));
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
    isolated(|| {
        let mut gone = Actor::start();
        gone.tell(&format!("user {GONE}"));
        let (sems, msgs) = (gone.make_set(1), gone.make_queue());
        gone.end();
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

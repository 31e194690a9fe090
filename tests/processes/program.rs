//! `ipcs -P`, `--orphaned` and `--unused` as people and scripts meet them: through the program.

use std::process::id as own_pid;

use ipcs::model::Id;
use ipcs::sys::shm;
use nix::libc;
use serde_json::{Value, json};

use super::scene::{
    Actor, blocked, chown_queue, has_thread_of, in_call, isolated, msgsnd, queue, segment, semop,
    set, until,
};
use crate::support::programs::{NOBODY, Outcome, ours};

/// Users of this file alone: no process of the machine has them.
const OWNER: u32 = 3_000_011;
const PARENT: u32 = 3_000_012;
const CLERK: u32 = 3_000_013;
const THREAD: u32 = 3_000_014;
/// No ids.
const NONE: [i32; 0] = [];

/// Runs ipcs, which has to succeed.
fn run(args: &[&str]) -> Outcome {
    let run = ours("ipcs", args).run();
    assert_eq!(run.status, Some(0), "{args:?}: {run:?}");
    run
}

fn text(args: &[&str]) -> String {
    run(args).out().to_owned()
}

/// The objects of one kind as JSON has them.
fn objects(kind: &str, args: &[&str]) -> Vec<Value> {
    of_kind(kind, &run(&[args, &["--json"]].concat()))
}

fn of_kind(kind: &str, run: &Outcome) -> Vec<Value> {
    let mut document: Value = serde_json::from_str(run.out()).unwrap();
    match document[kind].take() {
        Value::Array(objects) => objects,
        other => panic!("{kind} is {other}: {run:?}"),
    }
}

/// The one object of a kind, with its processes.
fn object(kind: &str, option: &str, id: Id) -> Value {
    let mut found = objects(kind, &["-P", option]);
    found.retain(|object| object["id"] == id.0);
    assert_eq!(found.len(), 1, "{kind} {id}: {found:?}");
    found.remove(0)
}

fn ids(kind: &str, args: &[&str]) -> Vec<i32> {
    let rows = objects(kind, args);
    rows.iter().map(|row| i32::try_from(row["id"].as_i64().unwrap()).unwrap()).collect()
}

/// What an object says of a process; null if it does not name it.
fn process(object: &Value, pid: i32) -> Value {
    let all = object["processes"].as_array().unwrap();
    let mut found: Vec<_> = all.iter().filter(|process| process["pid"] == pid).collect();
    assert!(found.len() < 2, "twice: {all:?}");
    found.pop().cloned().unwrap_or_default()
}

fn pids(object: &Value) -> Vec<i64> {
    let all = object["processes"].as_array().unwrap();
    all.iter().map(|process| process["pid"].as_i64().unwrap()).collect()
}

/// The words of the lines below a title, up to an empty line, without the headings.
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

/// Ordered by address, as JSON has the mappings.
fn by_address(mut mappings: Vec<Value>) -> Value {
    mappings.sort_by_key(|mapping| {
        let address = mapping["address"].as_str().unwrap();
        u64::from_str_radix(address.trim_start_matches("0x"), 16).unwrap()
    });
    mappings.into()
}

#[test]
fn two_attachers_with_two_attachments_each() {
    isolated(|| {
        let size = 61_440;
        let id = segment(0x05ce_0001, size);
        let [mut first, mut last] = [Actor::start(), Actor::start()];
        let [a, b, c, d] = [&mut first, &mut last]
            .map(|actor| [actor.attach(id, "rw"), actor.attach(id, "rw")])
            .concat()
            .try_into()
            .unwrap();
        let shm = object("shm", "-m", id);
        assert_eq!((&shm["nattch"], &shm["attached"]), (&json!(4), &json!(2)));
        assert_eq!(shm["processes_complete"], true);
        assert_eq!(shm["alive"], json!({"cpid": true, "lpid": true}));
        assert_eq!(
            (&shm["orphaned"], &shm["orphan_reason"]),
            (&json!(false), &json!("attached by 2"))
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
        // Who made it and never attached it.
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
        // The one that has gone is no user any more, and who is left has two of four.
        first.end();
        let shm = object("shm", "-m", id);
        assert_eq!((&shm["nattch"], &shm["attached"]), (&json!(2), &json!(1)));
        assert_eq!(shm["orphan_reason"], "attached by 1");
    });
}

#[test]
fn access_is_of_the_process_and_of_each_mapping() {
    isolated(|| {
        let size = 65_536;
        let id = segment(0x05ce_0002, size);
        let [mut reader, mut both] = [Actor::start(), Actor::start()];
        let read = reader.attach(id, "ro");
        let mappings = [("ro", both.attach(id, "ro")), ("rw", both.attach(id, "rw"))];
        let shm = object("shm", "-m", id);
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
fn a_removed_segment_is_told_with_the_key_that_it_had() {
    isolated(|| {
        let id = segment(0x05ce_0003, 69_632);
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        shm::remove(id).unwrap();
        let shm = object("shm", "-m", id);
        assert_eq!((&shm["key"], &shm["status"]), (&json!("0x00000000"), &json!(["dest"])));
        assert_eq!(process(&shm, actor.pid())["roles"], json!(["attached", "last"]));
        for args in [&["-P", "-m"][..], &["-P", "-m", "--table"]] {
            let shown = text(args);
            let row = &rows(&shown, "Shared Memory Creators/Last Users")[0];
            assert_eq!(row[..2], [id.to_string().as_str(), "0x05ce0003"], "{shown}");
        }
        // The list itself keeps to what the kernel says.
        assert_eq!(rows(&text(&["-P", "-m"]), "Shared Memory Segments")[0][0], "0x00000000");
    });
}

#[test]
fn a_thread_waits_while_the_first_one_sleeps() {
    isolated(|| {
        let id = set(3);
        semop(id, &[(0, 1)], 0).unwrap();
        let mut actor = Actor::start();
        actor.tell(&format!("thread semop {id} 0:-1 2:-4"));
        until("blocked", || blocked(id, 2) == 1);
        let sem = object("sem", "-s", id);
        assert_eq!((&sem["waiting"], &sem["processes_complete"]), (&json!(1), &json!(true)));
        let process = process(&sem, actor.pid());
        assert_eq!(process["roles"], json!(["waiting"]));
        let tid = &process["waits"][0]["tid"];
        assert_ne!(tid, actor.pid());
        // One entry a sembuf, in their order.
        let expected = [
            json!({"tid": tid, "op": "semop", "num": 0, "sem_op": -1}),
            json!({"tid": tid, "op": "semop", "num": 2, "sem_op": -4}),
        ];
        assert_eq!(process["waits"], json!(expected));
        // The test added to semaphore 0, and lives.
        assert_eq!(sem["alive"], json!({"pids": {own_pid().to_string(): true}}));
        let shown = text(&["-P", "-s"]);
        let row = &rows(&shown, "Semaphore Waiters")[0];
        let words = [id.to_string(), actor.pid().to_string(), tid.to_string()];
        assert_eq!(row[..3], words, "{shown}");
        assert_eq!(row[3..8], ["root", "0:", "-1,", "2:", "-4"], "{shown}");
        // Semaphore 2 is the one that blocks it, and nobody has operated it.
        let line = format!(
            "{} (thread {tid}) waits for semaphore 2 of set {id}, never operated",
            actor.pid()
        );
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    });
}

#[test]
fn who_waits_for_a_message_and_who_for_room() {
    isolated(|| {
        let (empty, full) = (queue(), queue());
        chown_queue(full, 0, 10);
        msgsnd(full, 1, 10, 0).unwrap();
        let [mut receiver, mut sender] = [Actor::start(), Actor::start()];
        receiver.say(&format!("msgrcv {empty} 42"));
        sender.say(&format!("msgsnd {full} 4"));
        until("received", || in_call(receiver.pid(), libc::SYS_msgrcv, empty));
        until("sent", || in_call(sender.pid(), libc::SYS_msgsnd, full));
        let (msg, tid) = (object("msg", "-q", empty), receiver.pid());
        let waits = json!([{"tid": tid, "op": "msgrcv", "msgtyp": 42}]);
        assert_eq!(process(&msg, tid)["waits"], waits);
        assert_eq!(process(&msg, tid)["roles"], json!(["waiting"]));
        assert_eq!(process(&msg, sender.pid()), Value::Null);
        // Nothing was ever sent: neither alive nor gone.
        assert_eq!(msg["alive"], json!({"lspid": null, "lrpid": null}));
        let (msg, tid) = (object("msg", "-q", full), sender.pid());
        assert_eq!(process(&msg, tid)["waits"], json!([{"tid": tid, "op": "msgsnd"}]));
        assert_eq!(msg["alive"], json!({"lspid": true, "lrpid": null}));
        for msg in [msg, object("msg", "-q", empty)] {
            // Only a look at every process of the machine tells the number.
            let expected = if msg["processes_complete"] == true { json!(1) } else { Value::Null };
            assert_eq!(msg["waiting"], expected);
        }
        let shown = text(&["-P", "-q"]);
        let words: Vec<_> =
            rows(&shown, "Message Queue Waiters").iter().map(|row| row[4..7].join(" ")).collect();
        assert_eq!(words, ["message type 42", "room to send"], "{shown}");
    });
}

#[test]
fn two_that_wait_for_each_other_are_called_a_possible_deadlock() {
    isolated(|| {
        let id = set(2);
        semop(id, &[(0, 1), (1, 1)], 0).unwrap();
        let [mut a, mut b, mut third] = [Actor::start(), Actor::start(), Actor::start()];
        assert_eq!(a.tell(&format!("semop {id} 0:-1")), "Ok(())");
        assert_eq!(b.tell(&format!("semop {id} 1:-1")), "Ok(())");
        a.say(&format!("semop {id} 1:-1"));
        until("the first is blocked", || blocked(id, 1) == 1);
        let waits = |args: &[&str]| {
            let shown = text(args);
            shown.lines().filter(|line| line.contains(" waits for ")).map(str::to_owned).collect()
        };
        let line = |from: &Actor, num: u16, on: &Actor| {
            let (from, on) = (from.pid(), on.pid());
            format!("{from} waits for semaphore {num} of set {id}, last operated by {on}")
        };
        // One alone is none.
        let found: Vec<String> = waits(&["-P", "-s"]);
        assert_eq!(found, [line(&a, 1, &b)]);
        b.say(&format!("semop {id} 0:-1"));
        third.say(&format!("semop {id} 0:-1"));
        until("all are blocked", || blocked(id, 0) == 2);
        let mut expected = vec![
            line(&a, 1, &b) + ": possible deadlock",
            line(&b, 0, &a) + ": possible deadlock",
            // It waits for one of them, but nobody waits for it.
            line(&third, 0, &a),
        ];
        expected.sort();
        for args in
            [&["-P", "-s"][..], &["-P"], &["-P", "-s", "--table"], &["-Psi", &id.to_string()]]
        {
            let mut found: Vec<String> = waits(args);
            found.sort();
            assert_eq!(found, expected, "{args:?}");
        }
    });
}

#[test]
fn another_namespace_with_the_same_ids_is_no_user() {
    isolated(|| {
        let make = || (segment(0x05ce_0004, 73_728), set(1), queue());
        let (seg, sems, msgs) = make();
        let mut ours = Actor::start();
        ours.attach(seg, "rw");
        let theirs = isolated(|| {
            assert_eq!(make(), (seg, sems, msgs));
            let mut theirs = Actor::start();
            theirs.attach(seg, "rw");
            theirs.tell(&format!("thread semop {sems} 0:-1"));
            theirs.tell(&format!("thread msgrcv {msgs} 0"));
            until("blocked there", || blocked(sems, 0) == 1);
            until("blocked there", || in_call(theirs.pid(), libc::SYS_msgrcv, msgs));
            // There, it is all that.
            let roles = |kind, option, id| process(&object(kind, option, id), theirs.pid());
            assert_eq!(roles("shm", "-m", seg)["roles"], json!(["attached", "last"]));
            assert_eq!(roles("sem", "-s", sems)["roles"], json!(["waiting"]));
            assert_eq!(roles("msg", "-q", msgs)["roles"], json!(["waiting"]));
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
fn an_ordinary_user_is_told_what_was_out_of_sight() {
    isolated(|| {
        let id = segment(0x05ce_0005, 77_824);
        let sems = set(1);
        semop(sems, &[(0, 1)], 0).unwrap();
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        let nobody = |args: &[&str]| {
            let run = ours("ipcs", args).nobody().run();
            assert_eq!(run.status, Some(0), "{args:?}: {run:?}");
            run
        };
        // How many, or that nobody knows how many.
        let says = |text: &str| {
            let says = |line: &str| {
                line.contains("could not be looked at") || line.contains("out of sight")
            };
            assert_eq!(text.lines().filter(|line| says(line)).count(), 1, "{text}");
        };
        let shm = of_kind("shm", &nobody(&["-P", "-m", "-J"])).remove(0);
        assert_eq!(shm["processes_complete"], false);
        // Nobody was seen, which does not mean that there is nobody.
        assert_eq!((&shm["nattch"], &shm["attached"]), (&json!(1), &Value::Null));
        assert_eq!(
            (&shm["orphaned"], &shm["orphan_reason"]),
            (&json!(false), &json!("attached, nattch 1"))
        );
        let sem = of_kind("sem", &nobody(&["-P", "-s", "-J"])).remove(0);
        assert_eq!((&sem["processes_complete"], &sem["waiting"]), (&json!(false), &Value::Null));
        // Whom a set that may not be read has recorded is unknown, not nobody.
        assert_eq!(sem["alive"], json!({"pids": null}));
        for args in
            [&["-P"][..], &["-P", "-m"], &["-P", "-s", "--table"], &["-mPi", &id.to_string()]]
        {
            says(nobody(args).out());
        }
        let shown = nobody(&["-P", "-m"]);
        let row = &rows(shown.out(), "Shared Memory Creators/Last Users")[0];
        assert_eq!(row[2..4], ["1", "0+"], "{shown:?}");
        // Where the answer has no room for the line it is a diagnostic.
        let shown = nobody(&["-m", "-o", "id,attached", "--format", "csv"]);
        assert_eq!(shown.out().lines().collect::<Vec<_>>(), ["id,attached", &format!("{id},")]);
        says(shown.err());
        let shown = nobody(&["-q", "--orphaned", "--no-headings"]);
        assert_eq!(shown.out().trim(), "");
        says(shown.err());
    });
}

#[test]
fn columns_of_processes_make_the_scan_on_their_own() {
    isolated(|| {
        let none = segment(0x05ce_0006, 81_920);
        let two = segment(0x05ce_0007, 86_016);
        let one = segment(0x05ce_0008, 90_112);
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
        // Sorting by one that is not shown is enough, in the classic list too.
        assert_eq!(ids("shm", &["-m", "--sort", "attached", "-o", "id"]), [none.0, one.0, two.0]);
        let shown = text(&["-m", "--sort", "-attached", "--no-headings"]);
        let column = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        let found: Vec<_> = shown.lines().filter_map(column).collect();
        assert_eq!(found, [two, one, none].map(|id| id.to_string()));
        // JSON has them without -P where -o names them, and nothing else.
        let rows = objects("shm", &["-m", "-o", "id,attached,orphan_reason"]);
        let row = rows.iter().find(|row| row["id"] == two.0).unwrap();
        assert_eq!(*row, json!({"id": two.0, "attached": 2, "orphan_reason": "attached by 2"}));
    });
}

#[test]
fn every_format_has_the_processes() {
    isolated(|| {
        let id = segment(0x05ce_0009, 94_208);
        let mut actor = Actor::start();
        actor.attach(id, "ro");
        let (own, pid) = (i64::from(own_pid()), i64::from(actor.pid()));
        let mut users = [(own, format!("{own}:creator")), (pid, format!("{pid}:attached+last:ro"))];
        users.sort();
        let users = users.map(|(_, user)| user).join(",");
        // csv: a list is one quoted field.
        let csv = text(&["-P", "-m", "--format", "csv"]);
        let (heading, row) = csv.split_once("\r\n").or_else(|| csv.split_once('\n')).unwrap();
        assert!(heading.ends_with(",attached,processes,orphaned,orphan_reason"), "{csv}");
        assert!(row.trim_end().ends_with(&format!(",1,\"{users}\",no,attached by 1")), "{csv}");
        // raw: as many fields in the row as in the heading.
        let raw = text(&["-P", "-m", "--format", "raw"]);
        let [heading, row] = raw.lines().collect::<Vec<_>>().try_into().unwrap();
        let [names, fields] = [heading, row].map(|line| line.split(' ').collect::<Vec<_>>());
        assert_eq!(names.len(), fields.len(), "{raw}");
        let at = names.iter().position(|name| *name == "PROCESSES").unwrap();
        assert_eq!(fields[at], users);
        assert_eq!(fields[at + 1..], ["no", r"attached\x20by\x201"], "{raw}");
        // export: a shell reads it back.
        let export = text(&["-P", "-m", "--format", "export"]);
        let script =
            format!("{export}\nprintf '%s|%s|%s' \"$ID\" \"$PROCESSES\" \"$ORPHAN_REASON\"");
        let read = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        assert_eq!(read, format!("{id}|{users}|attached by 1"));
        // table: a section each, with the same words as the classic text.
        let table = text(&["-P", "-m", "--table"]);
        let row = &rows(&table, "Shared Memory Processes")[0];
        assert_eq!(
            row[..5],
            [id.to_string(), pid.to_string(), "root".into(), "ro".into(), "1".into()]
        );
        // jsonl: the same object as in JSON.
        let line: Value = serde_json::from_str(&text(&["-P", "-m", "--format", "jsonl"])).unwrap();
        assert_eq!(line, object("shm", "-m", id));
        // csv has one heading, so one kind.
        let refused = ours("ipcs", ["-P", "--format", "csv"]).run();
        assert_eq!((refused.status, refused.out()), (Some(1), ""), "{refused:?}");
    });
}

#[test]
fn one_object_with_its_processes_and_no_other() {
    isolated(|| {
        let [one, other] = [0x05ce_000a, 0x05ce_000b].map(|key| segment(key, 98_304));
        let [mut a, mut b] = [Actor::start(), Actor::start()];
        a.attach(one, "rw");
        b.attach(other, "rw");
        let arg = one.to_string();
        let found = objects("shm", &["-P", "-m", "-i", &arg]);
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0]["id"], &found[0]["attached"]), (&json!(one.0), &json!(1)));
        assert_eq!(process(&found[0], a.pid())["access"], "rw");
        assert_eq!(process(&found[0], b.pid()), Value::Null);
        // The card as without -P, then the tables of this one.
        let (card, shown) = (text(&["-m", "-i", &arg]), text(&["-P", "-m", "-i", &arg]));
        assert!(shown.starts_with(&card), "{shown}");
        let shown = rows(&shown, "Shared Memory Processes")
            .iter()
            .map(|row| row[1].to_owned())
            .collect::<Vec<_>>();
        assert_eq!(shown, [a.pid().to_string()]);
        // None at all is said as ever.
        let missing = ours("ipcs", ["-P", "-m", "-i", "2147483647", "-J"]).run();
        assert_eq!((missing.status, missing.out()), (Some(1), "{\"shm\":[]}\n"));
        assert_eq!(missing.err(), "ipcs: id 2147483647 not found\n");
    });
}

#[test]
fn limits_and_sums_have_no_processes() {
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
        // The last view wins, and lists have processes.
        assert!(text(&["-P", "-l", "-t"]).contains("Shared Memory Processes"));
    });
}

#[test]
fn nothing_is_orphaned_while_a_parent_lives_whose_child_did_the_last_operation() {
    isolated(|| {
        let mut parent = Actor::start();
        parent.tell(&format!("user {PARENT}"));
        let sems = Id(parent.tell("set 1").parse().unwrap());
        let msgs = Id(parent.tell("queue").parse().unwrap());
        let mut child = Actor::start();
        child.tell(&format!("user {PARENT}"));
        assert_eq!(child.tell(&format!("semop {sems} 0:1")), "Ok(())");
        assert_eq!(child.tell(&format!("msgsnd {msgs} 3")), "Ok(())");
        let child = child.end();
        // The kernel knows the dead child only, and no parent.
        let sem = object("sem", "-s", sems);
        assert_eq!(sem["alive"], json!({"pids": {child.to_string(): false}}));
        let reason = format!("uid {PARENT} has live processes");
        for (kind, option, id) in [("sem", "-s", sems), ("msg", "-q", msgs)] {
            let object = object(kind, option, id);
            assert_eq!(
                (&object["orphaned"], &object["orphan_reason"]),
                (&json!(false), &json!(reason))
            );
            assert_eq!(ids(kind, &["--orphaned"]), NONE);
        }
        parent.end();
        assert_eq!(ids("sem", &["--orphaned"]), [sems.0]);
        let sem = objects("sem", &["--orphaned", "-P"]).remove(0);
        assert_eq!((&sem["orphaned"], &sem["processes"]), (&json!(true), &json!([])));
        assert_eq!(sem["orphan_reason"], "no process lives that used it");
        // The message that is left does not keep the queue, only doubt about who waits for it.
        let msg = object("msg", "-q", msgs);
        let sure = msg["processes_complete"] == true;
        assert_eq!(msg["orphaned"], if sure { json!(true) } else { Value::Null });
        assert_eq!(ids("msg", &["--orphaned"]).is_empty(), !sure);
    });
}

#[test]
fn the_user_of_a_single_thread_keeps_an_object() {
    isolated(|| {
        let mut creator = Actor::start();
        creator.tell(&format!("user {THREAD}"));
        let sems = Id(creator.tell("set 1").parse().unwrap());
        creator.end();
        assert_eq!(ids("sem", &["--orphaned"]), [sems.0]);
        let mut actor = Actor::start();
        actor.tell(&format!("thread sleep-as {THREAD}"));
        until("one thread is the other user's", || has_thread_of(actor.pid(), THREAD));
        assert_eq!(ids("sem", &["--orphaned"]), NONE);
        let reason = format!("uid {THREAD} has live processes");
        assert_eq!(object("sem", "-s", sems)["orphan_reason"], reason);
    });
}

#[test]
fn an_orphaned_segment_is_one_that_nobody_alive_has_used() {
    isolated(|| {
        let mut creator = Actor::start();
        creator.tell(&format!("user {OWNER}"));
        let make = |creator: &mut Actor| Id(creator.tell("segment 102400").parse().unwrap());
        let [used, never] = [make(&mut creator), make(&mut creator)];
        assert_eq!(ids("shm", &["--orphaned"]), NONE);
        assert_eq!(
            object("shm", "-m", never)["orphan_reason"],
            format!("creator {} alive", creator.pid())
        );
        let mut user = Actor::start();
        let address = user.attach(used, "rw");
        creator.end();
        assert_eq!(ids("shm", &["--orphaned"]), [never.0]);
        assert_eq!(object("shm", "-m", used)["orphan_reason"], "attached by 1");
        // Detached, but it may attach again.
        user.tell(&format!("detach {address}"));
        assert_eq!(ids("shm", &["--orphaned"]), [never.0]);
        let pid = user.end();
        assert_eq!(ids("shm", &["--orphaned", "--sort", "id"]), [used.0, never.0]);
        let shm = object("shm", "-m", used);
        assert_eq!(shm["alive"], json!({"cpid": false, "lpid": false}));
        assert_eq!((&shm["lpid"], &shm["orphaned"]), (&json!(pid), &json!(true)));
        assert_eq!(object("shm", "-m", never)["alive"], json!({"cpid": false, "lpid": null}));
        // With other filters, and in the classic list.
        let owner = OWNER.to_string();
        assert_eq!(ids("shm", &["--orphaned", "--owner", &owner]).len(), 2);
        assert_eq!(ids("shm", &["--orphaned", "--owner", "root"]), NONE);
        assert_eq!(rows(&text(&["-m", "--orphaned"]), "Shared Memory Segments").len(), 2);
    });
}

#[test]
fn unused_objects_of_each_kind() {
    isolated(|| {
        // Segments: nothing attached, whoever lives.
        let [free, held] = [0x05ce_000c, 0x05ce_000d].map(|key| segment(key, 106_496));
        let mut actor = Actor::start();
        let address = actor.attach(held, "rw");
        assert_eq!(ids("shm", &["--unused"]), [free.0]);
        actor.tell(&format!("detach {address}"));
        assert_eq!(ids("shm", &["--unused"]), [free.0, held.0]);
        // Sets: nobody waits, and nobody alive operated one of the semaphores.
        let [fresh, operated, waited] = [set(2), set(2), set(2)];
        let mut clerk = Actor::start();
        clerk.tell(&format!("user {CLERK}"));
        [operated, waited].iter().for_each(|id| super::scene::open_to_all(*id));
        assert_eq!(clerk.tell(&format!("semop {operated} 1:1")), "Ok(())");
        actor.tell(&format!("thread semop {waited} 0:-1"));
        until("blocked", || blocked(waited, 0) == 1);
        assert_eq!(ids("sem", &["--unused"]), [fresh.0]);
        clerk.end();
        assert_eq!(ids("sem", &["--unused"]), [fresh.0, operated.0]);
        // Queues: no message, and nobody alive sent or received.
        let [full, emptied] = [queue(), queue()];
        let mut sender = Actor::start();
        for id in [full, emptied] {
            assert_eq!(sender.tell(&format!("msgsnd {id} 5")), "Ok(())");
        }
        assert_eq!(sender.tell(&format!("msgrcv {emptied} 0")), "Ok(())");
        assert_eq!(ids("msg", &["--unused"]), NONE);
        sender.end();
        // Only a look at every process of the machine tells that nobody waits.
        let sure = object("msg", "-q", emptied)["processes_complete"] == true;
        assert_eq!(ids("msg", &["--unused"]), if sure { vec![emptied.0] } else { vec![] });
    });
}

#[test]
fn what_another_user_may_not_see_is_not_unused() {
    isolated(|| {
        let sems = set(1);
        let msgs = queue();
        let run = ours("ipcs", ["--unused", "-J"]).user(NOBODY, NOBODY).run();
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!((of_kind("sem", &run), of_kind("msg", &run)), (vec![], vec![]));
        assert!(!run.err().is_empty(), "not a word of what was out of sight");
        // For root they are.
        assert_eq!(ids("sem", &["--unused"]), [sems.0]);
        let sure = object("msg", "-q", msgs)["processes_complete"] == true;
        assert_eq!(ids("msg", &["--unused"]), if sure { vec![msgs.0] } else { vec![] });
    });
}

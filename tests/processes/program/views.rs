//! What `-P` shows where: other namespaces, hidden processes, columns and formats.

use std::process::id as own_pid;

use nix::libc;
use serde_json::{Value, json};

use super::{ids, object, objects, process, rows, text, under};
use crate::support::actor::{Actor, in_call, until};
use crate::support::json::objects as objects_of;
use crate::support::namespace::{another, isolated};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::ours;

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
        assert_eq!(row[row.len() - 2..], ["no:", "attached"], "{shown:?}");
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

/// The lines under its rows have what the rows of a table omit.
#[test]
fn a_table_has_fewer_process_columns_than_other_formats() {
    isolated(|| {
        Shm::private(4096, 0o600);
        let added = |format: &str| -> String {
            let headings = |args: &[&str]| {
                let text = text(&[args, &["-m", "--format", format]].concat());
                text.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
            };
            let with = headings(&["-P"]);
            with.strip_prefix(&headings(&[])).expect("more columns with -P").trim().to_owned()
        };
        assert_eq!(added("table"), "ATTACHED ORPHANED ORPHAN_REASON");
        let all = "ATTACHED PROCESSES IN_USE USE_REASON KEEPERS ORPHANED ORPHAN_REASON";
        assert_eq!(added("raw"), all);
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
        // table: lines under the row.
        let table = text(&["-P", "-m", "--table"]);
        let lines = under(&table, segment.id);
        let expected = [format!("{own} root creator "), format!("{pid} root ro, last user ")];
        assert_eq!(lines.len(), 2, "{table}");
        for start in expected {
            assert!(lines.iter().any(|line| line.starts_with(&start)), "{start}: {table}");
        }
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
        Shm::private(4096, 0o600);
        assert!(text(&["-P", "-l", "-t"]).contains("Shared Memory Creators/Last Users"));
    });
}

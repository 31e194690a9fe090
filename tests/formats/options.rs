//! Columns, headings, names, and options that cannot be combined.

use super::{KINDS, csv_rows, ipcs, objects, refused, rich};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};

/// The headings of a table.
fn headings(args: &[&str]) -> String {
    let run = ipcs(&[args, &["--table"]].concat());
    run.out().lines().next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

const DEFAULT: &str = "KEY ID PERMS OWNER SIZE NATTCH STATUS CTIME CPID LPID";

#[test]
fn selects_columns_in_any_case_as_often_as_they_are_named() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        Shm::private(1, 0o600);
        for (columns, expected) in [
            ("id,KEY,Owner", "ID KEY OWNER"),
            ("id,ID,id", "ID ID ID"),
            ("USER,size,owner", "OWNER SIZE OWNER"),
            ("ATTACH,detach,Cuser,CGROUP", "ATIME DTIME CREATOR CREATOR_GROUP"),
            ("+command", &format!("{DEFAULT} COMMAND")),
            ("+size,seq", &format!("{DEFAULT} SEQ")),
            ("id,+size", "ID SIZE"),
            ("size,id", "SIZE ID"),
        ] {
            assert_eq!(headings(&["-m", "-o", columns]), expected, "{columns}");
        }
        assert_eq!(headings(&["-m", "-t", "-o", "+size"]), "ID OWNER ATIME DTIME CTIME SIZE");
        assert_eq!(headings(&["-m", "-o", "id", "-o", "key"]), "KEY");
        assert_eq!(headings(&["-mo", "id"]), "ID");
        assert_eq!(headings(&["-moid"]), "ID");
        assert_eq!(headings(&["-m", "--output=id"]), "ID");
        let all = headings(&["-m", "-o", "all"]);
        assert!(all.starts_with("KIND KEY ID SEQ OWNER UID") && all.contains(" COMMAND"), "{all}");
        assert!(!all.contains("ORPHANED"), "without -P: {all}");
        assert_eq!(headings(&["-m", "-o", "size,all"]), format!("SIZE {all}"));
        let csv = ipcs(&["-m", "-o", "id,USER,owner", "--format", "csv"]);
        assert_eq!(csv.out().lines().next(), Some("id,owner,owner"));
        let json = objects("shm", &["-m", "-o", "id,ID,owner,user"]);
        assert_eq!(json, [serde_json::json!({ "id": 0, "owner": "root" })]);
        let with_processes = headings(&["-m", "-P", "-o", "all"]);
        let processes = with_processes.strip_prefix(&all).expect("more columns than without -P");
        assert!(processes.starts_with(" PROCESSES ATTACHED ") && processes.contains(" ORPHANED "));
        assert_eq!(headings(&["-m", "-o", "id,attached"]), "ID ATTACHED");
        assert_eq!(headings(&["-m", "-o", "+ALL"]).split(' ').count(), all.split(' ').count());
    });
}

#[test]
fn omits_columns_that_a_kind_does_not_have() {
    isolated(|| {
        Shm::private(1, 0o600);
        Queue::private(0o600);
        Sems::private(1, 0o600);
        let run = ipcs(&["--format", "raw", "-o", "id,nattch,qnum,nsems"]);
        assert_eq!(run.out(), "ID NATTCH\n0 0\nID QNUM\n0 0\nID NSEMS\n0 1\n");
        // A kind without any of the columns has no section.
        assert_eq!(ipcs(&["--format", "raw", "-o", "size"]).out(), "SIZE\n1\n");
        assert_eq!(ipcs(&["-b", "-o", "size"]).out(), "SIZE\n   1\n");
        let run = ipcs(&["-b", "-o", "size,nsems"]);
        let expected = "Shared memory segments\nSIZE\n   1\n\nSemaphore sets\nNSEMS\n    1\n";
        assert_eq!(run.out(), expected);
        let run = ipcs(&["--format", "jsonl", "-o", "size,nsems"]);
        assert_eq!(
            run.out(),
            "{\"kind\":\"shm\",\"size\":1}\n{\"kind\":\"msg\"}\n{\"kind\":\"sem\",\"nsems\":1}\n"
        );
        assert_eq!(
            ipcs(&["--json", "-o", "nsems", "-sm"]).out(),
            "{\"shm\":[{}],\"sem\":[{\"nsems\":1}]}\n"
        );
    });
}

#[test]
fn reports_unknown_columns_with_a_suggestion() {
    isolated(|| {
        for (args, reason) in [
            (
                &["-o", "nsem"][..],
                "unknown column 'nsem'; did you mean 'nsems' (sem)? --list-columns lists all columns",
            ),
            (&["-o", "id,xyzzyfoo"], "unknown column 'xyzzyfoo'; --list-columns lists all columns"),
            (&["-m", "-o", "qbytes"], "column 'qbytes' belongs to msg, which is not chosen"),
            (
                &["-m", "-o", "waiting"],
                "column 'waiting' belongs to msg and sem, which are not chosen",
            ),
            (
                &["-o", "msg"],
                "unknown column 'msg'; did you mean 'msgs' (msg and pmsg)? --list-columns lists all columns",
            ),
            (&["-o", ""], "empty column name; --list-columns lists all columns"),
            (&["-o", "+"], "empty column name; --list-columns lists all columns"),
            (&["-o", "id,,key"], "empty column name; --list-columns lists all columns"),
            (&["-s", "-o", "semaphores"], "column 'semaphores' needs -i"),
            (&["-o", "namespace"], "column 'namespace' needs --namespace"),
        ] {
            assert_eq!(refused(args), reason, "{args:?}");
        }
    });
}

#[test]
fn list_columns_describes_every_column() {
    isolated(|| {
        let listed = csv_rows(&ipcs(&["--list-columns", "--format", "csv"]).stdout);
        assert_eq!(listed[0], ["column", "kinds", "aliases", "meaning"]);
        let columns = ipcs::columns::COLUMNS;
        assert_eq!(listed.len() - 1, columns.len());
        for (row, column) in listed[1..].iter().zip(columns) {
            assert_eq!(row[0], column.name);
            assert_eq!(row[2], column.aliases.join(","));
            let marked = row[3].strip_suffix(" (with -P or by name)");
            assert_eq!(marked.unwrap_or(&row[3]), column.help);
            assert_eq!(marked.is_some(), column.needs.has(ipcs::columns::Needs::PROCESSES));
            assert!(!column.help.is_empty());
        }
        assert_eq!(refused(&["--list-columns", "--json"]), "--list-columns does not support JSON");
    });
}

/// A list with all columns has the same, except `semaphores`, which needs `-i`.
#[test]
fn list_columns_of_one_kind_has_its_columns_only() {
    isolated(|| {
        for (option, kind) in KINDS {
            let listed = csv_rows(&ipcs(&[option, "--list-columns", "--format", "csv"]).stdout);
            let mut names: Vec<_> = listed[1..].iter().map(|row| row[0].as_str()).collect();
            assert_eq!(names.contains(&"semaphores"), kind == "sem", "{option}: {names:?}");
            // These belong to a single object, and to other namespaces.
            names.retain(|name| !["semaphores", "namespace", "container"].contains(name));
            let list = ipcs(&[option, "-P", "-o", "all", "--format", "csv"]);
            assert_eq!(names, csv_rows(&list.stdout)[0], "{option}");
        }
    });
}

#[test]
fn the_last_format_wins_and_classic_refuses_columns() {
    isolated(|| {
        Shm::private(1, 0o600);
        let starts = |args: &[&str], with: &str| {
            let run = ipcs(args);
            assert!(run.out().starts_with(with), "{args:?}: {run:?}");
        };
        starts(&["-m", "--json", "--table"], "KEY");
        starts(&["-m", "--table", "--json"], "{\"shm\"");
        starts(&["-m", "--format", "csv", "-J"], "{\"shm\"");
        starts(&["-m", "-J", "--format", "csv"], "key,");
        starts(&["-m", "--format=raw", "--format", "csv"], "key,");
        starts(&["-m", "--table", "--format", "classic"], "\n------");
        starts(&["-m", "-o", "id"], "ID\n");
        starts(&["-m", "-o", "id", "--format", "classic", "--table"], "ID\n");
        starts(&["-m", "-t", "-c", "-p", "--table"], "ID  OWNER  ");
        starts(&["-m", "-l", "-t"], "\n------ Shared Memory Attach");
        for option in ["-oid", "--time-format=iso"] {
            let name = if option == "-oid" { "--output" } else { "--time-format" };
            let reason = format!(
                "{name} cannot be used with --format classic: its columns and times are fixed"
            );
            assert_eq!(refused(&["--format", "classic", option]), reason);
            assert_eq!(refused(&["--json", option, "--format", "classic"]), reason);
        }
        for view in ["-l", "-u"] {
            assert_eq!(
                refused(&[view, "-o", "id"]),
                format!("--output cannot be used with {view}: {view} has its own columns")
            );
            assert_eq!(
                refused(&[view, "-P"]),
                format!("-P cannot be used with {view}: {view} shows no objects")
            );
        }
        for (option, value, right) in [
            ("--format", "xml", "classic, table, json, jsonl, csv, raw, export"),
            ("--time-format", "long", "short, full, iso, age"),
            ("--color", "yes", "auto, always, never"),
        ] {
            let reason = refused(&[option, value]);
            assert!(reason.contains(right) && reason.contains(value), "{reason}");
        }
    });
}

#[test]
fn csv_requires_columns_with_one_header() {
    isolated(|| {
        Shm::keyed(0x10, 1, 0o600);
        Queue::keyed(0x11, 0o600);
        Sems::keyed(0x12, 1, 0o600);
        let refusal = "csv has only one header: choose one of -m, -q and -s, or use -o with columns that all kinds have";
        for args in [
            &[][..],
            &["-m", "-q"],
            &["-a", "-t"],
            &["-o", "id,size"],
            &["-o", "+size"],
            &["-o", "+key"],
            &["-P"],
        ] {
            assert_eq!(refused(&[args, &["--format", "csv"]].concat()), refusal, "{args:?}");
        }
        let run = ipcs(&["--format", "csv", "-o", "kind,key,id"]);
        assert_eq!(
            run.out(),
            "kind,key,id\r\nshm,0x00000010,0\r\nmsg,0x00000011,0\r\nsem,0x00000012,0\r\n"
        );
        assert_eq!(ipcs(&["--format", "csv", "-c", "-mq"]).out().lines().count(), 3);
        assert_eq!(ipcs(&["--format", "csv", "-ms", "-o", "id"]).out(), "id\r\n0\r\n0\r\n");
    });
}

#[test]
fn no_headings_applies_to_every_format() {
    isolated(|| {
        Shm::keyed(0x10, 1, 0o600);
        Sems::keyed(0x12, 1, 0o600);
        for (format, args, headings) in [
            ("classic", &["-ms"][..], &["------", "key", "------", "key"][..]),
            ("table", &["-ms"], &["Shared", "KEY", "Semaphore", "KEY"]),
            ("table", &["-m"], &["KEY"]),
            ("raw", &["-ms"], &["KEY", "KEY"]),
            ("csv", &["-m"], &["key,"]),
            ("json", &["-ms"], &[]),
            ("jsonl", &["-ms"], &[]),
            ("export", &["-ms"], &[]),
        ] {
            let args = [args, &["--format", format]].concat();
            let (with, without) = (ipcs(&args), ipcs(&[&args[..], &["--no-headings"]].concat()));
            let words = |text: &str| -> Vec<Vec<String>> {
                let lines = text.lines().filter(|line| !line.trim().is_empty());
                lines.map(|l| l.split_whitespace().map(str::to_owned).collect()).collect()
            };
            let (with, without) = (words(with.out()), words(without.out()));
            let mut expected = with.clone();
            for heading in headings {
                let at = expected.iter().position(|line| line[0].starts_with(heading));
                expected.remove(at.unwrap_or_else(|| panic!("{heading} in {with:?}")));
            }
            assert_eq!(without, expected, "{format}");
            assert!(!without.is_empty());
        }
        let classic = ipcs(&["-m", "--no-headings"]);
        assert_eq!(
            classic.out(),
            "\n0x00000010 0          root       600        1          0                       \n\n"
        );
        // Sections with different columns are separated, and an empty section prints nothing.
        let args = ["-o", "kind,nattch,nsems", "--table", "--no-headings"];
        assert_eq!(ipcs(&args).out(), "shm  0\n\nsem  1\n");
        assert_eq!(ipcs(&["-q", "--table", "--no-headings"]).out(), "");
        let limits = ipcs(&["-l", "-m", "--table", "--no-headings"]);
        assert!(limits.out().starts_with("shm  shmmni"), "{limits:?}");
    });
}

#[test]
fn no_headings_omits_the_titles_of_limits_and_totals() {
    for view in ["-l", "-u"] {
        let with = ipcs(&[view]);
        let lines: Vec<_> = with.out().lines().collect();
        let (titles, rest): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| line.starts_with("------ "));
        assert_eq!(titles.len(), 3, "{with:?}");
        let without = ipcs(&[view, "--no-headings"]);
        assert_eq!(without.out().lines().collect::<Vec<_>>(), rest, "{view}");
    }
}

#[test]
fn percentages_are_plain_numbers_for_programs() {
    isolated(|| {
        set_sysctl("shmmni", "8");
        Shm::private(1, 0o600);
        for (format, column, expected) in [
            ("table", "PERCENT", "12.5%"),
            ("csv", "percent", "12.5"),
            ("raw", "PERCENT", "12.5"),
            ("export", "", "PERCENT=12.5"),
        ] {
            let run = ipcs(&["-l", "-m", "--format", format]);
            let shmmni = run.out().lines().find(|line| line.contains("shmmni")).expect("a line");
            let words: Vec<_> = shmmni.split([' ', ',']).collect();
            assert!(words.contains(&expected), "{format}: {shmmni}");
            assert!(run.out().contains(column), "{run:?}");
        }
    });
}

#[test]
fn details_show_semaphores_as_a_table() {
    isolated(|| {
        let sems = Sems::private(2, 0o600);
        sems.set_value(1, 1234);
        let alone = ipcs(&["-s", "-i", "0", "-o", "semaphores", "--table", "--no-headings"]);
        let rows: Vec<Vec<_>> =
            alone.out().lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["0", "0", "0", "0", "0"]);
        assert_eq!(rows[1][..4], ["1", "1234", "0", "0"]);
        let pid = rows[1][4];
        let (width, gap) = (pid.len().max(3), "  ");
        let table = format!(
            "SEMNUM{gap}VALUE{gap}NCOUNT{gap}ZCOUNT{gap}{:>width$}\n\
             \x20    0{gap}    0{gap}     0{gap}     0{gap}{:>width$}\n\
             \x20    1{gap} 1234{gap}     0{gap}     0{gap}{pid:>width$}\n",
            "PID", 0
        );
        let alone = ipcs(&["-s", "-i", "0", "-o", "semaphores", "--table"]);
        assert_eq!(alone.out(), table);
        let details = ipcs(&["-s", "-i", "0", "-o", "id,semaphores", "--table"]);
        assert_eq!(details.out(), format!("id          0\n\n{table}"));
    });
}

#[test]
fn numeric_shows_numbers_instead_of_names() {
    isolated(|| {
        let _rich = rich();
        let owners = "owner,group,creator,creator_group";
        for format in ["raw", "csv", "table"] {
            let run = ipcs(&["-m", "--numeric", "-o", owners, "--format", format, "--no-headings"]);
            let text = run.out().replace(',', " ");
            let rows: Vec<Vec<_>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
            assert_eq!(rows[0], ["0"; 4]);
            assert_eq!(rows[1], ["4000000000", "3999999999", "0", "0"]);
            assert_eq!(rows[2], ["4242", "4242", "0", "0"]);
        }
        let classic = ipcs(&["-m", "--numeric"]);
        assert!(classic.out().contains("0x00001234 0          0          640"), "{classic:?}");
        assert!(classic.out().contains(" 4242       0  "), "{classic:?}");
        let creators = ipcs(&["-m", "-c", "--numeric"]);
        assert!(!creators.out().contains("root"), "{creators:?}");
        // JSON has the numbers in their own fields.
        let rows = objects("shm", &["-m", "--numeric"]);
        assert!(rows.iter().all(|row| row["owner"].is_null() && row["uid"].is_u64()));
    });
}

#[test]
fn shmall_is_the_same_number_in_classic_and_csv() {
    isolated(|| {
        for pages in ["18446744073692774399", "18446744073709551615", "1000"] {
            set_sysctl("shmall", pages);
            let classic = ipcs(&["-m", "-l", "-b"]);
            let line = classic.out().lines().find(|line| line.starts_with("max total"));
            let bytes = line.and_then(|line| line.rsplit(' ').next()).expect("a number");
            let csv = csv_rows(&ipcs(&["-m", "-l", "--format", "csv"]).stdout);
            let row = csv.iter().find(|row| row[1] == "shmall").expect("shmall");
            assert_eq!(row[3], bytes);
        }
    });
}

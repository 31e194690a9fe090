//! Untrusted user names and command lines must not break any format or control the terminal.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use super::creator::Creator;
use super::terminal::screen;
use super::{csv_rows, ipcs, objects, quiet, raw_rows};
use crate::support::json::document;
use crate::support::namespace::{add_users, isolated, require_users};
use crate::support::objects::Shm;
use crate::support::programs::ours;

/// Escape sequences, newlines, tabs, quotes, separators, backslashes, bidi controls, wide and
/// invisible characters, C1 control characters, DEL.
const NASTY: &str = "\x1b[2J\x1b]0;title\x07 a\nb\r\tc \"q\",'s';x\\x41\\ \u{202e}evil\u{2066} \
                     \u{200b}\u{feff}\u{9b}31m\x7f 表 e\u{301} $(id) `id` %s -\n";

/// Whether a character can control a terminal or hide text.
fn is_dangerous(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Starts a creator with this argument; returns it and its command line in `/proc`.
fn creator(argument: &[u8]) -> (Creator, Vec<u8>) {
    let creator = Creator::named(&[b"maker", argument]);
    (creator, [b"maker ", argument].concat())
}

/// Bytes as text, with invalid UTF-8 as `\xNN`.
fn with_hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

#[test]
fn tables_escape_commands_and_print_one_line_per_object() {
    isolated(|| {
        let (_creator, _) = creator(NASTY.as_bytes());
        Shm::private(1, 0o600);
        for args in [
            &["-m", "-o", "+command"][..],
            &["-m", "-o", "command,id"],
            &["-m", "-o", "command,id", "--no-headings"],
            &["-m", "-o", "command", "--sort", "-command"],
        ] {
            let table = ipcs(args);
            assert_eq!(table.out().find(is_dangerous), None, "{table:?}");
            let headings = usize::from(!args.contains(&"--no-headings"));
            assert_eq!(table.out().lines().count(), headings + 2, "{table:?}");
            assert!(table.out().contains("maker \\x1b[2J\\x1b]0;title\\x07 a\\x0ab\\x0d\\x09c"));
            assert!(table.out().contains("\\xe2\\x80\\xaeevil\\xe2\\x81\\xa6"), "{table:?}");
        }
    });
}

#[test]
fn columns_are_aligned_after_wide_characters() {
    isolated(|| {
        let _first = Creator::named(&[b"\xe8\xa1\xa8\xe8\xa1\xa8"]);
        let _second = Creator::named(&[b"abcdef"]);
        let table = ipcs(&["-m", "-o", "command,size", "-b"]);
        assert_eq!(table.out(), "COMMAND  SIZE\n表表     4096\nabcdef   4096\n");
    });
}

#[test]
fn details_and_process_lists_escape_commands() {
    isolated(|| {
        let (mut creator, _) = creator(NASTY.as_bytes());
        creator.attach();
        let id = creator.segment.to_string();
        let details = ipcs(&["-m", "-i", &id, "--table"]);
        assert_eq!(details.out().find(is_dangerous), None, "{details:?}");
        assert!(details.out().contains("command        maker \\x1b[2J"), "{details:?}");
        let facts = details.out().lines().count();
        let known = ipcs::columns::of_kind(ipcs::model::Kind::Shm);
        let known = known.filter(|column| {
            !column.needs.has(ipcs::columns::Needs::PROCESSES)
                && !column.needs.has(ipcs::columns::Needs::PLACE)
        });
        assert_eq!(facts, known.count(), "{details:?}");
        for format in ["classic", "table"] {
            let run = ipcs(&["-m", "-P", "--format", format]);
            assert_eq!(run.out().find(is_dangerous), None, "{run:?}");
            assert!(run.out().contains("maker \\x1b[2J"), "{run:?}");
        }
        // One line for the process, which is cut on a terminal but not within an escaped byte's
        // character.
        for width in 40..60 {
            let lines = screen(width, &["-m", "-P", "--table"], &[("NO_COLOR", "1")]);
            assert_eq!(lines.concat().find(is_dangerous), None, "{lines:#?}");
            assert_eq!(lines.iter().filter(|line| line.starts_with("  ")).count(), 1, "{lines:#?}");
        }
    });
}

#[test]
fn json_is_valid_and_contains_exact_commands() {
    isolated(|| {
        let (first, command) = creator(NASTY.as_bytes());
        let invalid =
            [b"bad\xff\xfe utf8 \xc3( \xed\xa0\x80 ".as_slice(), NASTY.as_bytes()].concat();
        let (_second, second_command) = creator(&invalid);
        let rows = objects("shm", &["-m", "-o", "id,command"]);
        let expected = |command: &[u8]| Value::String(with_hex(command));
        assert_eq!(rows[0]["id"], first.segment);
        assert_eq!(rows[0]["command"], String::from_utf8(command.clone()).expect("UTF-8"));
        assert_eq!(rows[1]["command"], expected(&second_command));
        assert!(with_hex(&second_command).contains("bad\\xff\\xfe utf8 \\xc3( \\xed\\xa0\\x80"));
        let lines = ipcs(&["-m", "--format", "jsonl", "-o", "command"]);
        let read: Vec<Value> =
            lines.out().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(read[0]["command"], expected(&command));
        assert_eq!(read[1]["command"], expected(&second_command));
        let users = objects("shm", &["-m", "-P"]);
        // There may be users other than the creator: the test process has threads in several
        // namespaces, so a segment with this id that another test has attached can count.
        let users = users[1]["processes"].as_array().expect("an array");
        let is_creator = |user: &&Value| {
            user["roles"].as_array().is_some_and(|roles| roles.contains(&"creator".into()))
        };
        let creator = users.iter().find(is_creator).expect("the creator");
        assert_eq!(creator["command"], expected(&second_command));
    });
}

#[test]
fn csv_can_be_parsed_back() {
    isolated(|| {
        let (_first, command) = creator(NASTY.as_bytes());
        let (_second, quotes) = creator(b"\"\"\"\r\n,,\r\"");
        let (_third, invalid) = creator(b"\xff,\xfe\"");
        let (_fourth, blank) = creator(b" ");
        let run = ipcs(&["-m", "--format", "csv", "-o", "command,id"]);
        let rows = csv_rows(&run.stdout);
        let expected: Vec<_> =
            [command, quotes, invalid, blank].iter().map(|command| with_hex(command)).collect();
        let read: Vec<_> = rows[1..].iter().map(|row| row[0].clone()).collect();
        assert_eq!(read, expected);
        assert_eq!(rows[0], ["command", "id"]);
        assert!(run.out().starts_with("command,id\r\n") && run.out().ends_with(",3\r\n"));
    });
}

/// These formats are exact for programs, but must not control a terminal.
#[test]
fn csv_and_export_escape_on_a_terminal() {
    isolated(|| {
        let (_first, _) = creator(NASTY.as_bytes());
        let (_second, _) = creator(b"\xff '\n' \x1b[31m");
        for format in ["csv", "export"] {
            let lines = screen(80, &["-m", "-o", "id,command", "--format", format], &[]);
            let header = usize::from(format == "csv");
            assert_eq!(lines.len(), header + 2, "{lines:#?}");
            assert_eq!(lines.concat().find(is_dangerous), None, "{lines:#?}");
            let expected = "maker \\x1b[2J\\x1b]0;title\\x07 a\\x0ab\\x0d\\x09c";
            assert!(lines[header].contains(expected), "{lines:#?}");
            assert!(lines[header + 1].contains("maker \\xff "), "{lines:#?}");
            assert!(lines[header + 1].contains("\\x1b[31m"), "{lines:#?}");
        }
    });
}

#[test]
fn raw_has_the_same_number_of_fields_in_every_line() {
    isolated(|| {
        let (_first, command) = creator(NASTY.as_bytes());
        let (_second, invalid) = creator(b"\xff \xc2\xa0 \\ - \xe2\x80\xa8");
        let _third = Creator::named(&[b"-"]);
        let _fourth = Creator::named(&[b"\\x2d"]);
        let gone = Creator::named(&[b"gone"]).segment;
        Shm { id: gone }.lock();
        let columns = "id,command,status,atime,dtime,owner,rss,lpid";
        let run = ipcs(&["-m", "--format", "raw", "-o", columns]);
        for line in run.out().lines() {
            // Fields are separated in the same way by spaces and by Unicode white space.
            assert_eq!(line.split(' ').count(), 8, "{line:?}");
            assert_eq!(line.split_whitespace().count(), 8, "{line:?}");
            assert!(line.split(' ').all(|field| !field.is_empty()), "{line:?}");
            assert_eq!(line.find(is_dangerous), None, "{line:?}");
        }
        let rows = raw_rows(run.out());
        let commands: Vec<_> = rows.iter().map(|row| row[1].clone()).collect();
        let none: &[u8] = b"";
        assert_eq!(commands, [&command[..], &invalid, b"-", b"\\x2d", none]);
        assert_eq!(run.out().lines().nth(3).and_then(|line| line.split(' ').nth(1)), Some("\\x2d"));
        assert_eq!(rows[4][2], b"locked");
    });
}

#[test]
fn awk_can_read_raw_fields() {
    isolated(|| {
        let (_first, _) = creator(NASTY.as_bytes());
        Shm::private(4321, 0o600);
        // The command, which contains spaces, is before the size.
        let script = "\"$0\" -m --format raw -o command,status,size | awk 'NR > 1 { print $3 }'";
        let run = ours("ipcs", [""; 0]).through(&["/bin/sh", "-c", script]).run();
        assert_eq!((run.status, run.out()), (Some(0), "4096\n4321\n"), "{run:?}");
    });
}

#[test]
fn escapes_user_names_in_text() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[("e\x1b[31mvil \u{202e}n", 4343)]);
        Shm::private(1, 0o600).set(4343, 4343, 0o600);
        for args in [&["-m", "-c", "--table"][..], &["-m", "--format", "raw"], &["-mP", "--table"]]
        {
            let run = quiet(&ours("ipcs", args));
            assert_eq!(run.out().find(is_dangerous), None, "{run:?}");
            assert!(run.out().contains("e\\x1b[31mvil"), "{run:?}");
        }
        assert_eq!(objects("shm", &["-m"])[0]["owner"], "e\x1b[31mvil \u{202e}n");
    });
}

/// Names from systems without UTF-8.
#[test]
fn accepts_and_shows_user_names_that_are_not_utf8() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[(b"M\xfcller \xff", 4343)]);
        let segment = Shm::private(1, 0o600);
        segment.set(4343, 4343, 0o600);
        Shm::private(1, 0o600);
        let name = OsStr::from_bytes(b"M\xfcller \xff");
        for option in ["--owner", "--group"] {
            let options = ["-m", "-o", "id,owner,group,creator", "--json", option].map(OsStr::new);
            let run = quiet(&ours("ipcs", options.iter().copied().chain([name])));
            let row = r#"{"id":0,"owner":"M\\xfcller \\xff","group":"M\\xfcller \\xff","creator":"root"}"#;
            assert_eq!(run.out(), format!("{{\"shm\":[{row}]}}\n"));
        }
        let run = ipcs(&["-m", "-o", "owner,id", "--sort", "-owner"]);
        assert!(run.out().contains("\nM\\xfcller \\xff   0\n"), "{run:?}");
        let run = ipcs(&["-m", "-o", "owner,id", "--format", "raw"]);
        assert!(run.out().contains("\nM\\xfcller\\x20\\xff 0\n"), "{run:?}");
        let run = ipcs(&["-m", "-o", "owner,id", "--format", "csv"]);
        assert!(run.out().contains("\r\nM\\xfcller \\xff,0\r\n"), "{run:?}");
        let run = ipcs(&["-m", "-o", "owner,id", "--format", "export"]);
        let first = run.stdout.split(|byte| *byte == b'\n').next();
        assert_eq!(first, Some(&b"KIND=shm OWNER='M\xfcller \xff' ID=0"[..]), "{run:?}");
        let options = ["-J", "--force", "shm", "--owner"].map(OsStr::new);
        let run = quiet(&ours("ipcrm", options.into_iter().chain([name])));
        let document = document(&run);
        assert_eq!(document["removed"][0]["owner"], "M\\xfcller \\xff");
        assert_eq!(document["removed"][0]["reason"], "owner M\\xfcller \\xff");
    });
}

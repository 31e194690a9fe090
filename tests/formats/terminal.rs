//! Tables on a terminal: they fit the width, numbers are not truncated, and colour adds nothing.

use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr;

use super::creator::Creator;
use super::{LONG_NAME, ipcs, quiet, rich};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::{ours, path_of_ours};
use crate::support::terminal::lines_on;

const ESCAPE: char = '\u{1b}';

/// The lines that ipcs prints on a terminal of this width.
pub(super) fn screen(width: u16, args: &[&str], environment: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new(path_of_ours("ipcs"));
    command
        .args(args)
        .env_clear()
        .envs([("TZ", "UTC"), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8")])
        .envs(environment.iter().copied())
        .stderr(Stdio::piped());
    lines_on(width, &mut command)
}

/// The text without colour sequences.
fn plain(line: &str) -> String {
    let mut parts = line.split(ESCAPE);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find('m').expect("only colour sequences");
        assert!(part[..end].starts_with('['), "{line:?}");
        text.push_str(&part[end + 1..]);
    }
    text
}

fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| plain(line).width()).max().unwrap_or(0)
}

/// Makes objects whose texts are much wider than a terminal.
fn wide() -> (super::Rich, Creator) {
    let long = [&b"/usr/lib/postgresql/17/bin/postgres -D /var/lib/postgresql/17/main -c "[..]; 5]
        .concat();
    (rich(), Creator::named(&[b"maker", &long, "\u{8868}".repeat(100).as_bytes()]))
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let _wide = wide();
        for width in [80, 100, 132, 200] {
            for args in [
                &["--table"][..],
                &["-m", "-o", "+command"],
                &["-c", "--table"],
                &["-t", "--table"],
                &["-p", "--table"],
                &["-l", "--table"],
                &["-u", "--table"],
                &["-P", "--table"],
                &["-q", "-P", "--table"],
                &["-m", "-o", "id,owner,command,creator"],
                &["-o", "owner,command,group", "--no-headings", "-m"],
            ] {
                for color in ["always", "never"] {
                    let lines = screen(width, &[args, &["--color", color]].concat(), &[]);
                    // The numbers of this table alone take 82 columns, so rows take two lines.
                    let two_lines = args.contains(&"+command") && width == 80;
                    let most = if two_lines { 160 } else { width.into() };
                    assert!(widest(&lines) <= most, "{width} {args:?}: {lines:#?}");
                    assert!(lines.len() > 3);
                }
            }
        }
    });
}

#[test]
fn lines_under_an_object_are_aligned_and_cut() {
    isolated(|| {
        let long = "x".repeat(200);
        let mut first = Creator::named(&[
            b"/usr/bin/python3",
            b"/opt/app/run.py",
            b"/data/in",
            long.as_bytes(),
        ]);
        first.attach();
        let mut second = Creator::named(&[b"short"]);
        second.attach();
        let plain = [("NO_COLOR", "1")];
        let under = |lines: &[String]| -> Vec<String> {
            lines.iter().filter(|line| line.starts_with("  ")).cloned().collect()
        };
        let lines = screen(80, &["-P", "-m", "--table"], &plain);
        let found = under(&lines);
        assert_eq!(found.len(), 2, "{lines:#?}");
        assert!(lines[1].starts_with("0x00000000   0") || lines[1].starts_with("0x00000000  0"));
        assert_eq!(lines[2], found[0], "{lines:#?}");
        assert!(found[0].contains("  rw, creator, last user  python3 run.py /data/in xx"));
        assert!(found[0].width() == 80 && found[0].ends_with('…'), "{found:#?}");
        // The columns begin at the same places.
        let at = |line: &str, text: &str| line.find(text).expect("a column");
        for text in ["root", "rw, creator"] {
            assert_eq!(at(&found[0], text), at(&found[1], text), "{found:#?}");
        }
        assert_eq!(at(&found[0], "python3"), at(&found[1], "short"), "{found:#?}");
        // Without headings the lines remain. Nothing is cut where nothing may be.
        for more in [&["--no-headings"][..], &["--no-headings", "--no-truncate"]] {
            let lines = screen(80, &[&["-P", "-m", "--table"], more].concat(), &plain);
            assert_eq!(under(&lines).len(), 2, "{lines:#?}");
            assert_eq!(lines.concat().contains(&long), more.len() == 2, "{lines:#?}");
        }
        assert!(ipcs(&["-P", "-m", "--table"]).out().contains(&long));
        let ascii = screen(80, &["-P", "-m", "--table"], &[("NO_COLOR", "1"), ("LANG", "C")]);
        assert!(under(&ascii)[0].ends_with("x~"), "{ascii:#?}");
        // The card has the same line, and the mappings.
        let card = screen(80, &["-P", "-m", "-i", "0", "--table"], &plain);
        let start = found[0].split_whitespace().take(7).collect::<Vec<_>>();
        let line = card.iter().position(|line| line.split_whitespace().take(7).eq(start.clone()));
        let line = line.unwrap_or_else(|| panic!("{card:#?}"));
        assert_eq!(card[line + 1..line + 3], ["", "Shared Memory Mappings"], "{card:#?}");
    });
}

#[test]
fn numbers_are_complete_and_truncated_texts_are_marked() {
    isolated(|| {
        let _wide = wide();
        let columns = "key,id,uid,size,atime,owner,command";
        let whole = ipcs(&["-m", "-b", "--time-format", "full", "-o", columns]);
        let lines =
            screen(80, &["-m", "-b", "--time-format", "full", "-o", columns], &[("NO_COLOR", "1")]);
        assert_eq!(lines.len(), whole.out().lines().count());
        for (line, whole) in lines.iter().zip(whole.out().lines()) {
            // The columns before the owner are numbers and times: 10, 2, 10, 10 and 19 wide, with
            // gaps.
            assert_eq!(line[..57], whole[..57], "{line:?}");
        }
        let cut: Vec<_> = lines.iter().filter(|line| line.contains('…')).collect();
        assert!(cut.iter().any(|line| line.contains(" a-very-lo…  ")), "{lines:#?}");
        assert!(cut.iter().any(|line| line.ends_with("  maker …")), "{lines:#?}");
        // The number of a user without a name is not truncated either.
        assert!(lines[2].contains(" 4000000000  "), "{lines:#?}");
        // The whole width is used: text is truncated within words too.
        let one = screen(80, &["-m", "-o", "command", "--no-headings"], &[("NO_COLOR", "1")]);
        let command = one.iter().find(|line| line.starts_with("maker")).expect("the command");
        assert_eq!(command.width(), 80, "{command:?}");
        assert!(command.ends_with('…'), "{command:?}");
    });
}

#[test]
fn the_mark_of_a_truncated_text_depends_on_the_locale() {
    isolated(|| {
        let _wide = wide();
        for (environment, sign) in [
            (&[("LANG", "de_DE.utf8")][..], '…'),
            (&[("LC_ALL", ""), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C")], '…'),
            (&[("LANG", "")], '~'),
            (&[("LC_ALL", "C"), ("LC_CTYPE", "C.UTF-8")], '~'),
            (&[("LC_CTYPE", "de_DE")], '~'),
        ] {
            let args = ["-m", "-o", "id,command", "--color", "never"];
            let lines = screen(80, &args, environment);
            let cut = lines.iter().find(|line| line.contains("maker")).expect("the command");
            assert!(cut.ends_with(sign) && cut.width() == 80, "{environment:?}: {cut}");
        }
    });
}

#[test]
fn numbers_that_do_not_fit_wrap_to_whole_lines() {
    isolated(|| {
        let _wide = wide();
        let lines = screen(60, &["-m", "-o", "all"], &[("NO_COLOR", "1")]);
        let numbers = ipcs(&[
            "-m",
            "-o",
            "kind,key,id,seq,uid,gid,cuid,cgid,perms,mode,ctime,size,nattch,status,cpid,lpid,atime,dtime,rss,swap",
        ]);
        let needed = numbers.out().lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
        let widest = widest(&lines);
        assert!(
            widest > needed && widest.is_multiple_of(60) && widest <= needed + 120,
            "{needed} {lines:#?}"
        );
        // The numbers are complete.
        let row: Vec<_> = lines[3].split_whitespace().collect();
        let whole = ipcs(&["-m", "-o", "all"]);
        let expected: Vec<_> =
            whole.out().lines().nth(3).unwrap_or_default().split_whitespace().collect();
        assert_eq!(row[..4], expected[..4]);
        assert!(row.contains(&"4242") && row.contains(&"2.8G"), "{row:?}");
    });
}

#[test]
fn no_truncate_keeps_whole_texts() {
    isolated(|| {
        let _wide = wide();
        let args = ["-m", "-o", "+command", "--no-truncate"];
        let whole = ipcs(&args);
        let lines = screen(60, &args, &[("NO_COLOR", "1")]);
        assert_eq!(lines, whole.out().lines().collect::<Vec<_>>());
        assert!(lines.iter().any(|line| line.contains(LONG_NAME)));
    });
}

#[test]
fn does_not_truncate_in_a_pipe() {
    isolated(|| {
        let _wide = wide();
        let run = ipcs(&["-m", "-o", "id,owner,command"]);
        assert!(!run.out().contains('…') && run.out().contains(LONG_NAME), "{run:?}");
        assert!(run.out().contains(&"\u{8868}".repeat(100)), "{run:?}");
        let limits = ipcs(&["-l", "--table"]);
        assert!(limits.out().starts_with("KIND  RESOURCE  DESCRIPTION  "), "{limits:?}");
    });
}

#[test]
fn colours_depend_on_the_terminal_and_options() {
    isolated(|| {
        let _rich = rich();
        let table = ["-m", "--table"];
        let coloured = |lines: &[String]| lines.iter().any(|line| line.contains(ESCAPE));
        assert!(coloured(&screen(80, &table, &[])));
        assert!(coloured(&screen(80, &table, &[("NO_COLOR", "")])));
        assert!(!coloured(&screen(80, &table, &[("NO_COLOR", "1")])));
        assert!(!coloured(&screen(80, &table, &[("TERM", "dumb")])));
        assert!(!coloured(&screen(80, &[&table[..], &["--color", "never"]].concat(), &[])));
        let asked = [&table[..], &["--color", "always"]].concat();
        assert!(coloured(&screen(80, &asked, &[("NO_COLOR", "1")])));
        // In a pipe only when asked for.
        assert!(!ipcs(&table).out().contains(ESCAPE));
        assert!(ipcs(&asked).out().contains(ESCAPE));
        // Formats other than tables have no colours.
        for args in [&["-m"][..], &["-m", "--json"], &["-m", "--format", "csv"], &["-ml"]] {
            assert!(
                !coloured(&screen(80, &[args, &["--color", "always"]].concat(), &[])),
                "{args:?}"
            );
        }
    });
}

#[test]
fn colour_adds_no_information() {
    isolated(|| {
        let _rich = rich();
        set_sysctl("shmmni", "6");
        set_sysctl("msgmni", "3");
        let queue = Queue { id: 0 };
        queue.send(7000);
        queue.send(7000);
        // Without the age, which differs where a second passes between the runs.
        for args in [
            &["-m", "-o", "key,id,owner,size,nattch,status"][..],
            &["-q", "-o", "id,cbytes,qbytes"],
            &["-l", "--table"],
            &["-m", "-i", "4", "--table", "-o", "key,id,owner,size,status"],
        ] {
            let with = screen(120, &[args, &["--color", "always"]].concat(), &[]);
            let without = screen(120, &[args, &["--color", "never"]].concat(), &[]);
            let stripped: Vec<_> =
                with.iter().map(|line| plain(line).trim_end().to_owned()).collect();
            assert_eq!(stripped, without, "{args:?}");
            assert!(with.iter().any(|line| line.contains(ESCAPE)), "{with:?}");
        }
        // Status words, headings and limits are coloured.
        let line_of = |args: &[&str], text: &str| {
            let lines = screen(120, &[args, &["--color", "always"]].concat(), &[]);
            lines
                .iter()
                .find(|line| line.contains(text))
                .unwrap_or_else(|| panic!("{lines:?}"))
                .clone()
        };
        assert!(line_of(&["-m", "--table"], "dest").contains("\u{1b}[33mdest"));
        assert!(line_of(&["-m", "--table"], "NATTCH").contains("\u{1b}[1mNATTCH\u{1b}[0m"));
        assert!(line_of(&["-m", "--table"], "locked").contains("\u{1b}[36mlocked"));
        let high = line_of(&["-l", "--table"], "shmmni");
        assert!(plain(&high).contains("83.3%  high") && high.contains("\u{1b}[33m"), "{high:?}");
        let critical = line_of(&["-l", "--table"], "msgmni");
        assert!(plain(&critical).contains("100.0%  critical  kernel.msgmni"), "{critical:?}");
        assert!(plain(&critical).contains("[##########]"), "{critical:?}");
    });
}

#[test]
fn full_queues_and_waiters_are_coloured() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let coloured = |args: &[&str]| {
            let args = [args, &["--no-headings", "--color", "always"]].concat();
            ipcs(&args).out().trim().to_owned()
        };
        let queue = Queue::private(0o600);
        // Of the default capacity, 80 % and 95 % change the colour.
        assert_eq!(queue.qbytes(), 16_384);
        let cells = ["-q", "-b", "-o", "cbytes,use"];
        for (more, expected) in [
            (8_000, "8000  48.8%"),
            (5_107, "13107  79.9%"),
            (1, "13108  \u{1b}[33m80.0%\u{1b}[0m"),
            (2_457, "15565  \u{1b}[1m\u{1b}[31m95.0%\u{1b}[0m"),
        ] {
            queue.send(more);
            assert_eq!(coloured(&cells), expected);
        }
        let set = Sems::private(1, 0o600);
        let cells = ["-s", "-o", "id,waiting"];
        assert_eq!(coloured(&cells), "0  0");
        let _waiter = set.wait_for_increase(0, 1);
        assert_eq!(coloured(&cells), "0  \u{1b}[36m1\u{1b}[0m");
    });
}

#[test]
fn limits_fit_eighty_columns() {
    isolated(|| {
        Shm::private(4096, 0o600);
        set_sysctl("shmmni", "2");
        let lines = screen(80, &["-l", "--table"], &[("NO_COLOR", "1")]);
        let words: Vec<_> = lines[0].split_whitespace().collect();
        assert_eq!(words, ["KIND", "RESOURCE", "USED", "LIMIT", "PERCENT", "STATE", "SYSCTL"]);
        assert!(
            lines[1].contains(" 50.0%  ok ") && lines[1].contains("kernel.shmmni"),
            "{lines:#?}"
        );
        let lines = screen(120, &["-l", "--table"], &[("NO_COLOR", "1")]);
        assert!(lines[0].starts_with("KIND  RESOURCE  DESCRIPTION"), "{lines:#?}");
    });
}

#[test]
fn drops_columns_on_narrow_terminals() {
    isolated(|| {
        let _rich = rich();
        let titles = |width, args: &[&str]| {
            let lines = screen(width, args, &[("NO_COLOR", "1")]);
            assert!(widest(&lines) <= width.into(), "{args:?}: {lines:#?}");
            lines[0].split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let list = ["-m", "--table"];
        let all = "KEY ID PERMS OWNER SIZE NATTCH STATUS CTIME CPID LPID";
        // A wide terminal shows more.
        assert_eq!(titles(160, &list), format!("{all} IDLE AGE"));
        assert_eq!(titles(40, &list), "KEY ID OWNER SIZE NATTCH");
        let mut seen = Vec::new();
        for width in (40..=160).rev() {
            let titles = titles(width, &list);
            if seen.last() != Some(&titles) {
                seen.push(titles);
            }
        }
        let gone = [" IDLE", " AGE", " LPID", " CPID", " CTIME", " PERMS", " STATUS"];
        let mut expected = vec![format!("{all} IDLE AGE")];
        for title in gone {
            expected.push(expected[expected.len() - 1].replace(title, ""));
        }
        assert_eq!(seen, expected);
        assert_eq!(titles(40, &["-q", "--table"]), "KEY ID OWNER USE QNUM");
        assert_eq!(titles(80, &["-s", "--table"]), "KEY ID PERMS OWNER NSEMS OTIME IDLE AGE");
        titles(40, &["-s", "--table"]);
        // Columns named with -o are always shown.
        let lines = screen(40, &["-m", "-o", "key,id,perms,cpid,lpid,ctime,status,mode"], &[]);
        assert!(widest(&lines) > 40, "{lines:#?}");
        let limits = |width| titles(width, &["-l", "--table"]);
        assert_eq!(limits(36), "RESOURCE USED LIMIT STATE");
        assert_eq!(limits(46), "RESOURCE USED LIMIT PERCENT STATE");
        assert_eq!(limits(60), "KIND RESOURCE USED LIMIT PERCENT STATE");
        assert_eq!(limits(80), "KIND RESOURCE USED LIMIT PERCENT STATE SYSCTL");
    });
}

#[test]
fn with_processes_a_table_keeps_who_uses_an_object() {
    isolated(|| {
        let _rich = rich();
        let _creator = Creator::named(&[b"maker", b"of segments"]);
        let titles = |width: u16, kind| {
            let lines = screen(width, &[kind, "-P", "--table"], &[("NO_COLOR", "1")]);
            lines[0].split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(titles(60, "-m"), "KEY ID OWNER SIZE NATTCH ATTACHED ORPHANED");
        for (kind, count) in [("-q", "WAITING"), ("-s", "WAITING")] {
            let shown = titles(60, kind);
            assert!(shown.contains(count) && shown.contains("ORPHANED"), "{shown}");
        }
        let wide = titles(220, "-m");
        assert!(wide.ends_with("ORPHANED ORPHAN_REASON COMMAND IDLE AGE"), "{wide}");
    });
}

#[test]
fn columns_gives_the_width_in_a_pipe() {
    isolated(|| {
        let _rich = rich();
        let width = |columns: &str, args: &[&str]| {
            let run = quiet(&ours("ipcs", args).env("COLUMNS", columns));
            run.out().lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
        };
        let list = ["-m", "--table"];
        assert!(width("50", &list) <= 50);
        let natural = width("", &list);
        assert!(natural > 60);
        for unusable in ["0", "-1", "wide", "70000"] {
            assert_eq!(width(unusable, &list), natural, "{unusable}");
        }
        // Other formats are for programs.
        assert_eq!(width("50", &["-m"]), width("", &["-m"]));
        assert!(width("50", &["-m", "--json"]) > 50);
    });
}

#[test]
fn json_is_indented_on_a_terminal() {
    isolated(|| {
        let _rich = rich();
        let indented = screen(80, &["-a", "--json"], &[]);
        assert_eq!(indented[..3], ["{", "  \"shm\": [", "    {"]);
        let document = |text: &str| text.parse::<serde_json::Value>().expect("JSON");
        assert_eq!(document(&indented.join("\n")), document(ipcs(&["-a", "--json"]).out()));
        assert_eq!(ipcs(&["-a", "--json"]).out().lines().count(), 1);
        for view in ["-l", "-u"] {
            let indented = screen(80, &[view, "--json"], &[]);
            assert!(indented[1].starts_with("  \""), "{indented:#?}");
            assert_eq!(document(&indented.join("\n")), document(ipcs(&[view, "--json"]).out()));
        }
        let lines = screen(80, &["-a", "--format", "jsonl"], &[]);
        assert_eq!(lines.len(), ipcs(&["-a", "--format", "jsonl"]).out().lines().count());
        assert_eq!(
            screen(80, &["-m", "--owner", "65000", "--json"], &[]),
            ["{", "  \"shm\": []", "}"]
        );
    });
}

#[test]
fn list_columns_fits_the_terminal_and_loses_no_word() {
    let words = |lines: &[String]| {
        let mut words: Vec<_> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
        words.sort_unstable();
        words.join(" ")
    };
    let whole: Vec<_> = ipcs(&["--list-columns"]).out().lines().map(str::to_owned).collect();
    for width in [80, 100, 120] {
        let lines = screen(width, &["--list-columns"], &[("NO_COLOR", "1")]);
        assert!(widest(&lines) <= width.into(), "{lines:#?}");
        assert_eq!(words(&lines), words(&whole));
    }
}

#[test]
fn streams_more_than_a_thousand_rows() {
    isolated(|| {
        let _creator = Creator::named(&[&b"x".repeat(200)]);
        let args = ["-m", "-o", "id,command", "--color", "never"];
        for _ in 1..1000 {
            Shm::private(1, 0o600);
        }
        let fitted = screen(80, &args, &[]);
        assert_eq!((fitted.len(), widest(&fitted)), (1001, 80));
        Shm::private(1, 0o600);
        let streamed = screen(80, &args, &[]);
        assert_eq!(streamed.len(), 1002);
        assert!(streamed[1].ends_with(&"x".repeat(200)), "{}", streamed[1]);
    });
}

//! `--check`: states, texts, exit statuses, and performance data.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::support::actor::Actor;
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{
    add_users, another, cover_with, isolated, other_mounts, require_root, set_sysctl,
};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::posix;
use crate::support::programs::{Outcome, Stdout, ours};

/// One number of the performance data.
#[derive(Debug, Default, PartialEq)]
struct Perf {
    label: String,
    value: u64,
    unit: String,
    warn: Option<u64>,
    crit: Option<u64>,
    min: Option<u64>,
    max: Option<u64>,
}

/// A line of a plugin.
#[derive(Debug)]
struct Line {
    state: String,
    text: String,
    perf: Vec<Perf>,
}

/// Reads performance data as the Monitoring Plugins Development Guidelines define it:
/// `'label'=value[UOM];[warn];[crit];[min];[max]`, separated by spaces.
fn parse_perf(data: &str) -> Vec<Perf> {
    let mut all: Vec<Perf> = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('\'').expect("a quoted label");
        let (label, after) = quoted.split_once("'=").expect("a label and a value");
        assert!(!label.is_empty() && !label.contains(['=', '\'', '|', '\n']), "{label:?}");
        let (fields, next) = after.split_once(' ').unwrap_or((after, ""));
        assert!(next.is_empty() || next.starts_with('\''), "one space between numbers: {data:?}");
        rest = next;
        let fields: Vec<&str> = fields.split(';').collect();
        assert!(fields.len() <= 5, "{fields:?}");
        let digits = fields[0].trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = &fields[0][digits.len()..];
        assert!(["", "B"].contains(&unit), "{unit:?}");
        let number = |at: usize| match fields.get(at) {
            None | Some(&"") => None,
            Some(text) => {
                assert!(text.bytes().all(|byte| byte.is_ascii_digit()), "{text:?}");
                Some(text.parse().expect("64 bits"))
            }
        };
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits:?}");
        let value = digits.parse().expect("a value");
        assert!(all.iter().all(|one| one.label != label), "{label} is there twice");
        all.push(Perf {
            label: label.to_owned(),
            value,
            unit: unit.to_owned(),
            warn: number(1),
            crit: number(2),
            min: number(3),
            max: number(4),
        });
    }
    all
}

/// The parts of the one line that a check prints.
fn parse(output: &str) -> Line {
    let line = output.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "{output:?}");
    let (text, data) = line.split_once(" | ").unwrap_or((line, ""));
    assert!(!text.contains('|') && !data.contains('|'), "{line:?}");
    let (state, text) = text.split_once(" - ").expect("a state and a text");
    let state = state.strip_prefix("IPC ").expect("the name of the check");
    Line { state: state.to_owned(), text: text.to_owned(), perf: parse_perf(data) }
}

/// The line of a run; the exit status has to be that of the state.
fn line(run: &Outcome) -> Line {
    let line = parse(run.out());
    let states = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
    let status = states.iter().position(|state| *state == line.state);
    assert_eq!(run.status, status.and_then(|it| i32::try_from(it).ok()), "{run:?}");
    assert_eq!(run.err(), "", "{run:?}");
    line
}

fn check(args: &[&str]) -> Line {
    line(&ours("ipcs", args).run())
}

fn states(args: &[&str]) -> (String, String) {
    let line = check(args);
    (line.state, line.text)
}

/// The reason of a check that fails.
fn unknown(args: &[&str]) -> String {
    let line = check(args);
    assert_eq!(line.state, "UNKNOWN", "{args:?}: {line:?}");
    assert_eq!(line.perf, [], "{line:?}");
    line.text
}

fn numbers(line: &Line, label: &str) -> [Option<u64>; 5] {
    let found = line.perf.iter().find(|one| one.label == label);
    let one = found.unwrap_or_else(|| panic!("{label} is not in {line:?}"));
    [Some(one.value), one.warn, one.crit, one.min, one.max]
}

#[test]
fn the_state_follows_the_percentage_of_the_fullest_limit() {
    isolated(|| {
        set_sysctl("sem", "32000 100000 500 100");
        let mut made = 0;
        for (sets, state) in
            [(79, "OK"), (80, "WARNING"), (94, "WARNING"), (95, "CRITICAL"), (100, "CRITICAL")]
        {
            (made..sets).for_each(|_| {
                let _ = Sems::private(1, 0o600);
            });
            made = sets;
            let line = check(&["--check"]);
            assert_eq!(line.state, state, "{line:?}");
            let start = format!("semmni {sets}% ({sets} of 100 sets");
            assert!(line.text.starts_with(&start), "{line:?}");
            let sets = Some(sets);
            assert_eq!(numbers(&line, "semmni"), [sets, Some(80), Some(95), Some(0), Some(100)]);
        }
        // The limits of other kinds are not near.
        assert_eq!(check(&["-m", "--check"]).state, "OK");
        assert_eq!(check(&["-ms", "--check"]).state, "CRITICAL");
    });
}

#[test]
fn thresholds_are_percentages_that_include_their_value() {
    isolated(|| {
        set_sysctl("shmmni", "200");
        (0..11).for_each(|_| {
            let _ = Shm::private(1, 0o600);
        });
        for (thresholds, state) in [
            ("5.5,6", "WARNING"),
            ("5.51,6", "OK"),
            ("1,5.5", "CRITICAL"),
            ("5%,5.6%", "WARNING"),
            ("0,0", "CRITICAL"),
            ("100,100", "OK"),
        ] {
            let line = check(&["-m", &format!("--check={thresholds}")]);
            assert_eq!(line.state, state, "{thresholds}: {line:?}");
        }
        // An abbreviation, and the last of several.
        assert_eq!(check(&["-m", "--check=0,0", "--che=90,95"]).state, "OK");
    });
}

#[test]
fn performance_data_has_every_limit_that_is_counted() {
    isolated(|| {
        Shm::private(5000, 0o600);
        Sems::private(7, 0o600);
        Queue::private(0o600);
        set_sysctl("shmall", "1000");
        set_sysctl("msgmni", "33");
        let line = check(&["--check"]);
        let labels: Vec<&str> = line.perf.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["shmmni", "shmall", "msgmni", "semmni", "semmns"]);
        // Two pages of a thousand, in bytes; 80 and 95 percent of 33 are 26.4 and 31.35.
        let page = 4096;
        let shmall = [2, 800, 950, 0, 1000].map(|pages| Some(pages * page));
        assert_eq!(numbers(&line, "shmall"), shmall);
        assert_eq!(line.perf[1].unit, "B");
        assert_eq!(line.perf[0].unit, "");
        assert_eq!(numbers(&line, "msgmni"), [1, 26, 31, 0, 33].map(Some));
        assert_eq!(numbers(&line, "semmns")[0], Some(7));
        let posix = check(&["--posix", "--check"]);
        let labels: Vec<&str> = posix.perf.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["devshm_bytes", "devshm_inodes", "queues_max"]);
        assert_eq!(check(&["--with-posix", "--check"]).perf.len(), 8);
        assert_eq!(check(&["-s", "--with-posix", "--check"]).perf.len(), 2);
    });
}

#[test]
fn from_a_warning_on_the_owner_who_fills_a_limit_is_named() {
    require_root("it gives objects to other users");
    isolated(|| {
        add_users(&[("filler", 5001)]);
        set_sysctl("sem", "32000 30 500 10");
        set_sysctl("shmall", "10");
        for (n, uid) in [5002, 5001, 5001, 5001, 0, 5001, 5001].into_iter().enumerate() {
            Sems::private(1 + i32::from(n == 0) * 20, 0o600).set(uid, 1, 0o600);
        }
        let (state, text) = states(&["-s", "--check"]);
        assert_eq!(
            (&*state, &*text),
            ("WARNING", "semmns 90% (27 of 30 semaphores, 5002 owns 21)"),
            "a user without a name is a number"
        );
        Sems::private(1, 0o600).set(5001, 1, 0o600);
        let (_, text) = states(&["-s", "--check"]);
        let expected = "semmns 93% (28 of 30 semaphores, 5002 owns 21), \
                        semmni 80% (8 of 10 sets, filler owns 6)";
        assert_eq!(text, expected, "the fullest first");
        let (_, numeric) = states(&["-s", "--check", "--numeric"]);
        assert!(numeric.ends_with("5001 owns 6)"), "{numeric}");
        Shm::private(40_000, 0o600).set(5001, 1, 0o600);
        let (state, text) = states(&["-m", "--check"]);
        assert_eq!((&*state, &*text), ("CRITICAL", "shmall 100% (40K of 40K, filler owns 40K)"));
        // Below the warning nobody is named.
        assert_eq!(states(&["-s", "--check=94,95"]).1, "semmns 93% (28 of 30 semaphores)");
    });
}

#[test]
fn a_limit_of_nothing_with_something_in_use_is_critical() {
    isolated(|| {
        set_sysctl("msgmni", "0");
        assert_eq!(check(&["-q", "--check"]).state, "OK");
        set_sysctl("msgmni", "10");
        Queue::private(0o600);
        set_sysctl("msgmni", "0");
        let line = check(&["-q", "--check"]);
        assert_eq!(line.state, "CRITICAL", "{line:?}");
        assert!(line.text.starts_with("msgmni above its limit (1 of 0 queues, "), "{line:?}");
        assert_eq!(numbers(&line, "msgmni"), [1, 0, 0, 0, 0].map(Some));
        // Reduced below what is in use.
        set_sysctl("shmmni", "10");
        (0..8).for_each(|_| {
            let _ = Shm::private(1, 0o600);
        });
        set_sysctl("shmmni", "4");
        let line = check(&["-m", "--check"]);
        assert_eq!(line.state, "CRITICAL", "{line:?}");
        assert!(line.text.starts_with("shmmni 200% (8 of 4 segments, "), "{line:?}");
    });
}

#[test]
fn hostile_names_neither_end_the_line_nor_begin_the_data() {
    require_root("it gives objects to other users");
    isolated(|| {
        add_users(&[("a|b'=1;\x1b[2J", 5001)]);
        set_sysctl("msgmni", "1");
        Queue::private(0o600).set(5001, 1, 0o600);
        let line = check(&["-q", "--check"]);
        assert_eq!(line.text, "msgmni 100% (1 of 1 queues, a\\x7cb'=1;\\x1b[2J owns 1)");
        assert_eq!(line.perf.len(), 1);
        assert!(unknown(&["--check", "--x|y\nz"]).contains("--x\\x7cy\\x0az'"));
    });
}

#[test]
fn a_filter_counts_what_a_killed_process_has_left() {
    require_root("it acts as other users");
    isolated(|| {
        let args = ["--orphaned", "--check=1,10"];
        assert_eq!(states(&args), ("OK".into(), "0 objects match".into()));
        let uid = absent_user();
        left_by(uid, &["segment 4096"]);
        assert_eq!(states(&[&["-m"], &args[..]].concat()).0, "WARNING");
        left_by(uid, &["segment 4096", "segment 1", "set 1"]);
        let line = check(&args);
        let expected = format!("4 objects match (3 segments, 1 semaphore set, {uid} owns 4)");
        assert_eq!((&*line.state, &*line.text), ("WARNING", &*expected));
        assert_eq!(numbers(&line, "objects"), [Some(4), Some(1), Some(10), Some(0), None]);
        for (label, count) in [("shm", 3), ("msg", 0), ("sem", 1)] {
            assert_eq!(numbers(&line, label), [Some(count), None, None, Some(0), None]);
        }
        let line = check(&["-m", "--orphaned", "--check=3,4"]);
        let expected = format!("3 segments match ({uid} owns 3)");
        assert_eq!((&*line.state, &*line.text), ("WARNING", &*expected));
        assert_eq!(line.perf.len(), 1, "one kind has one number");
        assert_eq!(states(&["-m", "--orphaned", "--check=1,3"]).0, "CRITICAL");
        assert_eq!(states(&["-m", "--orphaned", "--check=4,4"]).0, "OK");
        // Used objects of the same owner are not counted.
        let one = states(&["-s", "--owner", &uid.to_string(), "--check=1,2"]);
        assert_eq!(one, ("WARNING".into(), format!("1 semaphore set matches ({uid} owns 1)")));
    });
}

#[test]
fn what_could_not_be_looked_at_is_unknown_unless_it_is_critical() {
    require_root("it acts as another user");
    isolated(|| {
        let uid = absent_user();
        left_by(uid, &["segment 4096", "segment 4096"]);
        let as_nobody = |args: &[&str]| line(&ours("ipcs", args).nobody().run());
        left_by(uid, &["set 1"]);
        // Who could use a set is hidden, and segments show it themselves.
        let hidden = as_nobody(&["--orphaned", "--check=5,10"]);
        assert_eq!(hidden.state, "UNKNOWN", "{hidden:?}");
        assert!(hidden.text.contains("could not be inspected: permission denied"), "{hidden:?}");
        assert!(hidden.text.ends_with("; 2 objects match (2 segments)"), "{hidden:?}");
        assert_eq!(numbers(&hidden, "objects")[0], Some(2));
        // A warning may be worse than it looks.
        assert_eq!(as_nobody(&["--orphaned", "--check=1,10"]).state, "UNKNOWN");
        let critical = as_nobody(&["--orphaned", "--check=1,2"]);
        assert_eq!(critical.state, "CRITICAL");
        assert!(critical.text.starts_with("2 objects match (2 segments, "), "{critical:?}");
        assert!(critical.text.contains("could not be inspected: "), "{critical:?}");
        assert_eq!(as_nobody(&["-m", "--orphaned", "--check=5,10"]).state, "OK");
        // A filter that needs no processes has nothing to hide.
        let owned = as_nobody(&["-m", "--owner", &uid.to_string(), "--check=5,10"]);
        assert_eq!(owned.state, "OK");
        // A row that cannot be parsed.
        Queue::private(0o600);
        other_mounts(|| {
            let mut rows = fs::read("/proc/sysvipc/msg").expect("the queues");
            rows.extend_from_slice(b"nonsense\n");
            cover_with("/proc/sysvipc/msg", &rows);
            let gap = check(&["-q", "--owner", "0", "--check=2,3"]);
            assert_eq!(gap.state, "UNKNOWN", "{gap:?}");
            assert!(gap.text.starts_with("/proc/sysvipc/msg: line 3: "), "{gap:?}");
            assert_eq!(check(&["-q", "--owner", "0", "--check=1,1"]).state, "CRITICAL");
        });
    });
}

#[test]
fn a_limit_that_cannot_be_read_is_unknown_unless_another_is_critical() {
    require_root("it acts as another user");
    isolated(|| {
        // Queues need a mount, which nobody may not make.
        let as_nobody = |args: &[&str]| line(&ours("ipcs", args).nobody().run());
        let unread = as_nobody(&["-q", "--posix", "--check"]);
        assert_eq!(unread.state, "UNKNOWN", "{unread:?}");
        assert!(unread.text.starts_with("cannot read POSIX message queues: "), "{unread:?}");
        let both = as_nobody(&["-q", "--with-posix", "--check"]);
        assert_eq!(both.state, "UNKNOWN", "{both:?}");
        assert!(both.text.ends_with("; msgmni 0% (0 of 32000 queues)"), "{both:?}");
        assert_eq!(both.perf.len(), 1, "{both:?}");
        set_sysctl("msgmni", "1");
        Queue::private(0o600);
        let critical = as_nobody(&["-q", "--with-posix", "--check"]);
        assert_eq!(critical.state, "CRITICAL", "{critical:?}");
        let starts = critical.text.starts_with("msgmni 100% (1 of 1 queues, root owns 1); cannot ");
        assert!(starts, "{critical:?}");
    });
}

#[test]
fn posix_objects_are_counted_too() {
    require_root("it gives files to other users");
    isolated(|| {
        posix::shm("one", 10, 0o600);
        posix::shm("two", 10, 0o600);
        posix::semaphore("three", 1);
        let line = check(&["--posix", "--owner", "0", "--check=1,9"]);
        let expected = "3 objects match (2 shared memory objects, 1 POSIX semaphore, root owns 3)";
        assert_eq!((&*line.state, &*line.text), ("WARNING", expected));
        assert_eq!(numbers(&line, "pshm")[0], Some(2));
        let none = unknown(&["-s", "--posix", "--check"]);
        assert!(none.starts_with("POSIX semaphores have no limit to check"), "{none}");
    });
}

#[test]
fn every_namespace_is_checked() {
    require_root("it enters other namespaces");
    isolated(|| {
        let number = || fs::metadata("/proc/thread-self/ns/ipc").expect("a namespace").ino();
        let here = number();
        let (mut actor, other) = another(|| {
            set_sysctl("msgmni", "1");
            (Actor::start(), number())
        });
        actor.make_queue();
        assert_eq!(check(&["-q", "--check"]).state, "OK");
        let pid = actor.pid().to_string();
        let one = check(&["-q", "--check", "--namespace", &pid]);
        assert_eq!(one.state, "CRITICAL", "{one:?}");
        assert_eq!(one.text, "msgmni 100% (1 of 1 queues, root owns 1)");
        assert_eq!(one.perf[0].label, "msgmni");
        // Namespaces of other tests may be there too, so only the exit status of their worst is sure.
        let all = check(&["-q", "--check", "--namespace", "all"]);
        assert_eq!(all.state, "CRITICAL", "{all:?}");
        assert!(all.text.starts_with("namespace "), "{all:?}");
        assert_eq!(numbers(&all, &format!("{here}_msgmni"))[0], Some(0));
        assert_eq!(numbers(&all, &format!("{other}_msgmni")), [1, 0, 0, 0, 1].map(Some));
        let counted = check(&["-q", "--owner", "0", "--check=1,1", "--namespace", "all"]);
        assert_eq!(counted.state, "CRITICAL", "{counted:?}");
        assert_eq!(numbers(&counted, &format!("{other}_objects"))[0], Some(1));
        assert_eq!(unknown(&["--check", "--namespace", "99999999"]), "no process 99999999");
    });
}

#[test]
fn every_error_has_its_reason_and_status_3() {
    isolated(|| {
        for (args, expected) in [
            (&["--check", "80,95"][..], "unknown argument: 80,95 (write --check=80,95)"),
            (&["--check=95,80"], "--check: the warning threshold 95 is above the critical one 80"),
            (&["--check=x,95"], "--check: 'x' is not a percentage such as 80 or 99.5"),
            (&["--check=80"], "--check needs two thresholds instead of '80', as in --check=80,95"),
            (&["--check="], "--check needs two thresholds instead of '', as in --check=80,95"),
            (
                &["--check", "--orphaned"],
                "--check with --orphaned needs numbers of objects, as in --check=1,10",
            ),
            (
                &["--orphaned", "--check=1%,10"],
                "--check: '1%' is not a number of objects such as 10",
            ),
            (&["--check", "-X"], "invalid option -- 'X'"),
            (&["-X", "--ch"], "invalid option -- 'X'"),
            (&["--nonsense", "--check"], "unrecognized option '--nonsense'"),
            (&["--check", "--owner"], "option '--owner' requires an argument"),
            (&["--check", "-i", "x"], "failed to parse id argument: 'x'"),
        ] {
            assert_eq!(unknown(args), expected, "{args:?}");
        }
        let many = unknown(&["--check=1,2", "--key=a,b,c,d", "--owner=no such user"]);
        assert!(
            many.starts_with("--owner: ") && many.ends_with("; there are more errors"),
            "{many}"
        );
        let above = unknown(&["--check=80,101"]);
        assert!(above.starts_with("--check: '101' is above 100 percent"), "{above}");
        let user = unknown(&["--owner", "no such user", "--check=1,10"]);
        assert!(user.starts_with("--owner: unknown user 'no such user'"), "{user}");
        // The value of an option, and an operand.
        for args in [&["--owner", "--check"][..], &["--json", "--", "--check"]] {
            assert_eq!(ours("ipcs", args).run().status, Some(1), "{args:?}");
        }
    });
}

#[test]
fn what_a_check_does_not_show_cannot_be_combined_with_it() {
    isolated(|| {
        for words in [
            &["-l"][..],
            &["-u"],
            &["-t"],
            &["-p"],
            &["-c"],
            &["-P"],
            &["-i", "0"],
            &["--name", "x"],
            &["--group-by", "owner"],
            &["--json"],
            &["--table"],
            &["--format", "csv"],
            &["--sort", "id"],
            &["--top", "1"],
            &["--output", "id"],
            &["--prometheus"],
            &["--explain", "semget"],
            &["--list-columns"],
            &["--list-namespaces"],
        ] {
            let reason = unknown(&[&["--check"], words].concat());
            let expected = format!(
                "{} cannot be used with --check: a check prints one line of its own",
                words[0]
            );
            assert_eq!(reason, expected);
        }
    });
}

#[test]
fn a_failed_write_is_status_3_and_a_closed_pipe_is_quiet() {
    isolated(|| {
        let run = |stdout, args: &[&str]| ours("ipcs", args).stdout(stdout).run();
        let full = run(Stdout::Full, &["--check"]);
        assert_eq!(full.status, Some(3), "{full:?}");
        assert_eq!(full.err(), "ipcs: write error: No space left on device\n");
        assert_eq!(run(Stdout::Full, &["--check", "-X"]).status, Some(3));
        for stdout in [Stdout::NoReader, Stdout::Closed] {
            let gone = run(stdout, &["--check"]);
            assert_eq!((gone.status, gone.err()), (Some(0), ""), "{gone:?}");
        }
        set_sysctl("msgmni", "1");
        Queue::private(0o600);
        let gone = run(Stdout::NoReader, &["--check"]);
        assert_eq!((gone.status, gone.err()), (Some(2), ""), "{gone:?}");
    });
}

/// Much memory is needed for the values of options, after the option itself was seen.
#[test]
fn too_little_memory_is_status_3() {
    isolated(|| {
        let keys = format!("--key={}", ["1"; 60_000].join(","));
        let args = [&["-q", "--check=1,2"][..], &[keys.as_str(); 8]].concat();
        let refused = (2..64).filter(|step| {
            let limit = format!("--data={}", step * 256 * 1024);
            let run = ours("ipcs", &args).through(&["/usr/bin/prlimit", &limit]).run();
            run.status == Some(3) && run.stderr == b"ipcs: out of memory\n"
        });
        assert!(refused.count() > 0, "no run had too little memory");
    });
}

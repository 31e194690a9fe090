//! Filters of lists: what they select in every format, and which values and views they refuse.

use std::thread;
use std::time::Duration;

use super::{KINDS, LONG_NAME, LONG_UID, NAMELESS, document, ipcs, refused, rich};
use crate::support::json::names;
use crate::support::namespace::{add_users, isolated, require_users};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::ours;
use crate::support::sys::now;

/// Why totals refuse a filter.
const TOTALS: &str =
    "totals cannot be filtered or sorted without --group-by: ipcs -u --group-by owner";

/// The selected objects, as `shm0 msg1`.
fn selected(args: &[&str]) -> String {
    let document = document(&ipcs(&[args, &["--json"]].concat()));
    let lists = KINDS.map(|(_, kind)| names(&document[kind]));
    lists.into_iter().filter(|list| !list.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn filters_by_owner_creator_and_group() {
    isolated(|| {
        let _rich = rich();
        as_user(1, 7, || Sems::private(1, 0o600));
        let nameless = NAMELESS.to_string();
        for (args, expected) in [
            (&["--owner", LONG_NAME][..], "shm2 msg2 sem2"),
            (&["--owner", "4242"], "shm2 msg2 sem2"),
            (&["--owner", &nameless], "shm1 msg1 sem1"),
            (&["--owner", "daemon"], "sem3"),
            // The values of a comma list are alternatives.
            (&["--owner", "daemon,4242"], "shm2 msg2 sem2 sem3"),
            // Different filters must all match.
            (&["--owner", LONG_NAME, "--created-by", "root"], "shm2 msg2 sem2"),
            (&["--owner", LONG_NAME, "--created-by", "daemon"], ""),
            (&["--created-by", "1"], "sem3"),
            (&["--group", LONG_NAME], "shm2 msg2 sem2"),
            (&["--group", "3999999999"], "shm1 msg1 sem1"),
            (&["--group", "7"], "sem3"),
            // The last of repeated filters wins.
            (&["--owner", "daemon", "--owner", LONG_NAME], "shm2 msg2 sem2"),
            (&["--owner=1"], "sem3"),
        ] {
            assert_eq!(selected(args), expected, "{args:?}");
        }
    });
}

/// Some systems have numeric user names. A name has precedence over a number.
#[test]
fn accepts_numeric_user_names() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[("5151", 6161)]);
        Shm::private(1, 0o600).set(5151, 5151, 0o600);
        Shm::private(1, 0o600).set(6161, 6161, 0o600);
        for filter in ["--owner", "--group"] {
            assert_eq!(selected(&[filter, "5151"]), "shm1", "{filter}");
            assert_eq!(selected(&[filter, "6161"]), "shm1", "{filter}");
        }
    });
}

#[test]
fn filters_by_key_in_any_base() {
    isolated(|| {
        let _rich = rich();
        for (key, expected) in [
            ("0x1234", "shm0"),
            ("4660", "shm0"),
            ("011064", "shm0"),
            ("0xFFFFFFFF", "shm4"),
            ("-1", "shm4"),
            ("0x77", "msg0 sem0"),
            ("0xdeadbeef,0x1234", "shm0 msg2"),
            ("3735928559", "msg2"),
            ("-559038737", "msg2"),
            // Private objects, and a segment that was removed while attached.
            ("0", "shm1 shm2 shm3 msg1 sem1 sem2"),
            ("0x999", ""),
        ] {
            assert_eq!(selected(&["--key", key]), expected, "{key}");
        }
    });
}

#[test]
fn filters_by_the_presence_of_a_key() {
    isolated(|| {
        let _rich = rich();
        // shm3 was removed while attached: nobody knows its key.
        for (key, expected) in [
            ("none", "shm1 shm2 msg1 sem1 sem2"),
            ("any", "shm0 shm4 msg0 msg2 sem0"),
            ("none,0x77", "shm1 shm2 msg0 msg1 sem0 sem1 sem2"),
            ("any,none", "shm0 shm1 shm2 shm4 msg0 msg1 msg2 sem0 sem1 sem2"),
        ] {
            assert_eq!(selected(&["--key", key]), expected, "{key}");
        }
    });
}

#[test]
fn filters_by_a_largest_size() {
    isolated(|| {
        let _rich = rich();
        for (sizes, expected) in [
            (&["--max-size", "0"][..], "msg1 msg2"),
            (&["--max-size", "1"], "shm0 msg1 msg2 sem2"),
            (&["--max-size", "4K"], "shm0 shm4 msg0 msg1 msg2 sem0 sem1 sem2"),
            // A fraction of a byte is rounded down.
            (&["--max-size", "1.49999KB"], "shm0 msg1 msg2 sem0 sem1 sem2"),
            (&["--max-size", "1500", "--min-size", "1500"], "msg0"),
            (&["--max-size", "1500", "--min-size", "2"], "msg0 sem0 sem1"),
        ] {
            assert_eq!(selected(sizes), expected, "{sizes:?}");
        }
    });
}

#[test]
fn filters_queues_by_fullness() {
    isolated(|| {
        let [empty, bytes, messages] = [(); 3].map(|()| Queue::private(0o600));
        Shm::private(1, 0o600);
        Sems::private(1, 0o600);
        for queue in [empty, bytes, messages] {
            queue.set_with_capacity(0, 0, 0o600, 1000);
        }
        bytes.send(925);
        (0..80).for_each(|_| messages.send(0));
        for (percent, expected) in [
            ("0", "msg0 msg1 msg2"),
            ("0.1", "msg1 msg2"),
            ("8", "msg1 msg2"),
            ("8.0%", "msg1 msg2"),
            ("8.01", "msg1"),
            ("92.5%", "msg1"),
            ("92.50000001", ""),
            ("100", ""),
        ] {
            assert_eq!(selected(&["--full", percent]), expected, "{percent}");
        }
        // The columns need no capacity.
        let run = ipcs(&["-q", "--full", "90%", "--format", "raw", "-o", "id", "--no-headings"]);
        assert_eq!(run.out(), "1\n");
        // A capacity that was reduced.
        bytes.set_with_capacity(0, 0, 0o600, 500);
        assert_eq!(selected(&["--full", "185"]), "msg1");
        bytes.set_with_capacity(0, 0, 0o600, 0);
        assert_eq!(selected(&["--full", "0"]), "msg0 msg2");
    });
}

#[test]
fn filters_by_size() {
    isolated(|| {
        let _rich = rich();
        for (size, expected) in [
            ("0", "shm0 shm1 shm2 shm3 shm4 msg0 msg1 msg2 sem0 sem1 sem2"),
            ("1", "shm0 shm1 shm2 shm3 shm4 msg0 sem0 sem1 sem2"),
            ("3", "shm1 shm2 shm3 shm4 msg0 sem0 sem1"),
            ("1500", "shm1 shm2 shm3 shm4 msg0"),
            ("1501", "shm1 shm2 shm3 shm4"),
            ("4K", "shm1 shm2 shm3 shm4"),
            ("5KB", "shm1 shm2 shm3"),
            ("5000", "shm1 shm2 shm3"),
            // A fraction of a byte is rounded up.
            ("4.0001K", "shm1 shm2 shm3"),
            ("1.4999KB", "shm1 shm2 shm3 shm4 msg0"),
            ("1.50001KB", "shm1 shm2 shm3 shm4"),
            ("5KiB", "shm2 shm3"),
            ("1M", "shm2 shm3"),
            ("1.5M", "shm2"),
            ("3GB", "shm2"),
            ("3G", ""),
            ("1E", ""),
        ] {
            assert_eq!(selected(&["--min-size", size]), expected, "{size}");
        }
    });
}

#[test]
fn filters_by_age() {
    isolated(|| {
        Shm::private(1, 0o600);
        let used = Sems::private(1, 0o600);
        let queue = Queue::private(0o600);
        let made = now();
        // The test can only wait for objects to age.
        while now() < made + 3 {
            thread::sleep(Duration::from_millis(50));
        }
        used.operate(0, 1);
        queue.send(1);
        // The unused object is at least this old; the used ones are three seconds younger.
        let age = || format!("{}s", now() - made);
        assert_eq!(selected(&["--idle", &age()]), "shm0");
        assert_eq!(selected(&["--older", &age()]), "shm0 msg0 sem0");
        queue.set(0, 0, 0o640);
        assert_eq!(selected(&["--older", &age()]), "shm0 sem0");
        assert_eq!(selected(&["--idle", "0s"]), "shm0 msg0 sem0");
        assert_eq!(selected(&["--older", "0s"]), "shm0 msg0 sem0");
        assert_eq!(selected(&["--older", "1h30m"]), "");
        assert_eq!(selected(&["--older", "99999d"]), "");
        assert_eq!(selected(&["--older", "1w2d"]), "");
        assert_eq!(selected(&["--idle", &age(), "--older", "1h"]), "");
    });
}

#[test]
fn filters_every_format_and_view() {
    isolated(|| {
        let _rich = rich();
        for format in ["classic", "table", "json", "jsonl", "raw", "export", "csv"] {
            let with = |args: &[&str]| ipcs(&[&["-q", "--format", format], args].concat());
            let all = with(&[]);
            let filtered = with(&["--key", "0x77"]);
            for (key, matches) in
                [("0x00000077", true), ("0xdeadbeef", false), ("0x00000000", false)]
            {
                assert!(all.out().contains(key), "{all:?}");
                assert_eq!(filtered.out().contains(key), matches, "{filtered:?}");
            }
            // No match is an empty listing, not an error.
            let nothing = with(&["--key", "0x999"]);
            assert!(!nothing.out().contains("0x0"), "{nothing:?}");
        }
        for (view, id) in [("-t", "2 "), ("-p", "2 "), ("-c", "2 ")] {
            let run = ipcs(&["-m", view, "--owner", LONG_NAME]);
            let rows: Vec<_> = run
                .out()
                .lines()
                .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
                .collect();
            assert!(rows.len() == 1 && rows[0].starts_with(id), "{run:?}");
        }
    });
}

#[test]
fn filtered_classic_lists_keep_title_and_headings() {
    require_users("it gives objects to other users");
    isolated(|| {
        Shm::keyed(0x10, 4096, 0o600);
        Shm::keyed(0x11, 4096, 0o600).set(LONG_UID, 0, 0o600);
        let run = ipcs(&["-m", "--owner", "4242"]);
        assert_eq!(
            run.out(),
            "\n------ Shared Memory Segments --------\n\
             key        shmid      owner      perms      bytes      nattch     status      \n\
             0x00000011 1          4242       600        4096       0                       \n\n"
        );
        let none = ipcs(&["-m", "--owner", "4243"]);
        assert_eq!(none.out().lines().count(), 4);
    });
}

#[test]
fn prints_an_empty_listing_in_every_format() {
    isolated(|| {
        Shm::private(1, 0o600);
        for (format, expected) in [
            ("table", "KEY  ID  PERMS  OWNER  SIZE  NATTCH  STATUS  CTIME  CPID  LPID\n"),
            ("json", "{\"shm\":[]}\n"),
            ("jsonl", ""),
            ("csv", "key,id,perms,owner,size,nattch,status,ctime,cpid,lpid\r\n"),
            ("raw", "KEY ID PERMS OWNER SIZE NATTCH STATUS CTIME CPID LPID\n"),
            ("export", ""),
        ] {
            let run = ipcs(&["-m", "--format", format, "--min-size", "1G"]);
            assert_eq!(run.out(), expected);
        }
    });
}

#[test]
fn reports_every_invalid_value_with_an_example() {
    isolated(|| {
        for (option, value, reason) in [
            (
                "--owner",
                "nosuch",
                "unknown user 'nosuch' (expected a name or a number such as 1000; all names: getent passwd)",
            ),
            (
                "--owner",
                "",
                "unknown user '' (expected a name or a number such as 1000; all names: getent passwd)",
            ),
            (
                "--owner",
                ",,",
                "unknown user '' (expected a name or a number such as 1000; all names: getent passwd)",
            ),
            (
                "--group",
                "99999999999",
                "group '99999999999' is out of range: the maximum is 4294967295",
            ),
            (
                "--owner",
                "-1",
                "unknown user '-1' (expected a name or a number such as 1000; all names: getent passwd)",
            ),
            (
                "--owner",
                "4294967296",
                "user '4294967296' is out of range: the maximum is 4294967295",
            ),
            (
                "--created-by",
                "x",
                "unknown user 'x' (expected a name or a number such as 1000; all names: getent passwd)",
            ),
            (
                "--group",
                "nosuch",
                "unknown group 'nosuch' (expected a name or a number such as 100; all names: getent group)",
            ),
            (
                "--owner",
                "rooot",
                "unknown user 'rooot'; did you mean 'root'? All names: getent passwd",
            ),
            (
                "--group",
                "Root",
                "unknown group 'Root'; did you mean 'root'? All names: getent group",
            ),
            (
                "--key",
                "zz",
                "'zz' is not a key such as 0x1234, 4660 or 011064, or the word none or any",
            ),
            (
                "--key",
                "",
                "'' is not a key such as 0x1234, 4660 or 011064, or the word none or any",
            ),
            (
                "--key",
                "4294967296",
                "'4294967296' is out of range: keys range from -2147483648 to 4294967295",
            ),
            ("--min-size", "1x", "'1x' is not a size such as 4096, 64K or 1.5GiB"),
            ("--min-size", "-1", "'-1' is not a size such as 4096, 64K or 1.5GiB"),
            ("--min-size", "16E", "'16E' is too large: sizes must be less than 16E"),
            (
                "--key",
                "None",
                "'None' is not a key such as 0x1234, 4660 or 011064, or the word none or any",
            ),
            ("--max-size", "x", "'x' is not a size such as 4096, 64K or 1.5GiB"),
            ("--max-size", "16E", "'16E' is too large: sizes must be less than 16E"),
            ("--full", "full", "'full' is not a percentage such as 80, 80% or 99.5"),
            ("--full", "-1", "'-1' is not a percentage such as 80, 80% or 99.5"),
            ("--full", "99999999999999999999", "'99999999999999999999' has too many digits"),
            ("--used-by", "0", "'0' is out of range: process IDs range from 1 to 4194304"),
            ("--used-by", "-1", "'-1' is not a process ID such as 1234"),
            ("--used-by", "postgres", "'postgres' is not a process ID such as 1234"),
            (
                "--used-by",
                "4194305",
                "'4194305' is out of range: process IDs range from 1 to 4194304",
            ),
            ("--older", "5", "'5' is not a duration such as 90s, 15min, 2h, 3d, 1w or 1h30m"),
            ("--older", "", "'' is not a duration such as 90s, 15min, 2h, 3d, 1w or 1h30m"),
            (
                "--idle",
                "30m1h",
                "'30m1h' is not a duration such as 90s, 15min, 2h, 3d, 1w or 1h30m",
            ),
            ("--idle", "99999999999999999999d", "'99999999999999999999d' is too long a duration"),
        ] {
            assert_eq!(refused(&[&format!("{option}={value}")]), format!("{option}: {reason}"));
        }
        assert_eq!(
            refused(&["--min-size", "5", "--max-size", "4"]),
            "--min-size 5 is more than --max-size 4: nothing would match"
        );
        // Each invalid value has its own line.
        let two = refused(&["--owner", "root,nosuch,0,again", "--older", "x"]);
        assert_eq!(two.lines().count(), 3, "{two}");
        // Also an overridden value must be valid.
        let early = refused(&["--key", "zz", "--key", "5", "--owner", "nosuch,x", "--owner", "0"]);
        assert_eq!(early.lines().count(), 3, "{early}");
        let raw = ours("ipcs", ["--owner", "e\x1b[31m"]).run();
        assert!(raw.err().contains("unknown user 'e\\x1b[31m'"), "{raw:?}");
    });
}

#[test]
fn refuses_filters_outside_lists() {
    isolated(|| {
        Shm::private(1, 0o600);
        for filter in [
            "--owner=0",
            "--created-by=0",
            "--group=0",
            "--key=0",
            "--min-size=1",
            "--max-size=1",
            "--full=1",
            "--used-by=1",
            "--older=0s",
            "--idle=0s",
            "--unused",
            "--orphaned",
            "--sort=id",
            "--top=1",
        ] {
            let name = filter.split('=').next().unwrap_or(filter);
            for (args, view, reason) in [
                (&["-l"][..], "-l", "limits cannot be filtered or sorted"),
                (&["-u"], "-u", TOTALS),
                (&["-u", "--json"], "-u", TOTALS),
                (&["-m", "-i", "0"], "-i", "a single object cannot be filtered or sorted"),
                (&["-m", "-i0", "--table"], "-i", "a single object cannot be filtered or sorted"),
            ] {
                let expected = format!("{name} cannot be used with {view}: {reason}");
                assert_eq!(refused(&[args, &[filter]].concat()), expected);
            }
        }
    });
}

#[test]
fn abbreviations_prefer_options_of_util_linux() {
    isolated(|| {
        Shm::private(1, 0o600);
        // --li is --limits although it also abbreviates --list-columns. --o abbreviates no option of
        // util-linux.
        assert!(ipcs(&["--li"]).out().contains("Limits"));
        assert!(ipcs(&["--list-c"]).out().starts_with("COLUMN"));
        assert_eq!(selected(&["--own", "0"]), "shm0");
        assert_eq!(selected(&["--min", "2"]), "");
        let both = refused(&["--o", "0"]);
        assert!(both.contains("ambiguous") && both.contains("--older"), "{both}");
    });
}

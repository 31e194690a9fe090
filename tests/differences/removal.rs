//! `ipcrm` and `ipcmk`.

use std::fs;

use crate::compat::fixture::{left, run_on};
use crate::compat::states::Held;
use crate::compat::usage::usage_problem;
use crate::support::namespace::{isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::{NOBODY, Outcome, ours};

/// Ids 0 and 1 of each kind; the keys are 0x12 and none.
fn two_of_each() -> Held {
    Shm::keyed(0x12, 4096, 0o600);
    Queue::keyed(0x12, 0o600);
    Sems::keyed(0x12, 1, 0o600);
    Shm::private(4096, 0o600);
    Queue::private(0o600);
    Sems::private(1, 0o600);
    Held::new()
}

/// What is left, as `shm0 shm1 msg0 ...`.
fn ids(left: &str) -> String {
    let id = |line: &str| {
        let mut fields = line.split(' ');
        let kind = fields.next().unwrap_or_default().to_owned();
        kind + fields.nth(1).unwrap_or_default()
    };
    left.lines().map(id).collect::<Vec<_>>().join(" ")
}

const ALL: &str = "shm0 shm1 msg0 msg1 sem0 sem1";

/// Runs ours on two objects of each kind; gives what it said and the ids left.
fn ipcrm(args: &[&str]) -> (Outcome, String) {
    let run = run_on(two_of_each, &ours("ipcrm", args));
    (run.outcome, ids(&run.left))
}

/// Our ipcrm must refuse this as a whole.
fn refused(args: &[&str]) -> Outcome {
    let (run, left) = ipcrm(args);
    assert_eq!(usage_problem("ipcrm", &run), None, "ipcrm {args:?}");
    assert_eq!(left, ALL, "nothing is removed by ipcrm {args:?}");
    run
}

/// util-linux 2.38 refuses the `=`, later ones strip it.
#[test]
fn an_equals_sign_before_the_kind() {
    isolated(|| {
        let (run, left) = ipcrm(&["-v", "-a=msg"]);
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(left, "shm0 shm1 sem0 sem1");
    });
}

/// util-linux removes everything of every kind.
#[test]
fn a_word_after_all() {
    isolated(|| {
        for (args, hint) in [
            (&["-a", "shm"][..], "--all=shm"),
            (&["--all", "sem"], "--all=sem"),
            (&["-va", "msg"], "--all=msg"),
            (&["msg", "-a"], ""),
            (&["-a", "foo"], ""),
            (&["-ashm", "sem"], ""),
        ] {
            let run = refused(args);
            assert!(run.err().contains(hint), "{hint} is shown: {}", run.err());
        }
    });
}

/// util-linux has removed the first ones by then.
#[test]
fn a_malformed_argument_beside_good_ones() {
    isolated(|| {
        for (args, reasons) in [
            (&["-m", "0", "-m", "bad", "-m", "1"][..], 1),
            (&["-m", "0", "left-over"], 1),
            (&["left-over", "-m", "0"], 1),
            (&["-m", "0", "-q", ""], 1),
            (&["-m", "bad", "-q", "worse", "-M", "zz", "-s", "0"], 3),
            (&["-S", "0x12", "-m", "99999999999", "-q", "1e1"], 2),
            (&["-m", "0", "-x"], 1),
            (&["-m", "0", "-q"], 1),
            (&["-m", "0", "--nosuch"], 1),
            (&["-a", "-m", "bad"], 1),
            (&["-m", "0", "-aX"], 1),
            (&["shm", "0", "abc", "1"], 1),
            (&["shm", "abc", "0", "def"], 2),
        ] {
            let run = refused(args);
            assert_eq!(
                run.err().lines().count(),
                reasons + 1,
                "a line for each malformed argument of {args:?}: {}",
                run.err()
            );
        }
        let run = refused(&["-m", "7", "-m", "bad", "-m", "8"]);
        let reason = "ipcrm: failed to parse argument: 'bad'\n";
        assert!(run.err().starts_with(reason), "{}", run.err());
        let run = refused(&["shm", "0", "abc"]);
        assert!(run.err().starts_with("ipcrm: invalid id: abc\n"), "{}", run.err());
    });
}

/// util-linux wraps round and removes another object.
#[test]
fn ids_out_of_range() {
    isolated(|| {
        for args in [
            ["shm", ""],
            ["shm", " "],
            ["shm", "4294967296"],
            ["msg", "4294967297"],
            ["sem", "18446744073709551616"],
            ["sem", "2147483648"],
            ["shm", "-4294967296"],
            ["-m", "4294967296"],
        ] {
            refused(&args);
        }
    });
}

/// util-linux keeps the low 32 bits.
#[test]
fn keys_out_of_range() {
    isolated(|| {
        for key in [
            "0x100000012",
            "4294967296",
            "0x100000000",
            "-2147483649",
            "-4294967278",
            "18446744073709551615",
            "99999999999999999999",
        ] {
            for option in ["-M", "-Q", "-S"] {
                refused(&[option, key]);
            }
        }
        // The ends of the range are keys that do not exist here.
        for key in ["-2147483648", "-1", "4294967295", "0xffffffff"] {
            let (run, left) = ipcrm(&["-M", key]);
            let expected = format!("ipcrm: invalid key ({key})\n");
            assert_eq!((run.status, run.err()), (Some(1), &*expected));
            assert_eq!(left, ALL);
        }
    });
}

/// util-linux refuses them.
#[test]
fn ids_in_hex() {
    isolated(|| {
        for (args, expected) in [
            (&["-m", "0x1"][..], "shm0 msg0 msg1 sem0 sem1"),
            (&["-q", "0X0"], "shm0 shm1 msg1 sem0 sem1"),
            (&["--semaphore-id=0x0001"], "shm0 shm1 msg0 msg1 sem0"),
            // A leading zero alone is decimal, as ever.
            (&["-m", "01"], "shm0 msg0 msg1 sem0 sem1"),
        ] {
            let (run, left) = ipcrm(args);
            assert_eq!((run.status, run.err()), (Some(0), ""), "ipcrm {args:?}");
            assert_eq!(left, expected, "ipcrm {args:?}");
        }
        let (run, _) = ipcrm(&["-m", "010"]);
        assert_eq!((run.status, run.err()), (Some(1), "ipcrm: invalid id (10)\n"));
        let (run, _) = ipcrm(&["-m", "0x10"]);
        assert_eq!(run.status, Some(1), "there is no id 16");
        assert!(run.err().starts_with("ipcrm: invalid id ("), "{}", run.err());
    });
}

/// util-linux shows the id in place of the key.
#[test]
fn errors_by_key_show_the_key() {
    require_root("it removes objects as another user");
    isolated(|| {
        Shm::keyed(0x12, 4096, 0o644);
        Queue::keyed(0x13, 0o644);
        Sems::keyed(0x14, 1, 0o644);
        for (option, key) in [("-M", "0x12"), ("-M", "18"), ("-Q", "023"), ("-S", "0x14")] {
            let run = ours("ipcrm", [option, key]).nobody().run();
            let expected = format!("ipcrm: permission denied for key ({key})\n");
            assert_eq!((run.status, run.err()), (Some(1), &*expected), "{option}");
        }
    });
}

/// Newer versions of util-linux also empty /dev/shm.
#[test]
fn all_means_system_v() {
    isolated(|| {
        two_of_each();
        // A private file system of the test's namespace, not the system's.
        fs::write("/dev/shm/somebodys-file", "data").expect("writing to the private /dev/shm");
        let run = ours("ipcrm", ["-a"]).run();
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""));
        assert_eq!(left(), "");
        assert!(fs::exists("/dev/shm/somebodys-file").expect("looking for the file"));
    });
}

/// util-linux skips them in silence.
#[test]
fn all_takes_your_own_unreadable_objects() {
    require_root("it removes objects as another user");
    isolated(|| {
        as_user(NOBODY, NOBODY, || {
            for mode in [0, 0o200, 0o044] {
                Shm::private(4096, mode);
                Queue::private(mode);
                Sems::private(1, mode);
            }
        });
        // Given to nobody by its creator, and neither is readable.
        Shm::private(4096, 0).set(NOBODY, NOBODY, 0);
        // Neither nobody's nor readable: silently skipped.
        Queue::private(0o600);
        // Readable, but not nobody's.
        Sems::private(1, 0o644);
        let run = ours("ipcrm", ["-a"]).nobody().run();
        assert_eq!(
            (run.status, run.out(), run.err()),
            (Some(1), "", "ipcrm: permission denied for id (3)\n")
        );
        assert_eq!(ids(&left()), "msg3 sem3");
    });
}

/// util-linux only reports what follows it.
#[test]
fn verbose_counts_for_the_whole_line() {
    isolated(|| {
        for args in [
            &["-m", "0", "-v", "-q", "0"][..],
            &["-m0", "-q0", "--verbose"],
            &["-M", "0x12", "-vQ", "0x12"],
        ] {
            let (run, left) = ipcrm(args);
            let expected = "removing shared memory segment id `0'\n\
                            removing message queue id `0'\n";
            assert_eq!((run.status, run.out(), run.err()), (Some(0), expected, ""));
            assert_eq!(left, "shm1 msg1 sem0 sem1");
        }
    });
}

/// util-linux has removed what stands before.
#[test]
fn help_and_version_remove_nothing() {
    isolated(|| {
        for option in ["-h", "--help", "-V", "--version"] {
            for args in [
                &["-m", "0", option][..],
                &[option, "-m", "0"],
                &["-a", option],
                &["-va", "-q", "1", option],
            ] {
                let (run, left) = ipcrm(args);
                assert_eq!((run.status, run.err()), (Some(0), ""), "ipcrm {args:?}");
                assert!(run.out().contains("ipcrm"), "{}", run.out());
                assert_eq!(left, ALL, "ipcrm {args:?}");
            }
        }
    });
}

/// util-linux takes `-v` for an id, or knows no options then.
#[test]
fn options_around_a_kind_word() {
    isolated(|| {
        for args in [
            &["shm", "-v", "1"][..],
            &["-v", "shm", "1"],
            &["shm", "1", "-v"],
            &["shm", "--verbose", "--", "1"],
        ] {
            let (run, left) = ipcrm(args);
            assert_eq!((run.status, run.err()), (Some(0), ""), "ipcrm {args:?}");
            assert!(run.out().contains("removing shared memory segment id `1'\n"), "{}", run.out());
            assert_eq!(left, "shm0 msg0 msg1 sem0 sem1", "ipcrm {args:?}");
        }
        for args in [
            &["shm", "-5"][..],
            &["shm", "-1"],
            &["shm", "--", "-5"],
            &["shm", "-0"],
            &["shm", "1", "--", "-0"],
            &["msg", "0", "-00"],
        ] {
            refused(args);
        }
    });
}

/// util-linux might hand back a stranger's object. A drawn key cannot be
/// forced to exist, so `--key` stands for it.
#[test]
fn ipcmk_never_hands_back_an_object() {
    isolated(|| {
        two_of_each();
        let before = left();
        for (args, what) in [
            (&["-M", "4096"][..], "share memory"),
            (&["-Q"], "message queue"),
            (&["-S", "1"], "semaphore"),
        ] {
            let run = ours("ipcmk", [&["--key", "0x12"], args].concat()).run();
            let expected = format!("ipcmk: create {what} failed: File exists\n");
            assert_eq!((run.status, run.out(), run.err()), (Some(1), "", &*expected));
            assert_eq!(left(), before);
        }
        for _ in 0..20 {
            let run = ours("ipcmk", ["-Q"]).run();
            assert_eq!(run.status, Some(0), "{}", run.err());
        }
        let keyless = left().lines().filter(|row| row.starts_with("msg 0 ")).count();
        assert_eq!(keyless, 1, "no drawn key is 0; the one is the fixture's");
    });
}

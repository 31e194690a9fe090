//! `ipcrm` and `ipcmk`.

use crate::compat::fixture::run_on;
use crate::compat::states::Held;
use crate::compat::usage::usage_problem;
use crate::support::namespace::{isolated, require_users};
use crate::support::objects::{Queue, Sems, Shm, as_user, two_of_each};
use crate::support::programs::{NOBODY, Outcome, ours};
use crate::support::strace::injected;
use crate::support::table::{self, remaining};

const ALL: &str = "shm0 shm1 msg0 msg1 sem0 sem1";

/// Runs ours on two objects of each kind; returns the outcome and the remaining objects.
fn ipcrm(args: &[&str]) -> (Outcome, String) {
    let make = || {
        two_of_each();
        Held::new()
    };
    let run = run_on(make, &ours("ipcrm", args));
    (run.outcome, run.ids)
}

/// Requires that our ipcrm refuses a command line as a whole.
fn refused(args: &[&str]) -> Outcome {
    let (run, left) = ipcrm(args);
    assert_eq!(usage_problem("ipcrm", &run), None, "ipcrm {args:?}");
    assert_eq!(left, ALL, "ipcrm {args:?} removed something");
    run
}

/// Old versions of util-linux exit with 0.
#[test]
fn no_arguments_are_an_error() {
    isolated(|| {
        let run = ours("ipcrm", [""; 0]).run();
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert!(run.err().starts_with("ipcrm: bad usage\n"), "{run:?}");
    });
}

/// util-linux 2.38 refuses the `=`, later versions strip it.
#[test]
fn accepts_an_equals_sign_before_the_kind() {
    isolated(|| {
        let (run, left) = ipcrm(&["-v", "-a=msg"]);
        assert_eq!((run.status, run.err()), (Some(0), ""));
        assert_eq!(left, "shm0 shm1 sem0 sem1");
    });
}

/// util-linux removes everything of every kind.
#[test]
fn refuses_a_word_after_all() {
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
            assert!(run.err().contains(hint), "the hint {hint} is missing: {}", run.err());
        }
    });
}

/// util-linux removes the objects named before the malformed argument.
#[test]
fn a_malformed_argument_removes_nothing() {
    isolated(|| {
        for (args, reasons) in [
            (&["-m", "0", "-m", "bad", "-m", "1"][..], 1),
            (&["-m", "0", "-q", ""], 1),
            (&["-m", "bad", "-q", "worse", "-M", "zz", "-s", "0"], 3),
            (&["-S", "0x12", "-m", "99999999999", "-q", "1e1"], 2),
            (&["-m", "0", "-x"], 1),
            (&["-m", "0", "--nosuch"], 1),
            (&["-a", "-m", "bad"], 1),
            (&["-m", "0", "-aX"], 1),
            (&["-m", "0", "-m", "bad", "1"], 2),
            (&["-m", "0", "-5"], 1),
            (&["-m", "0", "-m", "-n"], 1),
            (&["-m", "0", "--owner"], 1),
        ] {
            let run = refused(args);
            assert_eq!(
                run.err().lines().count(),
                reasons + 1,
                "one line for each malformed argument of {args:?}: {}",
                run.err()
            );
        }
        let run = refused(&["-m", "7", "-m", "bad", "-m", "8"]);
        let reason = "ipcrm: failed to parse argument: 'bad'\n";
        assert!(run.err().starts_with(reason), "{}", run.err());
    });
}

/// util-linux has none of these options but -a, which removes everything here.
#[test]
fn old_mistakes_beside_all_filters_and_our_options_remove_nothing() {
    isolated(|| {
        for mistake in [&["-m", "0", "1"][..], &["shm", "0", "abc"], &["-q", "1", "-m", "0", "-m"]]
        {
            for option in ["--json", "--ignore-missing", "--interactive", "--unused", "-a"] {
                let run = refused(&[&[option], mistake].concat());
                assert!(run.out().is_empty(), "{option} {mistake:?}: {run:?}");
            }
        }
    });
}

/// A dry run removes nothing, and its exit status shows the mistake.
#[test]
fn a_dry_run_shows_old_mistakes() {
    isolated(|| {
        for (args, line) in [
            (&["-n", "-m", "0", "1"][..], "unknown argument: 1 (for several IDs: ipcrm shm 0 1)"),
            (&["shm", "0", "-n", "abc"], "invalid id: abc"),
            (&["-nm", "0", "-m"], "option requires an argument -- 'm'"),
        ] {
            let (run, left) = ipcrm(args);
            assert_eq!((run.status, left.as_str()), (Some(1), ALL), "{args:?}");
            assert!(run.out().starts_with("would remove segment 0 ("), "{run:?}");
            assert!(run.err().contains(&format!("ipcrm: {line}\n")), "{run:?}");
        }
    });
}

/// util-linux takes the second kind word for an id, and the ids after it for those of the first
/// kind.
#[test]
fn refuses_a_second_kind_word() {
    isolated(|| {
        let run = refused(&["sem", "0", "shm", "1"]);
        assert!(run.err().contains("(for several kinds: ipcrm -s 0 -m 1)"), "{}", run.err());
        refused(&["shm", "0", "shm", "1"]);
        refused(&["-m", "0", "shm", "1"]);
        refused(&["shm", "0", "-m", "1"]);
        refused(&["shm", "0", "-m"]);
    });
}

/// util-linux names only the first word.
#[test]
fn an_id_without_a_kind_shows_the_form() {
    isolated(|| {
        let run = refused(&["1"]);
        assert!(run.err().contains("ipcrm shm 1, ipcrm msg 1 or ipcrm sem 1"), "{}", run.err());
    });
}

/// util-linux wraps around and removes another object.
#[test]
fn refuses_ids_out_of_range() {
    isolated(|| {
        refused(&["-m", "4294967296"]);
        for (kind, id) in [
            ("shm", ""),
            ("shm", " "),
            ("shm", "4294967296"),
            ("msg", "4294967297"),
            ("sem", "18446744073709551616"),
            ("sem", "2147483648"),
            ("shm", "-4294967296"),
        ] {
            let (run, left) = ipcrm(&[kind, id]);
            let expected = format!("ipcrm: invalid id: {id}\n");
            assert_eq!((run.status, run.out(), run.err()), (Some(1), "", &*expected));
            assert_eq!(left, ALL, "{kind} {id:?}");
            // The ids beside it go.
            let (run, left) = ipcrm(&[kind, id, "1"]);
            assert_eq!((run.status, run.out(), run.err()), (Some(1), "", &*expected));
            assert_eq!(left, ALL.replace(&format!("{kind}1"), "").replace("  ", " ").trim());
        }
    });
}

/// util-linux keeps the low 32 bits.
#[test]
fn refuses_keys_out_of_range() {
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
        // The ends of the range are valid keys, which do not exist here.
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
fn accepts_hexadecimal_ids() {
    isolated(|| {
        for (args, expected) in [
            (&["-m", "0x1"][..], "shm0 msg0 msg1 sem0 sem1"),
            (&["-q", "0X0"], "shm0 shm1 msg1 sem0 sem1"),
            (&["--semaphore-id=0x0001"], "shm0 shm1 msg0 msg1 sem0"),
            // A leading zero alone is decimal.
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

/// util-linux shows the id instead of the key.
#[test]
fn errors_by_key_show_the_key() {
    require_users("it removes objects as another user");
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

/// util-linux silently skips them.
#[test]
fn all_removes_own_unreadable_objects() {
    require_users("it removes objects as another user");
    isolated(|| {
        as_user(NOBODY, NOBODY, || {
            for mode in [0, 0o200, 0o044] {
                Shm::private(4096, mode);
                Queue::private(mode);
                Sems::private(1, mode);
            }
        });
        // Owned but not created by nobody, and unreadable.
        Shm::private(4096, 0).set(NOBODY, NOBODY, 0);
        // Unreadable, and neither owned nor created by nobody: silently skipped.
        Queue::private(0o600);
        // Readable, but neither owned nor created by nobody.
        Sems::private(1, 0o644);
        let run = ours("ipcrm", ["-a"]).nobody().run();
        assert_eq!(
            (run.status, run.out(), run.err()),
            (Some(1), "", "ipcrm: permission denied for id (3)\n")
        );
        assert_eq!(remaining(), "msg3 sem3");
    });
}

/// util-linux says that the kernel is not configured for shared memory.
#[test]
fn all_continues_when_the_size_of_a_table_is_denied() {
    isolated(|| {
        two_of_each();
        let (run, _) = injected(ours("ipcrm", ["-a"]), &["-e", "inject=shmctl:error=EPERM:when=1"]);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""));
        assert_eq!(remaining(), "");
    });
}

/// util-linux only reports removals after the option.
#[test]
fn verbose_applies_to_the_whole_command_line() {
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

/// util-linux removes the objects named before the option.
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

/// util-linux takes `-v` for an id, or does not accept options here.
#[test]
fn accepts_options_around_a_kind_word() {
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
            let (run, left) = ipcrm(args);
            let word = args.last().expect("a word");
            let expected = format!("ipcrm: invalid id: {word}\n");
            assert_eq!((run.status, run.err()), (Some(1), &*expected), "ipcrm {args:?}");
            let is_removed =
                |object: &&str| args[1..].contains(&&object[3..]) && object.starts_with(args[0]);
            let expected: Vec<_> = ALL.split(' ').filter(|object| !is_removed(object)).collect();
            assert_eq!(left, expected.join(" "), "ipcrm {args:?}");
        }
    });
}

/// util-linux might return the id of an existing object of another user. A random key
/// cannot be made to exist, so the test uses `--key`.
#[test]
fn ipcmk_never_returns_an_existing_object() {
    isolated(|| {
        two_of_each();
        let before = remaining();
        for (args, what) in [
            (&["-M", "4096"][..], "share memory"),
            (&["-Q"], "message queue"),
            (&["-S", "1"], "semaphore"),
        ] {
            let run = ours("ipcmk", [&["--key", "0x12"], args].concat()).run();
            let expected = format!("ipcmk: create {what} failed: File exists\n");
            assert_eq!((run.status, run.out(), run.err()), (Some(1), "", &*expected));
            assert_eq!(remaining(), before);
        }
        for _ in 0..20 {
            let run = ours("ipcmk", ["-Q"]).run();
            assert_eq!(run.status, Some(0), "{}", run.err());
        }
        let keyless = table::rows("msg").iter().filter(|row| row[0] == "0").count();
        assert_eq!(keyless, 1, "no random key is 0; one queue without a key was there before");
    });
}

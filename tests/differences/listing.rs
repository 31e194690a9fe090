//! `ipcs -i`, and operands.

use crate::compat::states;
use crate::compat::usage::usage_problem;
use crate::support::namespace::{isolated, require_users};
use crate::support::objects::{Queue, Sems};
use crate::support::programs::{ours, theirs};

/// util-linux exits 0, so scripts cannot test whether an object exists.
#[test]
fn a_missing_id_exits_1() {
    isolated(|| {
        for kind in ["-m", "-q", "-s"] {
            let run = ours("ipcs", [kind, "-i", "5"]).run();
            assert_eq!(
                (run.status, run.out(), run.err()),
                (Some(1), "", "ipcs: id 5 not found\n"),
                "ipcs {kind} -i 5"
            );
        }
    });
}

/// util-linux prints the first object as the one with that id, or crashes.
#[test]
fn refuses_a_negative_id() {
    isolated(|| {
        let _held = states::private_and_keyed();
        for kind in ["-m", "-q", "-s"] {
            for id in ["-1", "-5", " -1", "-2147483648", "-99999999999"] {
                let run = ours("ipcs", [kind, "-i", id]).run();
                assert_eq!(usage_problem("ipcs", &run), None, "ipcs {kind} -i {id}");
                let reason = format!("ipcs: failed to parse id argument: '{id}'");
                assert!(run.err().starts_with(&reason), "{}", run.err());
            }
        }
    });
}

/// util-linux prints only the error.
#[test]
fn shows_an_unreadable_set_without_values() {
    require_users("it looks as another user");
    isolated(|| {
        let set = Sems::keyed(0x5e, 3, 0o600);
        set.operate(1, 4);
        let id = set.id.to_string();
        let args = ["-s", "-i", &id];
        let all = theirs("ipcs", args).run();
        let mut expected = String::new();
        for line in all.out().lines() {
            match line.split_whitespace().next() {
                Some(number) if number.parse::<u16>().is_ok() => {
                    let [num, dash] = [number, "-"].map(|text| format!("{text:<10}"));
                    expected += &format!("{num} {dash} {dash} {dash} {dash}\n");
                }
                _ => expected += &format!("{line}\n"),
            }
        }
        assert_eq!(expected.matches(" - ").count(), 12, "{expected}");
        let run = ours("ipcs", args).nobody().run();
        assert_eq!((run.status, run.out()), (Some(1), &*expected));
        assert!(
            run.err().starts_with("ipcs: ") && run.err().contains("ermission denied"),
            "the reason is missing: {}",
            run.err()
        );
    });
}

/// util-linux prints a capacity of 0.
#[test]
fn shows_the_capacity_of_an_unreadable_queue() {
    require_users("it looks as another user");
    isolated(|| {
        let queue = Queue::keyed(0x5e, 0o600);
        queue.send(77);
        let id = queue.id.to_string();
        for unit in [&[][..], &["-b"], &["--human"]] {
            let args = [&["-q", "-i", &id], unit].concat();
            let all = theirs("ipcs", &args).run();
            let run = ours("ipcs", &args).nobody().run();
            assert_eq!(run, all, "an unprivileged user gets another output than root: {args:?}");
        }
    });
}

/// util-linux ignores operands in silence.
#[test]
fn lists_the_same_beside_an_operand_and_says_what_to_type() {
    isolated(|| {
        let _held = states::private_and_keyed();
        for (args, note) in [
            (&["foo"][..], "'foo' is ignored; ipcs takes only options"),
            (&["-m", "0"], "'0' is ignored; to see segment 0: ipcs -m -i 0"),
            (&["5"], "'5' is ignored; to see segment 5: ipcs -m -i 5 (a queue: -q, a set: -s)"),
            (&["shm"], "'shm' is ignored; to see only segments: ipcs -m"),
            (&["5", "-q", "-t"], "'5' is ignored; to see queue 5: ipcs -q -i 5"),
            (&["pmsg"], "'pmsg' is ignored; to see only POSIX queues: ipcs -q --posix"),
            (&["-a", "sem"], "'sem' is ignored; to see only semaphore sets: ipcs -s"),
            (&["--", "-m"], "'-m' is ignored; ipcs takes only options"),
            (&["-l", ""], "'' is ignored; ipcs takes only options"),
            (&["-u", "foo"], "'foo' is ignored; to see the objects of a user: ipcs --owner foo"),
            (&["-m", "-i", "0", "1"], "'1' is ignored; to see segment 1: ipcs -m -i 1"),
        ] {
            let [theirs, ours] = [theirs("ipcs", args).run(), ours("ipcs", args).run()];
            assert_eq!((ours.out(), ours.status), (theirs.out(), theirs.status), "{args:?}");
            assert_eq!(ours.err(), format!("ipcs: argument {note}\n"), "{args:?}");
        }
        // No note where nothing is listed.
        assert_eq!(ours("ipcs", ["foo", "-V"]).run().err(), "");
    });
}

#[test]
fn refuses_operands_beside_options_of_ours() {
    isolated(|| {
        let _held = states::private_and_keyed();
        for args in [&["foo", "--json"][..], &["-m", "0", "-P"], &["--sort", "id", "size"]] {
            let run = ours("ipcs", args).run();
            assert_eq!(usage_problem("ipcs", &run), None, "ipcs {args:?}");
            assert!(run.err().starts_with("ipcs: unknown argument: "), "{run:?}");
        }
    });
}

#[test]
fn explains_options_of_other_systems() {
    isolated(|| {
        for (args, lines) in [
            (
                &["-bcopt"][..],
                "ipcs: -o takes columns here: -o id,owner,ctime; for creators, process IDs, times: \
                 -c, -p, -t\n",
            ),
            (&["-mA"], "ipcs: invalid option -- 'A'\nipcs: for all columns: ipcs -m -o all\n"),
            (&["--csv"], "ipcs: unrecognized option '--csv'; did you mean '--format csv'?\n"),
        ] {
            let run = ours("ipcs", args).run();
            assert_eq!(usage_problem("ipcs", &run), None, "ipcs {args:?}");
            let hint = "Try 'ipcs --help' for more information.\n";
            assert_eq!(run.err(), format!("{lines}{hint}"));
        }
        // What they suggest works.
        for args in [
            &["-m", "-o", "all"][..],
            &["-q", "-l"],
            &["-s", "-u"],
            &["-t", "--time-format", "full"],
            &["--format", "export"],
            &["-l", "--table"],
            &["-o", "id,cbytes,qnum"],
        ] {
            assert_eq!(ours("ipcs", args).run().status, Some(0), "{args:?}");
        }
    });
}

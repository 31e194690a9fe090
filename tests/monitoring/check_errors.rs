//! `--check`: every error is its line and status 3.

use super::plugin::unknown;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::Queue;
use crate::support::programs::{Stdout, ours};

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

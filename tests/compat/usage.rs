//! Invalid command lines. The wording of the reason may differ; the exit status, the
//! empty standard output and the hint about `--help` must be the same.

use super::fixture::run_on;
use super::states::{self, Held};
use crate::support::namespace::isolated;
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::{Outcome, ours, theirs};

fn one_of_each() -> Held {
    Shm::keyed(0x12, 4096, 0o600);
    Queue::keyed(0x12, 0o600);
    Sems::keyed(0x12, 1, 0o600);
    Held::new()
}

/// Returns what is wrong with the response to an invalid command line, if anything.
pub fn usage_problem(name: &str, run: &Outcome) -> Option<String> {
    let stderr = String::from_utf8_lossy(&run.stderr);
    let lines: Vec<_> = stderr.lines().collect();
    let hint = format!("Try '{name} --help' for more information.");
    let prefix = format!("{name}: ");
    let problem = if run.status != Some(1) {
        format!("it ended with {} instead of exit status 1", run.end())
    } else if !run.stdout.is_empty() {
        format!("it printed {:?}", String::from_utf8_lossy(&run.stdout))
    } else if lines.last() != Some(&hint.as_str()) {
        format!("the last line is not {hint:?}: {stderr:?}")
    } else if lines.len() < 2 {
        format!("it gave no reason: {stderr:?}")
    } else if lines[..lines.len() - 1]
        .iter()
        .any(|line| !line.starts_with(&prefix) || line.len() == prefix.len())
    {
        format!("a line of the reason does not begin with {prefix:?}: {stderr:?}")
    } else {
        return None;
    };
    Some(problem)
}

/// Requires that both programs refuse each command line, and that ours changes nothing.
fn assert_refused(name: &str, lines: &[&[&str]]) {
    isolated(|| {
        let mut problems = Vec::new();
        let untouched = run_on(one_of_each, &theirs("ipcs", ["-m"])).left;
        for &args in lines {
            let what = ours(name, args).describe();
            let reference = run_on(one_of_each, &theirs(name, args)).outcome;
            if reference.status != Some(1) {
                problems.push(format!("$ {what}\n  util-linux: {}", reference.end()));
            }
            let run = run_on(one_of_each, &ours(name, args));
            if let Some(problem) = usage_problem(name, &run.outcome) {
                problems.push(format!("$ {what}\n  {problem}"));
            }
            if run.left != untouched {
                problems.push(format!("$ {what}\n  it left {:?}", run.left));
            }
        }
        assert!(
            problems.is_empty(),
            "{} of {} command lines:\n{}",
            problems.len(),
            lines.len(),
            problems.join("\n")
        );
    });
}

#[test]
fn ipcs_refuses_invalid_command_lines() {
    assert_refused(
        "ipcs",
        &[
            &["-x"],
            &["-mX"],
            &["-m", "-1"],
            &["--nosuch"],
            &["--s"],
            &["--h"],
            &["--=5"],
            &["-m-"],
            &["-i"],
            &["--id"],
            &["-mi"],
            &["--time=5"],
            &["--all=shm"],
            &["-i", "0"],
            &["-i", "0", "-a"],
            &["-m", "-q", "-i", "0"],
            &["-mqs", "-i0"],
            &["-i", "0", "-l"],
            &["-m", "-i", "abc"],
            &["-m", "-i", ""],
            &["-m", "-i", " "],
            &["-m", "-i", "0x10"],
            &["-m", "-i", "1a"],
            &["-m", "-i", "1 "],
            &["-m", "--id=abc"],
            &["-m", "--id="],
            &["-m", "-i99999999999"],
            &["-m", "-i", "2147483648"],
            &["-m", "-i", "1.5"],
            &["-m", "-i", "-"],
            &["-m", "-i", "+"],
            &["-q", "-i", "--5"],
            &["-m", "-i", "abc", "-i", "0"],
        ],
    );
}

/// Both programs report a number that does not fit 32 bits in the same words.
#[test]
fn reports_numbers_out_of_range() {
    isolated(|| {
        for id in ["2147483648", "-2147483649", "99999999999999999999", "-99999999999999999999"] {
            for (name, args) in [
                ("ipcs", &["-m", "-i", id][..]),
                ("ipcs", &["-q", "-i", id]),
                ("ipcrm", &["-m", id]),
            ] {
                let [theirs, ours] = [theirs(name, args).run(), ours(name, args).run()];
                assert!(theirs.err().contains(": Numerical result out of range\n"), "{theirs:?}");
                assert_eq!(
                    ours.err().lines().next(),
                    theirs.err().lines().next(),
                    "{name} {args:?}"
                );
            }
        }
    });
}

#[test]
fn ipcrm_refuses_invalid_command_lines() {
    assert_refused(
        "ipcrm",
        &[
            &["-x"],
            &["--nosuch"],
            &["-m"],
            &["-vm"],
            &["--shmem-id"],
            &["--shmem", "0"],
            &["--s", "0"],
            &["--q", "0"],
            &["--v"],
            &["--queue", "0"],
            &["--sem", "0"],
            &["--verbose=1"],
            &["--ver"],
            &["-aX"],
            &["-aSHM"],
            &["-av"],
            &["--all="],
            &["--all=shm,msg"],
            &["-a=shm=msg"],
            &["-a=="],
            &["-ash"],
            &["shm"],
            &["msg"],
            &["sem"],
            &["foo"],
            &["shmx", "0"],
            &["--", "foo"],
            &["-v", "--", "-m", "0"],
            &["-v", "foo"],
            &["-m", "abc"],
            &["-m", ""],
            &["-m", " "],
            &["-m", "1a"],
            &["-m", "0x"],
            &["-m", "99999999999"],
            &["-q", "2147483648"],
            &["-s", "-2147483649"],
            &["-M", "abc"],
            &["-M", ""],
            &["-M", "0x"],
            &["-M", "08"],
            &["-Q", "1.5"],
            &["-S", "0x12 "],
            &["-S", "99999999999999999999999"],
        ],
    );
}

#[test]
fn ipcmk_refuses_invalid_command_lines() {
    assert_refused(
        "ipcmk",
        &[
            &[],
            &["--"],
            &["foo"],
            &["-x"],
            &["--nosuch"],
            &["-M"],
            &["-S"],
            &["-p"],
            &["-p", "600"],
            &["--queue=9"],
            &["--s", "5"],
            &["--shmem"],
            &["-M", "abc"],
            &["-M", ""],
            &["-M", "-5"],
            &["-M", "1e3"],
            &["-M", "1 K"],
            &["-M", "1.5"],
            &["-M", ".5K"],
            &["-M", "1,5K"],
            &["-M", "1Ki"],
            &["-M", "1KBi"],
            &["-M", "08"],
            &["-M", "1.5.5K"],
            &["-M", "K"],
            &["-M", "5KX"],
            &["-M", "1K "],
            &["-M", "16E"],
            &["-M", "1Z"],
            &["-M", "99E"],
            &["-M", "18446744073709551616"],
            &["-S", "abc"],
            &["-S", ""],
            &["-S", "0x4"],
            &["-S", "1K"],
            &["-S", "3.0"],
            &["-S", "5 "],
            &["-S", "4294967297"],
            &["-Q", "-p", "8"],
            &["-Q", "-p", "999"],
            &["-Q", "-p", "0x1ff"],
            &["-Q", "-p", ""],
            &["-Q", "-p", "rw"],
        ],
    );
}

/// Without arguments some versions of util-linux print nothing.
#[test]
fn ipcrm_refuses_an_empty_command_line() {
    isolated(|| {
        let run = ours("ipcrm", [""; 0]).run();
        assert_eq!(usage_problem("ipcrm", &run), None);
    });
}

/// The help is our own text, on standard output.
#[test]
fn prints_help_on_standard_output() {
    isolated(|| {
        let _held = states::nothing();
        for name in ["ipcs", "ipcrm", "ipcmk"] {
            for option in ["-h", "--help", "--he"] {
                let run = ours(name, [option]).run();
                assert_eq!((run.status, run.err()), (Some(0), ""), "{name} {option}");
                assert!(run.out().contains(name), "{name} {option}: {}", run.out());
            }
        }
    });
}

//! Wrong command lines. The reason may be in our own words; the exit status,
//! the empty stdout and the line that says where help is may not differ.

use super::fixture::run_on;
use super::states::{self, Held};
use crate::support::namespace::isolated;
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::{Outcome, ours, theirs};

fn three() -> Held {
    Shm::keyed(0x12, 4096, 0o600);
    Queue::keyed(0x12, 0o600);
    Sems::keyed(0x12, 1, 0o600);
    Held::new()
}

/// Says what is wrong with our answer to a wrong command line.
pub fn usage_problem(name: &str, run: &Outcome) -> Option<String> {
    let stderr = String::from_utf8_lossy(&run.stderr);
    let lines: Vec<_> = stderr.lines().collect();
    let hint = format!("Try '{name} --help' for more information.");
    let prefix = format!("{name}: ");
    let problem = if run.status != Some(1) {
        format!("it ended with {} in place of exit status 1", run.end())
    } else if !run.stdout.is_empty() {
        format!("it printed {:?}", String::from_utf8_lossy(&run.stdout))
    } else if lines.last() != Some(&hint.as_str()) {
        format!("the last line is not {hint:?}: {stderr:?}")
    } else if lines.len() < 2 {
        format!("there is no reason: {stderr:?}")
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

/// Each command line must be refused by both, and change nothing with ours.
fn refused(name: &str, lines: &[&[&str]]) {
    isolated(|| {
        let mut problems = Vec::new();
        let untouched = run_on(three, &theirs("ipcs", ["-m"])).left;
        for &args in lines {
            let what = ours(name, args).describe();
            let reference = run_on(three, &theirs(name, args)).outcome;
            if reference.status != Some(1) {
                problems.push(format!("$ {what}\n  util-linux: {}", reference.end()));
            }
            let run = run_on(three, &ours(name, args));
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
fn ipcs() {
    refused(
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

/// Where 32 bits do not hold a number, the reason is told, and by both in the same words.
#[test]
fn numbers_out_of_range() {
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
fn ipcrm() {
    refused(
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
            &["sem", "0x12"],
            &["-S", "99999999999999999999999"],
            &["shm", "abc"],
            &["msg", "1a"],
        ],
    );
}

#[test]
fn ipcmk() {
    refused(
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

/// Without arguments some versions of util-linux say nothing at all.
#[test]
fn ipcrm_without_arguments() {
    isolated(|| {
        let run = ours("ipcrm", [""; 0]).run();
        assert_eq!(usage_problem("ipcrm", &run), None);
    });
}

/// A text of our own, on stdout, that says something.
#[test]
fn help() {
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

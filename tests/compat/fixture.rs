//! For programs that change things: the same state made twice, each program
//! on its own copy, and what is left of each.

use std::fs;

use super::states::Held;
use crate::support::compare::Comparison;
use crate::support::namespace::another;
use crate::support::programs::{Invocation, Outcome};

/// What a program said, and what it left.
#[derive(Debug)]
pub struct Run {
    pub outcome: Outcome,
    /// The tables of /proc/sysvipc without times and process ids.
    pub left: String,
}

/// Makes a state in a fresh namespace and runs a program in it.
pub fn run_on(make: fn() -> Held, invocation: &Invocation) -> Run {
    another(|| {
        let _held = make();
        let mut outcome = invocation.run();
        leave_out_posix(&mut outcome);
        Run { outcome, left: left() }
    })
}

/// Compares what both say and what both leave.
pub fn compare_on(
    comparison: &mut Comparison,
    make: fn() -> Held,
    theirs: &Invocation,
    ours: &Invocation,
) {
    let (theirs_run, ours_run) = (run_on(make, theirs), run_on(make, ours));
    let what = theirs.describe();
    comparison.same_outcome(&what, &theirs_run.outcome, &ours_run.outcome);
    comparison.same_text(&format!("left after {what}"), &theirs_run.left, &ours_run.left);
}

/// The objects of this thread's namespace, without what differs from run to
/// run: times, process ids, resident pages.
pub fn left() -> String {
    let mut text = String::new();
    for (file, columns) in [
        ("shm", &[0, 1, 2, 3, 6, 7, 8, 9, 10][..]),
        ("msg", &[0, 1, 2, 3, 4, 7, 8, 9, 10]),
        ("sem", &[0, 1, 2, 3, 4, 5, 6, 7]),
    ] {
        let table = fs::read_to_string(format!("/proc/sysvipc/{file}"))
            .unwrap_or_else(|error| panic!("reading /proc/sysvipc/{file}: {error}"));
        for line in table.lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            text.push_str(file);
            for &column in columns {
                text.push(' ');
                text.push_str(fields[column]);
            }
            text.push('\n');
        }
    }
    text
}

/// Since 2.41 util-linux' ipcrm looks for POSIX queues, too, and complains
/// when it cannot; removing those is one of the intended differences.
fn leave_out_posix(outcome: &mut Outcome) {
    let complaint = b"ipcrm: /dev/mqueue does not seem to be mounted.";
    outcome.stderr = outcome
        .stderr
        .split_inclusive(|&byte| byte == b'\n')
        .filter(|line| !line.starts_with(complaint))
        .flatten()
        .copied()
        .collect();
}

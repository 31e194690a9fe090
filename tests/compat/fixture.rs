//! Comparisons of programs that change objects: each program gets its own copy of the
//! same state.

use super::states::Held;
use crate::support::compare::Comparison;
use crate::support::namespace::another;
use crate::support::programs::{Invocation, Outcome};
use crate::support::table::{self, remaining};

/// The outcome of a program, and the objects after it.
#[derive(Debug)]
pub struct Run {
    pub outcome: Outcome,
    /// The tables of /proc/sysvipc without times and process ids.
    pub left: String,
    /// The kinds and ids of the objects, as `shm0 msg1`.
    pub ids: String,
}

/// Makes a state in a fresh namespace and runs a program in it.
pub fn run_on(make: fn() -> Held, invocation: &Invocation) -> Run {
    another(|| {
        let _held = make();
        let mut outcome = invocation.run();
        leave_out_posix(&mut outcome);
        Run { outcome, left: left(), ids: remaining() }
    })
}

/// Compares the outcomes of both programs and the objects that they leave.
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

/// The objects of this thread's namespace, without the fields that differ between
/// runs: times, process ids, resident pages.
pub fn left() -> String {
    let mut text = String::new();
    for (kind, columns) in [
        ("shm", &[0, 1, 2, 3, 6, 7, 8, 9, 10][..]),
        ("msg", &[0, 1, 2, 3, 4, 7, 8, 9, 10]),
        ("sem", &[0, 1, 2, 3, 4, 5, 6, 7]),
    ] {
        for fields in table::rows(kind) {
            text.push_str(kind);
            for &column in columns {
                text.push(' ');
                text.push_str(&fields[column]);
            }
            text.push('\n');
        }
    }
    text
}

/// Removes a message about POSIX queues.
///
/// Since 2.41 util-linux' ipcrm also handles POSIX queues, which is one of the
/// intended differences, and complains when it cannot.
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

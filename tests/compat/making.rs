//! `ipcmk`: its output and the objects that it makes.
//!
//! Keys are random, so the tests only check that they are not zero.

use super::fixture::{Run, run_on};
use super::states::{self, Held};
use crate::support::compare::Comparison;
use crate::support::namespace::{isolated, require_users, set_sysctl};
use crate::support::objects::Shm;
use crate::support::programs::{Invocation, NOBODY, Outcome, Stdout, ours, theirs};

const LINES: &[&str] = &[
    "-M 1",
    "-M 4096",
    "-M4096",
    "--shmem 4096",
    "--shmem=4096",
    "--shm 7",
    "--sh=7",
    "-Q",
    "--queue",
    "--qu",
    "-S 1",
    "-S3",
    "-S +3",
    "-S 010",
    "--semaphore 5",
    "--semaphore=5",
    "--sem 5",
    "-S 250",
    "-M 1MiB -Q -S 3",
    "-S 3 -Q -M 5",
    "-QM 5",
    "-QS3",
    "-QQ",
    "-M 5 -M 6 -S1 -Q -S2",
    "-M 1K",
    "-M 1k",
    "-M 1KiB",
    "-M 1kiB",
    "-M 1kib",
    "-M 1Kib",
    "-M 1Mib",
    "-M 1.5mib",
    "-M 1Eib",
    "-M 1KB",
    "-M 1kB",
    "-M 1kb",
    "-M 2M",
    "-M 2m",
    "-M 2MB",
    "-M 1.5K",
    "-M 0.5K",
    "-M 1.5KB",
    "-M 1.50KiB",
    "-M 10.5KB",
    "-M 1.K",
    "-M 1.000M",
    "-M 0x10",
    "-M 010",
    "-M 0x1K",
    "-M +5",
    "-M 0",
    "-M 0K",
    "-M 0 -Q",
    "-Q -M 0",
    "-M 15E",
    "-M 18446744073709551615",
    "-S 0",
    "-S -1",
    "-S 99999",
    "-Q -S 0",
    "-M 5 -S 0",
    "-Q -p 600",
    "-Q -p 0600",
    "-Q -p600",
    "-Q --mode 640",
    "-Q --mode=640",
    "-Q --mo 604",
    "-p 666 -M 5 -S 2 -Q",
    "-Q -p 0",
    "-M 5 -p 000",
    "-Q -p 7777",
    "-M 5 -p 1777",
    "-S 1 -p 07",
    "-Q -p 600 -p 666",
    "-Q --",
];

/// The rows with each key replaced by `key` or `no-key`.
fn without_keys(left: &str) -> String {
    left.lines()
        .map(|line| {
            let mut fields: Vec<_> = line.split(' ').collect();
            fields[1] = if fields[1] == "0" { "no-key" } else { "key" };
            fields.join(" ") + "\n"
        })
        .collect()
}

/// Removes the line that names the limit which refused an object.
fn leave_out_limits(outcome: &mut Outcome) {
    let is_limit = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        ["ipcmk: kernel.", "ipcmk: sem", "ipcmk: SHMMIN"]
            .iter()
            .any(|start| line.starts_with(start))
            && line.contains(" allows ")
    };
    let lines = outcome.stderr.split_inclusive(|&byte| byte == b'\n');
    outcome.stderr = lines.filter(|line| !is_limit(line)).flatten().copied().collect();
}

fn compare_run(comparison: &mut Comparison, what: &str, theirs: &Run, ours: &Run) {
    let mut outcome = ours.outcome.clone();
    leave_out_limits(&mut outcome);
    comparison.same_outcome(what, &theirs.outcome, &outcome);
    comparison.same_text(
        &format!("objects after {what}"),
        &without_keys(&theirs.left),
        &without_keys(&ours.left),
    );
}

fn compare_lines(
    name: &str,
    make: fn() -> Held,
    lines: &[&str],
    change: impl Fn(Invocation) -> Invocation + Send + Sync,
) {
    isolated(|| {
        let mut comparison = Comparison::new(name);
        for line in lines {
            let args: Vec<_> = line.split_whitespace().collect();
            let theirs = change(theirs("ipcmk", &args));
            let what = theirs.describe();
            let theirs = run_on(make, &theirs);
            let ours = run_on(make, &change(ours("ipcmk", &args)));
            compare_run(&mut comparison, &what, &theirs, &ours);
        }
        comparison.finish(lines.len() * 2);
    });
}

#[test]
fn makes_objects_in_an_empty_namespace() {
    compare_lines("ipcmk", states::nothing, LINES, |run| run);
}

#[test]
fn makes_objects_beside_others() {
    let lines = ["-M 5 -Q -S 1", "-S 2", "-Q", "-M 1K -p 600"];
    compare_lines("ipcmk", states::private_and_keyed, &lines, |run| run);
    compare_lines("ipcmk, used slots", states::advanced_sequence, &lines[..1], |run| run);
}

#[test]
fn makes_objects_as_an_unprivileged_user() {
    require_users("it makes objects as another user");
    let lines = ["-M 5 -Q -S 1", "-Q -p 622"];
    compare_lines("as nobody", states::nothing, &lines, Invocation::nobody);
    compare_lines("with a group", states::nothing, &lines, |run| run.user(NOBODY, 7));
}

/// The limits of the namespace apply.
#[test]
fn respects_the_limits() {
    fn tight() -> Held {
        set_sysctl("shmmni", "1");
        set_sysctl("shmmax", "1000");
        set_sysctl("msgmni", "0");
        set_sysctl("sem", "10 20 5 2");
        Held::new()
    }
    fn exhausted() -> Held {
        let held = tight();
        Shm::private(1, 0o600);
        held
    }
    let lines = ["-M 1000", "-M 1001", "-M 1K", "-Q", "-S 10", "-S 11", "-M 5 -Q -S 1"];
    compare_lines("tight limits", tight, &lines, |run| run);
    compare_lines("exhausted limits", exhausted, &lines, |run| run);
}

#[test]
fn reports_a_full_disk() {
    let lines = ["-Q", "-M 5 -S 1", "-M 0"];
    compare_lines("stdout is full", states::nothing, &lines, |run| run.stdout(Stdout::Full));
}

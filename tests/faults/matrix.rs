//! The matrix: every command line, every call of it, every error.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::exceptions::{is_other, left_out};
use super::inject::{self, Fault};
use super::judge::{Answer, Violation, judge};
use super::lines::{self, Line};
use super::scene::{Scene, Users, objects};
use crate::support::namespace::{another, cover_with, isolated, other_mounts, require_root};

/// A sample tries one failure of so many. It has no factor in common with the number of errors.
const STEP: usize = 59;

/// `full` tries all of them, and a number `N` each Nth one.
const AMOUNT: &str = "IPCS_TEST_FAULTS";

/// Only command lines that contain this text.
const ONLY: &str = "IPCS_TEST_FAULTS_ONLY";

/// What was tried and found.
#[derive(Debug, Default)]
struct Tally {
    lines: usize,
    calls: usize,
    failures: usize,
    not_reached: usize,
    violations: BTreeMap<&'static str, Vec<String>>,
}

#[test]
fn every_failure_is_answered_or_reported() {
    require_root("objects of the scene belong to several users");
    let step = match env::var(AMOUNT).as_deref() {
        Ok("full") => 1,
        Ok(step) => step.parse().expect("a number"),
        Err(_) => STEP,
    };
    isolated(|| {
        let tally = try_all(step);
        let mut text = String::new();
        let _ = writeln!(
            text,
            "tried {} command lines with {} calls: {} failures (each {step}. one), {} not reached",
            tally.lines, tally.calls, tally.failures, tally.not_reached
        );
        for (kind, found) in &tally.violations {
            let _ = writeln!(text, "{}: {}", kind, found.len());
        }
        // The test harness does not capture this.
        let _ = std::io::stderr().write_all(text.as_bytes());
        let violations: Vec<String> = tally.violations.into_values().flatten().collect();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    });
}

fn try_all(step: usize) -> Tally {
    let only = env::var(ONLY).unwrap_or_default();
    let lines: Vec<Line> = lines::all()
        .into_iter()
        .filter(|line| format!("{} {}", line.program, line.args).contains(&only))
        .collect();
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let users = Users::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(line) = lines.get(at) else { return };
            try_line(line, at, step, users, &tally);
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                other_mounts(|| {
                    // Not the many files that other modules of NSS look for.
                    cover_with("/etc/nsswitch.conf", b"passwd: files\ngroup: files\n");
                    work();
                });
            });
        }
    });
    tally.into_inner().expect("no worker panicked")
}

/// Tries the failures of one line. A scene serves until a run changes it.
fn try_line(line: &Line, at: usize, step: usize, users: Users, tally: &Mutex<Tally>) {
    let (faults, calls) = another(|| {
        let scene = Scene::new(users);
        inject::faults(line, scene.live_pid())
    });
    {
        let mut tally = tally.lock().expect("no worker panicked");
        tally.lines += 1;
        tally.calls += calls;
    }
    let mut chosen = faults.iter().skip(at % step).step_by(step).peekable();
    while chosen.peek().is_some() {
        another(|| {
            let scene = Scene::new(users);
            let clean = clean(line, &scene, users);
            let before = objects();
            for fault in chosen.by_ref() {
                let tried = try_fault(line, fault, &clean, &scene);
                let (reached, mut found) = (tried.is_some(), tried.unwrap_or_default());
                let changed = objects() != before;
                if !found.is_empty() {
                    // A second look: other processes come and go meanwhile.
                    found = if changed {
                        another(|| again(line, fault, &Scene::new(users), users))
                    } else {
                        again(line, fault, &scene, users)
                    };
                }
                let mut tally = tally.lock().expect("no worker panicked");
                tally.failures += usize::from(reached);
                tally.not_reached += usize::from(!reached);
                tally.add(line, fault, found);
                if changed {
                    break;
                }
            }
        });
    }
}

impl Tally {
    fn add(&mut self, line: &Line, fault: &Fault, found: Vec<Violation>) {
        for (kind, what) in found {
            let args = format!("{} {}", line.program, line.args);
            let who = if line.nobody { " (nobody)" } else { "" };
            let call = format!("planned {} {}", fault.signature, fault.expression());
            let text = format!("{kind}: {args}{who}: {call}: {what}");
            let _ = writeln!(std::io::stderr(), "{text}");
            self.violations.entry(kind).or_default().push(text);
        }
    }
}

/// The answer of the line without a failure. Where it changes objects, it gets a scene of its own.
fn clean(line: &Line, scene: &Scene, users: Users) -> Answer {
    let run = |scene: &Scene| {
        let before = objects();
        Answer::new(inject::invocation(line).run(), scene, &before)
    };
    if line.program == "ipcs" { run(scene) } else { another(|| run(&Scene::new(users))) }
}

fn again(line: &Line, fault: &Fault, scene: &Scene, users: Users) -> Vec<Violation> {
    try_fault(line, fault, &clean(line, scene, users), scene).unwrap_or_default()
}

/// Returns the violations, or `None` if the run did not come to a call that may fail.
fn try_fault(line: &Line, fault: &Fault, clean: &Answer, scene: &Scene) -> Option<Vec<Violation>> {
    let before = objects();
    let (run, trace) = inject::failing(line, fault)?;
    let failed = inject::injected(&trace, scene.live_pid());
    if failed.iter().any(|failed| is_other(failed)) || is_left_out(fault, &failed) {
        return None;
    }
    let answer = Answer::new(run, scene, &before);
    let mut found = judge(line, &failed, fault.error, clean, &answer);
    for (_, what) in &mut found {
        *what = what.chars().take(300).collect();
        let err: String = answer.err.chars().take(200).collect();
        let _ = write!(what, " [{}; {err:?}; {:?} failed]", answer.run.end(), failed.first());
    }
    Some(found)
}

/// Whether the call that failed is another one than planned, and one that is not tried.
fn is_left_out(fault: &Fault, failed: &[String]) -> bool {
    failed
        .first()
        .is_some_and(|first| left_out(&Fault { signature: first.clone(), ..fault.clone() }, &[]))
}

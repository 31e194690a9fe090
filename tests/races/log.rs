//! What the runs of `ipcrm` removed, and when they ran.

use std::sync::{Condvar, Mutex};
use std::time::Instant;

use ipcs::model::Kind;

/// A run that has ended.
struct Run {
    start: Instant,
    end: Instant,
    removed: Vec<(Kind, i32)>,
}

#[derive(Default)]
struct Runs {
    ended: Vec<Run>,
    /// No more runs follow.
    over: bool,
}

/// The runs so far.
#[derive(Default)]
pub struct Log {
    runs: Mutex<Runs>,
    ended: Condvar,
}

impl Log {
    /// Records a run.
    pub fn add(&self, start: Instant, removed: Vec<(Kind, i32)>) {
        let run = Run { start, end: Instant::now(), removed };
        self.runs.lock().expect("the log").ended.push(run);
        self.ended.notify_all();
    }

    /// Wakes everybody who waits for a run.
    pub fn close(&self) {
        self.runs.lock().expect("the log").over = true;
        self.ended.notify_all();
    }

    /// Waits for the end of `count` runs that start from now on.
    pub fn wait_for(&self, count: usize) {
        let from = Instant::now();
        let started_since =
            |runs: &Runs| runs.ended.iter().rev().take_while(|run| run.start >= from).count();
        let runs = self.runs.lock().expect("the log");
        let waits = |runs: &mut Runs| !runs.over && started_since(runs) < count;
        drop(self.ended.wait_while(runs, waits).expect("the log"));
    }

    /// Fails unless the loss of an object was unavoidable: a run that was already under way at
    /// `since`, when the object came into use, may have looked at it before.
    pub fn excuse(&self, kind: Kind, id: i32, since: Instant, why: &str) {
        // The run that removed it may not have printed its document yet.
        self.wait_for(1);
        let runs = self.runs.lock().expect("the log");
        let takes = |run: &&Run| run.removed.contains(&(kind, id));
        let under_way = |run: &Run| run.start <= since && since <= run.end;
        let unavoidable = runs.ended.iter().filter(takes).any(under_way);
        let later = runs.ended.iter().filter(takes).any(|run| run.start > since);
        // A panic with the lock would hide its message among those of the other threads.
        drop(runs);
        if unavoidable {
            return;
        }
        let who = if later { "a run that started later removed it" } else { "no run reports it" };
        panic!("{} {id} is lost ({why}): {who}", kind.word());
    }
}

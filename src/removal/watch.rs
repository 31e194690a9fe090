//! Who uses objects, looked at again when the last look is too old.

use std::time::{Duration, Instant};

use crate::proc::ProcRoot;
use crate::processes::{Inspector, Request};

/// How long the last pass over the processes is good for, at least.
const FRESH: Duration = Duration::from_secs(1);
/// The passes may take one part in so many of a long run.
const SHARE: u32 = 10;

/// An inspector whose scan does not grow old: a run may take long, most of all when it asks.
#[derive(Debug)]
pub(super) struct Watch {
    proc: ProcRoot,
    /// Made when there is a question: that reads a handful of files.
    inspector: Option<Inspector>,
    request: Request,
    looked: Option<(Instant, Duration)>,
}

impl Watch {
    pub(super) fn new(proc: &ProcRoot) -> Watch {
        let request = Request::default();
        Watch { proc: proc.clone(), inspector: None, request, looked: None }
    }

    /// Looks for this as well from now on.
    pub(super) fn add(&mut self, request: Request) {
        let both = self.request.and(request);
        if both != self.request {
            self.request = both;
            self.looked = None;
        }
    }

    /// Looks now, if there is something to look for.
    pub(super) fn look(&mut self) {
        if !self.request.is_empty() {
            self.inspector();
        }
    }

    /// The inspector with a scan that is fresh enough.
    pub(super) fn inspector(&mut self) -> &mut Inspector {
        let stale = !self.request.is_empty()
            && self.looked.is_none_or(|(at, took)| at.elapsed() > FRESH.max(took * SHARE));
        if stale {
            let (start, request) = (Instant::now(), self.request);
            self.make().scan(request);
            self.looked = Some((Instant::now(), start.elapsed()));
        }
        self.make()
    }

    /// Time has passed while somebody was asked: what was seen before is worth little then.
    pub(super) fn waited(&mut self, time: Duration) {
        self.looked = self.looked.filter(|(_, took)| time <= *took);
    }

    /// For another scan, after which this one no longer counts.
    pub(super) fn other_scan(&mut self) -> &mut Inspector {
        self.looked = None;
        self.make()
    }

    fn make(&mut self) -> &mut Inspector {
        self.inspector.get_or_insert_with(|| Inspector::new(self.proc.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kinds;

    /// A watch that looked some time ago, which took it so long; and when that was.
    fn looked(ago: Duration, took: Duration) -> (Watch, Instant) {
        let mut watch = Watch::new(&ProcRoot::at("/nonexistent"));
        watch.add(Request::in_use(Kinds::MSG));
        watch.look();
        let at = Instant::now().checked_sub(ago).expect("a machine that is up for longer");
        watch.looked = Some((at, took));
        (watch, at)
    }

    fn looks_again(ago: Duration, took: Duration) -> bool {
        let (mut watch, at) = looked(ago, took);
        watch.inspector();
        watch.looked.expect("it has looked").0 != at
    }

    #[test]
    fn an_old_look_is_taken_again_and_a_fresh_one_is_not() {
        assert!(looks_again(FRESH * 2, Duration::ZERO));
        assert!(!looks_again(Duration::ZERO, Duration::ZERO));
        // Where a look is dear it is good for longer, but not for good.
        let took = FRESH;
        assert!(!looks_again(FRESH * 2, took));
        assert!(looks_again(took * (SHARE + 1), took));
    }

    #[test]
    fn what_was_not_looked_for_is_looked_for_at_once() {
        let (mut watch, at) = looked(Duration::ZERO, Duration::ZERO);
        watch.add(Request::in_use(Kinds::MSG));
        assert_eq!(watch.looked.map(|(at, _)| at), Some(at), "nothing new was asked for");
        watch.add(Request::orphans(Kinds::SEM));
        watch.inspector();
        assert_ne!(watch.looked.map(|(at, _)| at), Some(at));
    }

    #[test]
    fn a_scan_for_something_else_does_not_count() {
        let (mut watch, at) = looked(Duration::ZERO, Duration::ZERO);
        watch.other_scan();
        watch.inspector();
        assert_ne!(watch.looked.map(|(at, _)| at), Some(at));
    }
}

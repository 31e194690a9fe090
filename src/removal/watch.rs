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

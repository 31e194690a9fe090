//! A scan of the processes that refreshes itself when it is too old.

use std::time::{Duration, Instant};

use crate::proc::ProcRoot;
use crate::processes::{Inspector, ScanRequest};

/// The minimum time for which the last walk over the processes stays valid.
const FRESH: Duration = Duration::from_secs(1);
/// Walks may take at most this fraction (one part in N) of a long run.
const SHARE: u32 = 10;

/// An inspector whose scan is refreshed: a run may take long, most of all with prompts.
#[derive(Debug)]
pub(super) struct FreshScan {
    proc: ProcRoot,
    /// Created when first needed: that reads a few files.
    inspector: Option<Inspector>,
    request: ScanRequest,
    walked: Option<(Instant, Duration)>,
    /// What failed in an earlier scan.
    failed: Option<String>,
}

impl FreshScan {
    pub(super) fn new(proc: &ProcRoot) -> FreshScan {
        let request = ScanRequest::default();
        FreshScan { proc: proc.clone(), inspector: None, request, walked: None, failed: None }
    }

    /// Adds to what the walks look for from now on.
    pub(super) fn add(&mut self, request: ScanRequest) {
        let both = self.request.and(request);
        if both != self.request {
            self.request = both;
            self.walked = None;
        }
    }

    /// Walks now, if there is something to look for.
    pub(super) fn look(&mut self) {
        if !self.request.is_empty() {
            self.inspector();
        }
    }

    /// The inspector with a scan that is fresh enough.
    pub(super) fn inspector(&mut self) -> &mut Inspector {
        let stale = !self.request.is_empty()
            && self
                .walked
                .is_none_or(|(at, took)| at.elapsed() > FRESH.max(took.saturating_mul(SHARE)));
        if stale {
            let (start, request) = (Instant::now(), self.request);
            self.failed = self.failure();
            self.as_looked().scan(request);
            self.walked = Some((Instant::now(), start.elapsed()));
        }
        self.as_looked()
    }

    /// The next use walks again.
    pub(super) fn expire(&mut self) {
        self.walked = None;
    }

    /// Called after a prompt, which takes time: earlier findings may be outdated.
    pub(super) fn waited(&mut self, time: Duration) {
        self.walked = self.walked.filter(|(_, took)| time <= *took);
    }

    /// Replaces the scan; the current one no longer counts.
    pub(super) fn other_scan(&mut self) -> &mut Inspector {
        self.walked = None;
        self.failed = self.failure();
        self.as_looked()
    }

    /// What failed while looking at processes in any of the scans, other than for want of permission.
    pub(super) fn failure(&self) -> Option<String> {
        let now = || self.inspector.as_ref().filter(|it| it.has_failed())?.out_of_sight();
        self.failed.clone().or_else(now)
    }

    /// The inspector as [`FreshScan::look`] left it: no walk comes between the last reading of an
    /// object and its removal.
    pub(super) fn as_looked(&mut self) -> &mut Inspector {
        self.inspector.get_or_insert_with(|| Inspector::new(self.proc.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kinds;

    /// A scan whose last walk was `ago` and took `took`; and when that was.
    fn looked(ago: Duration, took: Duration) -> (FreshScan, Instant) {
        let mut scan = FreshScan::new(&ProcRoot::at("/nonexistent"));
        scan.add(ScanRequest::in_use(Kinds::MSG));
        scan.look();
        let at = Instant::now().checked_sub(ago).expect("a machine that is up for longer");
        scan.walked = Some((at, took));
        (scan, at)
    }

    fn looks_again(ago: Duration, took: Duration) -> bool {
        let (mut scan, at) = looked(ago, took);
        scan.inspector();
        scan.walked.expect("it has looked").0 != at
    }

    #[test]
    fn repeats_an_old_walk_but_not_a_fresh_one() {
        assert!(looks_again(FRESH * 2, Duration::ZERO));
        assert!(!looks_again(Duration::ZERO, Duration::ZERO));
        // If a walk is expensive, it stays valid for longer, but not forever.
        let took = FRESH;
        assert!(!looks_again(FRESH * 2, took));
        assert!(looks_again(took * (SHARE + 1), took));
    }

    #[test]
    fn a_new_request_walks_at_once() {
        let (mut scan, at) = looked(Duration::ZERO, Duration::ZERO);
        scan.add(ScanRequest::in_use(Kinds::MSG));
        assert_eq!(scan.walked.map(|(at, _)| at), Some(at), "nothing new was asked for");
        scan.add(ScanRequest::in_use(Kinds::SEM));
        scan.inspector();
        assert_ne!(scan.walked.map(|(at, _)| at), Some(at));
    }

    #[test]
    fn a_scan_for_something_else_does_not_count() {
        let (mut scan, at) = looked(Duration::ZERO, Duration::ZERO);
        scan.other_scan();
        scan.inspector();
        assert_ne!(scan.walked.map(|(at, _)| at), Some(at));
    }
}

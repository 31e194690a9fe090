//! What reading the memory of other processes has cost a run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sys::Errno;

/// What reading the memory of processes has cost so far. All copies of a root share it, so
/// that the bounds hold for a whole run.
#[derive(Clone, Debug, Default)]
pub(super) struct Waited(Arc<Mutex<Cost>>);

/// The cost, and what is missing because of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) time: Duration,
    /// Pages that were not available.
    pub(super) stuck: usize,
    /// The number of reads that were given up, and the last error.
    missed: Option<(usize, Errno)>,
}

impl Cost {
    pub(super) fn miss(&mut self, count: usize, errno: Errno) {
        if count > 0 {
            let before = self.missed.map_or(0, |(count, _)| count);
            self.missed = Some((before.saturating_add(count), errno));
        }
    }
}

impl Waited {
    pub(super) fn cost(&self) -> MutexGuard<'_, Cost> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of reads that were given up, and the last error: ETIMEDOUT if the memory was not
    /// available in time, or the error that prevents a helper process.
    pub(super) fn missed(&self) -> Option<(usize, Errno)> {
        self.cost().missed
    }
}

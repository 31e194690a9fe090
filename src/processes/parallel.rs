//! The same work on many processes, by several threads if that is faster.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// With fewer processes a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 64;
/// How many processes a thread takes at once.
const PORTION: usize = 16;
/// More threads would only wait for each other's locks.
const MAX_THREADS: usize = 4;

/// Does `work` on all items, each thread on the next few when it is done, and returns what each
/// thread has gathered.
pub fn gather<I: Sync, T: Default + Send>(items: &[I], work: impl Fn(&mut T, &I) + Sync) -> Vec<T> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut found = T::default();
        while let Some(rest) = items.get(next.fetch_add(PORTION, Ordering::Relaxed)..) {
            for item in rest.get(..PORTION).unwrap_or(rest) {
                work(&mut found, item);
            }
        }
        found
    };
    if workers < 2 || items.len() < WORTH_A_THREAD {
        return vec![run()];
    }
    thread::scope(|scope| {
        let helpers: Vec<_> = (1..workers)
            // If no thread can be started (RLIMIT_NPROC), the others do its work.
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, run).ok())
            .collect();
        let first = run();
        let others = helpers
            .into_iter()
            .map(|helper| helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(first).chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_worked_on_once() {
        for count in [0, 1, 15, 16, 17, 63, 64, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let found = gather(&items, |found: &mut Vec<usize>, item| found.push(*item));
            let mut all = found.concat();
            all.sort_unstable();
            assert_eq!(all, items);
        }
    }
}

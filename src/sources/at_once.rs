//! Reads several kinds at the same time, for those that need no order.

use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::chunks::worth_a_thread;
use super::{Batch, Source};
use crate::columns::Needs;
use crate::model::Kind;

/// How many batches the threads may be ahead.
const AHEAD: usize = 2;

/// Reads the objects of all kinds. Large kinds are read by a thread each: the kernel produces the
/// text of segments on one processor while the other reads the rest. So the batches of one kind may
/// come between those of another.
///
/// # Errors
/// Only those of `take`.
pub fn read_at_once(
    source: &dyn Source,
    kinds: &[Kind],
    needs: Needs,
    take: &mut dyn FnMut(Kind, Batch) -> io::Result<()>,
) -> io::Result<()> {
    let is_large =
        |kind: &Kind| worth_a_thread(i32::try_from(source.estimate(*kind)).unwrap_or(i32::MAX));
    let mut large: Vec<Kind> = kinds.iter().copied().filter(is_large).collect();
    if large.len() == 1 {
        large.clear();
    }
    read_in_threads(source, kinds, &large, needs, take)
}

/// Reads the large kinds by a thread each, and the others afterwards by this one.
fn read_in_threads(
    source: &dyn Source,
    kinds: &[Kind],
    large: &[Kind],
    needs: Needs,
    take: &mut dyn FnMut(Kind, Batch) -> io::Result<()>,
) -> io::Result<()> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let read_in_thread = |kind: Kind| {
            let sender = sender.clone();
            let read = move || {
                source.read(kind, needs, &mut |batch| {
                    // The receiver is gone if a batch could not be taken.
                    let is_taken = sender.send((kind, batch)).is_ok();
                    Ok(if is_taken { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
                })
            };
            thread::Builder::new().spawn_scoped(scope, read).is_ok()
        };
        // If no thread can be started, the kind is read here.
        let is_left = |kind: &&Kind| !large.contains(kind) || !read_in_thread(**kind);
        let here: Vec<&Kind> = kinds.iter().filter(is_left).collect();
        drop(sender);
        for (kind, batch) in receiver {
            take(kind, batch)?;
        }
        for kind in here {
            source
                .read(*kind, needs, &mut |batch| take(*kind, batch).map(ControlFlow::Continue))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::model::Identity;
    use crate::sources::{Gap, Lookup, Take};
    use crate::sys::Errno;

    /// A source whose batches have gaps and no objects: `Kind::Shm` has 40, the others have 3.
    struct Batches {
        estimate: u64,
    }

    impl Source for Batches {
        fn read(&self, kind: Kind, _: Needs, take: Take<'_>) -> io::Result<()> {
            for index in 0..if kind == Kind::Shm { 40 } else { 3 } {
                let gaps = vec![Gap::Object { kind, index, error: Errno::EIO }];
                if take(Batch { objects: Vec::new(), gaps })?.is_break() {
                    break;
                }
            }
            Ok(())
        }

        fn find(&self, _: &Identity, _: Needs) -> Lookup {
            Lookup::default()
        }

        fn estimate(&self, _: Kind) -> u64 {
            self.estimate
        }
    }

    #[test]
    fn every_batch_is_taken_in_the_order_of_its_kind() {
        for estimate in [3, 100_000, u64::MAX] {
            let mut taken: BTreeMap<Kind, Vec<i32>> = BTreeMap::new();
            let source = Batches { estimate };
            read_at_once(&source, Kind::SYSTEM_V, Needs::NOTHING, &mut |kind, batch| {
                for gap in batch.gaps {
                    let Gap::Object { index, .. } = gap else { panic!("{gap}") };
                    taken.entry(kind).or_default().push(index);
                }
                Ok(())
            })
            .unwrap();
            let expected = [(Kind::Shm, 40), (Kind::Msg, 3), (Kind::Sem, 3)];
            let expected = expected.map(|(kind, count)| (kind, (0..count).collect()));
            assert_eq!(taken, BTreeMap::from(expected), "about {estimate} objects");
        }
    }

    #[test]
    fn an_error_ends_the_reading_of_every_kind() {
        for estimate in [3, 100_000] {
            let mut taken = 0;
            let source = Batches { estimate };
            let failed = read_at_once(&source, Kind::SYSTEM_V, Needs::NOTHING, &mut |_, _| {
                taken += 1;
                Err(io::ErrorKind::OutOfMemory.into())
            });
            assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::OutOfMemory);
            assert_eq!(taken, 1, "about {estimate} objects");
        }
    }

    /// A source that reads a kind only while the others are read.
    #[derive(Default)]
    struct Meeting {
        here: Mutex<usize>,
        all_here: Condvar,
    }

    impl Source for Meeting {
        fn read(&self, _: Kind, _: Needs, _: Take<'_>) -> io::Result<()> {
            let mut here = self.here.lock().unwrap();
            *here += 1;
            self.all_here.notify_all();
            let alone = |here: &mut usize| *here < Kind::SYSTEM_V.len();
            let waited = self.all_here.wait_timeout_while(here, Duration::from_secs(60), alone);
            assert!(!waited.unwrap().1.timed_out(), "read alone");
            Ok(())
        }

        fn find(&self, _: &Identity, _: Needs) -> Lookup {
            Lookup::default()
        }

        fn estimate(&self, _: Kind) -> u64 {
            100_000
        }
    }

    #[test]
    fn large_kinds_are_read_at_the_same_time() {
        let take = &mut |_, _| Ok(());
        read_in_threads(&Meeting::default(), Kind::SYSTEM_V, Kind::SYSTEM_V, Needs::NOTHING, take)
            .unwrap();
    }
}

//! Carries out a request: every object goes through the same steps.

use std::io;

use super::engine::Engine;
use super::event::Handler;
use super::request::{Options, Request};
use crate::proc::ProcRoot;
use crate::sources::Source;

/// Carries out a request, to its end or to the first failure that makes the rest pointless. Returns
/// how many selected objects were not processed because the run ended early.
///
/// # Errors
/// Only those of the handler. Everything before the error was reported to the handler.
pub fn run(
    request: &Request,
    options: Options,
    proc: &ProcRoot,
    source: &dyn Source,
    handler: &mut dyn Handler,
) -> io::Result<usize> {
    let mut engine = Engine::new(options, proc, source, handler);
    let result = match request {
        Request::Plan(plan) => engine.plan(plan),
        Request::Selection(selection) => engine.selection(selection),
    };
    engine.finish();
    result.map(|()| engine.unprocessed)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::columns::Needs;
    use crate::model::{Body, Id, Identity, Key, Kind, Kinds, Mode, Msg, Object, Owner, Sem, Shm};
    use crate::query::Filter;
    use crate::removal::{Candidate, Decision, Event, Selection};
    use crate::sources::{Batch, Gap, Lookup, Take};

    /// Two batches of each kind: three objects and two.
    struct Batches;

    impl Source for Batches {
        fn read(&self, kind: Kind, _: Needs, take: Take<'_>) -> io::Result<()> {
            for ids in [0..3, 3..5] {
                let objects = ids.map(|id| object(kind, id)).collect();
                if take(Batch { objects, gaps: Vec::new() })? != ControlFlow::Continue(()) {
                    break;
                }
            }
            Ok(())
        }

        fn find(&self, _: &Identity, _: Needs) -> Lookup {
            Lookup::default()
        }

        fn estimate(&self, _: Kind) -> u64 {
            5
        }
    }

    fn object(kind: Kind, id: i32) -> Object {
        Object {
            identity: Identity::sysv(kind, Id(id)),
            key: Some(Key::PRIVATE),
            seq: None,
            owner: Owner::default(),
            creator: None,
            mode: Mode(0o600),
            ctime: 0,
            body: match kind {
                Kind::Shm => Body::Shm(Shm::default()),
                Kind::Msg => Body::Msg(Msg::default()),
                _ => Body::Sem(Sem::default()),
            },
        }
    }

    #[derive(Default)]
    struct Progress(Vec<(u64, u64)>);

    impl Handler for Progress {
        fn decide(&mut self, _: &Candidate) -> io::Result<Decision> {
            Ok(Decision::Stop)
        }

        fn done(&mut self, event: &Event) {
            panic!("nothing is selected: {event:?}");
        }

        fn gap(&mut self, gap: &Gap) {
            panic!("{gap}");
        }

        fn more_gaps(&mut self, count: u64) {
            panic!("{count} gaps");
        }

        fn progress(&mut self, done: u64, total: u64) {
            self.0.push((done, total));
        }
    }

    #[test]
    fn progress_counts_objects_that_are_not_selected() {
        let filter = Filter { owners: Some(vec![7]), ..Filter::default() };
        let kinds = Kinds::SHM.and(Kinds::SEM);
        let request = Request::Selection(Selection { filter, kinds, force: true });
        let options = Options { dry_run: true, now: 0, ..Options::default() };
        let mut progress = Progress::default();
        let proc = ProcRoot::at("/nonexistent");
        assert_eq!(run(&request, options, &proc, &Batches, &mut progress).unwrap(), 0);
        assert!(progress.0.is_sorted() && progress.0.iter().all(|(_, total)| *total == 10));
        let mut done: Vec<u64> = progress.0.iter().map(|(done, _)| *done).collect();
        done.dedup();
        assert_eq!(done, [0, 3, 5, 8, 10]);
    }
}

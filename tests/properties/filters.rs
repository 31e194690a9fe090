//! `ipcs FILTER` lists what `ipcrm FILTER` looks at: the library with random objects and filters.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use ipcs::columns::{Needs, Row};
use ipcs::model::{Body, Identity, Key, Kind, Kinds, Msg, Object, Share};
use ipcs::proc::ProcRoot;
use ipcs::query::{Filter, KeyMatch, Query, RowSink};
use ipcs::removal::{self, Candidate, Decision, Event, Handler, Options, Request, Selection};
use ipcs::sources::{Batch, Gap, Lookup, Source, Take};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::arbitrary::any_object;
use crate::support::namespace::isolated;

const NOW: i64 = 2_000_000_000;

/// Objects that exist only here, in batches of three.
struct Memory(Vec<Object>);

impl Source for Memory {
    fn read(&self, kind: Kind, _: Needs, take: Take<'_>) -> io::Result<()> {
        let objects: Vec<_> = self.0.iter().filter(|object| object.kind() == kind).collect();
        for batch in objects.chunks(3) {
            let objects = batch.iter().map(|object| (*object).clone()).collect();
            if take(Batch { objects, gaps: Vec::new() })? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn find(&self, identity: &Identity, _: Needs) -> Lookup {
        let object = self.0.iter().find(|object| object.identity == *identity).cloned();
        Lookup { object, gaps: Vec::new() }
    }

    fn estimate(&self, _: Kind) -> u64 {
        0
    }
}

/// Which objects were listed, or looked at.
#[derive(Default)]
struct Seen(BTreeSet<(Kind, i32)>);

impl Seen {
    fn add(&mut self, object: &Object) {
        let id = object.id().expect("an id").0;
        assert!(self.0.insert((object.kind(), id)), "{id} twice");
    }
}

impl RowSink for Seen {
    fn begin(&mut self, _: Kind) -> io::Result<()> {
        Ok(())
    }
    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        self.add(row.object);
        Ok(())
    }
}

impl Handler for Seen {
    fn decide(&mut self, _: &Candidate) -> io::Result<Decision> {
        unreachable!("nothing is asked")
    }
    fn done(&mut self, event: &Event) {
        self.add(event.candidate.object.as_ref().expect("a selected object"));
    }
    fn gap(&mut self, gap: &Gap) {
        panic!("{gap}");
    }
    fn more_gaps(&mut self, count: u64) {
        panic!("{count} more gaps");
    }
}

/// No process has this number or one of the next few.
const NOBODY: i32 = 2_000_000_000;

/// Filters that do not depend on live processes. Their values come from the objects, so that some
/// pass.
fn filter() -> impl Strategy<Value = Filter> {
    let users = || of(vec(prop_oneof![Just(0), 1..5u32], 1..4));
    let key = prop_oneof![
        4 => (0..5u32).prop_map(|key| KeyMatch::Is(Key(key))),
        1 => Just(KeyMatch::None),
        1 => Just(KeyMatch::Any),
    ];
    let keys = of(vec(key, 1..4));
    let time = || of(prop_oneof![0..100u64, any::<u64>()].prop_map(Duration::from_secs));
    let size = || of(prop_oneof![0..10u64, any::<u64>()]);
    let full = (0..200u64, prop_oneof![Just(100), 1..200u64]);
    let full = proptest::option::weighted(0.2, full.prop_map(|(used, of)| Share::of(used, of)));
    let used_by = vec(NOBODY..NOBODY + 5, 1..4);
    let used_by = proptest::option::weighted(0.01, used_by);
    let new = (size(), full, used_by);
    (users(), users(), users(), keys, size(), time(), time(), new).prop_map(
        |(owners, creators, groups, keys, min_size, older, idle, (max_size, full, used_by))| {
            Filter {
                owners,
                creators,
                groups,
                keys,
                min_size,
                max_size,
                full: full.flatten(),
                used_by,
                older,
                idle,
                ..Filter::default()
            }
        },
    )
}

/// Objects with small numbers, of which each exists once.
fn objects() -> impl Strategy<Value = Vec<Object>> {
    let pids = [NOBODY..NOBODY + 5, NOBODY..NOBODY + 5];
    let small = (0..5u32, [0..5u32, 0..5, 0..5], 0..200i64, pids);
    vec((any_object(), small), 0..30).prop_map(|objects| {
        let mut seen = BTreeSet::new();
        let mut objects: Vec<Object> = objects
            .into_iter()
            .map(|(mut object, (key, [uid, gid, cuid], age, pids))| {
                object.key = Some(Key(key));
                (object.owner.uid, object.owner.gid) = (uid, gid);
                object.creator.as_mut().expect("a creator").uid = cuid;
                object.ctime = NOW - age;
                set_pids(&mut object, pids);
                object
            })
            .collect();
        objects.retain(|object| seen.insert(object.identity.clone()));
        objects
    })
}

/// Nothing has a segment attached, and the recorded processes have exited. The kernel does not have
/// the sets.
fn set_pids(object: &mut Object, [first, second]: [i32; 2]) {
    match &mut object.body {
        Body::Shm(shm) => (shm.nattch, shm.cpid, shm.lpid) = (0, first, second),
        Body::Msg(msg) => (msg.lspid, msg.lrpid) = (first, second),
        Body::Sem(_) | Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => {}
    }
}

/// Whether the kernel recorded one of these processes.
fn is_used_by(pids: &[i32], object: &Object) -> bool {
    let recorded = match &object.body {
        Body::Shm(shm) => vec![shm.cpid, shm.lpid],
        Body::Msg(msg) => vec![msg.lspid, msg.lrpid],
        Body::Sem(_) | Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => Vec::new(),
    };
    recorded.iter().any(|pid| pids.contains(pid))
}

fn has_key(key: &KeyMatch, object: &Object) -> bool {
    let own = object.key.expect("a key");
    match key {
        KeyMatch::Is(key) => own == *key,
        KeyMatch::None => own == Key(0) && !object.is_dest(),
        KeyMatch::Any => own != Key(0),
    }
}

/// Whether an object passes, from the words of the manual.
fn passes(filter: &Filter, object: &Object) -> bool {
    let among = |list: &Option<Vec<u32>>, uid| list.as_ref().is_none_or(|list| list.contains(&uid));
    let since = |least: Option<Duration>, then: i64| {
        least.is_none_or(|least| i128::from(NOW) >= i128::from(then) + i128::from(least.as_secs()))
    };
    let last = object.use_times().into_iter().max().unwrap_or(0).max(object.ctime);
    among(&filter.owners, object.owner.uid)
        && among(&filter.groups, object.owner.gid)
        && among(&filter.creators, object.creator.expect("a creator").uid)
        && filter.keys.as_ref().is_none_or(|keys| keys.iter().any(|key| has_key(key, object)))
        && filter.min_size.is_none_or(|least| object.size() >= least)
        && filter.max_size.is_none_or(|most| object.size() <= most)
        && filter.full.is_none_or(|least| {
            object.msg().and_then(Msg::share).is_some_and(|share| share >= least)
        })
        && filter.used_by.as_ref().is_none_or(|pids| is_used_by(pids, object))
        && since(filter.older, object.ctime)
        && since(filter.idle, last)
}

/// What `ipcs` lists.
fn listed(source: &Memory, kinds: &[Kind], filter: &Filter) -> Seen {
    let mut seen = Seen::default();
    let (kinds, filter) = (kinds.to_vec(), filter.clone());
    let query = Query { kinds, filter, now: NOW, ..Query::default() };
    query.run(source, &ProcRoot::default(), &mut seen).expect("memory");
    seen
}

/// What `ipcrm` looks at.
fn looked_at(source: &Memory, kinds: &[Kind], filter: &Filter) -> Seen {
    let options = Options { dry_run: true, now: NOW, ..Options::default() };
    let kinds = kinds.iter().fold(Kinds::NONE, |all, kind| all.and(Kinds::of(*kind)));
    let request = Request::Selection(Selection { filter: filter.clone(), kinds, force: true });
    let mut seen = Seen::default();
    removal::run(&request, options, &ProcRoot::default(), source, &mut seen)
        .expect("the handler never fails");
    seen
}

#[test]
fn a_query_and_a_removal_choose_the_same_objects() {
    // No object exists in this namespace, so that the removal finds every one gone.
    isolated(|| {
        let kinds = proptest::sample::subsequence(Kind::SYSTEM_V.to_vec(), 1..=3);
        let some = RefCell::new([0, 0]);
        let check = |(objects, filter, kinds): (Vec<Object>, Filter, Vec<Kind>)| {
            let fits = |object: &&Object| kinds.contains(&object.kind()) && passes(&filter, object);
            let mut expected = Seen::default();
            objects.iter().filter(fits).for_each(|object| expected.add(object));
            let source = Memory(objects);
            prop_assert_eq!(&listed(&source, &kinds, &filter).0, &expected.0);
            prop_assert_eq!(&looked_at(&source, &kinds, &filter).0, &expected.0);
            some.borrow_mut()[usize::from(expected.0.is_empty())] += 1;
            Ok(())
        };
        let config =
            ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) };
        let strategy = (objects(), filter(), kinds);
        TestRunner::new(config).run(&strategy, check).unwrap_or_else(|error| panic!("{error}"));
        let [some, none] = some.into_inner();
        assert!(some > 100 && none > 100, "{some} filters had a match, {none} had none");
    });
}

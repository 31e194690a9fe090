//! Objects that change between their selection and their removal.

use std::io;
use std::time::{Duration, Instant};

use ipcs::model::{Kind, Kinds, Share};
use ipcs::proc::ProcRoot;
use ipcs::query::Filter;
use ipcs::removal::{
    self, Candidate, Change, Decision, Event, Handler, KeepReason, Options, Outcome, Request,
    Selection,
};
use ipcs::sources::{Gap, NamespaceHandle, SystemV};

use crate::support::actor::{Actor, in_call, until};
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root, require_users, set_sysctl};
use crate::support::objects::{Attachment, Queue, Sems, Shm};
use crate::support::sys::now;
use crate::support::table::remaining;

type Act<'a> = Box<dyn FnMut(&Candidate) + 'a>;

/// Changes a selected object right before it is removed, and records what the run reports.
#[derive(Default)]
struct Changer<'a> {
    act: Option<Act<'a>>,
    decision: Option<Decision>,
    removed: Vec<i32>,
    gone: Vec<i32>,
    kept: Vec<Event>,
    failed: usize,
}

impl Handler for Changer<'_> {
    fn decide(&mut self, candidate: &Candidate) -> io::Result<Decision> {
        if let Some(act) = &mut self.act {
            act(candidate);
        }
        Ok(self.decision.unwrap_or(Decision::Remove))
    }
    fn done(&mut self, event: &Event) {
        let id = id_of(&event.candidate);
        match &event.outcome {
            Outcome::Removed => self.removed.push(id),
            Outcome::Gone => self.gone.push(id),
            Outcome::Kept(_) => self.kept.push(event.clone()),
            Outcome::Failed(_) => self.failed += 1,
        }
    }
    fn gap(&mut self, gap: &Gap) {
        panic!("{gap}");
    }
    fn more_gaps(&mut self, count: u64) {
        panic!("{count} gaps");
    }
}

fn id_of(candidate: &Candidate) -> i32 {
    candidate.id.expect("a selected object has an id").0
}

impl Changer<'_> {
    fn reason(&self) -> KeepReason {
        let [Event { outcome: Outcome::Kept(reason), .. }] = &self.kept[..] else {
            panic!("kept: {:?}", self.kept)
        };
        reason.clone()
    }

    fn text(&self) -> String {
        self.reason().text(&mut |uid| uid.to_string())
    }
}

/// Removes what a filter selects; the handler is asked before each removal. Returns how many
/// objects were not processed.
fn run(selection: Selection, handler: &mut Changer<'_>) -> usize {
    run_at(now(), selection, handler)
}

/// The same as if it were started at this time, in seconds since the epoch.
fn run_at(now: i64, selection: Selection, handler: &mut Changer<'_>) -> usize {
    let options = Options {
        dry_run: false,
        asks: true,
        announces: false,
        describes: false,
        counts_blocked: false,
        counts_users: false,
        explain: 20,
        now,
    };
    let proc = ProcRoot::default();
    let source = SystemV::new(proc.clone(), NamespaceHandle::current());
    let request = Request::Selection(selection);
    removal::run(&request, options, &proc, &source, handler).expect("the handler never fails")
}

fn clean<'a>(
    kinds: Kinds,
    force: bool,
    filter: Filter,
    act: impl FnMut(&Candidate) + 'a,
) -> Changer<'a> {
    let mut handler = Changer { act: Some(Box::new(act)), ..Changer::default() };
    assert_eq!(run(Selection { filter, kinds, force }, &mut handler), 0);
    handler
}

/// A filter that every object passes.
fn any() -> Filter {
    Filter { min_size: Some(0), ..Filter::default() }
}

#[test]
fn keeps_another_object_in_the_same_slot() {
    isolated(|| {
        let old = Sems::keyed(0x5, 1, 0o600);
        let mut new = None;
        let handler = clean(Kinds::SEM, true, any(), |candidate| {
            assert_eq!((candidate.kind, id_of(candidate)), (Kind::Sem, old.id));
            old.remove();
            // The next id in the same slot of the table.
            set_sysctl("sem_next_id", &(old.id + 32_768).to_string());
            new = Some(Sems::keyed(0x5, 1, 0o600).id);
        });
        let id = old.id + 32_768;
        assert_eq!(handler.text(), format!("removed; its slot now holds id {id}"));
        assert_eq!((handler.removed.len(), handler.gone.len(), handler.failed), (0, 0, 0));
        drop(handler);
        assert_eq!(remaining(), format!("sem{}", new.expect("made")));
    });
}

#[test]
fn keeps_another_object_with_the_same_id() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let reuse_id =
            |kind: &str, id: i32| set_sysctl(&format!("{kind}_next_id"), &id.to_string());
        let (_, set) = as_absent_user(|| Sems::keyed(0x5, 1, 0o600));
        let handler = clean(Kinds::SEM, false, any(), |_| {
            set.remove();
            reuse_id("sem", set.id);
            assert_eq!(Sems::keyed(0x6, 1, 0o600).id, set.id);
        });
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Key));
        let segment = Shm::keyed(0x5, 10, 0o600);
        let handler = clean(Kinds::SHM, true, any(), |_| {
            segment.remove();
            reuse_id("shm", segment.id);
            assert_eq!(Shm::private(10, 0o600).id, segment.id);
        });
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Key));
        let queue = Queue::keyed(0x5, 0o600);
        let handler = clean(Kinds::MSG, true, any(), |_| {
            queue.remove();
            reuse_id("msg", queue.id);
            assert_eq!(Queue::private(0o600).id, queue.id);
        });
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Key));
        assert_eq!(remaining(), "shm0 msg0 sem0");
    });
}

/// Both are made in the same second, unless a new one begins in between.
#[test]
fn keeps_another_object_with_the_same_id_key_and_owner() {
    isolated(|| {
        let set = Sems::keyed(0x5, 1, 0o600);
        let handler = clean(Kinds::SEM, true, any(), |_| {
            set.remove();
            set_sysctl("sem_next_id", &set.id.to_string());
            assert_eq!(Sems::keyed(0x5, 2, 0o600).id, set.id);
        });
        assert_changed(&handler, Change::Nsems);
        let segment = Shm::keyed(0x5, 10, 0o600);
        let handler = clean(Kinds::SHM, true, any(), |_| {
            segment.remove();
            set_sysctl("shm_next_id", &segment.id.to_string());
            assert_eq!(Shm::keyed(0x5, 11, 0o600).id, segment.id);
        });
        assert_changed(&handler, Change::Size);
        let queue = Queue::keyed(0x5, 0o600);
        queue.send(1);
        let handler = clean(Kinds::MSG, true, any(), |_| {
            queue.remove();
            set_sysctl("msg_next_id", &queue.id.to_string());
            assert_eq!(Queue::keyed(0x5, 0o600).id, queue.id);
        });
        assert_changed(&handler, Change::UseTime);
        assert_eq!(remaining(), "shm0 msg0 sem0");
    });
}

/// Whether this is the only change, or the second is another one.
fn assert_changed(handler: &Changer<'_>, change: Change) {
    let reason = handler.reason();
    let expected = [change, Change::Ctime].map(KeepReason::Changed);
    assert!(expected.contains(&reason), "{reason:?}");
}

#[test]
fn keeps_an_object_with_a_new_owner() {
    require_users("it gives objects to other users");
    isolated(|| {
        let segment = Shm::private(10, 0o600);
        let handler = clean(Kinds::SHM, true, any(), |_| segment.set(4_000_000, 0, 0o600));
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Owner));
        assert_eq!(handler.text(), "changed since it was selected: owner differs");
        assert_eq!(remaining(), "shm0");
    });
}

#[test]
fn keeps_an_object_with_a_new_ctime() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let handler = clean(Kinds::SEM, true, any(), |candidate| {
            let ctime = candidate.object.as_ref().expect("it was looked at").ctime;
            // Wait until the kernel's clock shows another second.
            while now() <= ctime {
                std::thread::yield_now();
            }
            set.set_value(0, 1);
            while set.stat().ctime == ctime {
                set.set_value(0, 1);
            }
        });
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Ctime));
        assert_eq!(remaining(), "sem0");
    });
}

#[test]
fn keeps_an_object_that_comes_into_use() {
    require_root("it looks at other processes");
    isolated(|| {
        let (_, set) = as_absent_user(|| Sems::private(2, 0o600));
        let mut actor = Actor::start();
        let handler = clean(Kinds::SEM, false, any(), |_| {
            actor.say(&format!("semop {set} 1:-1"));
            until("the actor waits", || set.blocked(1) == 1);
        });
        assert!(matches!(handler.reason(), KeepReason::InUse(_)), "{:?}", handler.kept);
        let pids: Vec<_> = handler.kept[0].processes.iter().map(|process| process.pid).collect();
        drop(handler);
        assert_eq!(pids, [actor.pid()]);
        actor.end();
        let handler = clean(Kinds::SEM, false, any(), |_| set.operate(1, 1));
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Used));
        // The library takes the recorded creator, this process, for one that has gone.
        let (_, segment) = as_absent_user(|| Shm::private(10, 0o600));
        let attached = std::cell::RefCell::new(Vec::<Attachment>::new());
        for filter in [any(), Filter { unused: true, ..Filter::default() }] {
            let handler = clean(Kinds::SHM, false, filter, |_| {
                attached.borrow_mut().push(segment.attach());
            });
            // Its times show it, unless they had the same second before.
            let reason = handler.reason();
            assert!(reason.is_use() || reason == KeepReason::Changed(Change::Used), "{reason:?}");
            drop(handler);
            attached.borrow_mut().clear();
        }
        assert_eq!(remaining(), "shm0 sem0");
    });
}

/// As when a person takes time to answer. Only another scan of the processes can find a process
/// that waits for a message.
#[test]
fn keeps_an_object_that_comes_into_use_long_after_the_scan() {
    require_root("it looks at other processes");
    isolated(|| {
        let (_, queue) = as_absent_user(|| Queue::private(0o600));
        for filter in [any(), Filter { unused: true, ..Filter::default() }] {
            let mut receiver = Actor::start();
            let start = Instant::now();
            let act = |_: &Candidate| {
                // The first scan took no longer than the time since the start. Its result is used
                // for ten times as long, but for at least one second.
                let (scanned, took) = (Instant::now(), start.elapsed());
                let fresh = Duration::from_secs(1).max(took * 10);
                receiver.say(&format!("msgrcv {} 0", queue.id));
                until("the receiver waits for a message", || {
                    in_call(receiver.pid(), nix::libc::SYS_msgrcv, queue.id)
                });
                while scanned.elapsed() <= fresh {
                    std::thread::sleep(Duration::from_millis(1));
                }
            };
            let handler = clean(Kinds::MSG, false, filter, act);
            let (reason, removed) = (handler.reason(), handler.removed.len());
            assert!(reason.is_use() && removed == 0, "{reason:?}");
            assert!(handler.text().ends_with("1 thread is blocked on it"), "{}", handler.text());
            drop(handler);
            receiver.end();
        }
        assert_eq!(remaining(), "msg0");
    });
}

#[test]
fn keeps_an_object_that_no_longer_matches() {
    isolated(|| {
        let queue = Queue::private(0o600);
        queue.send(100);
        let filter = Filter { min_size: Some(100), ..Filter::default() };
        let handler = clean(Kinds::MSG, true, filter, |_| {
            queue.receive();
        });
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Filter));
        assert_eq!(remaining(), "msg0");
    });
}

#[test]
fn reports_an_object_removed_by_another_process_as_gone() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let (_, set) = as_absent_user(|| Sems::private(1, 0o600));
        let handler = clean(Kinds::SEM, false, any(), |_| set.remove());
        assert_eq!(
            (handler.gone.clone(), handler.kept.len(), handler.failed),
            (vec![set.id], 0, 0)
        );
        // A marked segment that is still attached counts as removed.
        let segment = Shm::keyed(0x5, 10, 0o600);
        let attachment = segment.attach();
        let handler = clean(Kinds::SHM, true, any(), |_| segment.remove());
        assert_eq!((handler.gone.clone(), handler.removed.len()), (vec![segment.id], 0));
        drop(attachment);
    });
}

/// The idle time counts from the start of the run.
#[test]
fn keeps_an_object_that_is_no_longer_idle() {
    isolated(|| {
        let (_, queue) = as_absent_user(|| Queue::private(0o600));
        queue.send(1);
        let filter = Filter {
            idle: Some(Duration::from_secs(3600)),
            include_unsure: true,
            ..Filter::default()
        };
        let reason_after = |force, use_it: &dyn Fn()| {
            let an_hour_later = queue.stat().last_use() + 3600;
            let act: Box<dyn FnMut(&Candidate)> = Box::new(|_| use_it());
            let mut handler = Changer { act: Some(act), ..Changer::default() };
            let selection = Selection { filter: filter.clone(), kinds: Kinds::MSG, force };
            assert_eq!(run_at(an_hour_later, selection, &mut handler), 0);
            handler.reason()
        };
        let receive = || {
            queue.receive();
        };
        assert_eq!(reason_after(false, &receive), KeepReason::Changed(Change::Used));
        // The kernel records whole seconds.
        let use_later = || {
            let before = queue.stat().last_use();
            while queue.stat().last_use() == before {
                queue.send(1);
                queue.receive();
            }
        };
        assert_eq!(reason_after(true, &use_later), KeepReason::Changed(Change::Filter));
        assert_eq!(remaining(), "msg0");
    });
}

#[test]
fn stop_leaves_the_remaining_objects() {
    isolated(|| {
        for _ in 0..3 {
            Sems::private(1, 0o600);
        }
        let selection = Selection { filter: any(), kinds: Kinds::SYSTEM_V, force: true };
        let mut handler = Changer { decision: Some(Decision::Stop), ..Changer::default() };
        assert_eq!(run(selection, &mut handler), 3);
        assert_eq!(remaining(), "sem0 sem1 sem2");
    });
}

#[test]
fn keeps_what_no_longer_passes_a_filter() {
    isolated(|| {
        let queue = Queue::private(0o600);
        queue.set_with_capacity(0, 0, 0o600, 100);
        queue.send(90);
        let filter = Filter { full: Share::of(9, 10), ..Filter::default() };
        let handler = clean(Kinds::MSG, true, filter, |_| {
            queue.receive();
        });
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Filter));
        let filter = Filter { max_size: Some(10), ..Filter::default() };
        let handler = clean(Kinds::MSG, true, filter, |_| queue.send(11));
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Filter));

        // The last process to attach it is recorded in place of the actor.
        let segment = Shm::private(1, 0o600);
        let mut actor = Actor::start();
        let address = actor.attach(segment, "rw");
        let filter = Filter { used_by: Some(vec![actor.pid()]), ..Filter::default() };
        let handler = clean(Kinds::SHM, true, filter.clone(), |_| {
            actor.tell(&format!("detach {address}"));
            drop(segment.attach());
        });
        assert_eq!(handler.reason(), KeepReason::Changed(Change::Filter));
        assert!(handler.removed.is_empty());
        drop(handler);
        actor.attach(segment, "rw");
        let handler = clean(Kinds::SHM, true, filter, |_| {});
        assert_eq!(handler.removed, [segment.id]);
    });
}

//! Objects that change between their selection and their removal.

use std::io;
use std::time::{Duration, Instant};

use ipcs::collect::Gap;
use ipcs::model::{Kind, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::removal::{
    Aim, Because, Change, Chosen, Cleanup, CleanupHandler, Course, Decision, Failure, Kept, Target,
};
use ipcs::select::Filter;

use crate::support::actor::{Actor, in_call, until};
use crate::support::namespace::{isolated, require_root, set_sysctl};
use crate::support::objects::{Attachment, Queue, Sems, Shm};
use crate::support::table::remaining;

type Act<'a> = Box<dyn FnMut(&Chosen) + 'a>;

/// Changes a selected object right before it is removed, and records what the cleanup reports.
#[derive(Default)]
struct Changer<'a> {
    act: Option<Act<'a>>,
    decision: Option<Decision>,
    removed: Vec<i32>,
    gone: Vec<i32>,
    kept: Vec<Kept>,
    failed: usize,
}

impl CleanupHandler for Changer<'_> {
    fn decide(&mut self, chosen: &Chosen, _: Option<&Target>) -> io::Result<Decision> {
        if let Some(act) = &mut self.act {
            act(chosen);
        }
        Ok(self.decision.unwrap_or(Decision::Remove))
    }
    fn removed(&mut self, target: &Target) {
        self.removed.push(target.perm().id.0);
    }
    fn gone(&mut self, chosen: &Chosen) {
        self.gone.push(chosen.identity.id.0);
    }
    fn kept(&mut self, kept: &Kept) {
        self.kept.push(kept.clone());
    }
    fn failed(&mut self, _: &Failure) {
        self.failed += 1;
    }
    fn gap(&mut self, gap: &Gap) {
        panic!("{gap}");
    }
}

impl Changer<'_> {
    fn because(&self) -> Because {
        let [kept] = &self.kept[..] else { panic!("kept: {:?}", self.kept) };
        kept.because
    }
}

const REAL: Course = Course { dry_run: false, asks: false, explain: 20 };

fn now() -> i64 {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_REALTIME).expect("the time").tv_sec()
}

fn clean<'a>(
    kinds: Kinds,
    force: bool,
    filter: Filter,
    act: impl FnMut(&Chosen) + 'a,
) -> Changer<'a> {
    let aim = Aim { filter, kinds, force };
    let mut handler = Changer { act: Some(Box::new(act)), ..Changer::default() };
    let cleanup = Cleanup::new(&ProcRoot::default(), aim, now());
    let unprocessed = cleanup.execute(REAL, &mut handler).expect("the handler never fails");
    assert_eq!(unprocessed, 0);
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
        let handler = clean(Kinds::SEM, true, any(), |chosen| {
            assert_eq!((chosen.kind, chosen.identity.id.0), (Kind::Sem, old.id));
            old.remove();
            // The next id in the same slot of the table.
            set_sysctl("sem_next_id", &(old.id + 32_768).to_string());
            new = Some(Sems::keyed(0x5, 1, 0o600).id);
        });
        assert!(matches!(handler.because(), Because::Replaced(id) if id.0 == old.id + 32_768));
        assert_eq!(handler.kept[0].target, None);
        assert_eq!((handler.removed.len(), handler.gone.len(), handler.failed), (0, 0, 0));
        drop(handler);
        assert_eq!(remaining(), format!("sem{}", new.expect("made")));
    });
}

#[test]
fn keeps_another_object_with_the_same_id() {
    isolated(|| {
        let reuse_id =
            |kind: &str, id: i32| set_sysctl(&format!("{kind}_next_id"), &id.to_string());
        let set = Sems::keyed(0x5, 1, 0o600);
        let handler = clean(Kinds::SEM, false, any(), |_| {
            set.remove();
            reuse_id("sem", set.id);
            assert_eq!(Sems::keyed(0x6, 1, 0o600).id, set.id);
        });
        assert_eq!(handler.because(), Because::Changed(Change::Key));
        let segment = Shm::keyed(0x5, 10, 0o600);
        let handler = clean(Kinds::SHM, true, any(), |_| {
            segment.remove();
            reuse_id("shm", segment.id);
            assert_eq!(Shm::private(10, 0o600).id, segment.id);
        });
        assert_eq!(handler.because(), Because::Changed(Change::Key));
        let queue = Queue::keyed(0x5, 0o600);
        let handler = clean(Kinds::MSG, true, any(), |_| {
            queue.remove();
            reuse_id("msg", queue.id);
            assert_eq!(Queue::private(0o600).id, queue.id);
        });
        assert_eq!(handler.because(), Because::Changed(Change::Key));
        assert_eq!(remaining(), "shm0 msg0 sem0");
    });
}

#[test]
fn keeps_an_object_with_a_new_owner() {
    isolated(|| {
        require_root("it gives objects to other users");
        let segment = Shm::private(10, 0o600);
        let handler = clean(Kinds::SHM, true, any(), |_| segment.set(4_000_000, 0, 0o600));
        assert_eq!(handler.because(), Because::Changed(Change::Owner));
        assert_eq!(handler.because().to_string(), "changed meanwhile: another owner");
        assert_eq!(remaining(), "shm0");
    });
}

#[test]
fn keeps_an_object_with_a_new_ctime() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let handler = clean(Kinds::SEM, true, any(), |chosen| {
            // Wait until the kernel's clock shows another second.
            while now() <= chosen.identity.ctime {
                std::thread::yield_now();
            }
            set.set_value(0, 1);
            while set.stat().ctime == chosen.identity.ctime {
                set.set_value(0, 1);
            }
        });
        assert_eq!(handler.because(), Because::Changed(Change::Ctime));
        assert_eq!(remaining(), "sem0");
    });
}

#[test]
fn keeps_an_object_that_comes_into_use() {
    isolated(|| {
        let set = Sems::private(2, 0o600);
        let handler = clean(Kinds::SEM, false, any(), |_| set.operate(1, 1));
        assert!(matches!(handler.because(), Because::InUse(_)), "{:?}", handler.kept);
        let pids: Vec<_> = handler.kept[0].processes.iter().map(|process| process.pid).collect();
        assert_eq!(pids, [std::process::id().cast_signed()]);
        let segment = Shm::private(10, 0o600);
        let attached = std::cell::RefCell::new(Vec::<Attachment>::new());
        for filter in [any(), Filter { unused: true, ..Filter::default() }] {
            let handler = clean(Kinds::SHM, false, filter, |_| {
                attached.borrow_mut().push(segment.attach());
            });
            assert!(handler.because().is_use(), "{:?}", handler.kept);
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
    isolated(|| {
        require_root("it looks at other processes");
        let queue = Queue::private(0o600);
        for filter in [any(), Filter { unused: true, ..Filter::default() }] {
            let mut receiver = Actor::start();
            let start = Instant::now();
            let act = |_: &Chosen| {
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
            let aim = Aim { filter, kinds: Kinds::MSG, force: false };
            let mut handler = Changer { act: Some(Box::new(act)), ..Changer::default() };
            let cleanup = Cleanup::new(&ProcRoot::default(), aim, now());
            let asks = Course { asks: true, ..REAL };
            assert_eq!(cleanup.execute(asks, &mut handler).expect("no error"), 0);
            let (because, removed) = (handler.because(), handler.removed.len());
            assert!(because.is_use() && removed == 0, "{because:?}");
            assert!(because.to_string().ends_with("1 blocked on it"), "{because}");
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
        assert_eq!(handler.because(), Because::Changed(Change::Filter));
        assert_eq!(remaining(), "msg0");
    });
}

#[test]
fn reports_an_object_removed_by_another_process_as_gone() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
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

#[test]
fn stop_leaves_the_remaining_objects() {
    isolated(|| {
        for _ in 0..3 {
            Sems::private(1, 0o600);
        }
        let aim = Aim { filter: any(), kinds: Kinds::ALL, force: false };
        let cleanup = Cleanup::new(&ProcRoot::default(), aim, now());
        let mut handler = Changer { decision: Some(Decision::Stop), ..Changer::default() };
        assert_eq!(cleanup.execute(REAL, &mut handler).expect("no error"), 3);
        assert_eq!(remaining(), "sem0 sem1 sem2");
    });
}

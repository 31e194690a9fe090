//! What happens to an object between its choice and its removal.

use std::io;
use std::time::{Duration, Instant};

use ipcs::collect::Gap;
use ipcs::model::{Id, Kind, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::removal::{
    Aim, Because, Change, Chosen, Cleanup, CleanupHandler, Course, Decision, Failure, Kept, Target,
};
use ipcs::select::Filter;

use super::left;
use crate::processes::scene::{Actor, in_call, until};
use crate::support::namespace::{isolated, require_root, set_sysctl};
use crate::support::objects::{Attachment, Queue, Sems, Shm};

type Act<'a> = Box<dyn FnMut(&Chosen) + 'a>;

/// Does something to an object that was chosen, right before it is removed.
#[derive(Default)]
struct Meddler<'a> {
    act: Option<Act<'a>>,
    decision: Option<Decision>,
    removed: Vec<i32>,
    gone: Vec<i32>,
    kept: Vec<Kept>,
    failed: usize,
}

impl CleanupHandler for Meddler<'_> {
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

impl Meddler<'_> {
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
) -> Meddler<'a> {
    let aim = Aim { filter, kinds, force };
    let mut meddler = Meddler { act: Some(Box::new(act)), ..Meddler::default() };
    let cleanup = Cleanup::new(&ProcRoot::default(), aim, now());
    let left = cleanup.execute(REAL, &mut meddler).expect("the handler never fails");
    assert_eq!(left, 0);
    meddler
}

/// A filter that every object passes.
fn any() -> Filter {
    Filter { min_size: Some(0), ..Filter::default() }
}

#[test]
fn another_one_in_its_place_stays() {
    isolated(|| {
        let old = Sems::keyed(0x5, 1, 0o600);
        let mut new = None;
        let meddler = clean(Kinds::SEM, true, any(), |chosen| {
            assert_eq!((chosen.kind, chosen.identity.id.0), (Kind::Sem, old.id));
            old.remove();
            // The next id in the same place of the table.
            set_sysctl("sem_next_id", &(old.id + 32_768).to_string());
            new = Some(Sems::keyed(0x5, 1, 0o600).id);
        });
        assert!(matches!(meddler.because(), Because::Replaced(id) if id.0 == old.id + 32_768));
        assert_eq!(meddler.kept[0].target, None);
        assert_eq!((meddler.removed.len(), meddler.gone.len(), meddler.failed), (0, 0, 0));
        drop(meddler);
        assert_eq!(left(), format!("sem{}", new.expect("made")));
    });
}

#[test]
fn another_one_with_the_same_id_stays() {
    isolated(|| {
        let again = |kind: &str, id: i32| set_sysctl(&format!("{kind}_next_id"), &id.to_string());
        let set = Sems::keyed(0x5, 1, 0o600);
        let meddler = clean(Kinds::SEM, false, any(), |_| {
            set.remove();
            again("sem", set.id);
            assert_eq!(Sems::keyed(0x6, 1, 0o600).id, set.id);
        });
        assert_eq!(meddler.because(), Because::Changed(Change::Key));
        let segment = Shm::keyed(0x5, 10, 0o600);
        let meddler = clean(Kinds::SHM, true, any(), |_| {
            segment.remove();
            again("shm", segment.id);
            assert_eq!(Shm::private(10, 0o600).id, segment.id);
        });
        assert_eq!(meddler.because(), Because::Changed(Change::Key));
        let queue = Queue::keyed(0x5, 0o600);
        let meddler = clean(Kinds::MSG, true, any(), |_| {
            queue.remove();
            again("msg", queue.id);
            assert_eq!(Queue::private(0o600).id, queue.id);
        });
        assert_eq!(meddler.because(), Because::Changed(Change::Key));
        assert_eq!(left(), "shm0 msg0 sem0");
    });
}

#[test]
fn another_owner_keeps_it() {
    isolated(|| {
        require_root("it gives objects to others");
        let segment = Shm::private(10, 0o600);
        let meddler = clean(Kinds::SHM, true, any(), |_| segment.set(4_000_000, 0, 0o600));
        assert_eq!(meddler.because(), Because::Changed(Change::Owner));
        assert_eq!(meddler.because().to_string(), "changed meanwhile: another owner");
        assert_eq!(left(), "shm0");
    });
}

#[test]
fn another_ctime_keeps_it() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let meddler = clean(Kinds::SEM, true, any(), |chosen| {
            // Until the kernel's clock shows another second.
            while now() <= chosen.identity.ctime {
                std::thread::yield_now();
            }
            set.set_value(0, 1);
            while ipcs::sys::sem::stat(set.id, ipcs::sys::StatBy::Any).expect("it").ctime
                == chosen.identity.ctime
            {
                set.set_value(0, 1);
            }
        });
        assert_eq!(meddler.because(), Because::Changed(Change::Ctime));
        assert_eq!(left(), "sem0");
    });
}

#[test]
fn one_that_comes_into_use_stays() {
    isolated(|| {
        let set = Sems::private(2, 0o600);
        let meddler = clean(Kinds::SEM, false, any(), |_| set.operate(1, 1));
        assert!(matches!(meddler.because(), Because::InUse(_)), "{:?}", meddler.kept);
        let pids: Vec<_> = meddler.kept[0].processes.iter().map(|process| process.pid).collect();
        assert_eq!(pids, [std::process::id().cast_signed()]);
        let segment = Shm::private(10, 0o600);
        let attached = std::cell::RefCell::new(Vec::<Attachment>::new());
        for filter in [any(), Filter { unused: true, ..Filter::default() }] {
            let meddler = clean(Kinds::SHM, false, filter, |_| {
                attached.borrow_mut().push(segment.attach());
            });
            assert!(meddler.because().is_use(), "{:?}", meddler.kept);
            drop(meddler);
            attached.borrow_mut().clear();
        }
        assert_eq!(left(), "shm0 sem0");
    });
}

/// As when a person takes time to answer: nothing but another look at the processes tells that
/// somebody waits for a message.
#[test]
fn one_that_comes_into_use_long_after_the_look_stays() {
    isolated(|| {
        require_root("it looks at other processes");
        let queue = Queue::private(0o600);
        for filter in [any(), Filter { unused: true, ..Filter::default() }] {
            let mut receiver = Actor::start();
            let start = Instant::now();
            let act = |_: &Chosen| {
                // The look took no longer than all that came before, and is good for ten times as
                // long, but for a second at least.
                let (looked, took) = (Instant::now(), start.elapsed());
                let fresh = Duration::from_secs(1).max(took * 10);
                receiver.say(&format!("msgrcv {} 0", queue.id));
                until("it waits for a message", || {
                    in_call(receiver.pid(), nix::libc::SYS_msgrcv, Id(queue.id))
                });
                while looked.elapsed() <= fresh {
                    std::thread::sleep(Duration::from_millis(1));
                }
            };
            let aim = Aim { filter, kinds: Kinds::MSG, force: false };
            let mut meddler = Meddler { act: Some(Box::new(act)), ..Meddler::default() };
            let cleanup = Cleanup::new(&ProcRoot::default(), aim, now());
            let asks = Course { asks: true, ..REAL };
            assert_eq!(cleanup.execute(asks, &mut meddler).expect("no error"), 0);
            let (because, removed) = (meddler.because(), meddler.removed.len());
            assert!(because.is_use() && removed == 0, "{because:?}");
            assert!(because.to_string().ends_with("1 blocked on it"), "{because}");
            drop(meddler);
            receiver.end();
        }
        assert_eq!(left(), "msg0");
    });
}

#[test]
fn one_that_no_longer_passes_stays() {
    isolated(|| {
        let queue = Queue::private(0o600);
        queue.send(100);
        let filter = Filter { min_size: Some(100), ..Filter::default() };
        let meddler = clean(Kinds::MSG, true, filter, |_| {
            queue.receive();
        });
        assert_eq!(meddler.because(), Because::Changed(Change::Filter));
        assert_eq!(left(), "msg0");
    });
}

#[test]
fn one_that_somebody_else_removed_is_done() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let meddler = clean(Kinds::SEM, false, any(), |_| set.remove());
        assert_eq!(
            (meddler.gone.clone(), meddler.kept.len(), meddler.failed),
            (vec![set.id], 0, 0)
        );
        // Still attached, but out of the world for everyone else.
        let segment = Shm::keyed(0x5, 10, 0o600);
        let attachment = segment.attach();
        let meddler = clean(Kinds::SHM, true, any(), |_| segment.remove());
        assert_eq!((meddler.gone.clone(), meddler.removed.len()), (vec![segment.id], 0));
        drop(attachment);
    });
}

#[test]
fn who_stops_leaves_the_rest() {
    isolated(|| {
        for _ in 0..3 {
            Sems::private(1, 0o600);
        }
        let aim = Aim { filter: any(), kinds: Kinds::ALL, force: false };
        let cleanup = Cleanup::new(&ProcRoot::default(), aim, now());
        let mut meddler = Meddler { decision: Some(Decision::Stop), ..Meddler::default() };
        assert_eq!(cleanup.execute(REAL, &mut meddler).expect("no error"), 3);
        assert_eq!(left(), "sem0 sem1 sem2");
    });
}

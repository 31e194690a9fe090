//! What the looks cost. Not run by default: a loaded machine makes the numbers meaningless.
//! `cargo test --release --test integration speed -- --ignored --nocapture --test-threads=1`

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ipcs::model::{Key, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Inspector, MapsSource, Request};
use ipcs::sys::sem;

use super::scene::{Actor, CREATE, alone, isolated, segment, sem_of, set, set_sysctl, shm_of};

const CROWD: usize = 1000;

fn best_of(times: u32, mut work: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..times {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
    }
    best
}

#[test]
#[ignore = "takes seconds and a quiet machine"]
fn a_thousand_idle_processes_with_sixty_mappings_each() {
    let _alone = alone();
    isolated(|| {
        let id = segment(0, 4096);
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        assert_eq!(actor.tell(&format!("crowd {CROWD} 60")), CROWD.to_string());
        let scan = |maps| {
            let mut look = Inspector::new(ProcRoot::default());
            look.scan(Request { maps, people: false, ..Request::processes(Kinds::SHM) });
            let attached = look.attached(&shm_of(id));
            assert_eq!((attached.processes.len(), attached.found), (CROWD + 1, CROWD as u64 + 1));
        };
        let query = best_of(5, || scan(MapsSource::Auto));
        let text = best_of(5, || scan(MapsSource::Text));
        let report = best_of(5, || {
            let mut look = Inspector::new(ProcRoot::default());
            look.scan(Request::processes(Kinds::SHM));
            assert_eq!(look.report(&shm_of(id)).attached, Some(CROWD as u64 + 1));
        });
        let waits = best_of(5, || {
            Inspector::new(ProcRoot::default()).scan(Request::waiters(Kinds::ALL));
        });
        let uids = best_of(5, || {
            Inspector::new(ProcRoot::default()).scan(Request::orphans(Kinds::SEM));
        });
        let lsof = best_of(2, || {
            Command::new("lsof")
                .arg("-n")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
        });
        println!(
            "query {query:?}, text {text:?}, with who they are {report:?}, waits {waits:?}, uids {uids:?}, lsof {lsof:?}"
        );
        assert!(query * 10 < lsof && text * 4 < lsof && report * 10 < lsof);
    });
}

#[test]
#[ignore = "takes seconds and a quiet machine"]
fn the_check_of_31_000_sets() {
    let _alone = alone();
    isolated(|| {
        set_sysctl("sem", "32000 1024000000 500 32000");
        let mut actor = Actor::start();
        let used = set(1);
        actor.tell(&format!("semop {used} 0:1"));
        let made: Vec<_> =
            (0..31_000).map(|_| sem::get(Key::PRIVATE, 1, CREATE).unwrap()).collect();
        let sets: Vec<_> = made.iter().map(|id| sem_of(*id)).collect();
        actor.tell(&format!("operate {} {}", made[0], made.len()));
        let pid = actor.end();
        let check = best_of(5, || {
            let mut look = Inspector::new(ProcRoot::default());
            assert!(sets.iter().all(|set| look.in_use(set).answer == Some(false)));
        });
        println!("{:?} a set, last pid {pid}", check / 31_000);
        assert!(check / 31_000 < Duration::from_micros(3));
    });
}

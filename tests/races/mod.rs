//! Lists and removals while other processes create, use and remove objects, and reuse their ids.
//!
//! Some objects exist all the time: every list has to show them once, with the right figures, and no
//! removal may take them. Around them objects of other users come and go. What must hold of those
//! holds from the moment on when a run of `ipcrm` starts: the kernel has no call that removes an
//! object only if nobody uses it, so a process that comes between the last look and the removal
//! loses its object. Therefore each loss is compared with the runs that were under way.

mod churn;
mod lists;
mod log;
mod removals;
mod replaced;
mod stable;

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use self::churn::Leaked;
use self::log::Log;
use self::stable::Stable;
use crate::support::namespace::{isolated, require_root};

/// Work until the deadline; it returns how much was done.
type Work<'a> = Box<dyn FnOnce() -> usize + Send + 'a>;

/// How long the churn takes, unless the environment variable says otherwise.
const SECONDS: u64 = 20;
const VARIABLE: &str = "IPCS_RACES_SECONDS";

/// Runs until the deadline, which is the only use of time.
#[derive(Clone, Copy)]
struct Until(Instant);

impl Until {
    fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}

fn duration() -> Duration {
    let seconds = match env::var(VARIABLE) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{VARIABLE}={text}: not a number")),
        Err(_) => SECONDS,
    };
    Duration::from_secs(seconds)
}

#[test]
fn lists_are_right_and_removals_take_only_what_they_may_during_churn() {
    require_root("it acts as other users");
    isolated(|| {
        let stable = Stable::make();
        let (log, leaked) = (Log::default(), Leaked::default());
        let until = Until(Instant::now() + duration());
        let counts = thread::scope(|scope| {
            // The thread that removes ends last: the others wait for its runs.
            let work: [(&str, Work<'_>); 5] = [
                ("lists", Box::new(|| lists::run(&stable, &leaked, until))),
                ("leaked", Box::new(|| churn::leak(&leaked, &log, until))),
                ("attached", Box::new(|| churn::attach(&leaked, &log, until))),
                ("waited", Box::new(|| churn::wait(&leaked, &log, until))),
                ("processes", Box::new(|| churn::come_and_go(&leaked, until))),
            ];
            let others: Vec<_> =
                work.map(|(what, work)| (what, scope.spawn(work))).into_iter().collect();
            let is_over = || others.iter().all(|(_, thread)| thread.is_finished());
            let removed = removals::run(&stable, &log, &is_over);
            let mut counts = vec![("removed", removed)];
            for (what, thread) in others {
                let count = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                counts.push((what, count));
            }
            counts
        });
        stable.check();
        println!("{counts:?}");
        let idle: Vec<_> = counts.iter().filter(|(_, count)| *count == 0).collect();
        assert!(idle.is_empty(), "nothing happened in {idle:?}: {counts:?}");
    });
}

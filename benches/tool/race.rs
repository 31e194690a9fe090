//! Times of programs that run in turns, so that a disturbance affects all of them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::objects;
use crate::peak::peak;

/// A command line, and the objects that must exist before each run.
pub struct Candidate<'a> {
    words: &'a [&'a str],
    prepare: Option<&'a str>,
}

/// The wall-clock time and CPU time of a run.
#[derive(Clone, Copy)]
pub struct Lap {
    pub wall: Duration,
    pub cpu: Duration,
}

impl<'a> Candidate<'a> {
    /// The first word may be `@fill:N` (N objects of each kind) or `@at:INDEX` (only one of each, at
    /// this index). `None` if there are no words.
    pub fn new(words: &'a [&'a str]) -> Option<Candidate<'a>> {
        let (prepare, words) = match words.split_first()? {
            (first, rest) if first.starts_with('@') => (Some(&first[1..]), rest),
            _ => (None, words),
        };
        (!words.is_empty()).then_some(Candidate { words, prepare })
    }

    pub fn words(&self) -> &'a [&'a str] {
        self.words
    }

    /// Makes the objects that must exist before a run.
    pub fn prepare(&self) -> Result<(), String> {
        let Some(state) = self.prepare else { return Ok(()) };
        objects::clear()?;
        match state.split_once(':') {
            Some(("fill", count)) => objects::make(crate::number(count)?, None).map(drop),
            Some(("at", index)) => objects::make_at(crate::number(index)?),
            _ => Err(format!("unknown state '@{state}'")),
        }
    }

    /// The command with standard input and standard error on /dev/null.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> String {
        format!("{}: {error}", self.words.join(" "))
    }

    /// One run with discarded output. lsof exits with 1 when it finds nothing; a signal or any other
    /// status is an error.
    fn lap(&self) -> Result<Lap, String> {
        self.prepare()?;
        let mut command = self.command();
        command.stdout(Stdio::null());
        let cpu_before = cpu_of_children();
        let start = Instant::now();
        let status = command.status().map_err(|error| self.failed(&error))?;
        let wall = start.elapsed();
        match status.code() {
            Some(0 | 1) => Ok(Lap { wall, cpu: cpu_of_children().saturating_sub(cpu_before) }),
            _ => Err(self.failed(&status)),
        }
    }

    /// The peak resident memory in KiB; `None` if it writes nothing.
    pub fn peak(&self) -> Result<Option<u64>, String> {
        self.prepare()?;
        peak(self.command()).map_err(|error| self.failed(&error))
    }
}

fn cpu_of_children() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return Duration::ZERO };
    let spent = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs())
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    spent(usage.user_time()) + spent(usage.system_time())
}

/// Medians of runs in turns: at most `runs`, fewer when `budget` is spent, but at least three.
pub fn race(
    candidates: &[&Candidate<'_>],
    runs: usize,
    budget: Duration,
) -> Result<Vec<Lap>, String> {
    let mut laps: Vec<Vec<Lap>> = vec![Vec::new(); candidates.len()];
    let start = Instant::now();
    // The first round only warms the caches.
    for round in 0..=runs {
        if round > 3 && start.elapsed() > budget {
            break;
        }
        for (candidate, laps) in candidates.iter().zip(&mut laps) {
            let lap = candidate.lap()?;
            if round > 0 {
                laps.push(lap);
            }
        }
    }
    Ok(laps.iter().map(|laps| median(laps)).collect())
}

fn median(laps: &[Lap]) -> Lap {
    let middle = |of: fn(&Lap) -> Duration| {
        let mut times: Vec<Duration> = laps.iter().map(of).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    Lap { wall: middle(|lap| lap.wall), cpu: middle(|lap| lap.cpu) }
}

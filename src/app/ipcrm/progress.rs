//! One line about a long run, for a person who waits.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// As many objects make a run long.
const LONG: u64 = 10_000;
/// And so does this time.
const SLOW: Duration = Duration::from_secs(1);
/// The line changes that often.
const EACH: Duration = Duration::from_millis(100);
/// The clock is read once in so many objects.
const OBJECTS: u64 = 64;

/// The line, on the standard error if that is a terminal.
#[derive(Debug)]
pub struct Progress {
    on: bool,
    start: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// `wanted`: nothing else tells each object.
    pub fn new(wanted: bool) -> Progress {
        let on = wanted && io::stderr().is_terminal();
        Progress { on, start: Instant::now(), drawn: None }
    }

    /// Draws the line if it is time to, and takes it away at the end.
    pub fn update(&mut self, verb: &str, done: u64, total: u64) {
        if !self.on {
            return;
        }
        if done >= total {
            self.clear();
        } else if done.is_multiple_of(OBJECTS)
            && (total >= LONG || self.start.elapsed() > SLOW)
            && self.drawn.is_none_or(|at| at.elapsed() > EACH)
        {
            self.drawn = Some(Instant::now());
            write(&format!("\r{verb} {done} of {total}"));
        }
    }

    /// Takes the line away: another one is to be written.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            write("\r\x1b[K");
        }
    }
}

/// A line that cannot be drawn is not missed.
fn write(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

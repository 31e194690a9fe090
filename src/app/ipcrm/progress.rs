//! One line about the progress of a long run.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// A run is long from this number of objects on.
const LONG: u64 = 10_000;
/// A run is long after this time.
const SLOW: Duration = Duration::from_secs(1);
/// The interval at which the line changes.
const EACH: Duration = Duration::from_millis(100);
/// The clock is read once per this number of objects.
const OBJECTS: u64 = 64;

/// The line, on standard error if that is a terminal.
#[derive(Debug)]
pub struct Progress {
    on: bool,
    start: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// `wanted`: no other output reports each object.
    pub fn new(wanted: bool) -> Progress {
        let on = wanted && io::stderr().is_terminal();
        Progress { on, start: Instant::now(), drawn: None }
    }

    /// Draws the line when it is due, and clears it at the end.
    pub fn update(&mut self, verb: &str, done: u64, total: u64) {
        if !self.on {
            return;
        }
        if done >= total {
            self.clear();
        } else if done.is_multiple_of(OBJECTS)
            && is_due(total, self.start.elapsed(), self.drawn.map(|at| at.elapsed()))
        {
            self.drawn = Some(Instant::now());
            write(&format!("\r{verb} {done} of {total}"));
        }
    }

    /// Clears the line before another one is written.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            write("\r\x1b[K");
        }
    }
}

/// Whether the line is due, so long after the start and after it was last drawn.
fn is_due(total: u64, since_start: Duration, since_drawn: Option<Duration>) -> bool {
    (total >= LONG || since_start > SLOW) && since_drawn.is_none_or(|since| since > EACH)
}

/// An error in drawing the line is ignored.
fn write(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_or_slow_run_has_a_line() {
        assert!(!is_due(LONG - 1, SLOW, None));
        assert!(is_due(LONG, Duration::ZERO, None));
        assert!(is_due(1, SLOW + Duration::from_millis(1), None));
    }

    #[test]
    fn the_line_does_not_change_at_every_object() {
        assert!(!is_due(LONG, SLOW, Some(EACH)));
        assert!(is_due(LONG, SLOW, Some(EACH + Duration::from_millis(1))));
    }
}

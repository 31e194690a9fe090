//! The clock of file times, which stands still between two ticks of the kernel.

use std::thread;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// How long it is waited for a tick. The longest is 10 ms (CONFIG_HZ of 100).
const TICK: Duration = Duration::from_millis(1);
const TICKS: usize = 100;

/// A time between the files that were changed before this call and those that are changed after it:
/// seconds since the epoch, and nanoseconds. It takes up to one tick. `None`: the clock was set.
#[must_use]
pub fn boundary() -> Option<(i64, i64)> {
    let read = |clock| clock_gettime(clock).ok().map(|time| (time.tv_sec(), time.tv_nsec()));
    let now = read(ClockId::CLOCK_REALTIME)?;
    for _ in 0..TICKS {
        if read(ClockId::CLOCK_REALTIME_COARSE)? > now {
            return Some(now);
        }
        thread::sleep(TICK);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_made_before_or_after_a_boundary() {
        let made = |file: &std::fs::File| {
            let metadata = file.metadata().unwrap();
            (metadata.ctime(), metadata.ctime_nsec())
        };
        for _ in 0..5 {
            let earlier = tempfile::tempfile().unwrap();
            let boundary = boundary().unwrap();
            let later = tempfile::tempfile().unwrap();
            assert!(made(&earlier) <= boundary && boundary < made(&later));
        }
    }
}

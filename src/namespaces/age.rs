//! Which process was started first.

use std::io;

use crate::proc::ProcRoot;
use crate::proc::stat::Stat;
use crate::proc::sysctl::parse_numbers;
use crate::sys::process::{birth, has_births};

/// The first process of a pid namespace.
const FIRST: i32 = 1;

/// What shows the order in which processes were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// Their pids, which the kernel gives in ascending order until the largest was used.
    Pid,
    /// [`birth`].
    Birth,
    /// The clock ticks from the boot to their start.
    StartTime,
}

impl Age {
    /// The fastest way.
    pub(super) fn find(root: &ProcRoot) -> Age {
        if !has_births() || !root.is_procfs() || !root.shows_own_pids().unwrap_or(false) {
            return Age::StartTime;
        }
        if has_given_each_pid_once(root).unwrap_or(false) { Age::Pid } else { Age::Birth }
    }

    /// A number that is larger for each process than for all that were started before. `stat` is
    /// needed for [`Age::StartTime`].
    ///
    /// # Errors
    /// Those of [`birth`].
    pub(super) fn start(self, pid: i32, stat: Option<&Stat>) -> io::Result<u64> {
        match (self, stat) {
            (Age::Pid, _) => Ok(u64::from(pid.unsigned_abs())),
            (Age::StartTime, Some(stat)) => Ok(stat.starttime),
            (Age::Birth | Age::StartTime, _) => Ok(birth(pid)?),
        }
    }
}

/// Whether no pid was given a second time since the first process of the pid namespace was started.
fn has_given_each_pid_once(root: &ProcRoot) -> io::Result<bool> {
    let text = root.read_short("sys/kernel/pid_max")?;
    let largest = parse_numbers::<u64>(&text).and_then(|numbers| numbers.first().copied());
    // Births are counted for the whole machine, and for threads too.
    let started = birth(std::process::id().cast_signed())?.saturating_sub(birth(FIRST)?);
    Ok(largest.is_some_and(|largest| suffices(started, largest)))
}

/// Whether there are enough pids. Some more processes are started while the others are looked at.
fn suffices(started: u64, largest: u64) -> bool {
    started < largest.saturating_sub(largest / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pids_show_the_age_before_they_are_used_again() {
        assert!(suffices(20_000, 32_768));
        assert!(!suffices(30_000, 32_768));
        assert!(!suffices(40_000, 32_768));
        assert!(suffices(40_000, 1 << 22));
        assert!(!suffices(0, 0));
        assert_eq!(Age::Pid.start(7, None).unwrap(), 7);
    }

    #[test]
    fn a_directory_that_is_not_proc_shows_start_times() {
        let tree = tempfile::tempdir().unwrap();
        assert_eq!(Age::find(&ProcRoot::at(tree.path())), Age::StartTime);
    }
}

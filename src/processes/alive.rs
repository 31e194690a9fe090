//! Whether the processes that the kernel recorded in an object are still there.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::visibility::{Hidden, Visibility};
use crate::model::Perm;
use crate::proc::ProcRoot;
use crate::proc::stat::{Stat, parse_btime};
use crate::proc::status::{Status, Uids};
use crate::sys::process;

/// How long an answer of the kernel is good for: a number may be given out again.
const FRESH: Duration = Duration::from_secs(1);

/// A process that started more than so many seconds after an object was last used may be another
/// one under the same number: times have seconds, and the boot time is rounded.
const SLACK: i64 = 2;

/// Whether a recorded process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alive {
    /// It lives.
    Yes,
    /// There is none of this number.
    Gone,
    /// The number belongs to a younger process that has nothing to do with the object.
    Reused,
    /// Pid 0: nothing was recorded yet.
    Never,
    /// It cannot be told.
    Unknown(Doubt),
}

impl Alive {
    /// Whether it is certain: true, false (also for never) or unknown.
    #[must_use]
    pub fn known(self) -> Option<bool> {
        match self {
            Alive::Yes => Some(true),
            Alive::Gone | Alive::Reused | Alive::Never => Some(false),
            Alive::Unknown(_) => None,
        }
    }
}

impl Alive {
    /// As a person reads it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Alive::Yes => "alive",
            Alive::Gone | Alive::Reused => "gone",
            Alive::Never => "never",
            Alive::Unknown(_) => "unknown",
        }
    }
}

/// Why it cannot be told whether a process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The process of that number is younger than the object's last use, but belongs to its owner
    /// or creator.
    MayBeReused,
    /// There is one, but /proc does not say when it started.
    StartUnknown,
    /// Pid 0 stands for a process of another pid namespace.
    OtherNamespace,
    /// Processes may be there without being seen.
    OutOfSight(Hidden),
}

/// When an object was used and whose it is: what a recorded pid is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The latest time that the kernel keeps of the object, seconds since the epoch.
    pub last_use: i64,
    /// Owner.
    pub uid: u32,
    /// Creator.
    pub cuid: u32,
}

impl Times {
    pub(super) fn of(perm: &Perm, last_use: i64) -> Times {
        Times { last_use, uid: perm.uid, cuid: perm.cuid }
    }
}

/// What is known of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Gone,
    /// Seconds since the epoch, and whose.
    Started(i64, Uids),
    Unreadable,
    OutOfSight(Hidden),
}

/// Answers whether processes live, each number asked once a second at most.
#[derive(Debug)]
pub struct Liveness {
    root: ProcRoot,
    view: Visibility,
    boot_time: Option<Option<i64>>,
    known: HashMap<i32, Known>,
    since: Instant,
}

impl Liveness {
    /// Looks where `root` is; nothing is read yet.
    #[must_use]
    pub fn new(root: ProcRoot, view: Visibility) -> Liveness {
        Liveness { root, view, boot_time: None, known: HashMap::new(), since: Instant::now() }
    }

    /// Whether the process that was recorded as `pid` lives. `operated`: whether the time that
    /// belongs to this pid is set, so that 0 cannot mean "never" where processes have no number.
    pub fn of(&mut self, pid: i32, operated: bool, times: &Times) -> Alive {
        if pid <= 0 {
            return if self.view.initial_pid_namespace || !operated {
                Alive::Never
            } else {
                Alive::Unknown(Doubt::OtherNamespace)
            };
        }
        match self.look_up(pid) {
            Known::Gone => Alive::Gone,
            Known::Unreadable => Alive::Unknown(Doubt::StartUnknown),
            Known::OutOfSight(why) => Alive::Unknown(Doubt::OutOfSight(why)),
            Known::Started(start, _) if start <= times.last_use.saturating_add(SLACK) => Alive::Yes,
            Known::Started(_, uids) if uids.has(times.uid) || uids.has(times.cuid) => {
                Alive::Unknown(Doubt::MayBeReused)
            }
            Known::Started(..) => Alive::Reused,
        }
    }

    fn look_up(&mut self, pid: i32) -> Known {
        if self.since.elapsed() > FRESH {
            self.known.clear();
            self.since = Instant::now();
        }
        if let Some(known) = self.known.get(&pid) {
            return *known;
        }
        let known = self.ask(pid);
        self.known.insert(pid, known);
        known
    }

    fn ask(&mut self, pid: i32) -> Known {
        // Most recorded processes are long gone, and kill(2) says so at a hundredth of the cost.
        if self.view.system && !process::exists(pid) {
            return Known::Gone;
        }
        if let Some(why @ (Hidden::OtherProc | Hidden::NoProc)) = self.view.hidden {
            // A number of ours must not be looked up in another namespace's /proc; without any,
            // kill(2) still tells that it has gone.
            return if process::exists(pid) { Known::OutOfSight(why) } else { Known::Gone };
        }
        let Ok(stat) = self.root.read(format!("{pid}/stat")) else {
            return self.not_in_proc(pid);
        };
        let status = self.root.read(format!("{pid}/status")).ok();
        let (Ok(stat), Some(Ok(status))) =
            (Stat::parse(&stat), status.map(|text| Status::parse(&text)))
        else {
            return Known::Unreadable;
        };
        // A thread of another process may have got the number: then the process has gone.
        if stat.is_zombie() || status.tgid != pid {
            return Known::Gone;
        }
        match self.boot_time() {
            Some(boot) => {
                let seconds = stat.starttime / process::clock_ticks();
                let start = boot.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
                Known::Started(start, status.uids)
            }
            None => Known::Unreadable,
        }
    }

    /// No such file: the process has gone between two looks, or it is hidden.
    fn not_in_proc(&self, pid: i32) -> Known {
        if self.view.system && process::exists(pid) {
            return Known::OutOfSight(self.view.hidden.unwrap_or(Hidden::Hidepid));
        }
        match self.view.hidden {
            Some(why @ Hidden::Hidepid) if !self.view.system => Known::OutOfSight(why),
            _ => Known::Gone,
        }
    }

    fn boot_time(&mut self) -> Option<i64> {
        if self.boot_time.is_none() {
            let text = self.root.read("stat").ok();
            let told = text.and_then(|text| parse_btime(&text).ok());
            // With subset=pid there is no /proc/stat.
            let clocks = || self.view.system.then(process::boot_time).flatten();
            self.boot_time = Some(told.or_else(clocks));
        }
        self.boot_time.flatten()
    }
}

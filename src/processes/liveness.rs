//! Whether the processes that the kernel recorded in an object are still alive.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::mappings::is_gone;
use super::visibility::{Hidden, Visibility};
use crate::model::Object;
use crate::proc::ProcRoot;
use crate::proc::stat::{Stat, parse_btime};
use crate::proc::status::Uids;
use crate::sys::{Errno, errno_of, is_permission, process};

/// How long an answer of the kernel stays valid: a pid may be reused.
const FRESH: Duration = Duration::from_secs(1);

/// A process that started more than this many seconds after its pid was recorded is a different
/// one. The margin is needed because times are in seconds and the boot time is rounded.
pub(super) const SLACK: i64 = 2;

/// Whether a recorded time lies before boot. If so, the clock was set since.
pub(super) fn is_before_boot(time: i64, boot: Option<i64>) -> bool {
    time != 0 && boot.is_some_and(|boot| time < boot.saturating_sub(SLACK))
}

/// Whether a recorded process is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alive {
    /// It is alive.
    Yes,
    /// There is no process with this pid.
    Gone,
    /// The pid belongs to a process that started later and has none of the object's uids.
    Replaced,
    /// Pid 0: nothing was recorded.
    Never,
    /// That is unknown.
    Unknown(Doubt),
}

impl Alive {
    /// True, false (also for "never"), or unknown.
    #[must_use]
    pub fn known(self) -> Option<bool> {
        match self {
            Alive::Yes => Some(true),
            Alive::Gone | Alive::Replaced | Alive::Never => Some(false),
            Alive::Unknown(_) => None,
        }
    }

    /// As written in JSON: if nothing was recorded, the process is neither alive nor gone.
    #[must_use]
    pub fn of_json(self) -> Option<bool> {
        if self == Alive::Never { None } else { self.known() }
    }

    /// As shown to people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Alive::Yes => "alive",
            Alive::Gone | Alive::Replaced => "gone",
            Alive::Never => "never",
            Alive::Unknown(_) => "unknown",
        }
    }
}

/// Why it is unknown whether a process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The process with that pid started later but has one of the object's uids, or a time of the
    /// object is before boot: the clock may have been set.
    MayBeReused,
    /// It exists, but reading its start time is not permitted.
    Denied,
    /// It exists, but reading its start time failed.
    Failed(Errno),
    /// Pid 0 stands for a process of another pid namespace.
    OtherNamespace,
    /// Processes may exist without being visible.
    OutOfSight(Hidden),
}

/// A pid that the kernel recorded, and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The number; 0 for nobody, or for a process of another pid namespace.
    pub pid: i32,
    /// When it was recorded at the latest, in seconds since the epoch.
    pub time: i64,
    /// Owner and creator of the object.
    pub uids: [u32; 2],
    /// The earliest of the object's times that are set; 0 where none is.
    pub earliest: i64,
}

impl Record {
    pub(super) fn new(object: &Object, pid: i32, time: i64) -> Record {
        let creator = object.creator.unwrap_or(object.owner);
        let uids = [object.owner.uid, creator.uid];
        Record { pid, time, uids, earliest: object.earliest_time() }
    }
}

/// What is known of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Gone,
    /// Seconds since the epoch, and whose.
    Started(i64, Uids),
    Unreadable(Errno),
    OutOfSight(Hidden),
}

/// Answers whether processes are alive. Each pid is queried at most once a second.
#[derive(Debug)]
pub struct Liveness {
    root: ProcRoot,
    view: Visibility,
    boot_time: Option<Option<i64>>,
    known: HashMap<i32, Known>,
    /// Processes about which a look failed.
    failed: HashMap<i32, Errno>,
    out_of_sight: Option<Hidden>,
    since: Instant,
}

impl Liveness {
    /// Uses the /proc at `root`; nothing is read yet.
    #[must_use]
    pub fn new(root: ProcRoot, view: Visibility) -> Liveness {
        let (known, failed) = (HashMap::new(), HashMap::new());
        let since = Instant::now();
        Liveness { root, view, boot_time: None, known, failed, out_of_sight: None, since }
    }

    /// Whether the process that was recorded is alive.
    pub fn of(&mut self, record: &Record) -> Alive {
        if record.pid <= 0 {
            return if self.view.initial_pid_namespace {
                Alive::Never
            } else {
                Alive::Unknown(Doubt::OtherNamespace)
            };
        }
        match self.look_up(record.pid) {
            Known::Gone => Alive::Gone,
            Known::Unreadable(errno) if is_permission(errno) => Alive::Unknown(Doubt::Denied),
            Known::Unreadable(errno) => Alive::Unknown(Doubt::Failed(errno)),
            Known::OutOfSight(why) => Alive::Unknown(Doubt::OutOfSight(why)),
            Known::Started(start, _) if start <= record.time.saturating_add(SLACK) => Alive::Yes,
            Known::Started(_, uids) if record.uids.iter().any(|uid| uids.all().contains(uid)) => {
                Alive::Unknown(Doubt::MayBeReused)
            }
            // If the clock was set forward, every recorded process seems to have started later.
            Known::Started(..) if is_before_boot(record.earliest, self.boot_time()) => {
                Alive::Unknown(Doubt::MayBeReused)
            }
            Known::Started(..) => Alive::Replaced,
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
        match known {
            Known::Unreadable(errno) => self.note_failure(pid, errno),
            Known::OutOfSight(why) if why.is_failure() => self.out_of_sight = Some(why),
            _ => {}
        }
        self.known.insert(pid, known);
        known
    }

    fn ask(&mut self, pid: i32) -> Known {
        // The running program operates no object, so the recorded process has exited.
        if self.view.is_program(pid) {
            return Known::Gone;
        }
        // Most recorded processes are long gone, and kill(2) says so at a hundredth of the cost.
        if self.view.system && process::exists(pid) == Ok(false) {
            return Known::Gone;
        }
        if let Some(why @ (Hidden::OtherProc | Hidden::NoProc)) = self.view.hidden {
            // A pid of our namespace must not be looked up in the /proc of another namespace.
            // Without a /proc, kill(2) still shows that a process has exited.
            return match process::exists(pid) {
                Ok(false) => Known::Gone,
                _ => Known::OutOfSight(why),
            };
        }
        let files = self
            .root
            .read(format!("{pid}/stat"))
            .and_then(|stat| Ok((Stat::parse(&stat), self.root.status(&pid.to_string())?)));
        let (stat, status) = match files {
            Ok(files) => files,
            Err(error) if is_gone(&error) => return self.not_in_proc(pid),
            Err(error) => return Known::Unreadable(errno_of(&error)),
        };
        let Ok(stat) = stat else { return Known::Unreadable(Errno::EIO) };
        // A thread of another process may have got the pid: then the recorded process has exited.
        if stat.is_zombie() || status.tgid != pid {
            return Known::Gone;
        }
        match self.boot_time() {
            Some(boot) => {
                let start = boot.saturating_add(stat.start_seconds(process::clock_ticks()));
                Known::Started(start, status.uids)
            }
            None => Known::Unreadable(Errno::EIO),
        }
    }

    /// No such file: the process exited between two reads, or it is hidden.
    fn not_in_proc(&self, pid: i32) -> Known {
        if self.view.system {
            match (process::exists(pid), self.view.hidden) {
                (Ok(true), hidden) => return Known::OutOfSight(hidden.unwrap_or(Hidden::Hidepid)),
                // Where kill(2) cannot be asked, a /proc that hides nothing is enough.
                (Err(_), Some(why)) => return Known::OutOfSight(why),
                (Ok(false), _) | (Err(_), None) => {}
            }
        }
        match self.view.hidden {
            Some(why @ Hidden::Hidepid) if !self.view.system => Known::OutOfSight(why),
            _ => Known::Gone,
        }
    }

    /// Remembers that a look at a process failed.
    pub(super) fn note_failure(&mut self, pid: i32, errno: Errno) {
        self.failed.insert(pid, errno);
    }

    /// Why a process was out of sight, if that is a failure.
    pub(super) fn out_of_sight(&self) -> Option<Hidden> {
        self.out_of_sight
    }

    /// How many processes could not be read, and the error that says most.
    pub(super) fn failure(&self) -> Option<(usize, Errno)> {
        let errnos = self.failed.values().copied();
        let errno = errnos.min_by_key(|errno| (is_permission(*errno), *errno as i32))?;
        Some((self.failed.len(), errno))
    }

    pub(super) fn boot_time(&mut self) -> Option<i64> {
        if self.boot_time.is_none() {
            let text = self.root.read("stat").ok();
            let btime = text.and_then(|text| parse_btime(&text).ok());
            // With subset=pid there is no /proc/stat.
            let clocks = || self.view.system.then(process::boot_time).flatten();
            self.boot_time = Some(btime.or_else(clocks));
        }
        self.boot_time.flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    const BOOT: i64 = 1000;
    const OWNER: u32 = 71;
    const CREATOR: u32 = 72;

    /// Adds a process to a made-up /proc that started `start` seconds after boot.
    fn put(tree: &Path, pid: i32, tgid: i32, start: i64, uid: u32, state: &str, threads: u32) {
        let dir = tree.join(pid.to_string());
        fs::create_dir_all(&dir).unwrap();
        let ticks = start * i64::try_from(process::clock_ticks().get()).unwrap();
        let stat =
            format!("{pid} (x) {state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 {ticks} 0");
        fs::write(dir.join("stat"), stat).unwrap();
        let status = format!("Tgid:\t{tgid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t0\t0\t0\t0\n");
        fs::write(dir.join("status"), status).unwrap();
    }

    fn view(initial_pid_namespace: bool) -> Visibility {
        Visibility {
            ipc_namespace: None,
            ipc_namespace_unreadable: false,
            initial_pid_namespace,
            initial_user_namespace: true,
            own_pid: Some(18),
            program_pid: None,
            hidden: None,
            system: false,
        }
    }

    /// What was recorded at second 1500; the object was created at second 1400.
    fn record(pid: i32) -> Record {
        Record { pid, time: BOOT + 500, uids: [OWNER, CREATOR], earliest: BOOT + 400 }
    }

    #[test]
    fn each_answer_has_a_word_and_a_value() {
        for (alive, known, json, word) in [
            (Alive::Yes, Some(true), Some(true), "alive"),
            (Alive::Gone, Some(false), Some(false), "gone"),
            (Alive::Replaced, Some(false), Some(false), "gone"),
            (Alive::Never, Some(false), None, "never"),
            (Alive::Unknown(Doubt::MayBeReused), None, None, "unknown"),
        ] {
            assert_eq!((alive.known(), alive.of_json(), alive.word()), (known, json, word));
        }
    }

    #[test]
    fn start_time_and_user_reveal_a_reused_pid() {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("stat"), format!("cpu 1\nbtime {BOOT}\n")).unwrap();
        for (pid, start, uid) in
            [(10, 400, 7), (11, 502, 7), (12, 503, 7), (13, 503, OWNER), (14, 503, CREATOR)]
        {
            put(tree.path(), pid, pid, start, uid, "S", 1);
        }
        put(tree.path(), 15, 15, 400, 7, "Z", 1);
        // A thread of another process, and a process whose first thread has exited.
        put(tree.path(), 16, 10, 400, 7, "S", 2);
        put(tree.path(), 19, 19, 400, 7, "Z", 2);
        fs::create_dir(tree.path().join("17")).unwrap();
        fs::write(tree.path().join("17/stat"), "nonsense").unwrap();
        fs::write(tree.path().join("17/status"), "nonsense").unwrap();
        // The running program.
        put(tree.path(), 18, 18, 400, OWNER, "S", 1);
        let root = || ProcRoot::at(tree.path());
        let mut liveness = Liveness::new(root(), view(true));
        for (pid, expected) in [
            (0, Alive::Never),
            (9, Alive::Gone),
            (10, Alive::Yes),
            (11, Alive::Yes),
            (12, Alive::Replaced),
            (13, Alive::Unknown(Doubt::MayBeReused)),
            (14, Alive::Unknown(Doubt::MayBeReused)),
            (15, Alive::Gone),
            (16, Alive::Gone),
            (17, Alive::Unknown(Doubt::Failed(Errno::EIO))),
            (18, Alive::Gone),
            (19, Alive::Yes),
        ] {
            assert_eq!(liveness.of(&record(pid)), expected, "{pid}");
        }
        let elsewhere = Liveness::new(root(), view(false)).of(&record(0));
        assert_eq!(elsewhere, Alive::Unknown(Doubt::OtherNamespace));
    }

    /// Every recorded process seems to have started later if the clock was set forward.
    #[test]
    fn no_pid_counts_as_reused_if_an_object_is_older_than_the_boot() {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("stat"), format!("btime {BOOT}\n")).unwrap();
        put(tree.path(), 12, 12, 503, 7, "S", 1);
        let mut liveness = Liveness::new(ProcRoot::at(tree.path()), view(true));
        for (earliest, expected) in [
            (0, Alive::Replaced),
            (BOOT - 2, Alive::Replaced),
            (BOOT - 3, Alive::Unknown(Doubt::MayBeReused)),
        ] {
            assert_eq!(liveness.of(&Record { earliest, ..record(12) }), expected, "{earliest}");
        }
        let gone = Record { earliest: BOOT - 3, ..record(9) };
        assert_eq!(liveness.of(&gone), Alive::Gone);
    }

    #[test]
    fn an_answer_is_kept_for_a_second() {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("stat"), format!("btime {BOOT}\n")).unwrap();
        put(tree.path(), 10, 10, 400, 7, "S", 1);
        let mut liveness = Liveness::new(ProcRoot::at(tree.path()), view(true));
        // Later than now, so that this second does not end.
        liveness.since = Instant::now() + Duration::from_secs(60);
        assert_eq!(liveness.of(&record(10)), Alive::Yes);
        fs::remove_dir_all(tree.path().join("10")).unwrap();
        assert_eq!(liveness.of(&record(10)), Alive::Yes);
        liveness.since = Instant::now().checked_sub(FRESH * 2).unwrap();
        assert_eq!(liveness.of(&record(10)), Alive::Gone);
    }
}

//! A clock that was set: another btime in /proc/stat moves the start of every process.

use std::io::Write;

use super::daemon::{Daemon, exists};
use super::judge::{Expected, UNSURE, View, judge, remove_what_is_sure};
use super::scene;

const DAY: i64 = 86_400;

/// Root's look with a boot that many seconds later.
pub fn view(later: i64) -> (View, tempfile::NamedTempFile) {
    let text = std::fs::read_to_string("/proc/stat").unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for line in text.lines() {
        match line.strip_prefix("btime ") {
            Some(time) => {
                writeln!(file, "btime {}", time.parse::<i64>().unwrap() + later).unwrap();
            }
            None => writeln!(file, "{line}").unwrap(),
        }
    }
    (View::with_stat(file.path().to_str().unwrap()), file)
}

#[test]
fn a_user_on_record_that_seems_to_have_started_later_is_unknown() {
    const UID: u32 = 3_100_051;
    scene(|| {
        let mut daemon = Daemon::of(UID);
        let set = daemon.make("sem", 0);
        assert_eq!(daemon.tell(&format!("semop {set} 0:1 1:1")), "Ok(())");
        judge(&View::root(), "sem", set, UID, &Expected::used());
        // It started after otime, and has one of the object's uids.
        let (forward, _file) = view(DAY);
        judge(&forward, "sem", set, UID, &Expected::unsure(&[daemon.pid]));
        remove_what_is_sure(&forward, UID);
        // Everything seems to have started early: alive as ever.
        let (back, _file) = view(-DAY);
        judge(&back, "sem", set, UID, &Expected::used());
        assert_eq!(daemon.tell(&format!("semop {set} 0:1")), "Ok(())");
    });
}

#[test]
fn all_processes_are_keepers_of_what_is_older_than_the_boot() {
    const UID: u32 = 3_100_052;
    scene(|| {
        let mut daemon = Daemon::of(UID);
        let (queue, _) = daemon.child_makes(UID, "msg", 0);
        let acts = format!("msgsnd {queue} 5 ; msgrcv {queue} 0");
        assert_eq!(daemon.once(UID, &acts).1, "Ok(()) Ok(())");
        for later in [DAY, -DAY] {
            let (view, _file) = view(later);
            judge(&view, "msg", queue, UID, &Expected::unsure(&[daemon.pid]));
            remove_what_is_sure(&view, UID);
        }
        assert!(exists("msg", queue));
    });
}

#[test]
fn what_nobody_could_want_is_found_whatever_the_clock_says() {
    const UID: u32 = 3_100_053;
    scene(|| {
        let mut daemon = Daemon::start();
        let [segment, set] = [("shm", 0x5ce_0500), ("sem", 0)]
            .map(|(kind, key)| daemon.child_makes(UID, kind, key).0);
        assert_eq!(daemon.once(UID, &format!("semop {set} 0:1")).1, "Ok(())");
        for later in [DAY, -DAY] {
            let (view, _file) = view(later);
            // Users on record are gone by number, and no live process is of its uids: times play
            // no part.
            judge(&view, "shm", segment, UID, &Expected::left());
            judge(&view, "sem", set, UID, &Expected::left());
        }
    });
}

/// By the letter root's daemon is "replaced", as it seems to have started later and has none of
/// the object's uids; then the condition holds, and a plain removal breaks a living program. What
/// "must hold" of the rules forbids that: nothing that a living process needs is removed. So what
/// is sure is asked for, and no removal.
#[test]
fn a_clock_that_was_set_takes_nothing_from_root_on_record() {
    const UID: u32 = 3_100_054;
    scene(|| {
        let mut daemon = Daemon::start();
        let (set, _) = daemon.child_makes(UID, "sem", 0x5ce_0510);
        assert_eq!(daemon.tell(&format!("semop {set} 0:1 1:1")), "Ok(())");
        judge(&View::root(), "sem", set, UID, &Expected::used());
        let (forward, _file) = view(DAY);
        let seen = forward.look("sem", set);
        // "Replaced is unsure."
        assert_eq!(seen["orphaned"].as_bool(), UNSURE, "{seen}");
        assert!(!forward.listed("sem", &["--orphaned"]).contains(&set));
        remove_what_is_sure(&forward, UID);
        assert_eq!(daemon.tell(&format!("semop {set} 0:1")), "Ok(())", "the set was removed");
    });
}

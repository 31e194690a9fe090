//! Whose process is whose: changed uids, shared groups, and the program's own process.

use super::daemon::{Daemon, exists};
use super::judge::{Expected, View, judge, remove, remove_what_is_sure};
use super::scene;

#[test]
fn a_setuid_program_keeps_what_it_made_also_with_its_rights_laid_down() {
    const CALLER: u32 = 3_100_031;
    const UID: u32 = 3_100_032;
    scene(|| {
        let mut program = Daemon::of(format!("{CALLER}/{UID}/{UID}"));
        let [set, private] = [program.make("sem", 0x5ce_0300), program.make("sem", 0)];
        let root = View::root();
        // The effective uid is the owner's.
        for id in [set, private] {
            judge(&root, "sem", id, UID, &Expected::unsure(&[program.pid]));
        }
        // Only the saved uid is.
        program.write(&format!("uids {CALLER} {CALLER} {UID}"));
        assert_eq!(program.read(), "");
        for id in [set, private] {
            judge(&root, "sem", id, UID, &Expected::unsure(&[program.pid]));
        }
        remove_what_is_sure(&root, UID);
        program.write(&format!("uids {CALLER} {UID} {UID}"));
        assert_eq!(program.read(), "");
        assert_eq!(program.tell(&format!("semop {set} 0:1")), "Ok(())");
        assert_eq!(program.tell(&format!("semop {private} 0:1")), "Ok(())");
        program.kill();
        judge(&root, "sem", set, UID, &Expected::left());
    });
}

#[test]
fn a_real_uid_keeps_what_the_caller_of_a_setuid_program_made_before() {
    const UID: u32 = 3_100_033;
    const RIGHTS: u32 = 3_100_034;
    scene(|| {
        let mut maker = Daemon::start();
        let (queue, _) = maker.child_makes(UID, "msg", 0x5ce_0301);
        let program = Daemon::of(format!("{UID}/{RIGHTS}/{RIGHTS}"));
        judge(&View::root(), "msg", queue, UID, &Expected::unsure(&[program.pid]));
        program.kill();
        judge(&View::root(), "msg", queue, UID, &Expected::left());
    });
}

#[test]
fn a_file_system_uid_counts_too() {
    const UID: u32 = 3_100_035;
    scene(|| {
        let mut server = Daemon::start();
        let (set, _) = server.child_makes(UID, "sem", 0x5ce_0302);
        judge(&View::root(), "sem", set, UID, &Expected::left());
        server.tell(&format!("fsuid {UID}"));
        judge(&View::root(), "sem", set, UID, &Expected::unsure(&[server.pid]));
    });
}

#[test]
fn a_daemon_that_dropped_its_rights_loses_nothing() {
    const UID: u32 = 3_100_036;
    scene(|| {
        let mut daemon = Daemon::start();
        let kept = daemon.make("sem", 0x5ce_0310);
        daemon.tell(&format!("give sem {kept} 0 666"));
        let [keyed, private] = [0x5ce_0311, 0].map(|key| {
            let id = daemon.make("msg", key);
            daemon.tell(&format!("give msg {id} {UID} 600"));
            id
        });
        daemon.tell(&format!("identity {UID}"));
        let root = View::root();
        // Root's set: a uid is 0 and the owner is. The mode lets group 0 in, which is excepted.
        judge(&root, "sem", kept, 0, &Expected::unsure(&[]));
        // Given away: the creator's uid is 0, and a live process of the owner's is a keeper.
        judge(&root, "msg", keyed, UID, &Expected::unsure(&[daemon.pid]));
        judge(&root, "msg", private, UID, &Expected::unsure(&[daemon.pid]));
        remove_what_is_sure(&root, UID);
        remove_what_is_sure(&root, 0);
        assert_eq!(daemon.tell(&format!("semop {kept} 0:1")), "Ok(())");
        for queue in [keyed, private] {
            assert_eq!(daemon.tell(&format!("msgsnd {queue} 5")), "Ok(())");
            assert_eq!(daemon.tell(&format!("msgrcv {queue} 0")), "Ok(())");
            judge(&root, "msg", queue, UID, &Expected::used());
        }
        daemon.kill();
        // A uid is 0, and no process lives that is the owner's.
        judge(&root, "msg", keyed, UID, &Expected::unsure(&[]));
        judge(&root, "msg", private, UID, &Expected::unsure(&[]));
        remove(&root, UID, "--include-unsure --idle 0s");
        assert!(!exists("msg", keyed) && !exists("msg", private) && exists("sem", kept));
    });
}

#[test]
fn a_group_that_the_mode_lets_in_keeps_an_object() {
    const UID: u32 = 3_100_037;
    const MEMBER: u32 = 3_100_038;
    scene(|| {
        let mut maker = Daemon::start();
        let [shared, closed] = [0x5ce_0320, 0x5ce_0321].map(|key| {
            let (set, _) = maker.child_makes(UID, "sem", key);
            set
        });
        // Of the owner's group, whose number is the owner's.
        maker.tell(&format!("give sem {shared} {UID} 660"));
        let (member, _) = maker.stay(format!("{MEMBER}:{UID}"), "");
        let root = View::root();
        // The member is of its uids by its supplementary group; the maker is its ancestor.
        judge(&root, "sem", shared, UID, &Expected::unsure(&[maker.pid, member]));
        // Mode 0600: mode & 060 is 0.
        judge(&root, "sem", closed, UID, &Expected::left());
        remove_what_is_sure(&root, UID);
        assert!(exists("sem", shared) && !exists("sem", closed));
    });
}

#[test]
fn a_user_finds_its_own_orphan_when_nothing_but_the_program_is_its() {
    const UID: u32 = 3_100_039;
    scene(|| {
        let mut maker = Daemon::of(UID);
        let [keyed, private, set] =
            [("shm", 0x5ce_0330), ("shm", 0), ("sem", 0)].map(|(kind, key)| maker.make(kind, key));
        let own = View::of(UID);
        judge(&own, "shm", keyed, UID, &Expected::creator_lives(&[maker.pid]));
        maker.kill();
        // "The running program itself" is no live process; uids of others can be read by all.
        judge(&own, "shm", keyed, UID, &Expected::left());
        judge(&own, "shm", private, UID, &Expected::left());
        // "An ordinary user is always blind for queues and sets."
        judge(&own, "sem", set, UID, &Expected::unsure(&[]));
        judge(&View::root(), "sem", set, UID, &Expected::left());
        remove_what_is_sure(&own, UID);
        assert!(!exists("shm", keyed) && !exists("shm", private) && exists("sem", set));
        remove(&own, UID, "--include-unsure --idle 0s");
        assert!(!exists("sem", set));
    });
}

#[test]
fn a_shell_of_the_user_makes_young_segments_unsure() {
    const UID: u32 = 3_100_040;
    scene(|| {
        let mut maker = Daemon::start();
        let (keyed, _) = maker.child_makes(UID, "shm", 0x5ce_0340);
        let (private, _) = maker.child_makes(UID, "shm", 0);
        let shell = Daemon::of(UID);
        let own = View::of(UID);
        // Both were made less than 60 s before the last use: never used, so the shell keeps both,
        // whenever it started.
        judge(&own, "shm", keyed, UID, &Expected::unsure(&[shell.pid]));
        judge(&own, "shm", private, UID, &Expected::unsure(&[shell.pid]));
        remove_what_is_sure(&own, UID);
        assert!(exists("shm", keyed) && exists("shm", private));
    });
}

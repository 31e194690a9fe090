//! Which processes have a segment attached.

use std::io::Write;

use ipcs::model::{Key, Kinds};
use ipcs::processes::{Access, Gap, MapsSource, Reason, Report, Role, ScanRequest, rules};

use super::{own_namespace, scanned, user};
use crate::support::actor::{Actor, until};
use crate::support::inspection::reason;
use crate::support::namespace::{
    EVERY_PROCESS, another, cover_directory, cover_with, isolated, other_mounts, require_root,
};
use crate::support::objects::Shm;
use crate::support::sys::now;

/// A user without processes, used by this file alone.
const CREATOR: u32 = 3_000_041;

/// The report from both sources of mappings, which must be equal.
///
/// Other tests change segments with the same id in their namespaces at the same time, so a
/// difference counts only if it stays.
fn report(segment: Shm) -> Report {
    let read_both = || {
        [MapsSource::Auto, MapsSource::Text].map(|maps| {
            let request = ScanRequest { maps, ..ScanRequest::processes(Kinds::SHM) };
            rules::report(&segment.stat(), &mut scanned(request))
        })
    };
    let [query, text] =
        (0..50).map(|_| read_both()).find(|[a, b]| a == b).unwrap_or_else(read_both);
    assert_eq!(query, text);
    query
}

fn attached(report: &Report) -> Vec<(i32, usize)> {
    let is_attached = |roles: &[Role]| roles.contains(&Role::Attached);
    let users = report.users.list.iter().filter(|user| is_attached(&user.roles));
    users.map(|user| (user.process.pid, user.mappings.len())).collect()
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

#[test]
fn counts_each_attached_process_once() {
    isolated(|| {
        let segment = Shm::keyed(0xabcd, 10_000, 0o600);
        let mut actors = [Actor::start(), Actor::start()];
        let addresses: Vec<_> = actors
            .iter_mut()
            .map(|a| sorted(vec![a.attach(segment, "rw"), a.attach(segment, "ro")]))
            .collect();
        let report = report(segment);
        let expected = sorted(actors.iter().map(|a| (a.pid(), 2)).collect());
        assert_eq!(attached(&report), expected);
        assert_eq!((report.attached, report.gap, segment.stat().nattch()), (Some(2), None, 4));
        assert_eq!(report.original_key, Some(Key(0xabcd)));
        let first = user(&report, actors[0].pid());
        let at: Vec<_> = first.mappings.iter().map(|map| map.address).collect();
        assert_eq!(at, addresses[0]);
        assert_eq!(first.access, Some(Access::ReadWrite));
        assert!(first.mappings.iter().all(|map| map.size == 12288));
        assert!(String::from_utf8_lossy(&first.process.command).ends_with(" an actor"));
        assert_eq!(first.process.uid, 0);
        let verdicts = &report.verdicts;
        assert!(verdicts.in_use.is_yes() && verdicts.unused.is_no() && verdicts.orphaned.is_no());
        assert_eq!(reason(&verdicts.in_use), "2 attached");
    });
}

#[test]
fn reports_read_only_access() {
    isolated(|| {
        let segment = Shm::private(4096, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "ro");
        let report = report(segment);
        assert_eq!(attached(&report), [(actor.pid(), 1)]);
        let reader = user(&report, actor.pid());
        assert_eq!(reader.access, Some(Access::ReadOnly));
        // The same process was the last to attach, and the test process is the creator.
        assert_eq!(reader.roles, [Role::Attached, Role::Last]);
        assert_eq!(user(&report, std::process::id().cast_signed()).roles, [Role::Creator]);
    });
}

#[test]
fn lists_a_forked_child_with_inherited_attachments() {
    isolated(|| {
        let segment = Shm::private(4096, 0o600);
        let mut actor = Actor::start();
        let address = actor.attach(segment, "rw");
        let child: i32 = actor.tell("fork").parse().unwrap();
        let report = report(segment);
        assert_eq!(attached(&report), sorted(vec![(actor.pid(), 1), (child, 1)]));
        for pid in [actor.pid(), child] {
            assert_eq!(user(&report, pid).mappings[0].address, address);
        }
        assert_eq!(report.gap, None);
    });
}

#[test]
fn counts_mappings_split_by_mprotect_as_one_process() {
    isolated(|| {
        let segment = Shm::private(16384, 0o600);
        let mut actor = Actor::start();
        let address = actor.attach(segment, "rw");
        actor.tell(&format!("protect {}", address + 4096));
        let report = report(segment);
        assert_eq!((segment.stat().nattch(), report.attached, report.gap), (3, Some(1), None));
        assert_eq!(attached(&report), [(actor.pid(), 3)]);
        assert_eq!(user(&report, actor.pid()).access, Some(Access::ReadWrite));
    });
}

#[test]
fn a_removed_segment_keeps_its_users_and_original_key() {
    isolated(|| {
        let segment = Shm::keyed(0x1234_5678, 4096, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        segment.remove();
        let shm = segment.stat();
        assert!(shm.key == Some(Key::PRIVATE) && shm.is_dest());
        let report = report(segment);
        assert_eq!(attached(&report), [(actor.pid(), 1)]);
        assert_eq!((report.original_key, report.gap), (Some(Key(0x1234_5678)), None));
    });
}

#[test]
fn lists_attached_processes_that_left_the_namespace() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let segment = Shm::private(8192, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        let child: i32 = actor.tell("fork").parse().unwrap();
        actor.tell("leave");
        let report = report(segment);
        assert_eq!(attached(&report), sorted(vec![(actor.pid(), 1), (child, 1)]));
        assert_eq!(report.gap, None);
    });
}

#[test]
fn ignores_segments_of_another_namespace_with_the_same_id() {
    isolated(|| {
        let segment = Shm::private(8192, 0o600);
        let mut ours = Actor::start();
        ours.attach(segment, "rw");
        let unattached = Shm::private(8192, 0o600);
        let mut others = another(Actor::start);
        assert_eq!(others.make_segment(8192), segment);
        assert_eq!(others.make_segment(8192), unattached);
        others.attach(segment, "rw");
        others.attach(unattached, "rw");
        let report_of_ours = report(segment);
        assert_eq!(attached(&report_of_ours), [(ours.pid(), 1)]);
        assert_eq!(report_of_ours.gap, None);
        assert_eq!(attached(&report(unattached)), []);
        assert_eq!(report(unattached).gap, None);
    });
}

#[test]
fn distinguishes_processes_that_left_from_those_of_other_namespaces() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        // A size that no other test uses.
        let segment = Shm::private(28672, 0o600);
        let mut left = Actor::start();
        left.attach(segment, "rw");
        left.tell("leave");
        let mut others = another(Actor::start);
        // Another size means another segment: only one of the two mappings counts in nattch.
        assert_eq!(others.make_segment(4096), segment);
        others.attach(segment, "rw");
        let report = report(segment);
        assert_eq!(attached(&report), [(left.pid(), 1)]);
        assert_eq!(report.gap, None);
    });
}

/// Of two processes that left their namespaces, only the time of the file shows whose segment it is.
#[test]
fn distinguishes_segments_of_processes_that_left_by_their_times() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut others = another(Actor::start);
        // A size that no other test uses.
        let theirs = others.make_segment(36864);
        others.attach(theirs, "rw");
        others.tell("leave");
        let made = now();
        until("the times differ", || now() > made + 2);
        let segment = Shm::private(36864, 0o600);
        assert_eq!(segment, theirs);
        let mut left = Actor::start();
        left.attach(segment, "rw");
        left.tell("leave");
        let report = report(segment);
        assert_eq!((attached(&report), report.gap), (vec![(left.pid(), 1)], None));
    });
}

/// Such a mapping explains `nattch`, but a process that cannot be inspected may be the real user.
#[test]
fn attributes_no_foreign_mapping_instead_of_one_that_could_not_be_read() {
    isolated(|| {
        // A size that no other test uses.
        let segment = Shm::private(45056, 0o600);
        let mut real = Actor::start();
        real.attach(segment, "rw");
        let mut twin = another(Actor::start);
        assert_eq!(twin.make_segment(45056), segment);
        twin.attach(segment, "rw");
        twin.tell("leave");
        let report = other_mounts(|| {
            cover_with(&format!("/proc/{}/maps", real.pid()), b"<html>");
            report(segment)
        });
        assert_eq!(attached(&report), []);
        assert!(report.gap.is_some(), "{report:?}");
    });
}

#[test]
fn ignores_mappings_that_a_process_brought_from_another_namespace() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let segment = Shm::private(8192, 0o600);
        let mut ours = Actor::start();
        ours.attach(segment, "rw");
        let (_namespace, path) = own_namespace();
        let mut others = another(Actor::start);
        assert_eq!(others.make_segment(4096), segment);
        others.attach(segment, "rw");
        others.tell(&format!("enter {path}"));
        let shown = report(segment);
        assert_eq!(attached(&shown), [(ours.pid(), 1)]);
        assert_eq!(shown.gap, None);
        // The same when the segment is not attached at all.
        ours.end();
        let shown = report(segment);
        assert_eq!((segment.stat().nattch(), shown.attached, shown.gap), (0, Some(0), None));
        assert_eq!(attached(&shown), []);
    });
}

/// Two segments of one size, made in the same second, with one mapping each, look the same.
#[test]
fn more_mappings_than_nattch_make_the_answer_incomplete() {
    require_root(EVERY_PROCESS);
    // On a slow machine the segments can be made in different seconds.
    let look_the_same = || {
        let segment = Shm::private(24576, 0o600);
        let mut ours = Actor::start();
        ours.attach(segment, "rw");
        let (_namespace, path) = own_namespace();
        let mut others = another(Actor::start);
        assert_eq!(others.make_segment(24576), segment);
        others.attach(segment, "rw");
        others.tell(&format!("enter {path}"));
        let shown = report(segment);
        assert!(shown.verdicts.in_use.is_yes() && shown.verdicts.orphaned.is_no());
        let same = shown.gap == Some(Gap::Mappings { found: 2, nattch: 1 });
        if !same {
            assert_eq!((attached(&shown), shown.gap), (vec![(ours.pid(), 1)], None));
        }
        same
    };
    isolated(|| {
        let made = (0..20).any(|_| another(look_the_same));
        assert!(made, "20 pairs of segments were made in different seconds");
    });
}

#[test]
fn counts_shared_memory_maps_once() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let segment = Shm::private(8192, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        let child: i32 = actor.tell("share").parse().unwrap();
        let mut left = Actor::start();
        left.attach(segment, "ro");
        left.tell("leave");
        assert_eq!(segment.stat().nattch(), 2);
        let report = report(segment);
        assert_eq!(attached(&report), sorted(vec![(actor.pid(), 1), (child, 1), (left.pid(), 1)]));
        assert_eq!(report.gap, None);
    });
}

#[test]
fn ignores_files_named_like_a_segment() {
    isolated(|| {
        let segment = Shm::private(4096, 0o600);
        cover_directory("/dev/shm");
        let path = format!("/dev/shm/SYSV{:08x}", 0);
        let mut file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .unwrap();
        file.write_all(&[0; 4096]).unwrap();
        let mut actor = Actor::start();
        actor.tell(&format!("map {path}"));
        // Once deleted, it looks like a segment in /proc/PID/maps.
        std::fs::remove_file(&path).unwrap();
        assert_eq!(attached(&report(segment)), []);
        actor.attach(segment, "rw");
        assert_eq!(attached(&report(segment)), [(actor.pid(), 1)]);
    });
}

#[test]
fn finds_mappings_after_the_first_thread_has_exited() {
    isolated(|| {
        let segment = Shm::private(4096, 0o600);
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        actor.tell("first-thread-exits");
        until("the first thread is a zombie", || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", actor.pid())).unwrap();
            stat.contains(") Z ")
        });
        let report = report(segment);
        assert_eq!(attached(&report), [(actor.pid(), 1)]);
        assert_eq!(report.gap, None);
    });
}

#[test]
fn lists_the_creator_only_while_it_is_alive() {
    isolated(|| {
        let mut creator = Actor::of(CREATOR);
        let segment = creator.make_segment(4096);
        let seen = report(segment);
        assert_eq!(seen.users.list.len(), 1);
        assert_eq!(seen.users.list[0].roles, [Role::Creator]);
        // A creator that lives need not be using it, but is there to do so.
        assert_eq!(
            (seen.verdicts.in_use.answer, seen.verdicts.orphaned.answer),
            (None, Some(false))
        );
        assert!(seen.verdicts.unused.is_yes());
        assert_eq!(reason(&seen.verdicts.orphaned), format!("creator {} is alive", creator.pid()));
        // A zombie cannot use anything.
        creator.kill_unreaped();
        until("the creator is a zombie", || report(segment).verdicts.orphaned.is_yes());
        assert_eq!(report(segment).verdicts.orphaned.reason, Reason::NoLiveUser);
        creator.end();
        let seen = report(segment);
        assert!(seen.verdicts.in_use.is_no() && seen.verdicts.orphaned.is_yes());
        assert!(seen.users.list.is_empty() && seen.keepers.is_empty());
    });
}

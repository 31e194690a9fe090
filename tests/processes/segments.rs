//! Who has a segment attached.

use std::io::Write;

use ipcs::model::{Id, Key, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Access, Gap, Inspector, MapsSource, Reason, Report, Request, Role, User};
use ipcs::sys::shm;

use super::scene::{Actor, alone, isolated, segment, shm_of, until};

/// The report by both ways of reading mappings, which must say the same. Other tests run at the
/// same time, with segments of the same number in their namespaces: what changes between the two
/// looks is looked at again, what differs for good never gets equal.
fn report(id: Id) -> Report {
    let look = || {
        [MapsSource::Auto, MapsSource::Text].map(|maps| {
            let mut inspector = Inspector::new(ProcRoot::default());
            inspector.scan(Request { maps, ..Request::processes(Kinds::SHM) });
            inspector.report(&shm_of(id))
        })
    };
    let [query, text] = (0..50).map(|_| look()).find(|[a, b]| a == b).unwrap_or_else(look);
    assert_eq!(query, text);
    query
}

fn attached(report: &Report) -> Vec<(i32, usize)> {
    let is_attached = |roles: &[Role]| roles.contains(&Role::Attached);
    let users = report.users.iter().filter(|user| is_attached(&user.roles));
    users.map(|user| (user.process.pid, user.mappings.len())).collect()
}

/// One user; the test itself is another: it made the segment.
fn user(report: &Report, pid: i32) -> &User {
    report.users.iter().find(|user| user.process.pid == pid).unwrap()
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

#[test]
fn two_processes_with_two_attachments_each_are_two_users() {
    isolated(|| {
        let id = segment(0xabcd, 10_000);
        let mut actors = [Actor::start(), Actor::start()];
        let addresses: Vec<_> = actors
            .iter_mut()
            .map(|a| sorted(vec![a.attach(id, "rw"), a.attach(id, "ro")]))
            .collect();
        let report = report(id);
        let expected = sorted(actors.iter().map(|a| (a.pid(), 2)).collect());
        assert_eq!(attached(&report), expected);
        assert_eq!((report.attached, report.gap, shm_of(id).nattch), (Some(2), None, 4));
        assert_eq!(report.original_key, Some(Key(0xabcd)));
        let first = user(&report, actors[0].pid());
        let at: Vec<_> = first.mappings.iter().map(|map| map.address).collect();
        assert_eq!(at, addresses[0]);
        assert_eq!(first.access, Some(Access::ReadWrite));
        assert!(first.mappings.iter().all(|map| map.size == 12288));
        assert!(String::from_utf8_lossy(&first.process.command).ends_with(" an actor"));
        assert_eq!(first.process.uid, 0);
        assert_eq!(report.orphaned.answer, Some(false));
        assert_eq!(report.orphaned.reason.to_string(), "attached by 2");
    });
}

#[test]
fn a_process_that_only_reads_is_told_from_one_that_writes() {
    isolated(|| {
        let id = segment(0, 4096);
        let mut actor = Actor::start();
        actor.attach(id, "ro");
        let report = report(id);
        assert_eq!(attached(&report), [(actor.pid(), 1)]);
        let reader = user(&report, actor.pid());
        assert_eq!(reader.access, Some(Access::ReadOnly));
        // The last to attach is the same process, and the creator is the test.
        assert_eq!(reader.roles, [Role::Attached, Role::Last]);
        assert_eq!(user(&report, std::process::id().cast_signed()).roles, [Role::Creator]);
    });
}

#[test]
fn a_forked_child_has_its_parents_attachments() {
    isolated(|| {
        let id = segment(0, 4096);
        let mut actor = Actor::start();
        let address = actor.attach(id, "rw");
        let child: i32 = actor.tell("fork").parse().unwrap();
        let report = report(id);
        assert_eq!(attached(&report), sorted(vec![(actor.pid(), 1), (child, 1)]));
        for pid in [actor.pid(), child] {
            assert_eq!(user(&report, pid).mappings[0].address, address);
        }
        assert_eq!(report.gap, None);
    });
}

#[test]
fn a_mapping_split_by_mprotect_is_still_one_process() {
    isolated(|| {
        let id = segment(0, 16384);
        let mut actor = Actor::start();
        let address = actor.attach(id, "rw");
        actor.tell(&format!("protect {}", address + 4096));
        let report = report(id);
        assert_eq!((shm_of(id).nattch, report.attached, report.gap), (3, Some(1), None));
        assert_eq!(attached(&report), [(actor.pid(), 3)]);
        assert_eq!(user(&report, actor.pid()).access, Some(Access::ReadWrite));
    });
}

#[test]
fn a_removed_segment_keeps_its_users_and_its_old_key() {
    isolated(|| {
        let id = segment(0x1234_5678, 4096);
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        shm::remove(id).unwrap();
        let shm = shm_of(id);
        assert!(shm.perm.key == Key::PRIVATE && shm.perm.mode.is_dest());
        let report = report(id);
        assert_eq!(attached(&report), [(actor.pid(), 1)]);
        assert_eq!((report.original_key, report.gap), (Some(Key(0x1234_5678)), None));
    });
}

#[test]
fn a_segment_of_huge_pages_is_on_another_device() {
    let _alone = alone();
    let pool = "/proc/sys/vm/nr_hugepages";
    // A kernel without huge pages, or memory in pieces: then the made-up tree of `verdicts.rs` is
    // all there is.
    let Ok(before) = std::fs::read_to_string(pool) else { return };
    let has_pages = std::fs::write(pool, "4").is_ok()
        && std::fs::read_to_string(pool).is_ok_and(|pages| pages.trim() != "0");
    if has_pages {
        isolated(|| {
            let flags = super::scene::CREATE | nix::libc::SHM_HUGETLB;
            let id = shm::get(Key(0x77), 2 << 20, flags).unwrap();
            let mut actor = Actor::start();
            actor.attach(id, "rw");
            let report = report(id);
            assert_eq!(attached(&report), [(actor.pid(), 1)]);
            assert_eq!((report.gap, report.original_key), (None, Some(Key(0x77))));
        });
    }
    let _ = std::fs::write(pool, before.trim());
}

#[test]
fn a_process_that_left_the_namespace_while_attached_is_not_missed() {
    isolated(|| {
        let id = segment(0, 8192);
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        let child: i32 = actor.tell("fork").parse().unwrap();
        actor.tell("leave");
        let report = report(id);
        assert_eq!(attached(&report), sorted(vec![(actor.pid(), 1), (child, 1)]));
        assert_eq!(report.gap, None);
    });
}

#[test]
fn a_process_of_another_namespace_with_the_same_id_is_not_invented() {
    isolated(|| {
        let id = segment(0, 8192);
        let mut ours = Actor::start();
        ours.attach(id, "rw");
        let unattached = segment(0, 8192);
        let mut others = isolated(Actor::start);
        assert_eq!(others.tell("segment 8192"), id.to_string());
        assert_eq!(others.tell("segment 8192"), unattached.to_string());
        others.attach(id, "rw");
        others.attach(unattached, "rw");
        let report_of_ours = report(id);
        assert_eq!(attached(&report_of_ours), [(ours.pid(), 1)]);
        assert_eq!(report_of_ours.gap, None);
        assert_eq!(attached(&report(unattached)), []);
        assert_eq!(report(unattached).gap, None);
    });
}

#[test]
fn one_that_left_is_told_from_one_that_was_never_there() {
    isolated(|| {
        // A size that no other test has.
        let id = segment(0, 28672);
        let mut left = Actor::start();
        left.attach(id, "rw");
        left.tell("leave");
        let mut others = isolated(Actor::start);
        // Another size, and another file: only one of them explains nattch.
        assert_eq!(others.tell("segment 4096"), id.to_string());
        others.attach(id, "rw");
        let report = report(id);
        assert_eq!(attached(&report), [(left.pid(), 1)]);
        assert_eq!(report.gap, None);
    });
}

#[test]
fn one_that_entered_with_an_old_mapping_is_not_invented() {
    isolated(|| {
        let id = segment(0, 8192);
        let mut ours = Actor::start();
        ours.attach(id, "rw");
        let namespace = std::fs::File::open("/proc/thread-self/ns/ipc").unwrap();
        let mut others = isolated(Actor::start);
        assert_eq!(others.tell("segment 4096"), id.to_string());
        others.attach(id, "rw");
        let path = format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            std::os::fd::AsRawFd::as_raw_fd(&namespace)
        );
        others.tell(&format!("enter {path}"));
        let shown = report(id);
        assert_eq!(attached(&shown), [(ours.pid(), 1)]);
        assert_eq!(shown.gap, None);
        // Nor when nothing is attached at all.
        ours.end();
        let shown = report(id);
        assert_eq!((shm_of(id).nattch, shown.attached, shown.gap), (0, Some(0), None));
        assert_eq!(attached(&shown), []);
    });
}

/// Two files of one size, made in the same second, with one mapping each: who can tell?
#[test]
fn more_mappings_than_there_are_make_no_complete_answer() {
    isolated(|| {
        let id = segment(0, 24576);
        let mut ours = Actor::start();
        ours.attach(id, "rw");
        let namespace = std::fs::File::open("/proc/thread-self/ns/ipc").unwrap();
        let fd = std::os::fd::AsRawFd::as_raw_fd(&namespace);
        let mut others = isolated(Actor::start);
        assert_eq!(others.tell("segment 24576"), id.to_string());
        others.attach(id, "rw");
        others.tell(&format!("enter /proc/{}/fd/{fd}", std::process::id()));
        let shown = report(id);
        if attached(&shown) == [(ours.pid(), 1)] {
            // A machine so slow that the seconds differ.
            assert_eq!(shown.gap, None);
        } else {
            assert_eq!(shown.gap, Some(Gap::Mappings { found: 2, nattch: 1 }));
        }
        assert_eq!(shown.orphaned.answer, Some(false));
    });
}

#[test]
fn memory_that_two_processes_share_counts_once() {
    isolated(|| {
        let id = segment(0, 8192);
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        let child: i32 = actor.tell("share").parse().unwrap();
        let mut left = Actor::start();
        left.attach(id, "ro");
        left.tell("leave");
        assert_eq!(shm_of(id).nattch, 2);
        let report = report(id);
        assert_eq!(attached(&report), sorted(vec![(actor.pid(), 1), (child, 1), (left.pid(), 1)]));
        assert_eq!(report.gap, None);
    });
}

#[test]
fn a_file_that_is_called_like_a_segment_is_none() {
    isolated(|| {
        let id = segment(0, 4096);
        super::scene::mount_empty("/dev/shm");
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
        // Deleted as well, it looks just like a segment in the text of maps.
        std::fs::remove_file(&path).unwrap();
        assert_eq!(attached(&report(id)), []);
        actor.attach(id, "rw");
        assert_eq!(attached(&report(id)), [(actor.pid(), 1)]);
    });
}

#[test]
fn a_first_thread_that_exited_hides_no_mapping() {
    isolated(|| {
        let id = segment(0, 4096);
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        actor.tell("first-thread-exits");
        until("the first thread is a zombie", || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", actor.pid())).unwrap();
            stat.contains(") Z ")
        });
        let report = report(id);
        assert_eq!(attached(&report), [(actor.pid(), 1)]);
        assert_eq!(report.gap, None);
    });
}

#[test]
fn the_creator_is_named_while_it_lives_and_gone_after() {
    isolated(|| {
        let mut creator = Actor::start();
        let id = Id(creator.tell("segment 4096").parse().unwrap());
        let seen = report(id);
        assert_eq!(seen.users.len(), 1);
        assert_eq!(seen.users[0].roles, [Role::Creator]);
        assert_eq!(seen.orphaned.answer, Some(false));
        let text = format!("creator {} alive", creator.pid());
        assert_eq!(seen.orphaned.reason.to_string(), text);
        // Nothing but a process table entry is left: it can use nothing any more.
        creator.kill_unreaped();
        until("it is a zombie", || report(id).orphaned.is_yes());
        assert_eq!(report(id).orphaned.reason, Reason::NobodyLives);
        creator.end();
        assert!(report(id).orphaned.is_yes());
        assert!(report(id).users.is_empty());
    });
}

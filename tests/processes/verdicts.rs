//! Whether an object is unused, orphaned or in use, on real processes and on a made-up /proc.

use std::fs;

use ipcs::model::{
    Body, Device, Id, Identity, Key, Kind, Kinds, Mode, Object, Owner, Shm as Segment,
};
use ipcs::proc::ProcRoot;
use ipcs::processes::{
    Alive, Doubt, Inspector, PidField, Reason, ScanRequest, Visibility, rules, walk_with_devices,
};
use ipcs::sys::devices::ShmDevice;
use nix::libc;

use super::{keepers, report, scanned, verdicts};
use crate::support::actor::{Actor, alone, in_call, until};
use crate::support::inspection::{everybody, inspector, reason};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root, require_users};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::sys::now;

/// Users without processes, used by this file alone.
const OWNER: u32 = 3_000_001;
const SENDER: u32 = 3_000_002;
const SAVED: u32 = 3_000_003;
const REUSED: u32 = 3_000_004;
const EARLY: u32 = 3_000_005;

/// The answers to in use, unused and orphaned.
fn answers(object: &Object) -> [Option<bool>; 3] {
    let verdicts = verdicts(object);
    [&verdicts.in_use, &verdicts.unused, &verdicts.orphaned].map(|verdict| verdict.answer)
}

const USED: [Option<bool>; 3] = [Some(true), Some(false), Some(false)];
const UNSURE: [Option<bool>; 3] = [None; 3];
const LEFT: [Option<bool>; 3] = [Some(false), Some(true), Some(true)];

#[test]
fn a_set_is_orphaned_when_its_owner_has_no_live_process() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut creator = Actor::of(OWNER);
        let set = creator.make_set(2);
        let mut worker = Actor::of(OWNER);
        assert_eq!(worker.tell(&format!("semop {set} 1:1")), "Ok(())");
        let alive = format!("last user {} is alive", worker.pid());
        assert_eq!(answers(&set.stat()), USED);
        assert_eq!(reason(&verdicts(&set.stat()).in_use), alive);
        assert_eq!(reason(&verdicts(&set.stat()).orphaned), alive);
        let process = |set: Sems| {
            let seen = report(&set.stat());
            let operator = seen.recorded.list.iter().find(|one| one.pid != 0).unwrap();
            (operator.pid, operator.process.as_ref().map(|process| process.pid))
        };
        assert_eq!(process(set), (worker.pid(), Some(worker.pid())));
        // The last operator is gone. The kernel does not record the creator's pid, but a
        // process of that user is alive, and so is its parent, which has a thread here.
        worker.end();
        assert_eq!(answers(&set.stat()), UNSURE);
        let own = std::process::id().cast_signed();
        let seen = report(&set.stat());
        assert!(seen.verdicts.in_use.reason.keeper().is_some(), "{:?}", seen.verdicts);
        let mut expected = [own, creator.pid()];
        expected.sort_unstable();
        assert_eq!(keepers(&seen), expected);
        creator.end();
        assert_eq!(answers(&set.stat()), LEFT);
        let seen = report(&set.stat());
        assert_eq!(seen.verdicts.orphaned.reason, Reason::NoLiveUser);
        assert!(seen.keepers.is_empty());
    });
}

#[test]
fn a_saved_uid_counts_as_a_live_owner() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut creator = Actor::of(SAVED);
        let set = creator.make_set(1);
        creator.end();
        assert_eq!(answers(&set.stat()), LEFT);
        let mut actor = Actor::start();
        actor.tell(&format!("uids 0 0 {SAVED}"));
        assert_eq!(answers(&set.stat()), UNSURE);
        assert!(keepers(&report(&set.stat())).contains(&actor.pid()));
    });
}

#[test]
fn objects_of_root_are_never_known_to_be_orphaned() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut creator = Actor::start();
        let (set, queue) = (creator.make_set(1), creator.make_queue());
        let segment = creator.make_segment(4096);
        creator.end();
        for object in [set.stat(), queue.stat(), segment.stat()] {
            let verdicts = verdicts(&object);
            for verdict in [&verdicts.in_use, &verdicts.orphaned] {
                assert_eq!((verdict.answer, &verdict.reason), (None, &Reason::OwnedByRoot));
            }
            // Of segments this asks only whether they are attached.
            let is_segment = object.kind() == Kind::Shm;
            assert_eq!(verdicts.unused.answer, is_segment.then_some(true));
        }
    });
}

/// A process that started after the last use of a private object cannot know its id, but it can find
/// an object with a key.
#[test]
fn live_processes_of_the_owner_rule_out_orphans() {
    isolated(|| {
        let mut creator = Actor::of(EARLY);
        let private = creator.make_segment(4096).stat();
        let keyed = Object { key: Some(Key(0x77)), ..private.clone() };
        // More than a minute old at its last use, as if both had been soon after the start of the
        // machine: the maker need not be there any more.
        let stat = fs::read_to_string("/proc/stat").unwrap();
        let boot = stat.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
        let boot: i64 = boot.parse().unwrap();
        assert!(now() > boot + 90, "this test needs a machine that runs for 90 seconds");
        let before = |object: &Object| {
            let Body::Shm(segment) = object.body else { panic!("not a segment") };
            let body = Body::Shm(Segment { atime: boot + 70, dtime: boot + 70, ..segment });
            Object { ctime: boot + 5, body, ..object.clone() }
        };
        let answers = || {
            let mut inspector = scanned(ScanRequest::in_use(Kinds::SHM));
            [&private, &keyed, &before(&private), &before(&keyed)]
                .map(|object| rules::may_be_orphaned(object, &mut inspector))
        };
        assert_eq!(answers(), [false, false, true, false]);
        creator.end();
        assert_eq!(answers(), [true; 4]);
    });
}

#[test]
fn a_queue_is_in_use_by_waiters_and_its_last_sender() {
    require_users("it gives objects to other users");
    isolated(|| {
        let queue = Queue::private(0o600);
        queue.set_with_capacity(SENDER, SENDER, 0o600, 1000);
        let mut actor = Actor::start();
        assert_eq!(actor.tell(&format!("msgsnd {queue} 5")), "Ok(())");
        assert_eq!(answers(&queue.stat()), USED);
        let alive = format!("last sender {} is alive", actor.pid());
        assert_eq!(reason(&verdicts(&queue.stat()).in_use), alive);
        assert_eq!(actor.tell(&format!("msgrcv {queue} 0")), "Ok(())");
        actor.say(&format!("msgrcv {queue} 0"));
        until("the actor waits for a message", || in_call(actor.pid(), libc::SYS_msgrcv, queue.id));
        assert_eq!(answers(&queue.stat()), USED);
        assert_eq!(verdicts(&queue.stat()).in_use.reason, Reason::Blocked(1));
        actor.end();
        let mut without_a_scan = inspector(ProcRoot::default());
        let verdicts = rules::verdicts(&queue.stat(), &mut without_a_scan);
        assert_eq!((verdicts.in_use.answer, verdicts.orphaned.answer), (None, None));
    });
}

#[test]
fn a_message_may_be_waited_for_by_somebody() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut sender = Actor::of(SENDER);
        let queue = sender.make_queue();
        assert_eq!(sender.tell(&format!("msgsnd {queue} 5")), "Ok(())");
        sender.end();
        assert_eq!(answers(&queue.stat()), UNSURE);
        assert_eq!(reason(&verdicts(&queue.stat()).in_use), "holds 1 message");
        let mut receiver = Actor::start();
        assert_eq!(receiver.tell(&format!("msgrcv {queue} 0")), "Ok(())");
        assert_eq!(answers(&queue.stat()), USED);
        receiver.end();
        assert_eq!(answers(&queue.stat()), LEFT);
    });
}

#[test]
fn a_segment_is_unused_when_it_is_not_attached() {
    isolated(|| {
        let segment = Shm::private(4096, 0o600);
        let mut inspector = inspector(ProcRoot::default());
        let mut verdicts = || rules::verdicts(&segment.stat(), &mut inspector);
        assert!(verdicts().unused.is_yes());
        // The test process is the creator, and is alive; whether it will attach it is unknown.
        assert_eq!(verdicts().in_use.answer, None);
        assert!(verdicts().orphaned.is_no());
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        assert!(verdicts().unused.is_no() && verdicts().orphaned.is_no());
        assert_eq!(reason(&verdicts().in_use), "attached (nattch 1)");
    });
}

#[test]
fn a_reused_pid_is_not_the_creator() {
    require_root(EVERY_PROCESS);
    let _alone = alone();
    isolated(|| {
        let mut creator = Actor::of(REUSED);
        let segment = creator.make_segment(4096);
        let pid = creator.end();
        let mut actor = Actor::with_pid_of(pid, segment.stat().ctime);
        // The new process runs as root, which is neither owner nor creator of the segment: nobody
        // uses it, and that is all that is sure.
        let seen = report(&segment.stat());
        assert_eq!(seen.recorded.list[0].alive, Alive::Replaced);
        assert_eq!(seen.recorded.list[0].process, None);
        assert!(seen.verdicts.in_use.is_no() && seen.users.list.is_empty());
        let orphaned = &seen.verdicts.orphaned;
        let replaced = Reason::PidReplaced(PidField::Cpid, pid);
        assert_eq!((orphaned.answer, &orphaned.reason), (None, &replaced));
        actor.tell(&format!("user {REUSED}"));
        let seen = report(&segment.stat());
        assert_eq!(seen.recorded.list[0].alive, Alive::Unknown(Doubt::MayBeReused));
        assert_eq!(seen.recorded.list[0].process, None);
        assert_eq!((seen.verdicts.in_use.answer, seen.verdicts.orphaned.answer), (None, None));
        assert!(keepers(&seen).contains(&pid), "{seen:?}");
    });
}

/// A made-up /proc, because real huge pages have to be reserved for the whole machine first.
/// Process 41 has left the namespace: its mapping counts because it fits, in whole huge pages.
#[test]
fn recognises_mappings_of_huge_page_segments() {
    let tree = tempfile::tempdir().unwrap();
    for pid in ["40", "41"] {
        fs::create_dir_all(tree.path().join(pid).join("ns")).unwrap();
        fs::write(tree.path().join(pid).join("ns/ipc"), "").unwrap();
    }
    let maps = "7f0000000000-7f0000200000 rw-s 00000000 00:10 5    /SYSV00000000 (deleted)\n\
        7f0000400000-7f0000401000 rw-s 00000000 00:17 5    /SYSV00000000 (deleted)\n\
        7f0000600000-7f0000601000 rw-p 00000000 00:10 5    /SYSV00000000 (deleted)\n\
        7f0000800000-7f0000801000 rw-s 00000000 00:10 5    /memfd:SYSV00000000 (deleted)\n\
        not a line\n";
    fs::write(tree.path().join("40/maps"), maps).unwrap();
    let left = "7f0000a00000-7f0000c00000 r--s 00000000 00:10 5    /SYSV00000000 (deleted)\n";
    fs::write(tree.path().join("41/maps"), left).unwrap();
    let root = ProcRoot::at(tree.path());
    let view = Visibility {
        ipc_namespace: root.file_id("40/ns/ipc").ok(),
        hidden: None,
        system: false,
        ..everybody(&ProcRoot::default())
    };
    let devices = [ShmDevice { device: Device { major: 0, minor: 16 }, page_size: 2 << 20 }];
    let request = ScanRequest { attachers: true, ..ScanRequest::default() };
    let mut inspector = Inspector::with_view(root.clone(), view);
    inspector.set_scan(walk_with_devices(&root, &view, request, None, &devices));
    let segment = Segment { size: 100_000, nattch: 2, cpid: 1, lpid: 40, ..Segment::default() };
    let segment = Object {
        identity: Identity::sysv(Kind::Shm, Id(5)),
        key: Some(Key::PRIVATE),
        seq: None,
        owner: Owner::default(),
        creator: Some(Owner::default()),
        mode: Mode(0o600),
        ctime: 1,
        body: Body::Shm(Segment { atime: 1, ..segment }),
    };
    let attached = inspector.attached(&segment);
    assert_eq!((attached.found, attached.original_key()), (2, Some(Key::PRIVATE)));
    let mappings: Vec<_> = attached
        .processes
        .iter()
        .flat_map(|one| one.mappings.iter().map(|map| (one.pid, map.address, map.size)))
        .collect();
    assert_eq!(mappings, [(40, 0x7f00_0000_0000, 2 << 20), (41, 0x7f00_00a0_0000, 2 << 20)]);
}

/// A process that keeps forking and exiting may be missing from every list of processes.
#[test]
fn does_not_overlook_a_process_that_keeps_forking() {
    require_root(EVERY_PROCESS);
    const HOPPER: u32 = 3_000_031;
    isolated(|| {
        let mut gone = Actor::of(HOPPER);
        let set = gone.make_set(1);
        gone.tell(&format!("semop {set} 0:1"));
        gone.end();
        let mut inspector = scanned(ScanRequest::in_use(Kinds::SEM));
        let left = rules::verdicts(&set.stat(), &mut inspector);
        assert!(left.in_use.is_no() && left.orphaned.is_yes(), "{left:?}");
        let mut starter = Actor::start();
        starter.tell(&format!("hop {HOPPER}"));
        for _ in 0..20 {
            inspector.scan(ScanRequest::in_use(Kinds::SEM));
            let verdicts = rules::verdicts(&set.stat(), &mut inspector);
            assert!(!verdicts.in_use.is_no() && !verdicts.orphaned.is_yes(), "{verdicts:?}");
        }
    });
}

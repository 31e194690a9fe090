//! Whether an object is unused, orphaned or in use, on real processes and on a made-up /proc.

use std::fs;
use std::path::Path;

use ipcs::model::{self, Id, Key, Kinds, Mode, Perm};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Alive, Doubt, Inspector, Liveness, Reason, Request, Times, Visibility};
use nix::libc;

use super::scanned;
use crate::support::actor::{Actor, alone, in_call, until};
use crate::support::namespace::isolated;
use crate::support::objects::{Queue, Sems, Shm};

/// Users without processes, used by this file alone.
const OWNER: u32 = 3_000_001;
const OTHER: u32 = 3_000_002;

#[test]
fn a_set_is_orphaned_when_its_owner_has_no_live_process() {
    isolated(|| {
        let mut creator = Actor::start();
        creator.tell(&format!("user {OWNER}"));
        let set = creator.make_set(2);
        let mut worker = Actor::start();
        worker.tell(&format!("user {OWNER}"));
        assert_eq!(worker.tell(&format!("semop {set} 1:1")), "Ok(())");
        let verdict = |set: Sems| scanned(Request::orphans(Kinds::SEM)).orphaned(&set.stat());
        let in_use = |set: Sems| Inspector::new(ProcRoot::default()).in_use(&set.stat());
        assert_eq!(verdict(set).reason.to_string(), format!("last user {} alive", worker.pid()));
        assert_eq!(in_use(set).answer, Some(true));
        // The last operator is gone. The kernel does not record the creator's pid, but a
        // process of that user is alive.
        worker.end();
        assert_eq!(verdict(set).answer, Some(false));
        assert_eq!(verdict(set).reason, Reason::UidAlive(OWNER));
        assert_eq!(in_use(set).answer, Some(false));
        creator.end();
        assert_eq!((verdict(set).answer, verdict(set).reason), (Some(true), Reason::NobodyLives));
    });
}

#[test]
fn a_saved_uid_counts_as_a_live_owner() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        set.set(OWNER, OWNER, 0o600);
        let mut actor = Actor::start();
        actor.tell(&format!("uids 0 0 {OWNER}"));
        let verdict = scanned(Request::orphans(Kinds::SEM)).orphaned(&set.stat());
        assert_eq!(verdict.reason, Reason::UidAlive(OWNER));
    });
}

#[test]
fn sets_and_queues_of_root_are_never_orphaned() {
    isolated(|| {
        let mut creator = Actor::start();
        let sem = creator.make_set(1);
        let msg = creator.make_queue();
        creator.end();
        let mut inspector = scanned(Request::orphans(Kinds::ALL));
        for verdict in [inspector.orphaned(&sem.stat()), inspector.orphaned(&msg.stat())] {
            assert_eq!(
                (verdict.answer, verdict.reason.to_string().as_str()),
                (None, "owner is root")
            );
        }
    });
}

#[test]
fn a_queue_is_in_use_by_waiters_and_its_last_sender() {
    isolated(|| {
        let queue = Queue::private(0o600);
        queue.set_with_capacity(OWNER, OWNER, 0o600, 1000);
        let mut actor = Actor::start();
        assert_eq!(actor.tell(&format!("msgsnd {queue} 5")), "Ok(())");
        let in_use = |queue: Queue| scanned(Request::in_use(Kinds::MSG)).in_use(&queue.stat());
        assert_eq!(in_use(queue).reason.to_string(), format!("last sender {} alive", actor.pid()));
        let unused = scanned(Request::in_use(Kinds::MSG)).unused(&queue.stat());
        assert_eq!(unused.reason.to_string(), "holds 1 message");
        assert_eq!(actor.tell(&format!("msgrcv {queue} 0")), "Ok(())");
        actor.say(&format!("msgrcv {queue} 0"));
        until("the actor waits for a message", || in_call(actor.pid(), libc::SYS_msgrcv, queue.id));
        assert_eq!(in_use(queue).reason, Reason::Blocked(1));
        actor.end();
        let without_a_scan = Inspector::new(ProcRoot::default()).in_use(&queue.stat());
        assert_eq!(without_a_scan.answer, None);
    });
}

#[test]
fn a_segment_is_unused_when_it_is_not_attached() {
    isolated(|| {
        let segment = Shm::private(4096, 0o600);
        let mut look = Inspector::new(ProcRoot::default());
        assert_eq!(look.unused(&segment.stat()).answer, Some(true));
        // The test process is the creator, and is alive.
        assert_eq!(look.orphaned(&segment.stat()).answer, Some(false));
        let mut actor = Actor::start();
        actor.attach(segment, "rw");
        assert_eq!(look.unused(&segment.stat()).answer, Some(false));
        assert_eq!(look.in_use(&segment.stat()).reason.to_string(), "attached, nattch 1");
    });
}

#[test]
fn a_reused_pid_is_not_the_creator() {
    let _alone = alone();
    isolated(|| {
        let mut creator = Actor::start();
        creator.tell(&format!("user {OWNER}"));
        let segment = creator.make_segment(4096);
        let pid = creator.end();
        let made = segment.stat().ctime;
        let now = || {
            let time = std::time::SystemTime::now();
            time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed()
        };
        until("the start times are distinguishable", || now() > made + 4);
        // Other processes take pids at the same time, so this can need some attempts.
        let mut reused = None;
        until("the pid is reused", || {
            fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
            reused = Some(Actor::start()).filter(|actor| actor.pid() == pid);
            reused.is_some()
        });
        let mut actor = reused.unwrap();
        // The new process runs as root, which is neither owner nor creator of the segment.
        let look = || Inspector::new(ProcRoot::default()).orphaned(&segment.stat());
        assert_eq!((look().answer, look().reason), (Some(true), Reason::NobodyLives));
        actor.tell(&format!("user {OWNER}"));
        assert_eq!(
            (look().answer, look().reason.to_string()),
            (None, format!("pid {pid} may be reused"))
        );
    });
}

/// Adds a process to a made-up /proc: started `start` seconds after boot.
fn put(tree: &Path, pid: i32, tgid: i32, start: i64, uid: u32, state: char) {
    let dir = tree.join(pid.to_string());
    fs::create_dir_all(&dir).unwrap();
    let ticks = start * nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).unwrap().unwrap();
    let stat = format!("{pid} (x) {state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {ticks} 0 0\n");
    fs::write(dir.join("stat"), stat).unwrap();
    let status = format!("Tgid:\t{tgid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n");
    fs::write(dir.join("status"), status).unwrap();
}

#[test]
fn decides_whether_recorded_pids_are_alive() {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("stat"), "cpu 1\nbtime 1000\n").unwrap();
    // Boot was at second 1000, and the object was last used at second 1500.
    let times = Times { last_use: 1500, uid: OWNER, cuid: OTHER };
    for (pid, start, uid) in
        [(10, 400, 7), (11, 502, 7), (12, 503, 7), (13, 503, OWNER), (14, 503, OTHER)]
    {
        put(tree.path(), pid, pid, start, uid, 'S');
    }
    put(tree.path(), 15, 15, 400, 7, 'Z');
    put(tree.path(), 16, 10, 400, 7, 'S');
    fs::create_dir(tree.path().join("17")).unwrap();
    fs::write(tree.path().join("17/stat"), "nonsense").unwrap();
    let view = |initial| Visibility {
        ipc_namespace: None,
        initial_pid_namespace: initial,
        hidden: None,
        system: false,
    };
    let mut look = Liveness::new(ProcRoot::at(tree.path()), view(true));
    for (pid, expected) in [
        (0, Alive::Never),
        (9, Alive::Gone),
        (10, Alive::Yes),
        (11, Alive::Yes),
        (12, Alive::Reused),
        (13, Alive::Unknown(Doubt::MayBeReused)),
        (14, Alive::Unknown(Doubt::MayBeReused)),
        (15, Alive::Gone),
        (16, Alive::Gone),
        (17, Alive::Unknown(Doubt::StartUnknown)),
    ] {
        assert_eq!(look.of(pid, true, &times), expected, "{pid}");
    }
    let mut elsewhere = Liveness::new(ProcRoot::at(tree.path()), view(false));
    assert_eq!(elsewhere.of(0, true, &times), Alive::Unknown(Doubt::OtherNamespace));
    assert_eq!(elsewhere.of(0, false, &times), Alive::Never);
}

#[test]
fn recognises_mappings_of_huge_page_segments() {
    use ipcs::proc::maps::Device;
    use ipcs::processes::Scan;
    use ipcs::sys::devices::ShmDevice;
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir_all(tree.path().join("40/ns")).unwrap();
    fs::write(tree.path().join("40/ns/ipc"), "").unwrap();
    let maps = "7f0000000000-7f0000200000 rw-s 00000000 00:10 5    /SYSV00000000 (deleted)\n\
        7f0000400000-7f0000401000 rw-s 00000000 00:17 5    /SYSV00000000 (deleted)\n\
        7f0000600000-7f0000601000 rw-p 00000000 00:10 5    /SYSV00000000 (deleted)\n\
        7f0000800000-7f0000801000 rw-s 00000000 00:10 5    /memfd:SYSV00000000 (deleted)\n\
        not a line\n";
    fs::write(tree.path().join("40/maps"), maps).unwrap();
    let root = ProcRoot::at(tree.path());
    let view = Visibility {
        ipc_namespace: root.file_id("40/ns/ipc").ok(),
        initial_pid_namespace: true,
        hidden: None,
        system: false,
    };
    let devices = [ShmDevice { device: Device { major: 0, minor: 16 }, page_size: 2 << 20 }];
    let request = Request { attachers: true, ..Request::default() };
    let mut look = Inspector::with_view(root.clone(), view);
    look.set_scan(Scan::with_devices(&root, &view, request, &devices));
    let perm = Perm {
        key: Key::PRIVATE,
        id: Id(5),
        seq: None,
        uid: 0,
        gid: 0,
        cuid: 0,
        cgid: 0,
        mode: Mode(0o600),
    };
    let shm = model::Shm {
        perm,
        size: 100_000,
        nattch: 1,
        cpid: 1,
        lpid: 40,
        atime: 1,
        dtime: 0,
        ctime: 1,
        rss: None,
        swap: None,
    };
    let attached = look.attached(&shm);
    assert_eq!((attached.found, attached.processes.len()), (1, 1));
    assert_eq!(attached.processes[0].mappings[0].address, 0x7f00_0000_0000);
    assert_eq!(attached.processes[0].mappings[0].size, 2 << 20);
}

/// A process that keeps forking and exiting may be missing from every list of processes.
#[test]
fn does_not_overlook_a_process_that_keeps_forking() {
    const HOPPER: u32 = 3_000_031;
    isolated(|| {
        let mut gone = Actor::start();
        gone.tell(&format!("user {HOPPER}"));
        let set = gone.make_set(1);
        gone.tell(&format!("semop {set} 0:1"));
        gone.end();
        let mut inspector = Inspector::new(ProcRoot::default());
        inspector.scan(Request::orphans(Kinds::SEM));
        assert_eq!(inspector.orphaned(&set.stat()).answer, Some(true));
        let mut starter = Actor::start();
        starter.tell(&format!("hop {HOPPER}"));
        for _ in 0..20 {
            inspector.scan(Request::orphans(Kinds::SEM));
            let verdict = inspector.orphaned(&set.stat());
            assert_ne!(verdict.answer, Some(true), "{verdict:?}");
        }
    });
}

//! Unused, orphaned, in use: on real processes, and on made-up trees for what takes time.

use std::fs;
use std::path::Path;

use ipcs::model::{Id, Key, Kinds, Mode, Perm, Shm};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Alive, Doubt, Inspector, Liveness, Reason, Request, Times, Visibility};
use nix::libc;

use super::scene::{
    Actor, alone, chown_queue, chown_set, in_call, isolated, msg_of, queue, segment, sem_of, set,
    shm_of, until,
};

/// Users of this test alone: no process of the machine has them.
const OWNER: u32 = 3_000_001;
const OTHER: u32 = 3_000_002;

fn inspector(request: Request) -> Inspector {
    let mut inspector = Inspector::new(ProcRoot::default());
    inspector.scan(request);
    inspector
}

#[test]
fn a_set_is_orphaned_when_nothing_of_its_owner_lives() {
    isolated(|| {
        let mut creator = Actor::start();
        creator.tell(&format!("user {OWNER}"));
        let id = Id(creator.tell("set 2").parse().unwrap());
        let mut worker = Actor::start();
        worker.tell(&format!("user {OWNER}"));
        assert_eq!(worker.tell(&format!("semop {id} 1:1")), "Ok(())");
        let verdict = |id| inspector(Request::orphans(Kinds::SEM)).orphaned(&sem_of(id));
        let in_use = |id| Inspector::new(ProcRoot::default()).in_use(&sem_of(id));
        assert_eq!(verdict(id).reason.to_string(), format!("last user {} alive", worker.pid()));
        assert_eq!(in_use(id).answer, Some(true));
        // The last operator has gone, but who made the set lives: it has no recorded pid.
        worker.end();
        assert_eq!(verdict(id).answer, Some(false));
        assert_eq!(verdict(id).reason, Reason::UidAlive(OWNER));
        assert_eq!(in_use(id).answer, Some(false));
        creator.end();
        assert_eq!((verdict(id).answer, verdict(id).reason), (Some(true), Reason::NobodyLives));
    });
}

#[test]
fn the_saved_uid_counts_too() {
    isolated(|| {
        let id = set(1);
        chown_set(id, OWNER);
        let mut actor = Actor::start();
        actor.tell(&format!("uids 0 0 {OWNER}"));
        let verdict = inspector(Request::orphans(Kinds::SEM)).orphaned(&sem_of(id));
        assert_eq!(verdict.reason, Reason::UidAlive(OWNER));
    });
}

#[test]
fn roots_own_sets_and_queues_are_never_orphaned() {
    isolated(|| {
        let mut creator = Actor::start();
        let sem = Id(creator.tell("set 1").parse().unwrap());
        let msg = Id(creator.tell("queue").parse().unwrap());
        creator.end();
        let mut inspector = inspector(Request::orphans(Kinds::ALL));
        for verdict in [inspector.orphaned(&sem_of(sem)), inspector.orphaned(&msg_of(msg))] {
            assert_eq!(
                (verdict.answer, verdict.reason.to_string().as_str()),
                (None, "owner is root")
            );
        }
    });
}

#[test]
fn a_queue_is_in_use_by_who_waits_and_who_sent_last() {
    isolated(|| {
        let id = queue();
        chown_queue(id, OWNER, 1000);
        let mut actor = Actor::start();
        assert_eq!(actor.tell(&format!("msgsnd {id} 5")), "Ok(())");
        let in_use = |id| inspector(Request::in_use(Kinds::MSG)).in_use(&msg_of(id));
        assert_eq!(in_use(id).reason.to_string(), format!("last sender {} alive", actor.pid()));
        let unused = inspector(Request::in_use(Kinds::MSG)).unused(&msg_of(id));
        assert_eq!(unused.reason.to_string(), "holds 1 message");
        assert_eq!(actor.tell(&format!("msgrcv {id} 0")), "Ok(())");
        actor.say(&format!("msgrcv {id} 0"));
        until("it waits", || in_call(actor.pid(), libc::SYS_msgrcv, id));
        assert_eq!(in_use(id).reason, Reason::Blocked(1));
        actor.end();
        let without_a_scan = Inspector::new(ProcRoot::default()).in_use(&msg_of(id));
        assert_eq!(without_a_scan.answer, None);
    });
}

#[test]
fn a_segment_is_unused_when_nothing_is_attached() {
    isolated(|| {
        let id = segment(0, 4096);
        let mut look = Inspector::new(ProcRoot::default());
        assert_eq!(look.unused(&shm_of(id)).answer, Some(true));
        // The test itself made it, and lives.
        assert_eq!(look.orphaned(&shm_of(id)).answer, Some(false));
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        assert_eq!(look.unused(&shm_of(id)).answer, Some(false));
        assert_eq!(look.in_use(&shm_of(id)).reason.to_string(), "attached, nattch 1");
    });
}

#[test]
fn a_number_given_out_again_is_not_the_creator() {
    let _alone = alone();
    isolated(|| {
        let mut creator = Actor::start();
        creator.tell(&format!("user {OWNER}"));
        let id = Id(creator.tell("segment 4096").parse().unwrap());
        let pid = creator.end();
        let made = shm_of(id).ctime;
        let now = || {
            let time = std::time::SystemTime::now();
            time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed()
        };
        until("a later start can be told from an earlier one", || now() > made + 4);
        // Others take numbers at the same time; it succeeds within a few tries.
        let mut reused = None;
        until("the number is given out again", || {
            fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
            reused = Some(Actor::start()).filter(|actor| actor.pid() == pid);
            reused.is_some()
        });
        let mut actor = reused.unwrap();
        // It is root's: a stranger to the segment.
        let look = || Inspector::new(ProcRoot::default()).orphaned(&shm_of(id));
        assert_eq!((look().answer, look().reason), (Some(true), Reason::NobodyLives));
        actor.tell(&format!("user {OWNER}"));
        assert_eq!(
            (look().answer, look().reason.to_string()),
            (None, format!("pid {pid} may be reused"))
        );
    });
}

/// A process in a made-up tree: started so many seconds after a boot at second 1000.
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
fn the_rules_of_recorded_pids() {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("stat"), "cpu 1\nbtime 1000\n").unwrap();
    // The object was last used at second 1500.
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
fn mappings_of_a_made_up_tree_with_huge_pages() {
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
    let shm = Shm {
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

/// What forks and exits all the time is in no list of processes, but there it is.
#[test]
fn whoever_hops_from_process_to_process_is_not_overlooked() {
    const HOPPER: u32 = 3_000_031;
    isolated(|| {
        let mut gone = Actor::start();
        gone.tell(&format!("user {HOPPER}"));
        let id = Id(gone.tell("set 1").parse().unwrap());
        gone.tell(&format!("semop {id} 0:1"));
        gone.end();
        let mut inspector = Inspector::new(ProcRoot::default());
        inspector.scan(Request::orphans(Kinds::SEM));
        assert_eq!(inspector.orphaned(&sem_of(id)).answer, Some(true));
        let mut starter = Actor::start();
        starter.tell(&format!("hop {HOPPER}"));
        for _ in 0..20 {
            inspector.scan(Request::orphans(Kinds::SEM));
            let verdict = inspector.orphaned(&sem_of(id));
            assert_ne!(verdict.answer, Some(true), "{verdict:?}");
        }
    });
}

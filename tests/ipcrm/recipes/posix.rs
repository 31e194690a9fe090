//! The recipes for POSIX objects.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;

use super::{blocks, commands, run, shell, user};
use crate::support::actor::{Actor, until};
use crate::support::leftovers::absent_user;
use crate::support::namespace::{add_users, isolated, require_root, require_users};
use crate::support::objects::as_user;
use crate::support::{posix, sys};

/// Makes shared memory of a mebibyte, and ends as by the kernel's OOM killer: without the helper
/// process that would remove it.
const PYTHON: &str = "
import os
from multiprocessing import resource_tracker, shared_memory
memory = shared_memory.SharedMemory(create=True, size=1 << 20)
memory.buf[:] = bytes(1 << 20)
helper = resource_tracker._resource_tracker._pid
os.kill(helper, 9)
os.waitpid(helper, 0)
os.kill(os.getpid(), 9)
";

fn killed_python_job(uid: u32) {
    const PROGRAM: &str = "/usr/bin/python3";
    assert!(Path::new(PROGRAM).exists(), "this test needs {PROGRAM}");
    let mut command = Command::new(PROGRAM);
    let status = command.args(["-I", "-c", PYTHON]).uid(uid).gid(uid).current_dir("/").status();
    assert_eq!(status.expect("running Python").signal(), Some(libc::SIGKILL));
}

/// Makes shared memory as a user, and fills it.
pub fn shm_of(uid: u32, name: &str, size: usize) {
    as_user(uid, uid, || {
        posix::shm(name, 0, 0o600);
        fs::write(format!("/dev/shm/{name}"), vec![1; size]).expect("writing shared memory");
    });
}

/// Makes a full queue as a user.
fn full_queue_of(uid: u32, name: &str) {
    as_user(uid, uid, || {
        let queue = posix::queue(name, 0o600);
        posix::send(&queue, "first");
        posix::send(&queue, "second");
    });
}

/// The line of a table whose first word is this name.
fn row<'a>(table: &'a str, name: &str) -> &'a str {
    table
        .lines()
        .find(|line| line.split_whitespace().next() == Some(name))
        .unwrap_or_else(|| panic!("{name} in {table}"))
}

#[test]
fn removes_shared_memory_of_python_and_pytorch() {
    require_root("it acts as another user");
    isolated(|| {
        let alice = user("alice");
        killed_python_job(alice);
        shm_of(alice, "torch_812_1234_0", 4096);
        let mut job = Actor::of(alice);
        job.tell("posix map torch_813_1234_0 rw");
        let lines = commands("Shared memory that a Python or PyTorch job left");
        let [list, dry, real, orphaned] = &lines[..] else { panic!("{lines:?}") };
        let listed = run(list);
        let place = |text: &str| listed.find(text).unwrap_or_else(|| panic!("{text} in {listed}"));
        assert!(place("Python shared_memory") < place("PyTorch"), "{listed}");
        assert!(listed.contains(&format!("  {}  alice  mapped rw", job.pid())), "{listed}");
        let nothing = run(orphaned);
        assert!(nothing.starts_with("nothing removed; 2 may be in use ("), "{nothing}");
        assert!(nothing.contains(&format!("({}) may come back to them)", job.pid())), "{nothing}");
        let would = run(dry);
        let summary = "would remove 2 shared memory objects (1M) of alice; would keep 1 in use\n";
        assert!(would.ends_with(summary), "{would}");
        assert_eq!(run(real), "removed 2 shared memory objects (1M) of alice; kept 1 in use\n");
        assert_eq!(posix::files(), "torch_813_1234_0");
        job.end();
        assert!(run(orphaned).starts_with("removed 1 shared memory object"));
        assert_eq!(posix::files(), "");
    });
}

#[test]
fn removes_shared_memory_of_mpi() {
    require_root("it acts as other users");
    isolated(|| {
        let (alice, bob) = (absent_user(), absent_user());
        add_users(&[("alice", alice), ("bob", bob)]);
        let left = [
            "sm_segment.node7.1000.3b1a0001.0",
            "vader_segment.node7.1000.3b1a0001.0",
            "mpich_shm_a",
            "psm3_shm.12",
        ];
        for name in left {
            shm_of(alice, name, 4096);
        }
        shm_of(bob, "mpich_shm_b", 4096);
        let mut rank = Actor::of(alice);
        rank.tell("posix map sm_segment.node7.1000.4c2b0001.0 rw");
        let lines = commands("Shared memory that an MPI job left");
        let [list, dry, real] = &lines[..] else { panic!("{lines:?}") };
        let listed = run(list);
        for (name, software) in left.iter().zip(["Open MPI", "Open MPI", "MPICH", "libfabric"]) {
            let row = row(&listed, name);
            assert!(row.contains(" alice ") && row.contains(software), "{row}");
        }
        assert!(listed.contains(&format!("  {}  alice  mapped rw", rank.pid())), "{listed}");
        let summary = "would remove 4 shared memory objects (16K) of alice; would keep 1 in use\n";
        assert!(run(dry).ends_with(summary), "{}", run(dry));
        assert_eq!(run(real), "removed 4 shared memory objects (16K) of alice; kept 1 in use\n");
        assert_eq!(posix::files(), "mpich_shm_b sm_segment.node7.1000.4c2b0001.0");
    });
}

#[test]
fn removes_posix_objects_after_a_batch_job() {
    require_root("it acts as another user");
    isolated(|| {
        let blocks = blocks("POSIX objects after a batch job");
        let [one_job, several] = &blocks[..] else { panic!("{blocks:?}") };
        let uid = absent_user();
        let script = |script: &str| run(&format!("SLURM_JOB_UID={uid}\n{script}"));
        let leave = || {
            shm_of(uid, "left", 4096);
            full_queue_of(uid, "/full");
            as_user(uid, uid, || {
                drop(posix::queue("/empty", 0o600));
                posix::semaphore("left", 0);
            });
        };
        shm_of(0, "of-root", 4096);
        leave();
        assert_eq!(run(&format!("ipcrm --all --owner {uid}")), "nothing matched\n");
        // Another job of the same user.
        let mut other = Actor::of(uid);
        other.tell("posix open used");
        let kept = script(several);
        assert!(kept.starts_with("nothing removed; "), "{kept}");
        let removed = "removed 1 shared memory object (4K), 1 POSIX semaphore and ";
        let all = script(one_job);
        assert_eq!(all, format!("{removed}2 POSIX queues (11B) of {uid}; kept 1 in use\n"));
        assert_eq!(posix::files(), "of-root used");
        other.end();
        fs::remove_file("/dev/shm/used").expect("its file");
        leave();
        let last = script(several);
        assert!(last.starts_with(&format!("{removed}1 POSIX queue of {uid}; 1 ")), "{last}");
        assert_eq!((posix::files(), posix::queues()), ("of-root".to_owned(), "full".to_owned()));
    });
}

#[test]
fn removes_full_posix_queues() {
    require_users("it acts as another user");
    isolated(|| {
        let alice = user("alice");
        full_queue_of(alice, "/orders");
        as_user(alice, alice, || drop(posix::queue("/empty", 0o600)));
        let mut sender = Actor::of(alice);
        sender.say("posix send /orders 0");
        let lines = commands("Full POSIX queues of a dead service");
        let [list, dry, real, all, limits] = &lines[..] else { panic!("{lines:?}") };
        until("the sender is blocked", || run(list).contains("waits: mq_send"));
        let listed = run(list);
        assert!(row(&listed, "/orders").contains(" alice "), "{listed}");
        assert!(listed.contains(&format!("  {}  alice  open; waits: mq_send", sender.pid())));
        assert!(!listed.contains("/empty"), "{listed}");
        let would = run(dry);
        assert!(would.contains("(owner alice, 2 messages, 11B, used by 1 process)"), "{would}");
        assert_eq!(run(all), "nothing matched\n");
        let now = all.replace("1d", "0s");
        assert_eq!(run(&now), "removed 1 POSIX queue of alice; kept 1 in use\n");
        assert_eq!(posix::queues(), "orders");
        assert!(row(&run(limits).replace("pmsg ", ""), "queues_max").contains(" 1 "));
        run(real);
        assert_eq!(posix::queues(), "");
        // The sender did not get an error.
        let call = fs::read_to_string(format!("/proc/{}/syscall", sender.pid())).expect("its call");
        assert!(call.starts_with(&format!("{} ", libc::SYS_mq_timedsend)), "{call}");
        drop(sender);
        full_queue_of(alice, "/orders");
        let sure = now.replace(" --include-unsure", "");
        assert!(run(&sure).starts_with("nothing removed; 1 may be in use ("), "{}", run(&sure));
        assert_eq!(run(&now), "removed 1 POSIX queue (11B) of alice\n");
    });
}

#[test]
fn frees_a_full_dev_shm() {
    require_root("it acts as other users");
    isolated(|| {
        sys::mount("tmpfs", "/dev/shm", Some("tmpfs"), 0, Some("size=8M,mode=1777"))
            .expect("a small /dev/shm");
        let (alice, bob) = (absent_user(), absent_user());
        add_users(&[("alice", alice), ("bob", bob)]);
        shm_of(alice, "left", 3 << 20);
        shm_of(bob, "kept", 1 << 20);
        shm_of(bob, "closed", 4096);
        let mut job = Actor::of(bob);
        job.tell("posix open kept");
        // What is used and not shown.
        shm_of(0, "open", 1 << 20);
        shm_of(0, "mapped", 8192);
        let (mut opens, mut maps) = (Actor::start(), Actor::start());
        opens.tell("posix open open");
        maps.tell("posix map mapped rw");
        fs::remove_file("/dev/shm/open").expect("the file");
        fs::remove_file("/dev/shm/mapped").expect("the file");
        fs::create_dir("/dev/shm/directory").expect("a directory");
        fs::write("/dev/shm/directory/file", vec![1; 1 << 20]).expect("a file in it");
        // An object may be larger than the space; writing it fails.
        let large = posix::shm("large", 1 << 40, 0o600);
        let full = nix::fcntl::posix_fallocate(&large, 0, 4 << 20);
        assert_eq!(full, Err(Errno::ENOSPC));

        let lines = commands("/dev/shm is full");
        let [limits, owners, top, dry, real, idle_dry, idle, du, open, mapped] = &lines[..] else {
            panic!("{lines:?}")
        };
        let bytes = run(limits);
        assert!(bytes.contains("devshm_bytes") && bytes.contains(" 8M "), "{bytes}");
        let groups = run(owners);
        assert!(groups.find("alice") < groups.find("bob"), "{groups}");
        let listed = run(top);
        assert!(listed.find("left") < listed.find("kept"), "{listed}");
        assert!(row(&listed, "large").contains(" 1T "), "{listed}");
        assert!(row(&listed, &job.pid().to_string()).contains(" open "), "{listed}");
        assert!(run(dry).contains("\nwould remove 1 shared memory object (3M)"), "{}", run(dry));
        assert!(run(real).starts_with("removed 1 shared memory object (3M)"));
        assert_eq!(posix::files(), "closed directory kept large");
        let idle = idle.replace("1d", "0s");
        assert!(run(&idle_dry.replace("1d", "0s")).contains("would keep directory directory"));
        drop(large);
        assert!(run(&idle).starts_with("removed 2 shared memory objects (4K)"));
        assert_eq!(posix::files(), "directory kept");

        assert!(run(du).contains("1024\t/dev/shm/directory/file\n"));
        // They fail if a process ends meanwhile.
        let found = |line: &str| String::from_utf8(shell(line).stdout).expect("paths");
        assert!(found(open).contains(&format!("/proc/{}/fd/", opens.pid())), "{}", found(open));
        let maps = format!("/proc/{}/maps\n", maps.pid());
        assert!(found(mapped).contains(&maps), "{}", found(mapped));
    });
}

#[test]
fn removes_a_posix_semaphore_that_stays_locked() {
    require_root("it acts as another user");
    isolated(|| {
        let alice = user("alice");
        as_user(alice, alice, || {
            posix::semaphore("build.lock", 0);
            posix::semaphore("free", 1);
        });
        let mut next = Actor::of(alice);
        next.say("posix wait-semaphore build.lock");
        let lines = commands("A POSIX semaphore that stays locked");
        let [who, unused, dry, real] = &lines[..] else { panic!("{lines:?}") };
        let fields = |table: &str| {
            let row = row(table, "build.lock").split_whitespace();
            row.skip(3).take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        until("it waits", || fields(&run(who)) == ["0", "1"]);
        let listed = run(who);
        assert!(listed.contains(&format!("  {}  alice  mapped rw", next.pid())), "{listed}");
        assert!(!run(unused).contains("build.lock"), "{}", run(unused));
        assert!(run(dry).contains("value 0, used by 1 process)"), "{}", run(dry));
        drop(next);
        // The count of a killed process stays.
        assert_eq!(fields(&run(unused)), ["0", "1"]);
        let would = run(dry);
        assert!(would.contains("POSIX semaphore build.lock (owner alice, value 0)"), "{would}");
        run(real);
        assert_eq!(posix::files(), "sem.free");
    });
}

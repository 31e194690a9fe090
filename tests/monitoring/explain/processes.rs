//! Limits of a process: calls are made by a Python that has them.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use nix::libc;

use super::{assert_first_of, causes, causes_of};
use crate::support::namespace::{isolated, require_root};
use crate::support::objects::Shm;
use crate::support::programs::ours;
use crate::support::sys;

const SETPRIV: &str = "/usr/bin/setpriv";
const PRLIMIT: &str = "/usr/bin/prlimit";
/// Without the capability that lifts limits of locked memory.
const NO_LOCK: [&str; 2] = [SETPRIV, "--bounding-set=-ipc_lock"];

const PRELUDE: &str = "
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
FAILED = ctypes.c_void_p(-1).value
def report():
    print(errno.errorcode[ctypes.get_errno()])
";

/// Runs a script that prints the name of an error.
fn errno_of(starter: &[&str], script: &str) -> String {
    let script = format!("{PRELUDE}{script}");
    let words = [starter, &["/usr/bin/python3", "-I", "-c", &script]].concat();
    let output = Command::new(words[0]).args(&words[1..]).output().expect("running Python");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The causes as a process with the same limits sees them.
fn causes_through(starter: &[&str], word: &str) -> Vec<serde_json::Value> {
    causes_of(&ours("ipcs", ["--explain", word, "--json"]).through(starter))
}

#[test]
fn locked_memory() {
    isolated(|| {
        let id = Shm::private(1 << 20, 0o600);
        let script = format!("libc.shmctl({id}, {}, None); report()", libc::SHM_LOCK);
        let small = [&NO_LOCK[..], &[PRLIMIT, "--memlock=65536:65536", "--"]].concat();
        assert_eq!(errno_of(&small, &script), "ENOMEM");
        let all = causes_through(&small, "SHM_LOCK: Cannot allocate memory");
        let first = assert_first_of(&all, ("RLIMIT_MEMLOCK", "cannot_tell"));
        let reason = "fails above 65536, your limit; that of the program may differ";
        assert_eq!((&first["reason"], &first["value"]), (&reason.into(), &65_536.into()));
        assert_eq!(first["commands"]["raise"], "prlimit --pid PID --memlock=131072");
        let none = [&NO_LOCK[..], &[PRLIMIT, "--memlock=0:0", "--"]].concat();
        assert_eq!(errno_of(&none, &script), "EPERM");
        let all = causes_through(&none, "shmctl: EPERM");
        assert!(all.iter().any(|it| it["limit"] == "RLIMIT_MEMLOCK" && it["verdict"] == "full"));
    });
}

#[test]
fn address_space() {
    isolated(|| {
        let id = Shm::unreserved(1 << 32, 0o600);
        let script = format!("assert libc.shmat({id}, None, 0) == FAILED; report()");
        let limit = [PRLIMIT, "--as=1073741824", "--"];
        assert_eq!(errno_of(&limit, &script), "ENOMEM");
        let all = causes_through(&limit, "shmat: ENOMEM");
        assert_first_of(&all, ("RLIMIT_AS", "cannot_tell"));
    });
}

#[test]
fn number_of_mappings() {
    isolated(|| {
        let id = Shm::private(4096, 0o600);
        let script = format!("while libc.shmat({id}, None, 0) != FAILED: pass\nreport()");
        assert_eq!(errno_of(&[], &script), "ENOMEM");
        let first = assert_first_of(&causes("shmat: ENOMEM"), ("vm.max_map_count", "cannot_tell"));
        let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").expect("the limit");
        assert_eq!(first["value"].to_string(), limit.trim());
    });
}

#[test]
fn memory_of_queues() {
    isolated(|| {
        let limit = [PRLIMIT, "--msgqueue=1000", "--"];
        let run = ours("ipcmk", ["-q", "-n", "/q"]).through(&limit).run();
        assert!(run.err().contains("Too many open files"), "{run:?}");
        let all = causes_through(&limit, "mq_open: Too many open files");
        let first = assert_first_of(&all, ("RLIMIT_MSGQUEUE", "cannot_tell"));
        assert_eq!(first["value"], 1000);
    });
}

#[test]
fn open_files() {
    isolated(|| {
        let script = "
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
assert libc.shm_open(b'/x', 0o102, 0o600) == -1; report()";
        assert_eq!(errno_of(&[], script), "EMFILE");
        assert_first_of(&causes("shm_open: EMFILE"), ("RLIMIT_NOFILE", "cannot_tell"));
    });
}

#[test]
fn huge_pages() {
    require_root("it makes a segment of huge pages");
    isolated(|| {
        let free = |name: &str| {
            let text = std::fs::read_to_string("/proc/meminfo").expect("meminfo");
            let line = text.lines().find(|line| line.starts_with(name)).expect("a line");
            line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("a number")
        };
        let size = usize::try_from((free("HugePages_Free:") + 1) << 21).expect("a size");
        let made = sys::shmget(0, size, libc::SHM_HUGETLB | 0o600);
        assert_eq!(made, Err(nix::errno::Errno::ENOMEM));
        let all = causes("shmget: ENOMEM");
        let found = all.iter().find(|it| it["limit"] == "vm.nr_hugepages").expect("the cause");
        assert_eq!(found["verdict"], "cannot_tell");
        // Neither the group nor the capability.
        let user = ["--regid=65534", "--clear-groups", PRLIMIT, "--memlock=0:0", "--"];
        let user = [&NO_LOCK[..], &user].concat();
        let script =
            format!("libc.shmget(0, {}, {}); report()", 1 << 21, libc::SHM_HUGETLB | 0o600);
        assert_eq!(errno_of(&user, &script), "EPERM");
        let all = causes_through(&user, "shmget: Operation not permitted");
        assert_first_of(&all, ("vm.hugetlb_shm_group", "full"));
    });
}

#[test]
fn memory_that_is_not_there() {
    isolated(|| {
        let made = sys::shmget(0, 1 << 46, 0o600);
        assert_eq!(made, Err(nix::errno::Errno::ENOMEM));
        let first =
            assert_first_of(&causes("shmget: ENOMEM"), ("vm.overcommit_memory", "cannot_tell"));
        assert!(first["value"].as_u64() < Some(1 << 46), "{first}");
    });
}

#[test]
fn a_page_that_does_not_fit_is_a_signal() {
    isolated(|| {
        let options = Some("mode=1777,size=64k");
        sys::mount("tmpfs", "/dev/shm", Some("tmpfs"), 0, options).expect("a mount");
        let script = "
import mmap, os
file = os.open('/dev/shm/x', os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 1 << 20)
mapped = mmap.mmap(file, 1 << 20)
for page in range(0, 1 << 20, 4096):
    mapped[page] = 1
";
        let mut python = Command::new("/usr/bin/python3");
        let status = python.args(["-I", "-c", script]).status().expect("running Python");
        assert_eq!(status.signal(), Some(libc::SIGBUS));
        assert_first_of(&causes("Bus error"), ("devshm_bytes", "full"));
    });
}

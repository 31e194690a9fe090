//! A private IPC namespace for each test, and settings inside it.
//!
//! A namespace belongs to a thread, and the processes that the thread starts inherit it.
//! As root, a test makes its namespace in a new thread. Without root, the test
//! binary runs that one test again as root of a new user namespace, and reports
//! the result. If neither works, the test fails with the reason; no test is skipped.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::panic;
use std::path::Path;
use std::thread;

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

use super::{sys, user_namespace};

/// Runs the body of a test in a fresh private IPC namespace.
///
/// Call it first and put everything into the body: without root another process
/// executes the body.
pub fn isolated(body: impl FnOnce() + Send) {
    match in_new_thread(|| enter_private().map(|()| body())) {
        Ok(()) => {}
        Err(Errno::EPERM) if !user_namespace::is_inside() => user_namespace::run_again(),
        Err(error) => {
            panic!("{}", needs_root(&format!("no private IPC namespace can be made: {error}")))
        }
    }
}

/// Runs `body` in another fresh namespace; only inside [`isolated`].
///
/// The calling thread keeps its own namespace.
pub fn another<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    in_new_thread(|| enter_private().map(|()| body()))
        .unwrap_or_else(|error| panic!("cannot create a second private IPC namespace: {error}"))
}

/// The one message of tests that cannot run without root.
pub fn needs_root(why: &str) -> String {
    format!("this test needs root, because {why}; run the tests as root")
}

/// Why a test needs root that expects a complete walk over the processes: an ordinary user cannot
/// inspect those of others, so that some answers are unknown.
pub const EVERY_PROCESS: &str = "it expects that every process can be inspected";

/// Fails unless this is root of the whole machine, who may act as every user and inspect every
/// process. Call it before [`isolated`].
///
/// `why` completes the message "this test needs root, because ...".
pub fn require_root(why: &str) {
    // "0 0 4294967295" is the initial user namespace, or one that maps all users.
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let is_initial = map.split_whitespace().eq(["0", "0", "4294967295"]);
    assert!(geteuid().is_root() && is_initial, "{}", needs_root(why));
}

/// Fails unless there are other users than root: of the machine, or of a user namespace with
/// ranges of /etc/subuid and /etc/subgid.
///
/// `why` completes the message "this test needs root, because ...".
pub fn require_users(why: &str) {
    let maps = ["/proc/self/uid_map", "/proc/self/gid_map"];
    let exist = maps.into_iter().all(user_namespace::maps_users);
    let will_exist = !user_namespace::is_inside() && user_namespace::has_users();
    assert!(
        geteuid().is_root() && exist || will_exist,
        "{}, or add a range of users to /etc/subuid and /etc/subgid and install newuidmap",
        needs_root(why)
    );
}

/// Sets a sysctl of this namespace: `set_sysctl("shmmax", "1000")`.
pub fn set_sysctl(name: &str, value: &str) {
    let path = Path::new("/proc/sys/kernel").join(name);
    fs::write(&path, value)
        .unwrap_or_else(|error| panic!("writing {value:?} to {}: {error}", path.display()));
}

/// Reads a sysctl of this namespace, with one space between numbers.
pub fn sysctl(name: &str) -> String {
    let path = Path::new("/proc/sys/kernel").join(name);
    // One read must take the whole text: the kernel returns no more than fits the
    // first buffer, and the first buffer of `read_to_string` has 32 bytes.
    let mut buffer = [0; 4096];
    let count = File::open(&path)
        .and_then(|mut file| file.read(&mut buffer))
        .unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
    let text = str::from_utf8(&buffer[..count]).expect("a number in ASCII");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs `body` with private mounts, in this thread's IPC namespace.
///
/// What it covers is visible again afterwards.
pub fn other_mounts<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    in_new_thread(|| {
        private_mounts().unwrap_or_else(|error| panic!("cannot create private mounts: {error}"));
        body()
    })
}

/// Adds users, and groups with the same ids, for this thread and the processes it
/// starts.
pub fn add_users<N: AsRef<[u8]>>(users: &[(N, u32)]) {
    for (path, entry) in
        [("/etc/passwd", "x:ID:ID::/nonexistent:/usr/sbin/nologin"), ("/etc/group", "x:ID:")]
    {
        let mut text = fs::read(path).unwrap_or_default();
        for (name, id) in users {
            let entry = entry.replace("ID", &id.to_string());
            text.extend_from_slice(name.as_ref());
            text.extend_from_slice(format!(":{entry}\n").as_bytes());
        }
        cover_with(path, &text);
    }
}

/// Mounts a file with this content over `path`, for this thread and the processes
/// it starts. The covered file is unchanged.
pub fn cover_with(path: &str, content: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("making a temporary file");
    file.write_all(content).expect("writing a temporary file");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(mode).expect("its mode");
    // The mount keeps the file after its name is removed.
    cover_by(path, file.path());
}

/// Mounts another file over `path`, for this thread and the processes it starts.
pub fn cover_by(path: &str, source: &Path) {
    let source = source.to_str().expect("a path in UTF-8");
    sys::mount(source, path, None, libc::MS_BIND, None)
        .unwrap_or_else(|error| panic!("covering {path} with {source}: {error}"));
}

/// Mounts an empty directory over a directory, for this thread and the processes it starts.
pub fn cover_directory(path: &str) {
    sys::mount("tmpfs", path, Some("tmpfs"), 0, Some("mode=1777"))
        .unwrap_or_else(|error| panic!("hiding {path}: {error}"));
}

/// Moves this thread into a fresh IPC namespace, with private mounts.
///
/// The mounts protect /dev/shm, which does not belong to an IPC namespace: newer
/// versions of util-linux' ipcrm remove files there.
fn enter_private() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWIPC)?;
    private_mounts()?;
    for path in ["/dev/shm", "/dev/mqueue"] {
        if Path::new(path).is_dir() {
            cover_directory(path);
        }
    }
    Ok(())
}

/// Gives this thread its own mounts, whose changes no other process sees.
///
/// # Errors
/// Those of unshare and mount: `EPERM` without root.
pub fn private_mounts() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS)?;
    sys::mount("none", "/", None, libc::MS_REC | libc::MS_PRIVATE, None)
}

/// Runs `body` in a new thread, whose namespaces end with it.
fn in_new_thread<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    let name = thread::current().name().unwrap_or("test").to_owned();
    let result = thread::scope(|scope| {
        thread::Builder::new()
            .name(name)
            .spawn_scoped(scope, body)
            .expect("starting a thread")
            .join()
    });
    result.unwrap_or_else(|panic| panic::resume_unwind(panic))
}

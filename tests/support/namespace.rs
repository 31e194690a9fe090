//! Private IPC namespaces, one a test, and what is set inside one.
//!
//! A namespace belongs to a thread, and what that thread starts inherits it.
//! With the right to make one (root) a test makes it in a thread of its own.
//! Without, the test binary runs itself again for that one test, as the root
//! of a user namespace, and passes the result on. Where neither can be had the
//! test fails and says why; nothing is ever skipped.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::panic;
use std::path::Path;
use std::process::Command;
use std::thread;

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

use super::sys;

/// Set in the second run of the test binary, so that there is no third.
const MARKER: &str = "IPCS_TEST_USER_NAMESPACE";

/// Runs the body of a test in a fresh private IPC namespace.
///
/// Call it first and put everything into the body: in the run without rights
/// the body is executed by another process.
pub fn isolated(body: impl FnOnce() + Send) {
    match in_new_thread(|| enter_private().map(|()| body())) {
        Ok(()) => {}
        Err(Errno::EPERM) if env::var_os(MARKER).is_none() => run_again_in_user_namespace(),
        Err(error) => panic!("no private IPC namespace can be had here: {error}"),
    }
}

/// Runs `body` in another fresh namespace; only inside [`isolated`].
///
/// For a test that needs the same state twice. The thread that calls keeps its
/// own namespace.
pub fn another<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    in_new_thread(|| enter_private().map(|()| body()))
        .unwrap_or_else(|error| panic!("no second private IPC namespace can be had: {error}"))
}

/// Fails with a sentence unless the test may act for every user.
///
/// `why` completes "this test needs root, because ...".
pub fn require_root(why: &str) {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    // "0 0 4294967295": the initial user namespace, or one that is as good.
    let all_users = map
        .split_whitespace()
        .nth(2)
        .and_then(|count| count.parse::<u32>().ok())
        .is_some_and(|count| count > 65_536);
    assert!(
        geteuid().is_root() && all_users,
        "this test needs root, because {why}; run the tests as root to see it pass"
    );
}

/// Sets a sysctl of this namespace: `set_sysctl("shmmax", "1000")`.
pub fn set_sysctl(name: &str, value: &str) {
    let path = Path::new("/proc/sys/kernel").join(name);
    fs::write(&path, value)
        .unwrap_or_else(|error| panic!("writing {value:?} to {}: {error}", path.display()));
}

/// Reads a sysctl of this namespace, with one blank between numbers.
pub fn sysctl(name: &str) -> String {
    let path = Path::new("/proc/sys/kernel").join(name);
    // One read must take it all: the kernel cuts the text at the end of the
    // first buffer, and the first one of `read_to_string` is 32 bytes.
    let mut buffer = [0; 4096];
    let count = File::open(&path)
        .and_then(|mut file| file.read(&mut buffer))
        .unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
    let text = str::from_utf8(&buffer[..count]).expect("a number in ASCII");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs `body` with mounts of its own, in this thread's IPC namespace.
///
/// What it covers is back in place afterwards.
pub fn other_mounts<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    in_new_thread(|| {
        unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS)
            .unwrap_or_else(|error| panic!("no private mounts can be had: {error}"));
        body()
    })
}

/// Adds users and groups of the same number that exist for this thread and
/// what it starts.
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

/// Puts a file of that content over `path`, for this thread and what it
/// starts. The file behind is untouched.
pub fn cover_with(path: &str, content: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("making a temporary file");
    file.write_all(content).expect("writing a temporary file");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(mode).expect("its mode");
    let source = file.path().to_str().expect("a temporary path in UTF-8");
    // The mount keeps the file alive after its name is gone.
    sys::mount(source, path, None, libc::MS_BIND, None)
        .unwrap_or_else(|error| panic!("covering {path}: {error}"));
}

/// Hides a directory behind an empty one, for this thread and what it starts.
pub fn cover_directory(path: &str) {
    sys::mount("tmpfs", path, Some("tmpfs"), 0, Some("mode=1777"))
        .unwrap_or_else(|error| panic!("hiding {path}: {error}"));
}

/// Puts this thread into a fresh IPC namespace, with mounts of its own.
///
/// The mounts keep /dev/shm out of reach: newer versions of util-linux' ipcrm
/// remove files there, and it does not belong to an IPC namespace.
fn enter_private() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS)?;
    sys::mount("none", "/", None, libc::MS_REC | libc::MS_PRIVATE, None)?;
    for path in ["/dev/shm", "/dev/mqueue"] {
        if Path::new(path).is_dir() {
            cover_directory(path);
        }
    }
    Ok(())
}

/// Runs `body` in a thread of its own, which takes its namespaces with it.
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

/// Runs this test alone, in a process that has the rights.
fn run_again_in_user_namespace() {
    // libtest names a test's thread after the test.
    let thread = thread::current();
    let name = thread.name().expect("a test's thread has a name");
    let mut command = Command::new(env::current_exe().expect("the path of the test binary"));
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(MARKER, "1");
    sys::enter_user_namespace(&mut command, geteuid().as_raw(), getegid().as_raw());
    let output = command.output().unwrap_or_else(|error| {
        panic!("neither root nor a user namespace ({error}): no private IPC namespace can be had")
    });
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "in a user namespace this test failed:\n{text}"
    );
}

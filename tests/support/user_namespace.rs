//! Root of a user namespace, for tests that run without root.
//!
//! The test binary runs a single test again, and before its `main` that process enters a new user
//! namespace. The user is root there. Other users exist if newuidmap and newgidmap can map a
//! range of /etc/subuid and /etc/subgid.
#![allow(unsafe_code, clippy::exit, clippy::print_stdout)] // It acts before the test harness.

use std::env;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{User, getegid, geteuid};

use super::namespace::needs_root;

/// Set in the second run of the test binary.
const MARKER: &str = "IPCS_TEST_USER_NAMESPACE";

/// Set in the second run of the test binary: the first user of [`first_absent_user`].
const FIRST_ABSENT: &str = "IPCS_TEST_FIRST_ABSENT_USER";

/// Users for tests that need some without processes, and how many of them a second run has.
const ABSENT: Range<u32> = 4_100_000..4_140_000;
const ABSENT_EACH: u32 = 40;

/// The ids of users and groups that tests use, besides 0: the first and how many. All of them fit
/// into a usual range of 65,536.
const USED: [(u32, u32); 17] = [
    (1, 10_000),
    (12_345, 1),
    (54_321, 1),
    (61_000, 100),
    (65_534, 3),
    (70_000, 100),
    (3_000_000, 1_000),
    (3_100_000, 1_000),
    (4_000_000, 1_000),
    (ABSENT.start, ABSENT.end - ABSENT.start),
    (4_200_000, 1_000),
    (4_300_000, 1_000),
    (12_345_678, 1),
    (2_147_483_647, 2),
    (3_000_000_000, 1),
    (3_999_999_999, 2),
    (4_294_967_294, 1),
];

/// Whether this process is the second run.
pub fn is_inside() -> bool {
    env::var_os(MARKER).is_some()
}

/// Whether a second run would have the users that tests use.
pub fn has_users() -> bool {
    mappings().is_some()
}

/// Whether a map of this process' user namespace has the ids that tests use.
pub fn maps_users(path: &str) -> bool {
    let map = fs::read_to_string(path).unwrap_or_default();
    let extents: Vec<Vec<u64>> = map
        .lines()
        .map(|line| line.split_whitespace().map(|id| id.parse().expect("an id")).collect())
        .collect();
    USED.iter().all(|&(first, _)| {
        extents.iter().any(|of| (of[0]..of[0] + of[2]).contains(&u64::from(first)))
    })
}

/// The first of the users that no other test has. Second runs beside each other share a range of
/// the machine's users.
pub fn first_absent_user() -> u32 {
    env::var(FIRST_ABSENT).map_or(ABSENT.start, |first| first.parse().expect("a user"))
}

/// Runs this test alone, in a process that is root of a new user namespace.
pub fn run_again() {
    // libtest names a test's thread after the test.
    let thread = thread::current();
    let name = thread.name().expect("a test's thread has a name");
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let slot = RUNS.fetch_add(1, Ordering::Relaxed) % (ABSENT.len() as u32 / ABSENT_EACH);
    let output = Command::new(env::current_exe().expect("the path of the test binary"))
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARKER, "enter")
        .env(FIRST_ABSENT, (ABSENT.start + slot * ABSENT_EACH).to_string())
        .output()
        .expect("running the test binary");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "this test failed in a user namespace:\n{text}"
    );
}

/// In a test binary started by [`run_again`]: enters a new user and IPC namespace.
///
/// The process must have a single thread.
pub fn enter_if_marked() {
    if env::var_os(MARKER).is_none_or(|value| value != "enter") {
        return;
    }
    if let Err(error) = enter() {
        println!("{}", needs_root(&format!("no user namespace can be made: {error}")));
        std::process::exit(1);
    }
    // SAFETY: there is no other thread. The programs that the test starts must not enter another.
    unsafe { env::set_var(MARKER, "inside") };
}

fn enter() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    let mapper = mappings().map(|mappings| start_mapper(&mappings)).transpose()?;
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWIPC)?;
    if mapper.is_some_and(has_mapped) {
        return Ok(());
    }
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

/// Starts a shell that maps users and groups of this process when its standard input is closed. It
/// has to be a process outside of the new namespace.
fn start_mapper([uids, gids]: &[String; 2]) -> io::Result<Child> {
    let script = format!("read -r _; newuidmap $PPID {uids} && newgidmap $PPID {gids}");
    Command::new("/bin/sh").args(["-c", &script]).stdin(Stdio::piped()).spawn()
}

fn has_mapped(mut mapper: Child) -> bool {
    drop(mapper.stdin.take());
    mapper.wait().is_ok_and(|status| status.success())
}

/// The arguments of newuidmap and newgidmap, if this user has ranges for all ids of [`USED`].
fn mappings() -> Option<[String; 2]> {
    let exist = ["newuidmap", "newgidmap"].map(|name| Path::new("/usr/bin").join(name).exists());
    let user = geteuid();
    let name = User::from_uid(user).ok().flatten()?.name;
    let range = |path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().find_map(|line| parse_range(line, &[&name, &user.to_string()]))
    };
    let (first_uid, first_gid) = (range("/etc/subuid")?, range("/etc/subgid")?);
    (exist == [true, true])
        .then(|| [arguments(user.as_raw(), first_uid), arguments(getegid().as_raw(), first_gid)])
}

/// The first id of `NAME:FIRST:COUNT`, if the name is one of these and all ids fit.
fn parse_range(line: &str, names: &[&str]) -> Option<u32> {
    let mut fields = line.split(':');
    let is_mine = fields.next().is_some_and(|name| names.contains(&name));
    let first = fields.next()?.parse().ok()?;
    let count: u32 = fields.next()?.parse().ok()?;
    let needed: u32 = USED.iter().map(|(_, count)| count).sum();
    (is_mine && count >= needed).then_some(first)
}

/// Maps 0 to `own`, and the ids of [`USED`] to those from `first` on.
fn arguments(own: u32, first: u32) -> String {
    let mut text = format!("0 {own} 1");
    let mut next = first;
    for (inside, count) in USED {
        text.push_str(&format!(" {inside} {next} {count}"));
        next += count;
    }
    text
}

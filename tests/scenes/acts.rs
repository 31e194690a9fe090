//! What a [`super::daemon::Daemon`] does beyond other actors: children of other users, objects
//! with keys, and ends that are sure.
#![allow(unsafe_code, clippy::exit)] // A daemon forks, and its children end on their own.

use std::io::{BufRead, BufReader, PipeReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use ipcs::model::Key;
use ipcs::sys::{msg, sem, shm};
use nix::errno::Errno;
use nix::libc;

use super::lost_pages;
use crate::support::actor::calls;
use crate::support::objects::Sems;
use crate::support::sys::{self, Permissions};

/// The acts of every actor.
type Act = fn(&[&str]) -> String;

/// How many semaphores a set has.
pub const NSEMS: i32 = 2;
/// How large a segment is.
pub const SIZE: usize = 4096;

/// Does one thing. `base` does what other actors do too.
pub fn act(words: &[&str], base: Act) -> String {
    match words {
        ["detach", leash] => detach(leash),
        ["once", user, rest @ ..] => once(user, rest, base),
        ["stay", user, rest @ ..] => stay(user, rest, base),
        ["block", user, rest @ ..] => block(user, rest, base),
        ["numbered", pid, user] => numbered(pid.parse().unwrap(), user),
        ["identity", user] => {
            become_who(user);
            String::new()
        }
        ["pid-namespace"] => {
            calls::new_pid_namespace_for_children();
            String::new()
        }
        ["fsuid", uid] => {
            // SAFETY: no pointer is passed.
            unsafe { libc::setfsuid(uid.parse().unwrap()) };
            String::new()
        }
        // SAFETY: nothing of this process is needed any more.
        ["end-of-this"] => unsafe { libc::_exit(0) },
        ["end", pid] => end(pid.parse().unwrap()),
        ["make", kind, key] => answer(get(kind, key, libc::IPC_CREAT | libc::IPC_EXCL | 0o600)),
        ["find", kind, key] => answer(get(kind, key, 0)),
        ["give", kind, id, uid, mode] => give(kind, id.parse().unwrap(), uid, mode),
        ["value", id, num, value] => {
            let set = Sems { id: id.parse().unwrap() };
            set.set_value(num.parse().unwrap(), value.parse().unwrap());
            String::new()
        }
        ["use", id] => {
            let attached = sys::shmat(id.parse().unwrap(), 0);
            answer(attached.and_then(sys::shmdt).map(|()| 0))
        }
        ["shell", user, script @ ..] => shell(user, &script.join(" ")),
        ["park"] => loop {
            std::thread::park();
        },
        ["lost-sembuf", set, user] => lost_pages::wait_in_lost_file_page(set, user),
        ["unanswered-sembuf", set, user] => lost_pages::wait_in_unanswered_page(set, user),
        ["lost-arguments"] => lost_pages::lose_arguments(),
        other => base(other),
    }
}

fn answer(result: nix::Result<i32>) -> String {
    result.map_or_else(|error| format!("{error:?}"), |id| id.to_string())
}

fn get(kind: &str, key: &str, flags: i32) -> nix::Result<i32> {
    let key = Key(key.parse().unwrap());
    match kind {
        "shm" => shm::get(key, if flags == 0 { 0 } else { SIZE }, flags),
        "msg" => msg::get(key, flags),
        _ => sem::get(key, if flags == 0 { 0 } else { NSEMS }, flags),
    }
    .map(|id| id.0)
}

fn give(kind: &str, id: i32, uid: &str, mode: &str) -> String {
    let uid = uid.parse().unwrap();
    let to = Permissions { uid, gid: uid, mode: u32::from_str_radix(mode, 8).unwrap() };
    match kind {
        "shm" => sys::shm_set(id, to),
        "msg" => sys::msg_set(id, to, sys::msg_qbytes(id).unwrap()),
        _ => sys::sem_set(id, to),
    }
    .unwrap();
    String::new()
}

/// Leaves whoever started this process: it goes on as a child of the system's first process.
///
/// The leash is a pipe that the test alone writes to. When it closes, be it that the test died,
/// the kernel kills the whole process group, whatever users its processes have become.
fn detach(leash: &str) -> String {
    let leash = std::fs::File::open(leash).unwrap();
    // SAFETY: the process has one thread; the parent ends at once.
    if Errno::result(unsafe { libc::fork() }).unwrap() > 0 {
        // SAFETY: nothing of this process is needed any more.
        unsafe { libc::_exit(0) };
    }
    let fd = leash.as_raw_fd();
    // SAFETY: no call takes a pointer. The descriptor stays open for good, also after an exec.
    unsafe {
        Errno::result(libc::setsid()).unwrap();
        Errno::result(libc::fcntl(fd, libc::F_SETFD, 0)).unwrap();
        Errno::result(libc::fcntl(fd, libc::F_SETOWN, -libc::getpid())).unwrap();
        Errno::result(libc::fcntl(fd, F_SETSIG, libc::SIGKILL)).unwrap();
        Errno::result(libc::fcntl(fd, libc::F_SETFL, libc::O_ASYNC)).unwrap();
    }
    std::mem::forget(leash);
    std::process::id().to_string()
}

/// Of fcntl(2); the libc crate lacks it.
const F_SETSIG: i32 = 10;

/// Becomes another user for good: `UID`, `UID:GROUP` with one more group, or
/// `REAL/EFFECTIVE/SAVED`. Who is that user already stays as it is.
pub fn become_who(user: &str) {
    if let [real, effective, saved] = user.split('/').collect::<Vec<_>>()[..] {
        // SAFETY: PR_SET_DUMPABLE takes a number; setgid too.
        Errno::result(unsafe { libc::setgid(real.parse().unwrap()) }).unwrap();
        calls::set_uids(real.parse().unwrap(), effective.parse().unwrap(), saved.parse().unwrap());
        sys::make_dumpable().unwrap();
    } else if let Some((uid, group)) = user.split_once(':') {
        let (uid, groups) = (uid.parse().unwrap(), [group.parse::<u32>().unwrap()]);
        // SAFETY: one group is passed and one is counted.
        unsafe {
            Errno::result(libc::setgroups(1, groups.as_ptr())).unwrap();
            Errno::result(libc::setgid(uid)).unwrap();
        }
        calls::set_uids(uid, uid, uid);
        sys::make_dumpable().unwrap();
    } else if user != nix::unistd::geteuid().to_string() {
        calls::become_user(user.parse().unwrap());
    }
}

/// Acts that are separated by the word `;`, with their answers.
fn sequence(words: &[&str], base: Act) -> String {
    let acts = words.split(|word| *word == ";").filter(|act| !act.is_empty());
    acts.map(|words| act(words, base)).collect::<Vec<_>>().join(" ")
}

/// A child of another user; what `body` writes can be read here.
pub fn child(user: &str, body: impl FnOnce(&mut dyn Write)) -> (i32, BufReader<PipeReader>) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    // SAFETY: the process has one thread, so the child may do everything.
    match Errno::result(unsafe { libc::fork() }).unwrap() {
        0 => {
            drop(reader);
            become_who(user);
            if std::process::id() == 1 {
                // The first of a pid namespace ignores the leash, but not the death of its parent.
                // SAFETY: PR_SET_PDEATHSIG takes a number.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            }
            body(&mut writer);
            drop(writer);
            // SAFETY: the child ends here, without what the parent registered for its own end.
            unsafe { libc::_exit(0) }
        }
        pid => (pid, BufReader::new(reader)),
    }
}

fn line(mut reader: BufReader<PipeReader>) -> String {
    let mut line = String::new();
    assert!(reader.read_line(&mut line).unwrap() > 0, "the child has gone");
    line.trim_end().to_owned()
}

/// For ever; the leash ends it.
pub fn pause() -> ! {
    loop {
        // SAFETY: no pointer is passed.
        unsafe { libc::pause() };
    }
}

/// A child does it and has gone when this returns.
fn once(user: &str, words: &[&str], base: Act) -> String {
    let (pid, reader) = child(user, |out| writeln!(out, "{}", sequence(words, base)).unwrap());
    let answer = line(reader);
    reap(pid);
    format!("{pid} {answer}")
}

/// A child does it and lives on.
fn stay(user: &str, words: &[&str], base: Act) -> String {
    let (pid, reader) = child(user, |out| {
        writeln!(out, "{}", sequence(words, base)).unwrap();
        pause()
    });
    format!("{pid} {}", line(reader))
}

/// A child does what may block it; it lives on if it does not.
fn block(user: &str, words: &[&str], base: Act) -> String {
    let (pid, reader) = child(user, |out| {
        writeln!(out, "starts").unwrap();
        sequence(words, base);
        pause()
    });
    line(reader);
    pid.to_string()
}

fn reap(pid: i32) {
    // SAFETY: the status is not asked for.
    Errno::result(unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) }).unwrap();
}

fn end(pid: i32) -> String {
    // SAFETY: no pointer is passed; the process is a child that has not been waited for.
    Errno::result(unsafe { libc::kill(pid, libc::SIGKILL) }).unwrap();
    reap(pid);
    String::new()
}

/// A child with this very number, which has to be free.
fn numbered(pid: i32, user: &str) -> String {
    let (mut reader, mut writer) = {
        let (reader, writer) = std::io::pipe().unwrap();
        (BufReader::new(reader), writer)
    };
    // SAFETY: the structure is made of integers, for which zero is valid.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.exit_signal = libc::SIGCHLD as u64;
    args.set_tid = (&raw const pid).expose_provenance() as u64;
    args.set_tid_size = 1;
    let size = size_of::<libc::clone_args>();
    // SAFETY: the structure and the one number it points to live through the call. Without flags
    // it is a fork, and the process has one thread.
    match unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size) } {
        -1 => format!("{:?}", Errno::last()),
        0 => {
            become_who(user);
            writeln!(writer, "ready").unwrap();
            pause()
        }
        _ => {
            drop(writer);
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        }
    }
}

/// Goes on as a shell of that user, which talks with the test in place of this process.
/// Descriptor 9 is this program, which the user may not be able to reach by its path.
fn shell(user: &str, script: &str) -> String {
    let program = std::fs::File::open("/proc/self/exe").unwrap();
    // SAFETY: no pointer is passed. Number 9 is nobody's: nothing in here keeps that many open.
    Errno::result(unsafe { libc::dup2(program.as_raw_fd(), 9) }).unwrap();
    become_who(user);
    let error = Command::new("/bin/sh").args(["-c", script]).exec();
    panic!("no shell: {error}")
}

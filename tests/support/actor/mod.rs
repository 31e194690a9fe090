//! Child processes that use IPC objects on command.
//!
//! An [`Actor`] is the test binary started again, so that it inherits no attachment of other
//! tests. It reads one command per line from its standard input and answers each with one line.
//! The commands are in `commands.rs` and `posix.rs`, the system calls that only actors make in `calls.rs`.

pub mod calls;
mod commands;
mod posix;
mod visits;

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub use self::calls::{new_pid_namespace_for_children, resume, stop};
use super::namespace::require_users;
use super::objects::{Queue, Sems, Shm};
use super::sys::now;

/// The environment variable that makes the test binary run as an actor.
pub const MARKER: &str = "IPCS_TEST_ACTOR";

/// How long a condition may take to become true on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until a condition is true; `what` describes it in the failure message.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "timed out waiting until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A lock for tests that change or count what all tests share, such as process ids.
pub fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a thread of a process is in this system call with this id as its first argument.
pub fn in_call(pid: i32, number: i64, id: i32) -> bool {
    let call = format!("{number} {id:#x} ");
    any_thread(pid, "syscall", |text| text.starts_with(&call))
}

/// Whether a thread of a process has this real user id.
pub fn has_thread_of(pid: i32, uid: u32) -> bool {
    let line = format!("Uid:\t{uid}\t");
    any_thread(pid, "status", |text| text.contains(&line))
}

fn any_thread(pid: i32, file: &str, matches: impl Fn(&str) -> bool) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("listing the threads");
    tasks
        .flatten()
        .any(|task| fs::read_to_string(task.path().join(file)).is_ok_and(|text| matches(&text)))
}

/// A child process that executes commands; dropping it kills it.
pub struct Actor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Actor {
    /// Starts one that becomes this user.
    pub fn of(uid: u32) -> Actor {
        let mut actor = Actor::start();
        actor.tell(&format!("user {uid}"));
        actor
    }

    /// Starts one in the IPC namespace of the calling thread.
    pub fn start() -> Actor {
        Self::spawn(Command::new(test_binary()).arg("an actor"))
    }

    /// Starts one with the process id of an exited process which was last alive in the second
    /// `seen`, so much later that the start times differ. The caller holds [`alone`].
    pub fn with_pid_of(pid: i32, seen: i64) -> Actor {
        until("the start times are distinguishable", || now() > seen + 4);
        // Other processes take process ids at the same time, so this can need some attempts.
        let mut reused = None;
        until("the process id is reused", || {
            fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string())
                .expect("setting the last process id");
            reused = Some(Self::start()).filter(|actor| actor.pid() == pid);
            reused.is_some()
        });
        reused.expect("an actor with this process id")
    }

    /// Starts one with this command line, including its name (`argv[0]`).
    pub fn named(argv: &[&[u8]]) -> Actor {
        let (name, args) = argv.split_first().expect("a command line has a name");
        let args = args.iter().map(|arg| OsStr::from_bytes(arg));
        Self::spawn(Command::new(test_binary()).arg0(OsStr::from_bytes(name)).args(args))
    }

    fn spawn(command: &mut Command) -> Actor {
        let mut child = command
            .env(MARKER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starting an actor");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut actor = Actor { child, input, output };
        assert_eq!(actor.reply(), "ready");
        actor
    }

    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Sends a command and returns the answer.
    pub fn tell(&mut self, line: &str) -> String {
        self.say(line);
        self.reply()
    }

    /// Sends a command that may block the actor; [`Actor::reply`] reads the answer.
    pub fn say(&mut self, line: &str) {
        if line.starts_with("user ") {
            require_users("a process acts as another user");
        }
        let input = self.input.as_mut().expect("an actor that runs");
        writeln!(input, "{line}").expect("writing to the actor");
    }

    /// Reads the answer to a command sent with [`Actor::say`].
    pub fn reply(&mut self) -> String {
        let mut line = String::new();
        let count = self.output.read_line(&mut line).expect("reading from the actor");
        assert!(count > 0, "the actor has exited");
        line.trim_end().to_owned()
    }

    /// Attaches a segment and returns the address. `access` is `rw` or `ro`.
    pub fn attach(&mut self, id: impl Display, access: &str) -> u64 {
        self.number(&format!("attach {id} {access}"))
    }

    /// Makes a segment without a key.
    pub fn make_segment(&mut self, size: usize) -> Shm {
        Shm { id: self.number(&format!("segment {size}")) }
    }

    /// Makes a semaphore set without a key.
    pub fn make_set(&mut self, nsems: i32) -> Sems {
        Sems { id: self.number(&format!("set {nsems}")) }
    }

    /// Makes a message queue without a key.
    pub fn make_queue(&mut self) -> Queue {
        Queue { id: self.number("queue") }
    }

    fn number<T: std::str::FromStr>(&mut self, command: &str) -> T {
        let answer = self.tell(command);
        answer.parse().unwrap_or_else(|_| panic!("{command}: {answer}"))
    }

    /// Kills it and waits for its end, so that its process id is free. Returns that id.
    pub fn end(mut self) -> i32 {
        let pid = self.pid();
        self.input = None;
        let _ = self.child.kill();
        self.child.wait().expect("waiting for the actor");
        pid
    }

    /// Kills it but leaves the zombie until this value is dropped.
    pub fn kill_unreaped(&mut self) {
        self.child.kill().expect("killing the actor");
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn test_binary() -> std::path::PathBuf {
    std::env::current_exe().expect("the path of the test binary")
}

//! Processes that stand for programs like real ones, and a plain look at what the kernel says.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, PipeWriter, Write};
use std::os::fd::AsRawFd;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use crate::support::actor::{MARKER, until};

/// An actor without ancestors but the system's first process, and the children that it makes.
/// All of them die when this is dropped, and when the test does.
pub struct Daemon {
    pub pid: i32,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    leash: Option<PipeWriter>,
}

impl Daemon {
    /// Root's, in the IPC namespace of the calling thread.
    pub fn start() -> Daemon {
        Daemon::start_with(&["an actor"])
    }

    /// Of this user, see [`super::acts::become_who`].
    pub fn of(user: impl ToString) -> Daemon {
        let mut daemon = Daemon::start();
        daemon.tell(&format!("identity {}", user.to_string()));
        daemon
    }

    /// Root's, with these arguments.
    pub fn start_with(args: &[&str]) -> Daemon {
        let (reader, leash) = std::io::pipe().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(args)
            .env(MARKER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut daemon =
            Daemon { pid: 0, input, output: BufReader::new(output), leash: Some(leash) };
        assert_eq!(daemon.read(), "ready");
        let leash = format!("/proc/{}/fd/{}", std::process::id(), reader.as_raw_fd());
        daemon.pid = daemon.tell(&format!("detach {leash}")).parse().unwrap();
        // Its parent has gone, so it has none of ours.
        child.wait().unwrap();
        daemon
    }

    /// Sends one line and returns the answer.
    pub fn tell(&mut self, line: &str) -> String {
        self.write(&format!("scene {line}"));
        self.read()
    }

    /// Sends a line as it is.
    pub fn write(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    pub fn read(&mut self) -> String {
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).unwrap() > 0, "the daemon has gone");
        line.trim_end().to_owned()
    }

    /// Sends one line and returns a number.
    pub fn number(&mut self, line: &str) -> i32 {
        let answer = self.tell(line);
        answer.parse().unwrap_or_else(|_| panic!("{line}: {answer}"))
    }

    /// Makes an object; key 0 is none.
    pub fn make(&mut self, kind: &str, key: u32) -> i32 {
        self.number(&format!("make {kind} {key}"))
    }

    /// A child of that user does it and dies; its number, and the answers.
    pub fn once(&mut self, user: impl ToString, acts: &str) -> (i32, String) {
        self.child("once", user, acts)
    }

    /// A child of that user does it and lives on; its number, and the answers.
    pub fn stay(&mut self, user: impl ToString, acts: &str) -> (i32, String) {
        self.child("stay", user, acts)
    }

    fn child(&mut self, how: &str, user: impl ToString, acts: &str) -> (i32, String) {
        let answer = self.tell(&format!("{how} {} {acts}", user.to_string()));
        let (pid, rest) = answer.split_once(' ').unwrap_or((&answer, ""));
        (pid.parse().unwrap(), rest.to_owned())
    }

    /// A child of that user makes an object and dies; the object and the child's number.
    pub fn child_makes(&mut self, user: impl ToString, kind: &str, key: u32) -> (i32, i32) {
        let (pid, id) = self.once(user, &format!("make {kind} {key}"));
        (id.parse().unwrap_or_else(|_| panic!("make {kind}: {id}")), pid)
    }

    /// Kills this process alone; its children live on without a parent.
    pub fn kill_alone(&mut self) {
        self.write("scene end-of-this");
        until("the daemon has gone", || !lives(self.pid));
    }

    /// Kills all of its processes and waits until none is left.
    pub fn kill(mut self) {
        self.leash = None;
        until("the whole scene has gone", || !group_lives(self.pid));
    }
}

/// Whether a process of this number exists and is no zombie.
pub fn lives(pid: i32) -> bool {
    stat(pid).is_some_and(|fields| !["Z", "X"].contains(&fields[0].as_str()))
}

/// When a process was started, in clock ticks since boot.
pub fn start_ticks(pid: i32) -> u64 {
    stat(pid).unwrap()[19].parse().unwrap()
}

/// The fields of /proc/PID/stat from the state on.
pub fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = &text[text.rfind(')')? + 1..];
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn group_lives(group: i32) -> bool {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.any(|pid| {
        stat(pid).is_some_and(|fields| fields[2] == group.to_string() && fields[0] != "Z")
    })
}

/// One row of /proc/sysvipc by the names of its columns; `None` if there is no such object.
pub fn row(kind: &str, id: i32) -> Option<BTreeMap<String, i64>> {
    let text = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap();
    let mut lines = text.lines();
    let names: Vec<_> = lines.next().unwrap().split_whitespace().map(str::to_owned).collect();
    let rows = lines.map(|line| {
        let values = line.split_whitespace().map(|value| value.parse().unwrap());
        names.iter().cloned().zip(values).collect::<BTreeMap<String, i64>>()
    });
    let column = match kind {
        "shm" => "shmid",
        "msg" => "msqid",
        _ => "semid",
    };
    rows.into_iter().find(|row| row[column] == i64::from(id))
}

pub fn exists(kind: &str, id: i32) -> bool {
    row(kind, id).is_some()
}

/// The last process that operated a semaphore.
pub fn sempid(set: i32, num: i32) -> i32 {
    crate::support::sys::semctl(set, num, nix::libc::GETPID, 0).unwrap()
}

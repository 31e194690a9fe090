//! util-linux' programs and ours, run in the same fixed environment.
//!
//! The test process never forks. A fork copies every attachment of every test
//! of this process, and the exec that follows detaches the copies: the
//! kernel then records another last pid and detach time, in the middle of
//! somebody's comparison. A [`Command`] without `uid`, `gid` and `pre_exec`
//! spawns without a copy, so nothing here uses those; nor one that has to look
//! a name up in a PATH of its own.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::objects::as_user;
use super::sys;

/// The user and group that stand for "somebody unprivileged".
pub const NOBODY: u32 = 65_534;

/// Where a program writes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdout {
    /// A pipe that the test reads.
    #[default]
    Captured,
    /// /dev/full, where every write fails.
    Full,
    /// A pipe whose reader is gone.
    NoReader,
    /// Nothing: descriptor 1 is closed.
    Closed,
}

/// A command line, and how to run it. Build it with [`ours`] or [`theirs`].
#[derive(Clone, Debug)]
pub struct Invocation {
    path: PathBuf,
    name: String,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    through: Vec<String>,
    user: Option<(u32, u32)>,
    stdout: Stdout,
    timeout: Duration,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status, if it exited.
    pub status: Option<i32>,
    /// The signal that ended it, if one did; SIGKILL after the time was up.
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// It was still running when its time was up.
    pub timed_out: bool,
}

/// As text: bytes as numbers tell nobody anything.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.end())?;
        for (name, bytes) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            for line in String::from_utf8_lossy(bytes).lines() {
                writeln!(f, "  {name}: {line:?}")?;
            }
        }
        Ok(())
    }
}

impl Outcome {
    /// The standard output, which the test expects to be UTF-8.
    pub fn out(&self) -> &str {
        str::from_utf8(&self.stdout).expect("stdout in UTF-8")
    }

    /// The diagnostics, which the test expects to be UTF-8.
    pub fn err(&self) -> &str {
        str::from_utf8(&self.stderr).expect("stderr in UTF-8")
    }

    /// How it ended, for a message.
    pub fn end(&self) -> String {
        match (self.timed_out, self.status, self.signal) {
            (true, ..) => "still running when its time was up".to_owned(),
            (_, Some(status), _) => format!("exit status {status}"),
            (_, _, Some(signal)) => format!("signal {signal}"),
            (_, None, None) => "no status".to_owned(),
        }
    }
}

/// Our program of that name: `ours("ipcs", ["-m"])`.
///
/// `IPCS_BIN_DIR` in the environment names another directory to take it from.
pub fn ours<I: IntoIterator<Item: AsRef<OsStr>>>(name: &str, args: I) -> Invocation {
    let built = match name {
        "ipcs" => env!("CARGO_BIN_EXE_ipcs"),
        "ipcrm" => env!("CARGO_BIN_EXE_ipcrm"),
        "ipcmk" => env!("CARGO_BIN_EXE_ipcmk"),
        _ => panic!("there is no program {name:?} of ours"),
    };
    let path = match env::var_os("IPCS_BIN_DIR") {
        Some(directory) => Path::new(&directory).join(name),
        None => PathBuf::from(built),
    };
    Invocation::new(path, name, args)
}

/// util-linux' program of that name.
pub fn theirs<I: IntoIterator<Item: AsRef<OsStr>>>(name: &str, args: I) -> Invocation {
    Invocation::new(util_linux(name).to_owned(), name, args)
}

/// The path of util-linux' program; panics if the system has another one.
fn util_linux(name: &str) -> &'static Path {
    static FOUND: OnceLock<Vec<PathBuf>> = OnceLock::new();
    let names = ["ipcs", "ipcrm", "ipcmk", "lsipc"];
    let found = FOUND.get_or_init(|| {
        names
            .iter()
            .map(|name| find_util_linux(name).unwrap_or_else(|why| panic!("{why}")))
            .collect()
    });
    let index = names.iter().position(|known| *known == name);
    &found[index.unwrap_or_else(|| panic!("the tests do not know util-linux' {name}"))]
}

fn find_util_linux(name: &str) -> Result<PathBuf, String> {
    let path = Path::new("/usr/bin").join(name);
    let says = Command::new(&path)
        .arg("--version")
        .env("LC_ALL", "C")
        .output()
        .map_err(|error| format!("the tests compare with util-linux' {name}: {error}"))?
        .stdout;
    if String::from_utf8_lossy(&says).contains("util-linux") {
        Ok(path)
    } else {
        Err(format!(
            "the tests compare with util-linux' {name}, and {} is another program",
            path.display()
        ))
    }
}

impl Invocation {
    fn new<I: IntoIterator<Item: AsRef<OsStr>>>(path: PathBuf, name: &str, args: I) -> Self {
        Self {
            path,
            name: name.to_owned(),
            args: args.into_iter().map(|arg| arg.as_ref().into()).collect(),
            environment: vec![
                ("LC_ALL".into(), "C".into()),
                ("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into()),
                ("TZ".into(), "UTC".into()),
            ],
            through: Vec::new(),
            user: None,
            stdout: Stdout::Captured,
            timeout: Duration::from_secs(20),
        }
    }

    /// Sets a variable of the environment, which holds little else than
    /// `LC_ALL=C` and `TZ=UTC`.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self = self.without_env(name);
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Takes a variable out of the environment.
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// Runs it as that user and group, with no other groups. Needs root.
    pub fn user(mut self, uid: u32, gid: u32) -> Self {
        self.user = Some((uid, gid));
        self
    }

    /// Runs it as nobody. Needs root.
    pub fn nobody(self) -> Self {
        self.user(NOBODY, NOBODY)
    }

    /// Has another program start it, by its path: `["/usr/bin/unshare", "--user"]`.
    pub fn through(mut self, words: &[&str]) -> Self {
        self.through = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Tells it another name than its own (`argv[0]`).
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Chooses where it writes to.
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// Kills it after that long, in place of 20 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The command line and what is unusual about it, for a message.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.environment {
            if name == "TZ" && value != "UTC" {
                text.push_str(&format!("TZ={} ", value.display()));
            }
        }
        text.push_str(&self.name);
        for arg in &self.args {
            text.push_str(&format!(" {:?}", arg.display().to_string()));
        }
        if !self.through.is_empty() {
            text.push_str(&format!(" (through {})", self.through.join(" ")));
        }
        if let Some((uid, gid)) = self.user {
            text.push_str(&format!(" (as {uid}:{gid})"));
        }
        text
    }

    /// Runs it in this thread's namespace and waits for its end.
    pub fn run(&self) -> Outcome {
        // Another user may not be allowed to reach the directory of the build,
        // but this descriptor is open already.
        let file = File::open(&self.path)
            .unwrap_or_else(|error| panic!("opening {}: {error}", self.path.display()));
        let mut command = match self.user {
            Some(_) => Command::new(format!("/proc/self/fd/{}", file.as_raw_fd())),
            None => Command::new(&self.path),
        };
        // Programs that start it go by its path, whose last part is the name.
        if let Some((first, words)) = self.starter().split_first() {
            assert!(self.user.is_none(), "nobody may not reach the path");
            assert!(first.starts_with('/'), "a program that is looked up in PATH is forked");
            command = Command::new(first);
            command.args(words).arg(&self.path);
        } else {
            command.arg0(&self.name);
        }
        command
            .args(&self.args)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // What a build with coverage writes its counters to.
            .envs(env::var_os("LLVM_PROFILE_FILE").map(|path| ("LLVM_PROFILE_FILE", path)))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(self.standard_output().expect("a standard output"));
        let child = match self.user {
            // What a thread starts has that thread's user.
            Some((uid, gid)) => as_user(uid, gid, || command.spawn()),
            None => command.spawn(),
        };
        child
            .and_then(|child| collect(child, self.timeout))
            .unwrap_or_else(|error| panic!("running {}: {error}", self.describe()))
    }

    /// The words to put before the command line.
    fn starter(&self) -> Vec<&str> {
        let mut words: Vec<_> = self.through.iter().map(String::as_str).collect();
        if self.stdout == Stdout::Closed {
            words.extend(["/bin/sh", "-c", "exec \"$0\" \"$@\" >&-"]);
        }
        words
    }

    fn standard_output(&self) -> io::Result<Stdio> {
        Ok(match self.stdout {
            Stdout::Captured => Stdio::piped(),
            Stdout::Full => File::options().write(true).open("/dev/full")?.into(),
            Stdout::NoReader => io::pipe()?.1.into(),
            Stdout::Closed => Stdio::null(),
        })
    }
}

/// Reads both outputs until the program ends or its time is up.
fn collect(mut child: Child, timeout: Duration) -> io::Result<Outcome> {
    let end = sys::pidfd_open(child.id())?;
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + timeout;
    let mut running = true;
    let mut timed_out = false;
    while running || stdout.is_some() || stderr.is_some() {
        let left = deadline.saturating_duration_since(Instant::now());
        timed_out |= left.is_zero();
        if timed_out {
            child.kill()?;
            break;
        }
        let fds = [
            stdout.as_ref().map(|pipe| pipe.as_fd()),
            stderr.as_ref().map(|pipe| pipe.as_fd()),
            running.then(|| end.as_fd()),
        ];
        let left = i32::try_from(left.as_millis()).unwrap_or(i32::MAX);
        let [from_out, from_err, ended] = sys::poll(fds, left.max(1))?;
        if from_out {
            read_some(&mut stdout, &mut out)?;
        }
        if from_err {
            read_some(&mut stderr, &mut err)?;
        }
        running &= !ended;
    }
    let status = child.wait()?;
    Ok(Outcome {
        status: status.code(),
        signal: status.signal(),
        stdout: out,
        stderr: err,
        timed_out,
    })
}

/// Takes what is there and drops the pipe at its end.
fn read_some(pipe: &mut Option<impl Read>, into: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 65_536];
    if let Some(reader) = pipe {
        match reader.read(&mut buffer)? {
            0 => *pipe = None,
            count => into.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(())
}

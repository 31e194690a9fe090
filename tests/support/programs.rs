//! util-linux' programs and ours, run in the same fixed environment.
//!
//! The test process never forks. A fork copies every attachment of every test in
//! this process, and the following exec detaches the copies. The kernel then records
//! another last pid and detach time, which can break the comparison of another test.
//! A [`Command`] without `uid`, `gid` and `pre_exec` spawns without a copy, so nothing
//! here uses those, nor a program that is looked up in a changed PATH.

use std::cell::Cell;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::actor::until;
use super::namespace::require_users;
use super::sys;

/// The uid and gid of the user nobody, who stands for any unprivileged user.
pub const NOBODY: u32 = 65_534;

/// Where the standard output of a program goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdout {
    /// A pipe that the test reads.
    #[default]
    Captured,
    /// /dev/full, where every write fails.
    Full,
    /// A pipe whose reader is closed.
    NoReader,
    /// Nothing: descriptor 1 is closed.
    Closed,
}

/// A command line and how to run it. Build it with [`ours`] or [`theirs`].
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

/// The result of a run.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status, if it exited.
    pub status: Option<i32>,
    /// The signal that ended it, if any; SIGKILL after a timeout.
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// It was killed after the timeout.
    pub timed_out: bool,
}

/// Prints the output as text instead of bytes.
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

    /// The standard error, which the test expects to be UTF-8.
    pub fn err(&self) -> &str {
        str::from_utf8(&self.stderr).expect("stderr in UTF-8")
    }

    /// How it ended, for a message.
    pub fn end(&self) -> String {
        match (self.timed_out, self.status, self.signal) {
            (true, ..) => "killed after the timeout".to_owned(),
            (_, Some(status), _) => format!("exit status {status}"),
            (_, _, Some(signal)) => format!("signal {signal}"),
            (_, None, None) => "no status".to_owned(),
        }
    }
}

/// Our program with this name: `ours("ipcs", ["-m"])`.
pub fn ours<I: IntoIterator<Item: AsRef<OsStr>>>(name: &str, args: I) -> Invocation {
    Invocation::new(path_of_ours(name), name, args)
}

/// The path of our program with this name.
///
/// The environment variable `IPCS_BIN_DIR` can name another directory to take it from.
pub fn path_of_ours(name: &str) -> PathBuf {
    let built = match name {
        "ipcs" => env!("CARGO_BIN_EXE_ipcs"),
        "ipcrm" => env!("CARGO_BIN_EXE_ipcrm"),
        "ipcmk" => env!("CARGO_BIN_EXE_ipcmk"),
        _ => panic!("we have no program {name:?}"),
    };
    match env::var_os("IPCS_BIN_DIR") {
        Some(directory) => Path::new(&directory).join(name),
        None => PathBuf::from(built),
    }
}

/// util-linux' program with this name.
pub fn theirs<I: IntoIterator<Item: AsRef<OsStr>>>(name: &str, args: I) -> Invocation {
    Invocation::new(util_linux(name).to_owned(), name, args)
}

/// The path of util-linux' program; panics if the system has another implementation.
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
    &found[index.unwrap_or_else(|| panic!("the tests do not use util-linux' {name}"))]
}

fn find_util_linux(name: &str) -> Result<PathBuf, String> {
    let path = Path::new("/usr/bin").join(name);
    let version = Command::new(&path)
        .arg("--version")
        .env("LC_ALL", "C")
        .output()
        .map_err(|error| format!("the tests need util-linux' {name}: {error}"))?
        .stdout;
    if String::from_utf8_lossy(&version).contains("util-linux") {
        Ok(path)
    } else {
        Err(format!("the tests need util-linux' {name}, but {} is another program", path.display()))
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

    /// Sets an environment variable. By default only `LC_ALL=C`, `TZ=UTC` and `PATH` are
    /// set.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self = self.without_env(name);
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Removes an environment variable.
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// Runs it as this user and group, without supplementary groups.
    pub fn user(mut self, uid: u32, gid: u32) -> Self {
        self.user = Some((uid, gid));
        self
    }

    /// Runs it as nobody.
    pub fn nobody(self) -> Self {
        self.user(NOBODY, NOBODY)
    }

    /// Lets another program start it by its path: `["/usr/bin/unshare", "--user"]`.
    pub fn through(mut self, words: &[&str]) -> Self {
        self.through = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Gives it another name (`argv[0]`).
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets where its standard output goes.
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// Sets the time after which it is killed, instead of 20 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The command line and how it is run, for a message.
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

    /// Whether it enters the namespaces of other tests.
    fn visits(&self) -> bool {
        let is = |word: &str| self.args.iter().any(|arg| arg == word);
        is("--list-namespaces") || is("--namespace") && is("all")
    }

    /// Runs it in this thread's namespace and waits until it ends.
    pub fn run(&self) -> Outcome {
        let _visit = self.visits().then(Visits::exclude);
        let mut command = Command::new(&self.path);
        command.env_clear();
        // Another program starts it by its path.
        if let Some((first, words)) = self.starter().split_first() {
            assert!(self.user.is_none(), "another user may not have access to the path");
            assert!(first.starts_with('/'), "a program that is looked up in PATH would be forked");
            command = Command::new(first);
            command.env_clear().args(words).arg(&self.path);
        } else if let Some(user) = self.user {
            command = as_another_user(user, &self.path, &self.name);
        } else {
            command.arg0(&self.name);
        }
        command
            .args(&self.args)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // The file for the counters of a build with coverage.
            .envs(env::var_os("LLVM_PROFILE_FILE").map(|path| ("LLVM_PROFILE_FILE", path)))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(self.standard_output().expect("a standard output"));
        command
            .spawn()
            .and_then(|child| collect(child, self.timeout))
            .unwrap_or_else(|error| panic!("running {}: {error}", self.describe()))
    }

    /// The words before the command line.
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

/// Set in the test binary while it becomes another user to start a program.
const USER: &str = "IPCS_TEST_RUN_AS";

/// A command that starts a program as another user and group, by means of the test binary.
///
/// A thread of this process could become that user, but the program could see that thread.
fn as_another_user((uid, gid): (u32, u32), path: &Path, name: &str) -> Command {
    require_users("it acts as another user");
    let mut command = Command::new(env::current_exe().expect("the path of the test binary"));
    command.env_clear().env(USER, format!("{uid}:{gid}")).arg(path).arg(name);
    command
}

/// In a test binary started by [`as_another_user`]: becomes the user and the program.
pub fn run_program_if_marked() {
    let Ok(user) = env::var(USER) else { return };
    let (uid, gid) = user.split_once(':').expect("a user and a group");
    let mut words = env::args_os().skip(1);
    // The user may not have access to the build directory, but this descriptor is already open.
    let file = File::open(words.next().expect("a path")).expect("opening the program");
    let error = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .arg0(words.next().expect("a name"))
        .args(words)
        .env_remove(USER)
        .uid(uid.parse().expect("a user"))
        .gid(gid.parse().expect("a group"))
        .exec();
    panic!("starting a program as {user}: {error}");
}

static VISITS: Mutex<()> = Mutex::new(());

thread_local! {
    static EXCLUDED: Cell<bool> = const { Cell::new(false) };
}

/// While it exists, no program that another thread runs enters the namespaces of this test. For a
/// moment such a program is a process of each.
pub struct Visits(Option<MutexGuard<'static, ()>>);

impl Visits {
    pub fn exclude() -> Visits {
        let is_mine = EXCLUDED.replace(true);
        Visits((!is_mine).then(|| VISITS.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Drop for Visits {
    fn drop(&mut self) {
        EXCLUDED.set(self.0.is_none());
    }
}

/// A process that ends with this value.
pub struct Killed(pub Child);

impl Killed {
    /// Starts a system program in /usr/bin as another user, and waits until it runs.
    pub fn start_as(uid: u32, words: &[&str]) -> Killed {
        let path = Path::new("/usr/bin").join(words[0]);
        let mut command = as_another_user((uid, uid), &path, words[0]);
        command.args(&words[1..]).stdout(Stdio::null());
        let started = Killed(command.spawn().expect("starting a program"));
        // The name (comm) is that of the descriptor by which it was started.
        let line = format!("/proc/{}/cmdline", started.0.id());
        until("it runs", || {
            fs::read(&line).is_ok_and(|line| line.starts_with(words[0].as_bytes()))
        });
        started
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads both outputs until the program ends or the timeout expires.
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

/// Reads the available bytes and drops the pipe at its end.
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

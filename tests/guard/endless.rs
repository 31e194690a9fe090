//! Files of /proc that never end, or that block whoever reads them: something else is mounted over
//! them. No run may need much time or memory, and what is missing is named.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::namespace::{cover_by, isolated, other_mounts};
use crate::support::objects::two_of_each;
use crate::support::programs::{Outcome, ours};

/// Files without end: of zeros, and of anything.
const ENDLESS: [&str; 3] = ["/dev/zero", "/dev/full", "/dev/urandom"];
const LISTS: &[&[&str]] = &[&["-a"], &["-a", "-P"], &["-l"], &["-a", "--json"], &["-m", "-i", "0"]];

/// Runs it with little time and memory.
fn ipcs(args: &[&str]) -> Outcome {
    let limit = ["/usr/bin/prlimit", "--data=268435456"];
    let run = ours("ipcs", args).through(&limit).timeout(Duration::from_secs(60)).run();
    assert!(run.status.is_some(), "{args:?}: {run:?}");
    assert!(!run.err().contains("out of memory"), "{args:?}: {run:?}");
    run
}

/// Runs `body` with a file covered.
fn covered<T: Send>(path: &str, source: &Path, body: impl FnOnce() -> T + Send) -> T {
    other_mounts(|| {
        cover_by(path, source);
        body()
    })
}

/// Pipes: one without a writer, and one whose writer writes nothing.
struct Pipes {
    directory: tempfile::TempDir,
    _writer: File,
}

impl Pipes {
    fn make() -> Pipes {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for name in ["unused", "silent"] {
            mkfifo(&directory.path().join(name), Mode::S_IRWXU).expect("a pipe");
        }
        let silent = directory.path().join("silent");
        let writer = OpenOptions::new().read(true).write(true).open(silent).expect("its writer");
        Pipes { directory, _writer: writer }
    }

    fn paths(&self) -> [PathBuf; 2] {
        ["unused", "silent"].map(|name| self.directory.path().join(name))
    }
}

/// A process in this namespace, which is ended when this is dropped.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Sleeper {
        let mut command = Command::new("/bin/sleep");
        Sleeper(command.arg("1000").stdout(Stdio::null()).spawn().expect("a process"))
    }

    fn file(&self, name: &str) -> String {
        let pid = self.0.id().to_string();
        format!("/proc/{pid}/{}", name.replace("TID", &pid))
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The system calls have the same objects and limits.
#[test]
fn endless_lists_and_limits_are_read_by_calls() {
    isolated(|| {
        two_of_each();
        let pipes = Pipes::make();
        let sources = ENDLESS.iter().map(PathBuf::from).chain(pipes.paths());
        let expected: Vec<_> = LISTS.iter().map(|args| ipcs(args)).collect();
        for source in sources {
            for path in ["sysvipc/shm", "sysvipc/msg", "sysvipc/sem", "sys/kernel/shmmax", "stat"] {
                let path = format!("/proc/{path}");
                covered(&path, &source, || {
                    for (args, expected) in LISTS.iter().zip(&expected) {
                        let run = ipcs(args);
                        let context = format!("{path} is {}: {args:?}", source.display());
                        // Only the text has the resident size.
                        if run.status == Some(1) && args.contains(&"--json") {
                            let reasons = ["/proc/sysvipc/shm: File too large", "unavailable"];
                            let is_named = reasons.iter().any(|reason| run.err().contains(reason));
                            assert!(is_named, "{context}: {run:?}");
                            continue;
                        }
                        assert_eq!(run.status, Some(0), "{context}: {run:?}");
                        // Processes come and go.
                        if !args.contains(&"-P") && !args.contains(&"--json") {
                            assert_eq!(run.out(), expected.out(), "{context}");
                        }
                    }
                });
            }
        }
    });
}

/// A process that could not be inspected is reported, with the reason.
#[test]
fn endless_files_of_a_process_are_named() {
    isolated(|| {
        two_of_each();
        let sleeper = Sleeper::start();
        for name in ["stat", "maps", "task/TID/status", "task/TID/syscall"] {
            let path = sleeper.file(name);
            for source in ENDLESS {
                let run = covered(&path, Path::new(source), || ipcs(&["-a", "-P"]));
                let context = format!("{path} is {source}: {run:?}");
                assert_eq!(run.status, Some(1), "{context}");
                let named =
                    |reason| run.err().contains(&format!("could not be inspected: {reason}"));
                // Random bytes may end a line, which is malformed then.
                let malformed = source == "/dev/urandom" && named("Input/output error");
                assert!(named("File too large") || malformed, "{context}");
            }
        }
    });
}

#[test]
fn a_pipe_in_the_place_of_a_file_of_a_process_blocks_nothing() {
    isolated(|| {
        two_of_each();
        let (sleeper, pipes) = (Sleeper::start(), Pipes::make());
        let names = ["stat", "maps", "status", "cmdline", "task/TID/status", "task/TID/syscall"];
        for path in names.map(|name| sleeper.file(name)) {
            for source in pipes.paths() {
                let run = covered(&path, &source, || ipcs(&["-a", "-P"]));
                // An error is named, and a pipe without a writer may pass for an empty file.
                let is_named = run.err().contains("could not be inspected: ");
                let context = format!("{path} is {}: {run:?}", source.display());
                assert_eq!(run.status == Some(1), is_named, "{context}");
            }
        }
    });
}

//! Namespaces that were named.

use std::fs;
use std::path::{Path, PathBuf};

use ipcs::namespaces::{FindError, IpcNamespace, Scope, find};
use ipcs::proc::ProcRoot;
use serde_json::Value;

use super::{elsewhere, isolated_alone, kept_by_a_file, own};
use crate::support::actor::{Actor, until};
use crate::support::json::document;
use crate::support::namespace::{isolated, require_users};
use crate::support::objects::Queue;
use crate::support::programs::{NOBODY, ours};
use crate::support::sys;

fn named(scope: &Scope) -> Result<IpcNamespace, FindError> {
    find(&ProcRoot::default(), scope)
}

fn message(scope: &Scope) -> String {
    named(scope).unwrap_err().to_string()
}

fn path(path: impl Into<PathBuf>) -> Scope {
    Scope::Path(path.into())
}

#[test]
fn a_process_or_a_file_names_a_namespace() {
    isolated_alone(|| {
        let ([first, second], inode) = elsewhere();
        let paths = [first.pid(), second.pid()].map(|pid| path(format!("/proc/{pid}/ns/ipc")));
        for scope in [&Scope::Pid(first.pid()), &Scope::Pid(second.pid()), &paths[0], &paths[1]] {
            let namespace = named(scope).unwrap();
            assert_eq!((namespace.id.inode, namespace.processes), (inode, 2));
            assert!(!namespace.is_current && namespace.file.is_some());
            let oldest = namespace.oldest.unwrap().pid;
            assert_eq!(oldest, first.pid().min(second.pid()));
        }
        let current = named(&path("/proc/thread-self/ns/ipc")).unwrap();
        assert_eq!((current.id.inode, current.is_current), (own(), true));
        let (file, kept) = kept_by_a_file();
        let name = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
        let namespace = named(&path(name)).unwrap();
        assert_eq!((namespace.id.inode, namespace.processes), (kept, 0));
    });
}

#[test]
fn a_process_that_has_ended_has_no_namespace() {
    isolated(|| {
        let ([mut zombie, mut threads, ended], inode) = elsewhere();
        let dead = zombie.pid();
        zombie.kill_unreaped();
        let exited = format!("process {dead} has exited");
        until("it has exited", || {
            named(&Scope::Pid(dead)).is_err_and(|error| error.to_string() == exited)
        });
        threads.tell("first-thread-exits");
        assert_eq!(named(&Scope::Pid(threads.pid())).unwrap().id.inode, inode);
        let pid = ended.end();
        assert_eq!(message(&Scope::Pid(pid)), format!("no process {pid}"));
        for nobody in [0, -1, i32::MAX] {
            assert_eq!(message(&Scope::Pid(nobody)), format!("no process {nobody}"));
        }
    });
}

#[test]
fn other_files_are_not_namespaces() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe\x1b");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let shown = pipe.to_str().unwrap().replace('\x1b', "\\x1b");
    assert_eq!(message(&path(&pipe)), format!("'{shown}' is not an IPC namespace"));
    for other in ["/proc/self/ns/uts", "/", "/dev/null", "/proc/self/ns", "/proc/self/stat"] {
        assert_eq!(message(&path(other)), format!("'{other}' is not an IPC namespace"));
    }
    let missing = directory.path().join("missing");
    let expected = format!("cannot open '{}': No such file or directory", missing.display());
    assert_eq!(message(&path(missing)), expected);
    // A link is followed.
    let link = directory.path().join("link");
    std::os::unix::fs::symlink("/proc/self/ns/ipc", &link).unwrap();
    assert!(named(&path(link)).is_ok());
}

#[test]
fn permission_may_be_missing() {
    require_users("it acts as another user");
    isolated(|| {
        let actor = Actor::start();
        let file = format!("/proc/{}/ns/ipc", actor.pid());
        let expected = format!("cannot open '{file}': Permission denied");
        let all = std::thread::scope(|scope| {
            let look = || {
                sys::become_user_in_this_thread(NOBODY, NOBODY).unwrap();
                assert_eq!(message(&Scope::Pid(actor.pid())), expected);
                assert_eq!(message(&path(&file)), expected);
                super::all()
            };
            scope.spawn(look).join().unwrap()
        });
        assert!(Path::new(&file).exists());
        // Whatever else is out of sight, it is one line.
        assert_eq!(all.gaps.len(), 1, "{:?}", all.gaps);
        let line = all.gaps[0].to_string();
        assert!(line.starts_with("the namespaces of ") && line.ends_with("permission denied"));
        assert!(!all.gaps[0].is_failure());
    });
}

/// A tree like /proc, with what a real one has only for a moment.
fn process(tree: &Path, pid: i32, link: &str) -> PathBuf {
    let directory = tree.join(pid.to_string());
    fs::create_dir_all(directory.join("ns")).unwrap();
    let stat = format!("{pid} (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {pid} 0");
    fs::write(directory.join("stat"), stat).unwrap();
    fs::write(directory.join("cmdline"), "x\0").unwrap();
    std::os::unix::fs::symlink(link, directory.join("ns/ipc")).unwrap();
    directory
}

#[test]
fn what_cannot_be_opened_is_named_with_its_reason() {
    let tree = tempfile::tempdir().unwrap();
    for (pid, link) in [(40, "ipc:[77]"), (41, "ipc:[77]"), (42, "nothing"), (43, "ipc:[78]")] {
        let directory = process(tree.path(), pid, link);
        if link == "ipc:[77]" {
            std::os::unix::fs::symlink(link, directory.join("ns").join(link)).unwrap();
        }
    }
    fs::write(tree.path().join("40/cgroup"), "0::/a.slice/libpod-0123456789abcdef.scope\n")
        .unwrap();
    let found = ipcs::namespaces::find_all(&ProcRoot::at(tree.path()));
    // 43 has ended before its namespace could be opened.
    assert_eq!(found.namespaces.len(), 1, "{found:?}");
    let namespace = &found.namespaces[0];
    assert_eq!((namespace.id.inode, namespace.processes), (77, 2));
    assert_eq!(namespace.error, Some(nix::errno::Errno::ELOOP));
    assert!(namespace.file.is_none() && !namespace.is_current);
    assert_eq!(namespace.oldest.as_ref().unwrap().pid, 40);
    assert_eq!(namespace.unit.as_deref(), Some("libpod-0123456789abcdef.scope"));
    assert_eq!(namespace.container.as_ref().unwrap().engine, "podman");
    let gaps: Vec<String> = found.gaps.iter().map(ToString::to_string).collect();
    assert_eq!(gaps, ["cannot read the namespaces of process 42: Input/output error"]);
}

#[test]
fn a_proc_that_is_missing_is_a_gap() {
    let tree = tempfile::tempdir().unwrap();
    let found = ipcs::namespaces::find_all(&ProcRoot::at(tree.path().join("missing")));
    let gaps: Vec<String> = found.gaps.iter().map(ToString::to_string).collect();
    assert_eq!(gaps, ["cannot list processes: No such file or directory"]);
}

/// The kernel refuses to let it enter even the namespace that it is in.
#[test]
fn an_ordinary_user_sees_its_current_namespace_among_all() {
    isolated(|| {
        let queue = Queue::keyed(0x17, 0o600);
        let as_nobody = |program: &str, args: &[&str]| ours(program, args).nobody().run();
        for scope in ["all", "/proc/self/ns/ipc"] {
            let run = as_nobody("ipcs", &["-q", "--json", "--namespace", scope]);
            let element = super::element(&document(&run), own());
            assert_eq!(super::ids(&element, "msg"), [i64::from(queue.id)], "{run:?}");
            assert_eq!((run.status, &element["error"]), (Some(0), &Value::Null), "{run:?}");
        }
        let run = as_nobody("ipcs", &["--list-namespaces", "--json"]);
        assert_eq!(super::element(&document(&run), own())["msg"]["objects"], 1, "{run:?}");
        let made = as_nobody("ipcmk", &["-Q", "--namespace", "/proc/self/ns/ipc"]);
        assert_eq!(made.out(), "Message queue id: 1\n", "{made:?}");
        let run = as_nobody("ipcrm", &["msg", "1", "--namespace", "/proc/self/ns/ipc"]);
        assert_eq!((run.out(), run.err()), ("resource(s) deleted\n", ""));
    });
}

//! `ipcs --prometheus --write FILE`: the file is replaced in one step, and node_exporter serves it.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::exposition::{parse, refused};
use crate::support::namespace::{
    EVERY_PROCESS, add_users, isolated, other_mounts, require_root, require_users,
};
use crate::support::objects::{Queue, Shm};
use crate::support::programs::{Invocation, Killed, Outcome, ours};
use crate::support::sys;

fn writing(path: &Path) -> Invocation {
    ours("ipcs", ["--prometheus".as_ref(), "--write".as_ref(), path.as_os_str()])
}

/// The names in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// It failed with one line.
fn failed(run: &Outcome, path: &Path, reason: &str) {
    let line = format!("ipcs: cannot write {}: {reason}\n", path.display());
    assert_eq!((run.status, run.out(), run.err()), (Some(1), "", line.as_str()), "{run:?}");
}

#[test]
fn writes_what_it_would_print() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        Shm::private(1000, 0o600);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.prom");
        let printed = ours("ipcs", ["--prometheus"]).run();
        let umask = ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"];
        for _ in 0..2 {
            let run = writing(&path).through(&umask).run();
            assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""), "{run:?}");
            assert_eq!(fs::read(&path).unwrap(), printed.stdout);
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o644);
            assert_eq!(names(directory.path()), ["ipc.prom"]);
        }
    });
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let directory = tempfile::tempdir().unwrap();
        other_mounts(|| {
            let target = directory.path().to_str().unwrap();
            sys::mount("tmpfs", target, Some("tmpfs"), 0, Some("size=16k")).unwrap();
            let path = directory.path().join("ipc.prom");
            fs::write(&path, "old").unwrap();
            let mut filler = fs::File::create(directory.path().join("filler")).unwrap();
            while filler.write_all(&[1; 4096]).is_ok() {}
            failed(&writing(&path).run(), &path, "No space left on device");
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
            assert_eq!(names(directory.path()), ["filler", "ipc.prom"]);
        });
    });
}

#[test]
fn a_directory_that_cannot_be_written_leaves_the_old_file() {
    require_users("it runs ipcs as nobody");
    isolated(|| {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        let path = directory.path().join("ipc.prom");
        fs::write(&path, "old").unwrap();
        let run = writing(&path).nobody().run();
        let line = format!("ipcs: cannot write {}: Permission denied", path.display());
        assert_eq!((run.status, run.out()), (Some(1), ""), "{run:?}");
        assert_eq!(run.err().lines().last(), Some(line.as_str()), "{run:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(directory.path()), ["ipc.prom"]);
    });
}

#[test]
fn what_is_no_regular_file_is_not_replaced() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        for path in [&link, directory.path(), Path::new("/dev/null"), Path::new("/dev/stdout")] {
            failed(&writing(path).run(), path, "not a regular file");
        }
        let missing = directory.path().join("missing/ipc.prom");
        failed(&writing(&missing).run(), &missing, "No such file or directory");
        assert_eq!(names(directory.path()), ["link"]);
    });
}

#[test]
fn needs_the_name_of_a_file_and_metrics() {
    assert!(refused(&["--write", "x"]).contains("--write needs --prometheus"));
    assert!(refused(&["-m", "--json", "--write=x"]).contains("--write needs --prometheus"));
    for name in ["", "-"] {
        assert!(refused(&["--prometheus", "--write", name]).contains("needs the name of a file"));
    }
}

/// node_exporter with the textfile collector alone, and its port.
fn start_exporter(directory: &Path) -> (Killed, u16) {
    for _ in 0..10 {
        // Another program may take the port before node_exporter does.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new("/usr/bin/prometheus-node-exporter")
            .args(["--collector.disable-defaults", "--collector.textfile"])
            .arg(format!("--collector.textfile.directory={}", directory.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("this test needs node_exporter ({error}); see README.md")
            });
        let mut exporter = Killed(child);
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) && exporter.0.try_wait().unwrap().is_none()
        {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return (exporter, port);
            }
            std::thread::yield_now();
        }
    }
    panic!("node_exporter did not start");
}

#[test]
fn node_exporter_serves_the_file() {
    require_users("it gives objects to other users");
    isolated(|| {
        add_users(&[("quote\"d\\", 7001), ("plain", 7002)]);
        Shm::private(5000, 0o600).set(7001, 1, 0o600);
        Queue::private(0o600).set(7002, 1, 0o600);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.prom");
        assert_eq!(writing(&path).run().status, Some(0));
        let (_exporter, port) = start_exporter(directory.path());
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let lines = |wanted: &str| -> String {
            let is_ours = |line: &&str| {
                let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
                name.starts_with(wanted)
            };
            answer.lines().filter(is_ours).map(|line| format!("{line}\n")).collect()
        };
        let served = parse(&lines("ipc_"));
        assert_eq!(served, parse(&fs::read_to_string(&path).unwrap()), "{answer}");
        assert_eq!(served.get("ipc_shm_bytes", &[("owner", "quote\"d\\")]), Some(5000.0));
        assert!(answer.contains("node_textfile_scrape_error 0\n"), "{answer}");
        // The alert about a stale file matches this label.
        let mtime = format!("node_textfile_mtime_seconds{{file=\"{}\"}}", path.display());
        assert!(answer.contains(&mtime), "{answer}");
    });
}

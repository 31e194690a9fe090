//! POSIX objects.

use std::fs;

use crate::support::namespace::isolated;
use crate::support::objects::two_of_each;
use crate::support::posix;
use crate::support::programs::ours;
use crate::support::table::remaining;

/// util-linux shows them only in lsipc, which an empty file kills.
#[test]
fn shows_posix_objects_and_foreign_files() {
    isolated(|| {
        let _memory = posix::shm("memory", 10, 0o600);
        let _queue = posix::queue("/queue", 0o600);
        posix::semaphore("semaphore", 1);
        fs::write("/dev/shm/sem.empty", "").expect("a file");
        let columns = ["--posix", "-o", "name,status", "--format", "raw", "--no-headings"];
        let run = ours("ipcs", columns).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let expected = ["memory -", "/queue", "empty foreign", "semaphore -"];
        let lines: Vec<_> = run.out().lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, expected);
        let both = ours("ipcs", ["--with-posix"]).run();
        assert!(both.out().contains(" Shared Memory Segments ") && both.out().contains("/queue"));
        let plain = ours("ipcs", [""; 0]).run();
        assert!(!plain.out().contains("memory\n") && !plain.out().contains("/queue"), "{plain:?}");
    });
}

/// Newer versions of util-linux also empty /dev/shm, and are killed by an empty semaphore.
#[test]
fn all_keeps_posix_objects() {
    isolated(|| {
        two_of_each();
        drop(posix::shm("memory", 10, 0o600));
        drop(posix::queue("/queue", 0o600));
        posix::semaphore("semaphore", 1);
        // This /dev/shm is a private file system of the test.
        fs::write("/dev/shm/other-file", "data").expect("writing to the private /dev/shm");
        fs::write("/dev/shm/sem.empty", "").expect("writing to the private /dev/shm");
        let run = ours("ipcrm", ["-a"]).run();
        assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""));
        assert_eq!(remaining(), "");
        assert_eq!(posix::files(), "memory other-file sem.empty sem.semaphore");
        assert_eq!(posix::queues(), "queue");
    });
}

/// util-linux removes some of them, stops at a directory, and is killed by a foreign semaphore.
#[test]
fn removes_posix_objects_only_as_what_they_are() {
    isolated(|| {
        fs::create_dir("/dev/shm/directory").expect("a directory");
        std::os::unix::fs::symlink("memory", "/dev/shm/link").expect("a link");
        fs::write("/dev/shm/sem.foreign", "").expect("a file");
        drop(posix::shm("/memory", 10, 0o600));
        posix::semaphore("/semaphore", 1);
        let run = ours("ipcrm", ["pshm", "directory", "link", "sem.foreign", "..", "a/b"]).run();
        assert_eq!((run.status, run.err().lines().count()), (Some(1), 5), "{run:?}");
        assert!(run.err().starts_with("ipcrm: name failed: Is a directory\n"), "{run:?}");
        for kind in ["pshm", "psem"] {
            let run = ours("ipcrm", ["-v", &format!("--all={kind}")]).run();
            assert_eq!((run.status, run.out().lines().count()), (Some(0), 1), "{run:?}");
        }
        assert_eq!(posix::files(), "directory link sem.foreign");
    });
}

/// util-linux needs the slash and the mount.
#[test]
fn removes_queues_without_a_slash_and_without_a_mount() {
    isolated(|| {
        drop(posix::queue("/one", 0o600));
        drop(posix::queue("/two", 0o600));
        let run = ours("ipcrm", ["--posix-mqueue", "one"]).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
        let run = ours("ipcrm", ["-v", "--all=pmsg"]).run();
        assert_eq!((run.status, run.out()), (Some(0), "removing POSIX message queue `/two'\n"));
        assert_eq!(posix::queues(), "");
    });
}

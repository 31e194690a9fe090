//! An ordinary user, in a /dev/shm with the sticky bit.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::namespace::{cover_directory, isolated, require_root, require_users};
use crate::support::objects::as_user;
use crate::support::posix::{files, queue, queues, semaphore, shm};
use crate::support::programs::{NOBODY, Outcome, ours};
use crate::support::sys;

fn as_nobody(args: &[&str]) -> Outcome {
    ours("ipcrm", args).nobody().run()
}

/// A /dev with the directories of objects and the queues of this namespace.
fn mount_queues() {
    cover_directory("/dev");
    for directory in ["/dev/shm", "/dev/mqueue"] {
        fs::create_dir(directory).expect("a directory");
        fs::set_permissions(directory, fs::Permissions::from_mode(0o1777)).expect("its mode");
    }
    let null = nix::sys::stat::makedev(1, 3);
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o666);
    nix::sys::stat::mknod("/dev/null", nix::sys::stat::SFlag::S_IFCHR, mode, null).expect("null");
    sys::mount("mqueue", "/dev/mqueue", Some("mqueue"), 0, None).expect("mounting the queues");
}

/// Objects of root and of nobody, each named after its owner.
fn make() {
    drop(shm("/root", 10, 0o666));
    drop(queue("/root", 0o666));
    semaphore("/root", 1);
    as_user(NOBODY, NOBODY, || {
        drop(shm("/mine", 10, 0o600));
        drop(queue("/mine", 0o600));
        semaphore("/mine", 1);
        drop(shm("/unreadable", 10, 0));
    });
}

#[test]
fn a_user_removes_only_what_is_theirs() {
    require_users("objects of two users are needed");
    isolated(|| {
        make();
        for option in ["--posix-shmem", "--posix-mqueue", "--posix-semaphore"] {
            let run = as_nobody(&[option, "root", option, "/mine"]);
            assert_eq!(
                (run.status, run.out(), run.err()),
                (Some(1), "", "ipcrm: permission denied for name `root'\n")
            );
        }
        assert_eq!((files(), queues()), ("root sem.root unreadable".to_owned(), "root".to_owned()));
        assert_eq!(as_nobody(&["pshm", "unreadable"]).out(), "resource(s) deleted\n");
    });
}

#[test]
fn all_removes_what_may_be_removed() {
    require_users("objects of two users are needed");
    isolated(|| {
        make();
        for kind in ["pshm", "psem"] {
            let denied = "permission denied for name `root'\n";
            let dry = as_nobody(&["-n", &format!("-a{kind}")]);
            assert_eq!((dry.status, dry.err()), (Some(0), ""), "{dry:?}");
            assert!(dry.out().contains(&format!("would fail: {denied}")), "{dry:?}");
            assert!(dry.out().contains(" mine (owner nobody, "), "{dry:?}");
            let run = as_nobody(&[&format!("-a{kind}")]);
            assert_eq!((run.status, run.err()), (Some(1), &*format!("ipcrm: {denied}")));
        }
        assert_eq!(files(), "root sem.root");
    });
}

#[test]
fn queues_are_listed_only_where_they_can_be_read() {
    require_root("objects of two users are needed");
    isolated(|| {
        make();
        // Nothing shows the queues of this namespace to an ordinary user.
        let blind = as_nobody(&["-apmsg"]);
        assert_eq!(
            (blind.status, blind.err()),
            (
                Some(1),
                "ipcrm: cannot read POSIX message queues: /dev/mqueue is not mounted; root can read \
                 them without it\n"
            )
        );
        let dry = as_nobody(&["-n", "pmsg", "mine"]);
        assert_eq!(
            (dry.status, dry.out(), dry.err()),
            (Some(1), "", "ipcrm: cannot read name `mine': Operation not permitted\n")
        );
        assert_eq!(queues(), "mine root");
        mount_queues();
        let run = as_nobody(&["-apmsg"]);
        assert_eq!(
            (run.status, run.err()),
            (Some(1), "ipcrm: permission denied for name `/root'\n")
        );
        assert_eq!(queues(), "root");
    });
}

#[test]
fn the_queues_of_another_namespace_stay() {
    require_root("objects of two users are needed");
    isolated(|| {
        mount_queues();
        as_user(NOBODY, NOBODY, || drop(queue("/same", 0o600)));
        // The mount shows the queues of the outer namespace there, too.
        let inner = as_nobody_in_another_namespace(&["pmsg", "same"]);
        assert_eq!(inner.err(), "ipcrm: name `same' not found\n");
        let inner = as_nobody_in_another_namespace(&["-apmsg"]);
        assert_eq!(
            (inner.status, inner.err()),
            (
                Some(1),
                "ipcrm: cannot read POSIX message queues: /dev/mqueue shows those of another IPC \
                 namespace; root can read them without it\n"
            )
        );
        assert_eq!(queues(), "same");
    });
}

/// Runs it in a namespace without objects, with the mounts of this one.
fn as_nobody_in_another_namespace(args: &[&str]) -> Outcome {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWIPC).expect("a namespace");
            as_nobody(args)
        });
        run.join().expect("a run")
    })
}

#[test]
fn a_dry_run_predicts_what_the_directory_allows() {
    require_users("a directory of another user is needed");
    isolated(|| {
        drop(shm("/root", 10, 0o600));
        let predict = |mode: u32, uid: u32| {
            fs::set_permissions("/dev/shm", fs::Permissions::from_mode(mode)).expect("its mode");
            std::os::unix::fs::chown("/dev/shm", Some(uid), None).expect("its owner");
            let dry = as_nobody(&["-n", "pshm", "root"]);
            assert_eq!(dry.status, Some(0), "{dry:?}");
            let predicted = dry.out().starts_with("would remove");
            let run = as_nobody(&["pshm", "root"]);
            assert_eq!(run.status == Some(0), predicted, "{mode:o} {uid}: {dry:?} {run:?}");
            if predicted {
                drop(shm("/root", 10, 0o600));
            }
            predicted
        };
        assert!(!predict(0o1777, 0));
        assert!(predict(0o777, 0));
        assert!(!predict(0o755, 0));
        assert!(predict(0o1755, NOBODY));
        // Without search permission nothing can be looked at.
        fs::set_permissions("/dev/shm", fs::Permissions::from_mode(0o1777)).expect("its mode");
    });
}

#[test]
fn a_file_system_that_is_read_only_ends_the_run() {
    isolated(|| {
        cover_directory("/dev/shm");
        drop(shm("/a", 10, 0o600));
        drop(shm("/b", 10, 0o600));
        let flags = nix::libc::MS_REMOUNT | nix::libc::MS_BIND | nix::libc::MS_RDONLY;
        sys::mount("none", "/dev/shm", None, flags, None).expect("remounting");
        let run = ours("ipcrm", ["-apshm"]).run();
        assert_eq!(
            (run.status, run.err()),
            (Some(1), "ipcrm: name failed: Read-only file system\n")
        );
        let dry = ours("ipcrm", ["-n", "pshm", "a"]).run();
        assert_eq!(dry.status, Some(1), "{dry:?}");
        assert!(dry.err().ends_with("name `a': Read-only file system\n"), "{dry:?}");
        assert_eq!(files(), "a b");
    });
}

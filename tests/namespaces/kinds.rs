//! What keeps a namespace: processes, threads, mounts.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use ipcs::sys::mounts::{Direction, neighbour};
use ipcs::sys::namespace::in_namespace;
use ipcs::sys::{Errno, StatBy, shm};
use nix::libc;

use super::{
    bind, descriptors_of, elsewhere, found, isolated_alone, kept_by_a_file, own,
    start_in_user_namespace,
};
use crate::support::actor::{Actor, until};
use crate::support::namespace::{EVERY_PROCESS, another, other_mounts, require_root};
use crate::support::objects::{Sems, Shm};
use crate::support::programs::NOBODY;
use crate::support::sys;

#[test]
fn processes_that_share_one_are_counted_in_it() {
    isolated_alone(|| {
        let ([first, second], inode) = elsewhere();
        let namespace = found(inode).unwrap();
        assert_eq!((namespace.processes, namespace.is_current), (2, false));
        assert_eq!((namespace.error, namespace.owner_uid), (None, Some(0)));
        let oldest = namespace.oldest.unwrap();
        assert_eq!((oldest.pid, oldest.uid), (first.pid().min(second.pid()), 0));
        assert!(oldest.command.ends_with(b" an actor"), "{}", oldest.command.escape_ascii());
    });
}

#[test]
fn the_current_namespace_comes_first_and_the_thread_stays_in_it() {
    isolated_alone(|| {
        let inode = own();
        let ([_actor], other) = elsewhere();
        let namespaces = super::all().namespaces;
        let current: Vec<u64> =
            namespaces.iter().filter(|it| it.is_current).map(|it| it.id.inode).collect();
        assert_eq!((current, namespaces[0].id.inode), (vec![inode], inode));
        assert_ne!(other, inode);
        assert_eq!(own(), inode);
        drop(namespaces);
        // Other tests of this process look for namespaces too.
        until("all are closed", || descriptors_of(inode) == 0 && descriptors_of(other) == 0);
    });
}

#[test]
fn objects_are_read_in_the_namespace_that_was_found() {
    isolated_alone(|| {
        let (file, inode) = kept_by_a_file();
        let id = in_namespace(&file, || Shm::keyed(0x5e, 4096, 0o600).id).unwrap();
        let actor = in_namespace(&file, Actor::start).unwrap();
        drop(file);
        let namespace = found(inode).unwrap();
        let file = namespace.file.unwrap();
        let key = in_namespace(&file, || shm::stat(id, StatBy::Any).unwrap().key).unwrap();
        assert_eq!(key.unwrap().0, 0x5e);
        assert!(shm::stat(id, StatBy::Any).is_err());
        drop(actor);
    });
}

#[test]
fn a_thread_may_have_one_of_its_own() {
    isolated_alone(|| {
        let home = own();
        let mut actor = Actor::start();
        let (file, inode) = kept_by_a_file();
        let set = in_namespace(&file, || Sems::private(1, 0o600).id).unwrap();
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        actor.tell(&format!("thread enter-and-wait {path} {set}"));
        until("it waits", || found(inode).is_some_and(|it| it.processes == 1));
        assert_eq!(found(inode).unwrap().oldest.unwrap().pid, actor.pid());
        // Its first thread is still here, and so is this thread of the tests.
        assert_eq!(found(home).unwrap().processes, 2);
        drop(file);
        let namespace = found(inode).unwrap();
        in_namespace(&namespace.file.unwrap(), || Sems { id: set }.remove()).unwrap();
    });
}

#[test]
fn a_process_whose_first_thread_has_exited_counts() {
    isolated_alone(|| {
        let ([mut actor], inode) = elsewhere();
        actor.tell("first-thread-exits");
        let namespace = found(inode).unwrap();
        assert_eq!(namespace.processes, 1);
        assert_eq!(namespace.oldest.unwrap().pid, actor.pid());
    });
}

#[test]
fn zombies_do_not_count() {
    isolated_alone(|| {
        let ([mut dead, living], inode) = elsewhere();
        dead.kill_unreaped();
        until("it has exited", || found(inode).is_some_and(|it| it.processes == 1));
        assert_eq!(found(inode).unwrap().oldest.unwrap().pid, living.pid());
        drop(living);
        // Nothing keeps it any more.
        until("it has ended", || found(inode).is_none());
    });
}

#[test]
fn a_namespace_with_only_a_mount_is_found() {
    isolated_alone(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a b\\\n#");
        fs::write(&path, "").unwrap();
        let (file, inode) = kept_by_a_file();
        let id = in_namespace(&file, || Shm::private(4096, 0o600).id).unwrap();
        bind(&file, path.to_str().unwrap());
        drop(file);
        let namespace = found(inode).unwrap();
        assert_eq!((namespace.processes, namespace.error), (0, None));
        assert!(namespace.oldest.is_none() && namespace.container.is_none());
        let file = namespace.file.unwrap();
        assert!(in_namespace(&file, || shm::stat(id, StatBy::Any).is_ok()).unwrap());
        // Seen through the mount alone.
        drop(file);
        until("it is closed", || descriptors_of(inode) == 0);
        assert!(found(inode).is_some());
        // What is mounted over it hides it, and is not an error.
        sys::mount("/dev/zero", path.to_str().unwrap(), None, libc::MS_BIND, None).unwrap();
        let all = super::all();
        assert!(all.namespaces.iter().all(|it| it.id.inode != inode || it.error.is_none()));
    });
}

/// A mount namespace that no process is in, but only a descriptor keeps. Since Linux 6.12, root can
/// list it.
#[test]
fn a_mount_without_a_process_is_found_where_the_kernel_lists_mount_namespaces() {
    isolated_alone(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mounted");
        fs::write(&path, "").unwrap();
        let (file, inode) = kept_by_a_file();
        let mounts = other_mounts(|| {
            bind(&file, path.to_str().unwrap());
            fs::File::open("/proc/thread-self/ns/mnt").unwrap()
        });
        drop(file);
        until("it is closed", || descriptors_of(inode) == 0);
        let can_list = matches!(neighbour(&mounts, Direction::Next), Ok(_) | Err(Errno::ENOENT));
        assert_eq!(found(inode).is_some(), can_list);
        drop(mounts);
        until("it has ended", || found(inode).is_none());
    });
}

#[test]
fn the_owner_of_the_user_namespace_is_named() {
    isolated_alone(|| {
        let child = start_in_user_namespace();
        let link = fs::read_link(format!("/proc/{}/ns/ipc", child.0.id())).unwrap();
        let all = super::all().namespaces;
        let name = |inode: u64| format!("ipc:[{inode}]");
        let namespace =
            all.iter().find(|it| name(it.id.inode).as_bytes() == link.as_os_str().as_bytes());
        let namespace = namespace.unwrap();
        assert_eq!((namespace.owner_uid, namespace.processes), (Some(NOBODY), 1));
        let oldest = namespace.oldest.as_ref().unwrap();
        assert_eq!((oldest.uid, &oldest.command[..]), (NOBODY, &b"sleep 1000"[..]));
    });
}

#[test]
fn a_command_line_is_passed_on_as_it_is() {
    isolated_alone(|| {
        let name: &[u8] = b"\x1b[31m]) S 1\n\xff";
        let (_actor, inode) = another(|| (Actor::named(&[name, b"x"]), own()));
        assert_eq!(found(inode).unwrap().oldest.unwrap().command, [name, b" x"].concat());
    });
}

#[test]
fn namespaces_that_come_and_go_are_not_errors() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        let ([actor], inode) = elsewhere();
        let done = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::Relaxed;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(order) {
                    drop(another(|| Command::new("/bin/true").status()));
                }
            });
            for _ in 0..20 {
                let all = super::all();
                assert_eq!(all.gaps, []);
                let mine: Vec<_> =
                    all.namespaces.iter().filter(|it| it.id.inode == inode).collect();
                assert_eq!((mine.len(), mine[0].processes), (1, 1));
                assert_eq!(mine[0].oldest.as_ref().unwrap().pid, actor.pid());
                let errors = all.namespaces.iter().filter(|it| it.error.is_some());
                assert_eq!(errors.count(), 0);
            }
            done.store(true, order);
        });
    });
}

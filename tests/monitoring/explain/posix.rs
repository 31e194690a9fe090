//! Limits of POSIX objects.

use std::fs::{self, File};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::fcntl::posix_fallocate;

use super::{assert_first, assert_first_of, causes};
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::isolated;
use crate::support::posix::{try_queue, try_semaphore, try_shm};
use crate::support::sys;

/// An empty /dev/shm with these limits.
fn dev_shm(options: &str) {
    let options = format!("mode=1777,{options}");
    sys::mount("tmpfs", "/dev/shm", Some("tmpfs"), 0, Some(&options)).expect("a mount");
}

fn set_mqueue(name: &str, value: u64) {
    fs::write(format!("/proc/sys/fs/mqueue/{name}"), value.to_string()).expect(name);
}

#[test]
fn number_of_queues() {
    isolated(|| {
        set_mqueue("queues_max", 1);
        // Privileges lift the limit.
        let (user, refused) = as_absent_user(|| {
            let _held = try_queue("/first", 1, 1).expect("the first queue");
            try_queue("/second", 1, 1).map(drop)
        });
        let found = assert_first("mq_open", refused, Errno::ENOSPC, ("queues_max", "full"));
        assert_eq!(found["commands"]["show"], format!("ipcs --posix -q --owner {user}"));
        assert_eq!(found["commands"]["remove"], format!("ipcrm -n pmsg --owner {user} --orphaned"));
        assert_eq!(found["commands"]["raise"], "sysctl -w fs.mqueue.queues_max=2");
    });
}

#[test]
fn size_of_a_queue() {
    isolated(|| {
        set_mqueue("msg_max", 4);
        let (_, refused) = as_absent_user(|| {
            try_queue("/fits", 4, 8).map(drop).expect("a queue that is allowed");
            try_queue("/large", 5, 8).map(drop)
        });
        let found = assert_first("mq_open", refused, Errno::EINVAL, ("msg_max", "cannot_tell"));
        assert_eq!(found["reason"], "fails above 4");
        set_mqueue("msgsize_max", 128);
        let (_, refused) = as_absent_user(|| try_queue("/wide", 1, 129).map(drop));
        assert_eq!(refused.err(), Some(Errno::EINVAL));
        assert_eq!(causes("mq_open: EINVAL")[1]["reason"], "fails above 128 bytes");
    });
}

#[test]
fn number_of_files() {
    isolated(|| {
        // The directory is one of them.
        dev_shm("nr_inodes=3");
        let _held = [try_shm("/a").expect("a"), try_shm("/b").expect("b")];
        let refused = try_shm("/c").map(drop);
        let found = assert_first("shm_open", refused, Errno::ENOSPC, ("devshm_inodes", "full"));
        assert_eq!(found["holder"]["used"], 2);
        assert_eq!(found["commands"]["raise"], "mount -o remount,nr_inodes=6 /dev/shm");
        assert_first("sem_open", try_semaphore("/c"), Errno::ENOSPC, ("devshm_inodes", "full"));
    });
}

/// A new file of this size, for which no memory is taken yet.
fn promised(name: &str, size: u64) -> File {
    let file = try_shm(name).expect("shared memory");
    file.set_len(size).expect("ftruncate succeeds beyond the limit");
    file
}

#[test]
fn size_of_all_files() {
    isolated(|| {
        dev_shm("size=64k");
        let file = promised("/a", 1 << 20);
        let allocate = |length| posix_fallocate(file.as_fd(), 0, length);
        let limit = ("devshm_bytes", "cannot_tell");
        let found = assert_first("fallocate", allocate(1 << 17), Errno::ENOSPC, limit);
        assert_eq!(found["reason"], "0 of 65536 bytes in use: fails above 65536 bytes more");
        allocate(1 << 16).expect("all of it");
        let limit = ("devshm_bytes", "full");
        let found = assert_first("fallocate", allocate(1 << 17), Errno::ENOSPC, limit);
        assert_eq!(found["commands"]["show"], "ipcs --posix -m -s --owner root");
        assert_eq!(found["commands"]["remove"], "ipcrm -n pshm psem --owner root --orphaned");
        assert_first("sem_open", try_semaphore("/s"), Errno::ENOSPC, limit);
        // PostgreSQL's words.
        let line = "could not resize shared memory segment \"/PostgreSQL.1\" to 131072 bytes: No space left on device";
        assert_first_of(&causes(line), limit);
        // Touching a page after ftruncate is a signal instead.
        for word in ["Bus error (core dumped)", "SIGBUS", "ftruncate"] {
            assert_first_of(&causes(word), limit);
        }
    });
}

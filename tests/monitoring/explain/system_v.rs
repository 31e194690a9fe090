//! Limits of System V objects.

use nix::errno::Errno;
use nix::libc::IPC_NOWAIT;

use super::{assert_first, causes};
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::{Permissions, Queue, Sems, Shm};
use crate::support::sys;

const FULL: &str = "full";
const CANNOT_TELL: &str = "cannot_tell";

#[test]
fn number_of_sets() {
    isolated(|| {
        set_sysctl("sem", "250 32000 100 2");
        let make = || sys::semget(0, 1, 0o600);
        Sems::private(1, 0o600);
        let (user, _) = as_absent_user(|| Sems::private(1, 0o600));
        let found = assert_first("semget", make(), Errno::ENOSPC, ("semmni", FULL));
        assert_eq!((&found["value"], &found["used"]), (&2.into(), &2.into()));
        assert_eq!(found["commands"]["raise"], "sysctl -w kernel.sem=\"250 32000 100 4\"");
        // Of equal owners, the first one.
        assert_eq!(found["holder"]["uid"], 0);
        set_sysctl("sem", "250 32000 100 4");
        for _ in 0..2 {
            crate::support::objects::as_user(user, user, || Sems::private(1, 0o600));
        }
        let found = assert_first("semget", make(), Errno::ENOSPC, ("semmni", FULL));
        assert_eq!((&found["holder"]["uid"], &found["holder"]["used"]), (&user.into(), &3.into()));
        let commands = &found["commands"];
        assert_eq!(commands["show"], format!("ipcs -s --owner {user}"));
        assert_eq!(commands["remove"], format!("ipcrm -n sem --owner {user} --orphaned"));
        // With room again, it is no longer the reason.
        set_sysctl("sem", "250 32000 100 9");
        assert!(make().is_ok());
        assert!(causes("semget: ENOSPC").iter().all(|cause| cause["verdict"] == "not_this"));
    });
}

#[test]
fn number_of_semaphores() {
    isolated(|| {
        set_sysctl("sem", "250 10 100 128");
        Sems::private(8, 0o600);
        let limit = ("semmns", CANNOT_TELL);
        let found = assert_first("semget", sys::semget(0, 3, 0o600), Errno::ENOSPC, limit);
        assert_eq!(found["reason"], "8 of 10 in use: fails above 2 more");
        Sems::private(2, 0o600);
        let found =
            assert_first("semget", sys::semget(0, 1, 0o600), Errno::ENOSPC, ("semmns", FULL));
        assert_eq!(found["commands"]["raise"], "sysctl -w kernel.sem=\"250 20 100 128\"");
    });
}

#[test]
fn semaphores_of_one_set() {
    isolated(|| {
        set_sysctl("sem", "5 32000 100 128");
        let limit = ("semmsl", CANNOT_TELL);
        let found = assert_first("semget", sys::semget(0, 6, 0o600), Errno::EINVAL, limit);
        assert_eq!(found["reason"], "fails above 5");
        // A limit below 0 refuses every set.
        set_sysctl("sem", "-1 32000 100 128");
        assert_first("semget", sys::semget(0, 1, 0o600), Errno::EINVAL, ("semmsl", FULL));
    });
}

#[test]
fn number_of_segments() {
    isolated(|| {
        set_sysctl("shmmni", "2");
        Shm::private(1, 0o600);
        Shm::private(1, 0o600);
        let made = sys::shmget(0, 1, 0o600);
        let found = assert_first("shmget", made, Errno::ENOSPC, ("shmmni", FULL));
        assert_eq!(found["commands"]["raise"], "sysctl -w kernel.shmmni=4");
    });
}

#[test]
fn size_of_all_segments() {
    isolated(|| {
        set_sysctl("shmall", "4");
        Shm::private(3 * 4096, 0o600);
        let limit = ("shmall", CANNOT_TELL);
        let found = assert_first("shmget", sys::shmget(0, 8192, 0o600), Errno::ENOSPC, limit);
        assert_eq!(found["reason"], "12288 of 16384 bytes in use: fails above 4096 bytes more");
        Shm::private(1, 0o600);
        let found =
            assert_first("shmget", sys::shmget(0, 1, 0o600), Errno::ENOSPC, ("shmall", FULL));
        // The sysctl is in pages.
        assert_eq!(found["commands"]["raise"], "sysctl -w kernel.shmall=8");
    });
}

#[test]
fn size_of_one_segment() {
    isolated(|| {
        set_sysctl("shmmax", "8192");
        let limit = ("shmmax", CANNOT_TELL);
        let found = assert_first("shmget", sys::shmget(0, 8193, 0o600), Errno::EINVAL, limit);
        assert_eq!(found["reason"], "fails above 8192 bytes");
        let others: Vec<_> =
            causes("shmget: EINVAL")[1..].iter().map(|cause| cause["limit"].clone()).collect();
        assert_eq!(others, ["size", "shmmin"]);
    });
}

/// The limit is not the reason if no size is above it.
#[test]
fn requests_that_are_wrong_whatever_the_limit_is() {
    isolated(|| {
        let key = 0x1234;
        Shm::keyed(0x1234, 1, 0o600);
        let smaller = sys::shmget(key, 8192, 0o600);
        assert_first("shmget", smaller, Errno::EINVAL, ("size", CANNOT_TELL));
        assert_eq!(sys::shmget(0, 0, 0o600).err(), Some(Errno::EINVAL));
        let all = causes("shmget: EINVAL");
        assert_eq!(all[1]["limit"], "shmmin");
        assert_eq!((&all[2]["limit"], &all[2]["verdict"]), (&"shmmax".into(), &"not_this".into()));
        Sems::keyed(0x1234, 2, 0o600);
        assert_eq!(sys::semget(key, 3, 0o600).err(), Some(Errno::EINVAL));
        assert!(causes("semget: EINVAL").iter().any(|cause| cause["limit"] == "nsems"));
    });
}

#[test]
fn number_of_queues() {
    isolated(|| {
        set_sysctl("msgmni", "1");
        Queue::private(0o600);
        let found = assert_first("msgget", sys::msgget(0, 0o600), Errno::ENOSPC, ("msgmni", FULL));
        assert_eq!(found["commands"]["show"], "ipcs -q --owner root");
    });
}

#[test]
fn bytes_in_a_queue() {
    isolated(|| {
        set_sysctl("msgmnb", "100");
        let queue = Queue::private(0o600);
        queue.send(60);
        let send = |length| sys::msgsnd(queue.id, 1, length, IPC_NOWAIT);
        let limit = "qbytes (bytes)";
        let found = assert_first("msgsnd", send(41), Errno::EAGAIN, (limit, CANNOT_TELL));
        assert_eq!(found["reason"], "fails above 40 bytes in the queue with the least room");
        queue.send(40);
        let found = assert_first("msgsnd", send(1), Errno::EAGAIN, (limit, FULL));
        assert_eq!(found["reason"], format!("1 queue is full, the first is {}", queue.id));
        assert_eq!(found["commands"]["show"], "ipcs -q --full 100 -P");
        assert_eq!(found["commands"]["raise"], "sysctl -w kernel.msgmnb=200");
    });
}

#[test]
fn messages_in_a_queue() {
    isolated(|| {
        set_sysctl("msgmnb", "10");
        let queue = Queue::private(0o600);
        (0..10).for_each(|_| queue.send(0));
        let sent = sys::msgsnd(queue.id, 1, 0, IPC_NOWAIT);
        assert_first("msgsnd", sent, Errno::EAGAIN, ("qbytes (messages)", FULL));
    });
}

#[test]
fn size_of_one_message() {
    isolated(|| {
        set_sysctl("msgmax", "100");
        let sent = sys::msgsnd(Queue::private(0o600).id, 1, 101, IPC_NOWAIT);
        let found = assert_first("msgsnd", sent, Errno::EINVAL, ("msgmax", CANNOT_TELL));
        assert_eq!(found["reason"], "fails above 100 bytes");
    });
}

#[test]
fn capacity_of_a_queue_without_privileges() {
    isolated(|| {
        set_sysctl("msgmnb", "100");
        let (_, set) = as_absent_user(|| {
            let uid = nix::unistd::geteuid().as_raw();
            let to = Permissions { uid, gid: uid, mode: 0o600 };
            let queue = Queue::private(0o600);
            sys::msg_set(queue.id, to, 100).expect("a capacity that is allowed");
            sys::msg_set(queue.id, to, 101)
        });
        assert_first("msgctl", set, Errno::EPERM, ("msgmnb", CANNOT_TELL));
    });
}

#[test]
fn operations_on_semaphores() {
    isolated(|| {
        set_sysctl("sem", "250 32000 2 128");
        let id = Sems::private(1, 0o600).id;
        let semop = |operations: &[(u16, i16)]| sys::semop(id, operations, 0);
        let found =
            assert_first("semop", semop(&[(0, 1); 3]), Errno::E2BIG, ("semopm", CANNOT_TELL));
        assert_eq!(found["reason"], "fails above 2");
        assert_first("semop", semop(&[(1, 1)]), Errno::EFBIG, ("sem_num", CANNOT_TELL));
        semop(&[(0, i16::MAX)]).expect("the largest value");
        let found = assert_first("semop", semop(&[(0, 1)]), Errno::ERANGE, ("semvmx", CANNOT_TELL));
        assert_eq!(found["reason"], "fails above 32767");
    });
}

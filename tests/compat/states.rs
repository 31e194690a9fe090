//! The states of a namespace that both programs list.
//!
//! Each function makes one state and returns the values that must live during the test.

use std::any::Any;

use crate::support::namespace::{add_users, require_users, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::{NOBODY, theirs};

/// Values that keep a state: attachments and waiters.
pub type Held = Vec<Box<dyn Any>>;

pub fn nothing() -> Held {
    Held::new()
}

pub fn private_and_keyed() -> Held {
    Shm::private(1, 0o600);
    Shm::keyed(0x1234, 5000, 0o640);
    Shm::keyed(1, 1_048_576, 0o666);
    Queue::private(0o600);
    Queue::keyed(0xabcd, 0o644);
    Sems::private(1, 0o600);
    Sems::keyed(0x77, 3, 0o660);
    Held::new()
}

/// Keys that are negative numbers in /proc/sysvipc.
pub fn negative_keys() -> Held {
    for key in [0xdead_beef, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 1] {
        Shm::keyed(key, 4096, 0o600);
        Queue::keyed(key, 0o600);
        Sems::keyed(key, 2, 0o600);
    }
    Held::new()
}

/// Segments that are attached once, twice, read-only, detached, and never attached.
pub fn attached() -> Held {
    Shm::private(4096, 0o600);
    let once = Shm::keyed(2, 4096, 0o600).attach();
    let twice = Shm::keyed(3, 1_048_576, 0o644);
    let (first, second) = (twice.attach(), twice.attach_read_only());
    first.touch(100_000);
    drop(Shm::keyed(4, 4097, 0o600).attach());
    vec![Box::new(once), Box::new(first), Box::new(second)]
}

pub fn marked_and_locked() -> Held {
    let marked = Shm::keyed(0x10, 5000, 0o600);
    let held = marked.attach();
    marked.remove();
    let locked = Shm::keyed(0x11, 5000, 0o606);
    locked.lock();
    let both = Shm::keyed(0x12, 5000, 0o777);
    let held_too = both.attach();
    both.lock();
    both.remove();
    Shm::keyed(0x13, 5000, 0o600);
    vec![Box::new(held), Box::new(held_too)]
}

/// Sizes with few and many digits. Large segments need no memory until pages are touched.
pub fn sizes() -> Held {
    set_sysctl("shmmax", "18446744073692774399");
    set_sysctl("shmall", "18446744073692774399");
    let wide: [usize; 21] = [
        1,
        999,
        1000,
        1023,
        1024,
        1025,
        1500,
        1536,
        4095,
        5000,
        1_047_000,
        1_048_575,
        1_048_576,
        1_073_741_823,
        3_000_000_000,
        9_999_999_999,
        10_000_000_000,
        123_456_789_012,
        1_099_511_627_775,
        1_125_899_906_842_623,
        4_611_686_018_427_387_904,
    ];
    for size in wide {
        Shm::unreserved(size, 0o600);
    }
    for length in [0, 1, 999, 1000, 1023, 1024, 1500, 4096, 8192] {
        Queue::private(0o600).send(length);
    }
    set_sysctl("msgmax", "1000000");
    // The capacity of queues made after this.
    set_sysctl("msgmnb", "1000000");
    Queue::private(0o600).send(999_999);
    for count in [1, 2, 999, 32_000] {
        Sems::private(count, 0o600);
    }
    Held::new()
}

pub fn modes() -> Held {
    for mode in [
        0, 1, 0o7, 0o10, 0o70, 0o77, 0o100, 0o200, 0o400, 0o444, 0o505, 0o600, 0o666, 0o700, 0o755,
        0o777,
    ] {
        Shm::private(4096, mode);
        Queue::private(mode);
        Sems::private(1, mode);
    }
    Held::new()
}

/// Owners whose names are truncated, whose names just fit, and who have no name.
pub fn owners() -> Held {
    require_users("it makes objects that belong to other users");
    add_users(&[
        (&b"ten-chars-"[..], 70_010),
        (b"eleven-chars", 70_011),
        (b"a-name-that-is-longer-than-any-column", 70_037),
        ("n\u{e4}m\u{e9}-\u{fc}\u{f6}\u{e4}\u{df}".as_bytes(), 70_012),
        // Names from systems without UTF-8.
        (b"M\xfcller", 70_013),
        (b"\xc4\xd6\xdc-the-\xfcber-long", 70_014),
        (b"x", 4_000_000_000),
    ]);
    for uid in [
        0,
        1,
        NOBODY,
        70_010,
        70_011,
        70_012,
        70_013,
        70_014,
        70_037,
        12_345,
        12_345_678,
        65_535,
        65_536,
        2_147_483_647,
        2_147_483_648,
        4_000_000_000,
        4_294_967_294,
    ] {
        Shm::private(4096, 0o600).set(uid, uid, 0o640);
        Queue::private(0o600).set(uid, 0, 0o604);
        Sems::private(1, 0o600).set(0, uid, 0o660);
        Sems::private(1, 0o600).set(uid, uid, 0o600);
    }
    Held::new()
}

/// Objects whose creator and owner differ.
pub fn creators() -> Held {
    require_users("it makes objects as other users");
    for (uid, gid) in [(NOBODY, NOBODY), (1, 2), (12_345_678, 54_321), (3_000_000_000, 7)] {
        let (shm, queue, sems) = as_user(uid, gid, || {
            (Shm::private(5000, 0o600), Queue::private(0o620), Sems::private(2, 0o666))
        });
        as_user(uid, gid, || {
            Shm::private(5000, 0o600);
        });
        shm.set(33, 33, 0o640);
        queue.set(0, 7, 0o600);
        sems.set(12_345, 0, 0o600);
    }
    Held::new()
}

pub fn messages() -> Held {
    Queue::private(0o600);
    let sent = Queue::keyed(0x3e50, 0o644);
    sent.send(1500);
    let both = Queue::keyed(0x3e51, 0o666);
    for length in [10, 0, 5000, 1] {
        both.send(length);
    }
    assert_eq!(both.receive(), 10, "the first message comes out first");
    let emptied = Queue::keyed(0x3e52, 0o600);
    emptied.send(3);
    emptied.receive();
    let many = Queue::private(0o600);
    for _ in 0..1000 {
        many.send(1);
    }
    Held::new()
}

pub fn waiters() -> Held {
    let set = Sems::keyed(0x5e, 5, 0o600);
    set.operate(1, 3);
    set.set_value(2, 32_767);
    let mut held: Held = vec![
        Box::new(set.wait_for_increase(0, 1)),
        Box::new(set.wait_for_increase(0, 2)),
        Box::new(set.wait_for_zero(1)),
        Box::new(set.wait_for_increase(1, 30)),
        Box::new(set.wait_for_zero(2)),
    ];
    let one = Sems::private(1, 0o666);
    held.push(Box::new(one.wait_for_increase(0, 1)));
    let idle = Sems::private(3, 0o600);
    idle.operate(2, 1);
    idle.operate(2, -1);
    held
}

/// Objects made by a process that has ended.
pub fn dead_creator() -> Held {
    let made = theirs("ipcmk", ["-M", "4096", "-Q", "-S", "4", "-p", "600"]).run();
    assert_eq!(made.status, Some(0), "{}", made.err());
    Held::new()
}

/// Objects in reused slots: the id is not the slot's number.
pub fn advanced_sequence() -> Held {
    // The kernel uses slots in turn; with few slots the sequence number advances.
    set_sysctl("shmmni", "4");
    set_sysctl("msgmni", "4");
    for _ in 0..400 {
        Shm::private(1, 0o600).remove();
        Queue::private(0o600).remove();
        Sems::private(1, 0o600).remove();
    }
    let ids = [Shm::keyed(5, 1, 0o600).id, Queue::keyed(5, 0o600).id, Sems::keyed(5, 1, 0o600).id];
    assert!(ids[..2].iter().all(|&id| id >= 32_768), "the sequence number advanced: {ids:?}");
    Shm::private(2, 0o600);
    Queue::private(0o600);
    Sems::private(2, 0o600);
    Held::new()
}

/// The widest ids: eight and ten digits.
pub fn widest_ids() -> Held {
    for (name, ids) in [
        ("shm_next_id", [2_147_450_880, 99_999_744]),
        ("msg_next_id", [2_147_450_880, 99_999_744]),
        ("sem_next_id", [2_147_450_880, 99_999_744]),
    ] {
        for id in ids {
            set_sysctl(name, &id.to_string());
            let made = match name {
                "shm_next_id" => Shm::private(4096, 0o600).id,
                "msg_next_id" => Queue::private(0o600).id,
                _ => Sems::private(2, 0o600).id,
            };
            assert_eq!(made, id, "the id requested with {name}");
        }
    }
    Held::new()
}

pub fn many() -> Held {
    for index in 0..300 {
        Shm::keyed(0x1000 + index, 4096 * (index as usize + 1), 0o600);
        Queue::keyed(0x1000 + index, 0o644);
        Sems::keyed(0x1000 + index, index as i32 + 1, 0o660);
    }
    Held::new()
}

/// A few remaining objects of many, at both ends of the table and in between.
pub fn sparse() -> Held {
    for index in 0..700 {
        let shm = Shm::private(4096, 0o600);
        let queue = Queue::private(0o600);
        let sems = Sems::private(1, 0o600);
        if ![1, 350, 351, 698].contains(&index) {
            shm.remove();
            queue.remove();
            sems.remove();
        }
    }
    Held::new()
}

//! Random objects.

use ipcs::model::{
    Body, Content, Device, FileId, FileType, Id, Identity, Key, Kind, Layout, Mode, Msg, Object,
    Owner, Pmsg, PosixFile, PosixName, Psem, Sem, Shm,
};
use proptest::prelude::*;

/// The last second of the year 9999, and the first of the year 1.
pub const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Times as the kernel has them: never, ordinary ones, and all that a calendar with four digits for
/// the year has.
fn time() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 1_000_000_000..2_000_000_000i64, TIMES]
}

/// Numbers, often small or at a limit.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..10u64, any::<u32>().prop_map(u64::from), any::<u64>(), Just(u64::MAX)]
}

fn pid() -> impl Strategy<Value = i32> {
    prop_oneof![Just(0), 1..i32::MAX]
}

fn body(kind: Kind) -> BoxedStrategy<Body> {
    let (times, pids, counts) = ((time(), time()), (pid(), pid()), (count(), count()));
    match kind {
        Kind::Shm => {
            let memory = prop_oneof![Just(None), (count(), count()).prop_map(Some)];
            (counts, pids, times, memory)
                .prop_map(|((size, nattch), (cpid, lpid), (atime, dtime), memory)| {
                    let (rss, swap) = memory.unzip();
                    Body::Shm(Shm { size, nattch, cpid, lpid, atime, dtime, rss, swap })
                })
                .boxed()
        }
        Kind::Msg => (counts, pids, times, proptest::option::of(count()))
            .prop_map(|((cbytes, qnum), (lspid, lrpid), (stime, rtime), qbytes)| {
                Body::Msg(Msg { cbytes, qbytes, qnum, lspid, lrpid, stime, rtime })
            })
            .boxed(),
        Kind::Sem => {
            (count(), time()).prop_map(|(nsems, otime)| Body::Sem(Sem { nsems, otime })).boxed()
        }
        Kind::Pshm | Kind::Pmsg | Kind::Psem => panic!("{kind:?} is not a kind of System V"),
    }
}

/// An object of this kind.
pub fn object(kind: Kind) -> impl Strategy<Value = Object> {
    let users = prop_oneof![Just([0; 4]), any::<[u32; 4]>()];
    let key = prop_oneof![Just(0), any::<u32>()];
    (0..=i32::MAX, key, users, 0u16..0o4000, time(), body(kind)).prop_map(
        move |(id, key, [uid, gid, cuid, cgid], mode, ctime, body)| Object {
            identity: Identity::sysv(kind, Id(id)),
            key: Some(Key(key)),
            seq: None,
            owner: Owner { uid, gid },
            creator: Some(Owner { uid: cuid, gid: cgid }),
            mode: Mode(mode),
            ctime,
            body,
        },
    )
}

/// An object of any kind.
pub fn any_object() -> impl Strategy<Value = Object> {
    proptest::sample::select(Kind::SYSTEM_V).prop_flat_map(object)
}

/// A name that a file may have, often one of well-known software.
fn file_name() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        1..=u8::MAX,
        proptest::sample::select(&b" ,\"'\\\n\r\t-.%$`x0\x1b\xff\xc3\xa9"[..])
    ];
    let any = proptest::collection::vec(byte.prop_filter("a slash", |byte| *byte != b'/'), 1..40);
    let known = proptest::sample::select(&["psm_0123abcd", "sem.mp-x", "sem.", "-", "..."][..]);
    prop_oneof![any, known.prop_map(|name| name.as_bytes().to_vec())]
}

fn posix_file() -> impl Strategy<Value = PosixFile> {
    let types = [&[FileType::Regular], &FileType::OTHERS[..]].concat();
    let numbers = (count(), count(), count(), count());
    (numbers, (time(), time()), proptest::sample::select(types)).prop_map(
        |((inode, size, allocated, links), (atime, mtime), file_type)| PosixFile {
            in_memory: true,
            id: FileId { device: Device { major: 0, minor: 1 }, inode },
            file_type,
            changed: (mtime, 0),
            size,
            allocated,
            links,
            atime,
            mtime,
        },
    )
}

fn content() -> impl Strategy<Value = Content> {
    let layout = proptest::sample::select(&[Layout::Glibc, Layout::Musl][..]);
    let waiting = proptest::option::of(count());
    let semaphore = (layout, any::<u32>(), waiting)
        .prop_map(|(layout, value, waiting)| Content::Semaphore { layout, value, waiting });
    prop_oneof![semaphore, Just(Content::Foreign), Just(Content::Unknown)]
}

fn posix_body(kind: Kind) -> BoxedStrategy<Body> {
    let figures = proptest::array::uniform4(proptest::option::of(count()));
    let signal = proptest::option::of(1..65i32);
    match kind {
        Kind::Pshm => posix_file().prop_map(Body::Pshm).boxed(),
        Kind::Psem => (posix_file(), content())
            .prop_map(|(file, content)| Body::Psem(Psem { file, content }))
            .boxed(),
        Kind::Pmsg => (posix_file(), figures, proptest::option::of(1..i32::MAX), signal)
            .prop_map(|(file, [qnum, cbytes, maxmsg, msgsize], notify_pid, notify_signal)| {
                let queue = Pmsg { file, qnum, cbytes, maxmsg, msgsize, notify_pid, notify_signal };
                Body::Pmsg(queue)
            })
            .boxed(),
        Kind::Shm | Kind::Msg | Kind::Sem => panic!("{kind:?} is not a kind of POSIX"),
    }
}

/// A POSIX object of any kind.
pub fn any_posix_object() -> impl Strategy<Value = Object> {
    proptest::sample::select(Kind::POSIX).prop_flat_map(|kind| {
        let parts = (file_name(), any::<[u32; 2]>(), 0u16..0o1000, time(), posix_body(kind));
        parts.prop_map(move |(name, [uid, gid], mode, ctime, body)| Object {
            identity: Identity::posix(kind, PosixName::of_file(kind, &name)),
            key: None,
            seq: None,
            owner: Owner { uid, gid },
            creator: None,
            mode: Mode(mode),
            ctime,
            body,
        })
    })
}

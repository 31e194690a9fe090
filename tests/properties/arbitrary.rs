//! Random objects.

use ipcs::model::{Body, Id, Identity, Key, Kind, Mode, Msg, Object, Owner, Sem, Shm};
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

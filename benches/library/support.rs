//! Shared code of the benchmarks: synthetic objects and tables, and a namespace for real objects.

use std::fmt::Write as _;
use std::process;
use std::time::Duration;

use criterion::Criterion;
use ipcs::columns::{self, AsRow, Row};
use ipcs::model::{Id, Key, Kind, Mode, MsgQueue, Perm, SemSet, Shm};
use ipcs::names::Names;
use ipcs::render::Section;
use ipcs::sys::{msg, sem, shm};
use nix::sched::{CloneFlags, unshare};

/// Rows of a synthetic listing.
pub const ROWS: i32 = 10_000;
/// The time that all synthetic times are close to.
pub const NOW: i64 = 1_795_413_386;

/// Short runs, because `tests/guard` and not these times guard against regressions.
pub fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
}

/// Enters a private IPC namespace, or exits with an error.
pub fn enter_namespace() {
    if let Err(error) = unshare(CloneFlags::CLONE_NEWIPC) {
        fail(&format!(
            "cannot create a private IPC namespace for the objects of this benchmark: {error}"
        ));
    }
    for (name, value) in
        [("shmmni", "32768"), ("msgmni", "32768"), ("sem", "32000 1024000000 500 32768")]
    {
        let path = format!("/proc/sys/kernel/{name}");
        if let Err(error) = std::fs::write(&path, value) {
            fail(&format!("writing {path}: {error}"));
        }
    }
}

/// Makes `count` real objects of each kind.
pub fn make(count: i32) {
    for _ in 0..count {
        let made = shm::get(Key::PRIVATE, 4096, 0o600)
            .and_then(|_| msg::get(Key::PRIVATE, 0o600))
            .and_then(|_| sem::get(Key::PRIVATE, 2, 0o600));
        if let Err(error) = made {
            fail(&format!("making objects: {error}"));
        }
    }
}

#[allow(clippy::print_stderr, clippy::exit, reason = "this ends the program")]
fn fail(reason: &str) -> ! {
    eprintln!("{reason}");
    process::exit(1);
}

fn perm(number: i32) -> Perm {
    Perm {
        key: Key(number.cast_unsigned().wrapping_mul(0x9e37_79b9)),
        id: Id(number),
        seq: Some(0),
        uid: 0,
        gid: 0,
        cuid: 0,
        cgid: 0,
        mode: Mode(0o640),
    }
}

/// Synthetic objects of each kind, with numbers of every length.
pub struct Objects {
    pub shm: Vec<Shm>,
    pub msg: Vec<MsgQueue>,
    pub sem: Vec<SemSet>,
}

impl Objects {
    /// Makes `count` objects of each kind.
    pub fn new(count: i32) -> Objects {
        Objects {
            shm: (0..count).map(segment).collect(),
            msg: (0..count).map(queue).collect(),
            sem: (0..count).map(set).collect(),
        }
    }

    /// A list of one kind with these columns.
    pub fn section(&self, kind: Kind, columns: Vec<&'static columns::Column>) -> Section<'_> {
        let rows: Vec<Row<'_>> = match kind {
            Kind::Shm => self.shm.iter().map(AsRow::row).collect(),
            Kind::Msg => self.msg.iter().map(AsRow::row).collect(),
            Kind::Sem => self.sem.iter().map(AsRow::row).collect(),
        };
        Section { kind, columns, rows, spare: &[], dispensable: &[] }
    }
}

fn segment(number: i32) -> Shm {
    Shm {
        perm: perm(number),
        size: 4096 << (number % 20),
        nattch: (number % 7).unsigned_abs().into(),
        cpid: number,
        lpid: number * 3,
        atime: if number % 3 == 0 { 0 } else { NOW - i64::from(number) },
        dtime: NOW - i64::from(number) / 2,
        ctime: NOW - i64::from(number) * 60,
        rss: Some(4096),
        swap: Some(0),
    }
}

fn queue(number: i32) -> MsgQueue {
    MsgQueue {
        perm: perm(number),
        cbytes: number.unsigned_abs().into(),
        qbytes: Some(16_384),
        qnum: (number % 100).unsigned_abs().into(),
        lspid: number,
        lrpid: number * 3,
        stime: NOW - i64::from(number),
        rtime: if number % 3 == 0 { 0 } else { NOW - i64::from(number) },
        ctime: NOW - i64::from(number) * 60,
    }
}

fn set(number: i32) -> SemSet {
    SemSet {
        perm: perm(number),
        nsems: (number % 250).unsigned_abs().into(),
        otime: if number % 3 == 0 { 0 } else { NOW - i64::from(number) },
        ctime: NOW - i64::from(number) * 60,
    }
}

/// The text of /proc/sysvipc/shm for these segments (ipc/shm.c, `sysvipc_shm_proc_show`).
pub fn shm_text(objects: &Objects) -> String {
    let mut text = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n".to_owned();
    for shm in &objects.shm {
        let Perm { key, id, uid, gid, cuid, cgid, mode, .. } = shm.perm;
        let _ = writeln!(
            text,
            "{:10} {:10}  {:4o} {:21} {:5} {:5}  {:5} {uid:5} {gid:5} {cuid:5} {cgid:5} {:10} {:10} {:10} {:21} {:21}",
            key.0.cast_signed(),
            id.0,
            mode.0,
            shm.size,
            shm.cpid,
            shm.lpid,
            shm.nattch,
            shm.atime,
            shm.dtime,
            shm.ctime,
            shm.rss.unwrap_or(0),
            shm.swap.unwrap_or(0),
        );
    }
    text
}

/// The text of /proc/sysvipc/msg for these queues (ipc/msg.c, `sysvipc_msg_proc_show`).
pub fn msg_text(objects: &Objects) -> String {
    let mut text = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n".to_owned();
    for msg in &objects.msg {
        let Perm { key, id, uid, gid, cuid, cgid, mode, .. } = msg.perm;
        let _ = writeln!(
            text,
            "{:10} {:10}  {:4o}  {:10} {:10} {:5} {:5} {uid:5} {gid:5} {cuid:5} {cgid:5} {:10} {:10} {:10}",
            key.0.cast_signed(),
            id.0,
            mode.0,
            msg.cbytes,
            msg.qnum,
            msg.lspid,
            msg.lrpid,
            msg.stime,
            msg.rtime,
            msg.ctime,
        );
    }
    text
}

/// The text of /proc/sysvipc/sem for these sets (ipc/sem.c, `sysvipc_sem_proc_show`).
pub fn sem_text(objects: &Objects) -> String {
    let mut text =
        "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
            .to_owned();
    for sem in &objects.sem {
        let Perm { key, id, uid, gid, cuid, cgid, mode, .. } = sem.perm;
        let _ = writeln!(
            text,
            "{:10} {:10}  {:4o} {:10} {uid:5} {gid:5} {cuid:5} {cgid:5} {:10} {:10}",
            key.0.cast_signed(),
            id.0,
            mode.0,
            sem.nsems,
            sem.otime,
            sem.ctime,
        );
    }
    text
}

/// The names of users and groups, as a listing resolves them.
pub fn names() -> Names {
    Names::new()
}

//! Shared code of the benchmarks: synthetic objects and tables, and a namespace for real objects.

use std::fmt::Write as _;
use std::process;
use std::time::Duration;

use criterion::Criterion;
use ipcs::columns::{Adaption, Column, Row};
use ipcs::model::{Body, Id, Identity, Key, Kind, Mode, Msg, Object, Owner, Sem, Shm};
use ipcs::names::Names;
use ipcs::query::RowSink;
use ipcs::render::KindColumns;
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

fn object(kind: Kind, number: i32, body: Body) -> Object {
    Object {
        identity: Identity::sysv(kind, Id(number)),
        key: Some(Key(number.cast_unsigned().wrapping_mul(0x9e37_79b9))),
        seq: Some(0),
        owner: Owner::default(),
        creator: Some(Owner::default()),
        mode: Mode(0o640),
        ctime: NOW - i64::from(number) * 60,
        body,
    }
}

/// Synthetic objects of each kind, with numbers of every length.
pub struct Objects {
    pub shm: Vec<Object>,
    pub msg: Vec<Object>,
    pub sem: Vec<Object>,
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

    /// The objects of one kind.
    pub fn of_kind(&self, kind: Kind) -> &[Object] {
        match kind {
            Kind::Shm => &self.shm,
            Kind::Msg => &self.msg,
            Kind::Sem => &self.sem,
            Kind::Pshm | Kind::Pmsg | Kind::Psem => &[],
        }
    }

    /// Hands the objects of one kind to a sink.
    pub fn give(&self, kind: Kind, sink: &mut dyn RowSink) -> std::io::Result<()> {
        sink.begin(kind)?;
        self.of_kind(kind).iter().try_for_each(|object| sink.row(Row::of(object)))?;
        sink.end()?;
        sink.finish()
    }
}

/// These columns of one kind.
pub fn kind_columns(kind: Kind, columns: Vec<&'static Column>) -> KindColumns {
    KindColumns { kind, columns, adaption: Adaption::NONE }
}

fn segment(number: i32) -> Object {
    let body = Shm {
        size: 4096 << (number % 20),
        nattch: (number % 7).unsigned_abs().into(),
        cpid: number,
        lpid: number * 3,
        atime: if number % 3 == 0 { 0 } else { NOW - i64::from(number) },
        dtime: NOW - i64::from(number) / 2,
        rss: Some(4096),
        swap: Some(0),
    };
    object(Kind::Shm, number, Body::Shm(body))
}

fn queue(number: i32) -> Object {
    let body = Msg {
        cbytes: number.unsigned_abs().into(),
        qbytes: Some(16_384),
        qnum: (number % 100).unsigned_abs().into(),
        lspid: number,
        lrpid: number * 3,
        stime: NOW - i64::from(number),
        rtime: if number % 3 == 0 { 0 } else { NOW - i64::from(number) },
    };
    object(Kind::Msg, number, Body::Msg(body))
}

fn set(number: i32) -> Object {
    let body = Sem {
        nsems: (number % 250).unsigned_abs().into(),
        otime: if number % 3 == 0 { 0 } else { NOW - i64::from(number) },
    };
    object(Kind::Sem, number, Body::Sem(body))
}

/// The columns that the rows of every kind have.
fn shared(object: &Object) -> (i32, i32, u16, String) {
    let key = object.key.map_or(0, Key::raw);
    let id = object.id().map_or(0, |id| id.0);
    let Owner { uid, gid } = object.owner;
    let Owner { uid: cuid, gid: cgid } = object.creator.unwrap_or_default();
    (key, id, object.mode.0, format!("{uid:5} {gid:5} {cuid:5} {cgid:5}"))
}

/// The text of /proc/sysvipc/shm for these segments (ipc/shm.c, `sysvipc_shm_proc_show`).
pub fn shm_text(objects: &Objects) -> String {
    let mut text = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n".to_owned();
    for object in &objects.shm {
        let (key, id, mode, owners) = shared(object);
        let Body::Shm(shm) = &object.body else { continue };
        let _ = writeln!(
            text,
            "{key:10} {id:10}  {mode:4o} {:21} {:5} {:5}  {:5} {owners} {:10} {:10} {:10} {:21} {:21}",
            shm.size,
            shm.cpid,
            shm.lpid,
            shm.nattch,
            shm.atime,
            shm.dtime,
            object.ctime,
            shm.rss.unwrap_or(0),
            shm.swap.unwrap_or(0),
        );
    }
    text
}

/// The text of /proc/sysvipc/msg for these queues (ipc/msg.c, `sysvipc_msg_proc_show`).
pub fn msg_text(objects: &Objects) -> String {
    let mut text = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n".to_owned();
    for object in &objects.msg {
        let (key, id, mode, owners) = shared(object);
        let Body::Msg(msg) = &object.body else { continue };
        let _ = writeln!(
            text,
            "{key:10} {id:10}  {mode:4o}  {:10} {:10} {:5} {:5} {owners} {:10} {:10} {:10}",
            msg.cbytes, msg.qnum, msg.lspid, msg.lrpid, msg.stime, msg.rtime, object.ctime,
        );
    }
    text
}

/// The text of /proc/sysvipc/sem for these sets (ipc/sem.c, `sysvipc_sem_proc_show`).
pub fn sem_text(objects: &Objects) -> String {
    let mut text =
        "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
            .to_owned();
    for object in &objects.sem {
        let (key, id, mode, owners) = shared(object);
        let Body::Sem(sem) = &object.body else { continue };
        let _ = writeln!(
            text,
            "{key:10} {id:10}  {mode:4o} {:10} {owners} {:10} {:10}",
            sem.nsems, sem.otime, object.ctime,
        );
    }
    text
}

/// The names of users and groups, as a listing resolves them.
pub fn names() -> Names {
    Names::new()
}

//! POSIX objects, which util-linux' ipcs lacks, in sections like those of System V.

use std::io::{self, Write};

use super::layout::{Cell, Form, Layout, cell, first, perms, pid, short_time};
use super::lines::{octal, time_line};
use super::unit::Unit;
use crate::columns::{self, View};
use crate::model::{Body, Kind, Object, Owner};
use crate::render::size::human;
use crate::render::time::LocalTime;

/// Names are last, so that long ones do not move what follows.
const fn name() -> Cell {
    cell("name", 4, &columns::POSIX_NAME, Form::Text)
}

const fn first_owner() -> Cell {
    first("owner", 10, &columns::OWNER, Form::Owner)
}

static PMSG: Layout = Layout {
    title: "POSIX Message Queues",
    cells: &[
        first_owner(),
        perms(),
        cell("used-bytes", 12, &columns::CBYTES, Form::Size { width: 12, blanks: 6 }),
        cell("messages", 12, &columns::QNUM, Form::Left(12)),
        cell("max-msgs", 10, &columns::MAXMSG, Form::Left(10)),
        name(),
    ],
};

static PSHM: Layout = Layout {
    title: "POSIX Shared Memory",
    cells: &[
        first_owner(),
        perms(),
        cell("bytes", 12, &columns::SIZE, Form::Size { width: 12, blanks: 6 }),
        cell("allocated", 12, &columns::ALLOCATED, Form::Size { width: 12, blanks: 6 }),
        cell("status", 10, &columns::STATUS, Form::Words(10)),
        name(),
    ],
};

static PSEM: Layout = Layout {
    title: "POSIX Semaphores",
    cells: &[
        first_owner(),
        perms(),
        cell("value", 10, &columns::VALUE, Form::Left(10)),
        cell("waiting", 10, &columns::SEM_WAITING, Form::Left(10)),
        cell("status", 10, &columns::STATUS, Form::Words(10)),
        name(),
    ],
};

static PMSG_TIME: Layout = Layout {
    title: "POSIX Message Queues Last-use Times",
    cells: &[first_owner(), short_time("last-used", &columns::USED), name()],
};

const fn file_times() -> [Cell; 5] {
    [
        first_owner(),
        short_time("accessed", &columns::ATIME),
        short_time("modified", &columns::MTIME),
        short_time("changed", &columns::CTIME),
        name(),
    ]
}

static PSHM_TIME: Layout =
    Layout { title: "POSIX Shared Memory Access/Modify/Change Times", cells: &file_times() };

static PSEM_TIME: Layout =
    Layout { title: "POSIX Semaphores Access/Modify/Change Times", cells: &file_times() };

static PMSG_PID: Layout = Layout {
    title: "POSIX Message Queues Notified PIDs",
    cells: &[
        first_owner(),
        pid("pid", &columns::NOTIFY_PID),
        pid("signal", &columns::NOTIFY_SIGNAL),
        name(),
    ],
};

const fn owners() -> [Cell; 4] {
    [
        perms_first(),
        cell("uid", 10, &columns::OWNER, Form::Name),
        cell("gid", 10, &columns::GROUP, Form::Name),
        name(),
    ]
}

const fn perms_first() -> Cell {
    first("perms", 10, &columns::PERMS, Form::Octal)
}

static PMSG_OWNERS: Layout = Layout { title: "POSIX Message Queues Owners", cells: &owners() };

static PSHM_OWNERS: Layout = Layout { title: "POSIX Shared Memory Owners", cells: &owners() };

static PSEM_OWNERS: Layout = Layout { title: "POSIX Semaphores Owners", cells: &owners() };

/// The view of a kind. Nothing records pids of shared memory and semaphores.
pub(super) fn layout(kind: Kind, view: View) -> Option<&'static Layout> {
    Some(match (kind, view) {
        (Kind::Pmsg, View::Default) => &PMSG,
        (Kind::Pmsg, View::Time) => &PMSG_TIME,
        (Kind::Pmsg, View::Pid) => &PMSG_PID,
        (Kind::Pmsg, View::Creator) => &PMSG_OWNERS,
        (Kind::Pshm, View::Default) => &PSHM,
        (Kind::Pshm, View::Time) => &PSHM_TIME,
        (Kind::Pshm, View::Creator) => &PSHM_OWNERS,
        (Kind::Psem, View::Default) => &PSEM,
        (Kind::Psem, View::Time) => &PSEM_TIME,
        (Kind::Psem, View::Creator) => &PSEM_OWNERS,
        _ => return None,
    })
}

/// Writes a single object, for `--name`. What may not be read is `-`.
pub(super) fn detail(
    out: &mut dyn Write,
    object: &Object,
    unit: Unit,
    clock: &mut LocalTime,
) -> io::Result<()> {
    let Owner { uid, gid } = object.owner;
    let title = match object.kind() {
        Kind::Pmsg => "POSIX Message Queue",
        Kind::Psem => "POSIX Semaphore",
        _ => "POSIX Shared Memory",
    };
    writeln!(out, "\n{title} name={}", object.identity.name)?;
    writeln!(out, "uid={uid}\tgid={gid}\tmode={}", octal(object.mode.0))?;
    let size = |label: &str, bytes: Option<u64>| match (bytes, unit) {
        (None, _) => format!("{label}=-"),
        (Some(bytes), Unit::Human) => format!("{label}={}", human(bytes)),
        (Some(bytes), _) => format!("{label}={bytes}"),
    };
    let number = |label: &str, number: Option<u64>| match number {
        Some(number) => format!("{label}={number}"),
        None => format!("{label}=-"),
    };
    match &object.body {
        Body::Pmsg(pmsg) => {
            let cbytes = size("cbytes", pmsg.cbytes);
            let [qnum, maxmsg] = [number("qnum", pmsg.qnum), number("maxmsg", pmsg.maxmsg)];
            writeln!(out, "{cbytes}\t{qnum}\t{maxmsg}\t{}", size("msgsize", pmsg.msgsize))?;
            if let Some(pid) = pmsg.notify_pid {
                let signal = pmsg.notify_signal.map(|signal| format!("\tnotify_signal={signal}"));
                writeln!(out, "notify_pid={pid}{}", signal.unwrap_or_default())?;
            }
            time_line(out, "last_used=", pmsg.file.mtime, clock)?;
        }
        Body::Psem(psem) => {
            let value = number("value", psem.value().map(u64::from));
            writeln!(out, "{value}\t{}", number("waiting", psem.waiting()))?;
        }
        Body::Pshm(file) => {
            let [bytes, allocated] =
                [size("bytes", Some(file.size)), size("allocated", Some(file.allocated))];
            writeln!(out, "{bytes}\t{allocated}\tlinks={}", file.links)?;
        }
        Body::Shm(_) | Body::Msg(_) | Body::Sem(_) => {}
    }
    if !object.status().is_empty() {
        writeln!(out, "status={}", object.status().join(","))?;
    }
    if let (Some(file), Body::Pshm(_) | Body::Psem(_)) = (object.file(), &object.body) {
        time_line(out, "access_time=", file.atime, clock)?;
        time_line(out, "modify_time=", file.mtime, clock)?;
        time_line(out, "change_time=", object.ctime, clock)?;
    }
    writeln!(out)
}

//! `-i ID`: everything that util-linux tells of one object.

use std::io::{self, Write};

use super::Unit;
use crate::model::{MsgQueue, Perm, SemSet, Semaphore, Shm};
use crate::render::size::human;
use crate::render::time::LocalTime;

/// C's `%#o`: a zero has no second zero before it.
fn octal(mode: u16) -> String {
    if mode == 0 { "0".to_owned() } else { format!("0{mode:o}") }
}

fn time_line(
    out: &mut dyn Write,
    label: &str,
    seconds: i64,
    clock: &mut LocalTime,
) -> io::Result<()> {
    if seconds == 0 {
        writeln!(out, "{label}{:<26}", "Not set")
    } else {
        change_line(out, label, seconds, clock)
    }
}

/// Like the other times, but a zero is the epoch and not "Not set".
fn change_line(
    out: &mut dyn Write,
    label: &str,
    seconds: i64,
    clock: &mut LocalTime,
) -> io::Result<()> {
    writeln!(out, "{label}{:<26}", clock.ctime(seconds).as_str())
}

fn owners(perm: &Perm, separator: &str) -> String {
    let Perm { uid, gid, cuid, cgid, .. } = perm;
    format!("uid={uid}{separator}gid={gid}{separator}cuid={cuid}{separator}cgid={cgid}")
}

/// Writes a segment.
///
/// # Errors
/// Those of `out`.
pub fn shm_detail(
    out: &mut dyn Write,
    shm: &Shm,
    unit: Unit,
    clock: &mut LocalTime,
) -> io::Result<()> {
    writeln!(out, "\nShared memory Segment shmid={}", shm.perm.id)?;
    writeln!(out, "{}", owners(&shm.perm, "\t"))?;
    let mode = shm.perm.mode;
    writeln!(out, "mode={}\taccess_perms={}", octal(mode.0), octal(mode.perms()))?;
    match unit {
        Unit::Human => write!(out, "size={}\t", human(shm.size))?,
        _ => write!(out, "bytes={}\t", shm.size)?,
    }
    writeln!(out, "lpid={}\tcpid={}\tnattch={}", shm.lpid, shm.cpid, shm.nattch)?;
    time_line(out, "att_time=", shm.atime, clock)?;
    time_line(out, "det_time=", shm.dtime, clock)?;
    change_line(out, "change_time=", shm.ctime, clock)?;
    writeln!(out)
}

/// Writes a queue.
///
/// # Errors
/// Those of `out`.
pub fn msg_detail(
    out: &mut dyn Write,
    msg: &MsgQueue,
    unit: Unit,
    clock: &mut LocalTime,
) -> io::Result<()> {
    writeln!(out, "\nMessage Queue msqid={}", msg.perm.id)?;
    writeln!(out, "{}\tmode={}", owners(&msg.perm, "\t"), octal(msg.perm.mode.0))?;
    let qbytes = msg.qbytes.unwrap_or(0);
    match unit {
        Unit::Human => write!(out, "csize={}\tqsize={}\t", human(msg.cbytes), human(qbytes))?,
        _ => write!(out, "cbytes={}\tqbytes={qbytes}\t", msg.cbytes)?,
    }
    writeln!(out, "qnum={}\tlspid={}\tlrpid={}", msg.qnum, msg.lspid, msg.lrpid)?;
    time_line(out, "send_time=", msg.stime, clock)?;
    time_line(out, "rcv_time=", msg.rtime, clock)?;
    time_line(out, "change_time=", msg.ctime, clock)?;
    writeln!(out)
}

/// Writes a set; a semaphore whose values could not be read has `-` for each.
///
/// # Errors
/// Those of `out`.
pub fn sem_detail(
    out: &mut dyn Write,
    set: &SemSet,
    semaphores: Option<&[Semaphore]>,
    clock: &mut LocalTime,
) -> io::Result<()> {
    writeln!(out, "\nSemaphore Array semid={}", set.perm.id)?;
    writeln!(out, "{}", owners(&set.perm, "\t "))?;
    let mode = set.perm.mode;
    writeln!(out, "mode={}, access_perms={}", octal(mode.0), octal(mode.perms()))?;
    writeln!(out, "nsems = {}", set.nsems)?;
    time_line(out, "otime = ", set.otime, clock)?;
    change_line(out, "ctime = ", set.ctime, clock)?;
    let mut line = |columns: [&dyn std::fmt::Display; 5]| {
        let [num, value, ncount, zcount, pid] = columns;
        writeln!(out, "{num:<10} {value:<10} {ncount:<10} {zcount:<10} {pid:<10}")
    };
    line([&"semnum", &"value", &"ncount", &"zcount", &"pid"])?;
    match semaphores {
        Some(semaphores) => {
            for Semaphore { num, value, ncount, zcount, pid } in semaphores {
                line([num, value, ncount, zcount, pid])?;
            }
        }
        None => {
            for num in 0..set.nsems {
                line([&num, &"-", &"-", &"-", &"-"])?;
            }
        }
    }
    writeln!(out)
}

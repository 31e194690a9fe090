//! `-i ID`: one object, in the format of util-linux.

use std::io::{self, Write};

use super::lines::{change_line, octal, time_line};
use super::posix;
use super::unit::Unit;
use crate::columns::Row;
use crate::model::{Body, Kind, Msg, Object, Owner, Sem, Semaphore, Shm};
use crate::query::RowSink;
use crate::render::size::human;
use crate::render::time::LocalTime;

fn owners(object: &Object, separator: &str) -> String {
    let Owner { uid, gid } = object.owner;
    let Owner { uid: cuid, gid: cgid } = object.creator.unwrap_or_default();
    format!("uid={uid}{separator}gid={gid}{separator}cuid={cuid}{separator}cgid={cgid}")
}

/// Writes single objects, for `-i ID`.
pub struct Detail<'a> {
    out: &'a mut dyn Write,
    unit: Unit,
    clock: LocalTime,
}

impl<'a> Detail<'a> {
    /// Writes to `out`, with the machine's time zone.
    pub fn new(out: &'a mut dyn Write, unit: Unit) -> Detail<'a> {
        Detail { out, unit, clock: LocalTime::system() }
    }

    fn shm(&mut self, object: &Object, shm: &Shm) -> io::Result<()> {
        let (out, clock, mode) = (&mut *self.out, &mut self.clock, object.mode);
        writeln!(out, "\nShared memory Segment shmid={}", object.identity.name)?;
        writeln!(out, "{}", owners(object, "\t"))?;
        writeln!(out, "mode={}\taccess_perms={}", octal(mode.0), octal(mode.perms()))?;
        match self.unit {
            Unit::Human => write!(out, "size={}\t", human(shm.size))?,
            _ => write!(out, "bytes={}\t", shm.size)?,
        }
        writeln!(out, "lpid={}\tcpid={}\tnattch={}", shm.lpid, shm.cpid, shm.nattch)?;
        time_line(out, "att_time=", shm.atime, clock)?;
        time_line(out, "det_time=", shm.dtime, clock)?;
        change_line(out, "change_time=", object.ctime, clock)?;
        writeln!(out)
    }

    /// A capacity that could not be read is `-`.
    fn msg(&mut self, object: &Object, msg: &Msg) -> io::Result<()> {
        let (out, clock) = (&mut *self.out, &mut self.clock);
        writeln!(out, "\nMessage Queue msqid={}", object.identity.name)?;
        writeln!(out, "{}\tmode={}", owners(object, "\t"), octal(object.mode.0))?;
        let known = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        match self.unit {
            Unit::Human => {
                let qsize = known(msg.qbytes.map(|bytes| human(bytes).to_string()));
                write!(out, "csize={}\tqsize={qsize}\t", human(msg.cbytes))?;
            }
            _ => {
                let qbytes = known(msg.qbytes.map(|bytes| bytes.to_string()));
                write!(out, "cbytes={}\tqbytes={qbytes}\t", msg.cbytes)?;
            }
        }
        writeln!(out, "qnum={}\tlspid={}\tlrpid={}", msg.qnum, msg.lspid, msg.lrpid)?;
        time_line(out, "send_time=", msg.stime, clock)?;
        time_line(out, "rcv_time=", msg.rtime, clock)?;
        change_line(out, "change_time=", object.ctime, clock)?;
        writeln!(out)
    }

    /// A semaphore whose values could not be read has `-` for each.
    fn sem(
        &mut self,
        object: &Object,
        sem: &Sem,
        semaphores: Option<&[Semaphore]>,
    ) -> io::Result<()> {
        let (out, clock, mode) = (&mut *self.out, &mut self.clock, object.mode);
        writeln!(out, "\nSemaphore Array semid={}", object.identity.name)?;
        writeln!(out, "{}", owners(object, "\t "))?;
        writeln!(out, "mode={}, access_perms={}", octal(mode.0), octal(mode.perms()))?;
        writeln!(out, "nsems = {}", sem.nsems)?;
        time_line(out, "otime = ", sem.otime, clock)?;
        change_line(out, "ctime = ", object.ctime, clock)?;
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
                for num in 0..sem.nsems {
                    line([&num, &"-", &"-", &"-", &"-"])?;
                }
            }
        }
        writeln!(out)
    }
}

impl RowSink for Detail<'_> {
    fn begin(&mut self, _kind: Kind) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let object = row.object;
        match &object.body {
            Body::Shm(shm) => self.shm(object, shm),
            Body::Msg(msg) => self.msg(object, msg),
            Body::Sem(sem) => self.sem(object, sem, row.facts.semaphores.as_deref()),
            Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => {
                posix::detail(self.out, object, self.unit, &mut self.clock)
            }
        }
    }
}

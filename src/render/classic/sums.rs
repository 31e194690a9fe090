//! `-l` and `-u`.

use std::io::{self, Write};

use super::unit::Unit;
use crate::model::{
    Family, Kind, KindLimits, KindUsage, Kinds, Limits, MsgLimits, MsgUsage, PmsgLimits, PmsgUsage,
    PsemLimits, PsemUsage, PshmLimits, PshmUsage, SemLimits, SemUsage, ShmLimits, ShmUsage, Usage,
    multiply_clamped,
};
use crate::render::size::human;

/// How limits and sums are written.
#[derive(Clone, Copy, Debug)]
pub struct SumStyle {
    /// The unit of sizes.
    pub unit: Unit,
    /// Whether titles are left out.
    pub no_headings: bool,
    /// Bytes of a page of memory.
    pub page_size: u64,
}

/// Writes `-l`, one section a kind.
///
/// # Errors
/// Those of `out`.
pub fn limits(
    out: &mut dyn Write,
    kinds: Kinds,
    limits: &Limits,
    style: SumStyle,
) -> io::Result<()> {
    sections(out, kinds, style.no_headings, |out, kind| match limits.get(&kind) {
        Some(KindLimits::Msg(msg)) => msg_limits(out, msg, style.unit),
        Some(KindLimits::Shm(shm)) => shm_limits(out, shm, style),
        Some(KindLimits::Sem(sem)) => sem_limits(out, sem),
        Some(KindLimits::Pmsg(pmsg)) => pmsg_limits(out, pmsg, style.unit),
        Some(KindLimits::Pshm(pshm)) => pshm_limits(out, pshm, style.unit),
        Some(KindLimits::Psem(psem)) => psem_limits(out, psem),
        None => {
            let what = match kind.family() {
                Family::Queue => "message",
                Family::SharedMemory => "shared memory",
                Family::Semaphore => "semaphore",
            };
            writeln!(out, "unable to fetch {what} limits")
        }
    })
}

/// Writes `-u`, one section a kind.
///
/// # Errors
/// Those of `out`.
pub fn usage(out: &mut dyn Write, kinds: Kinds, usage: &Usage, style: SumStyle) -> io::Result<()> {
    sections(out, kinds, style.no_headings, |out, kind| match usage.get(&kind) {
        Some(KindUsage::Msg(msg)) => msg_usage(out, msg, style.unit),
        Some(KindUsage::Shm(shm)) => shm_usage(out, shm),
        Some(KindUsage::Sem(sem)) => sem_usage(out, sem),
        Some(KindUsage::Pmsg(pmsg)) => pmsg_usage(out, pmsg, style.unit),
        Some(KindUsage::Pshm(pshm)) => pshm_usage(out, pshm, style.unit),
        Some(KindUsage::Psem(psem)) => psem_usage(out, psem),
        None => {
            let what = match kind.family() {
                Family::Queue => "message queues",
                Family::SharedMemory => "shared memory",
                Family::Semaphore => "semaphores",
            };
            match kind.is_posix() {
                true => writeln!(out, "unable to fetch the totals of POSIX {what}"),
                false => writeln!(out, "kernel not configured for {what}"),
            }
        }
    })
}

fn sections(
    out: &mut dyn Write,
    kinds: Kinds,
    no_headings: bool,
    mut section: impl FnMut(&mut dyn Write, Kind) -> io::Result<()>,
) -> io::Result<()> {
    writeln!(out)?;
    for kind in kinds.in_order(Kind::CLASSIC_ORDER) {
        let mut text = Vec::new();
        section(&mut text, kind)?;
        let title = text.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let titled = text.starts_with(b"------ ") && no_headings;
        out.write_all(&text[if titled { title } else { 0 }..])?;
        writeln!(out)?;
    }
    Ok(())
}

/// `LABEL (bytes) = N`, or `LABEL = 8K`.
fn size_line(out: &mut dyn Write, label: &str, bytes: u64, unit: Unit) -> io::Result<()> {
    match unit {
        Unit::Human => writeln!(out, "{label} = {}", human(bytes)),
        _ => writeln!(out, "{label} (bytes) = {bytes}"),
    }
}

fn msg_limits(out: &mut dyn Write, limits: &MsgLimits, unit: Unit) -> io::Result<()> {
    writeln!(out, "------ Messages Limits --------")?;
    writeln!(out, "max queues system wide = {}", limits.msgmni)?;
    size_line(out, "max size of message", limits.msgmax, unit)?;
    size_line(out, "default max size of queue", limits.msgmnb, unit)
}

fn shm_limits(out: &mut dyn Write, limits: &ShmLimits, style: SumStyle) -> io::Result<()> {
    let SumStyle { unit, page_size, .. } = style;
    writeln!(out, "------ Shared Memory Limits --------")?;
    writeln!(out, "max number of segments = {}", limits.shmmni)?;
    let total = "max total shared memory";
    if unit == Unit::Default {
        writeln!(out, "max seg size (kbytes) = {}", limits.shmmax / 1024)?;
        let kbytes = multiply_clamped(limits.shmall, page_size / 1024);
        writeln!(out, "{total} (kbytes) = {kbytes}")?;
    } else {
        size_line(out, "max seg size", limits.shmmax, unit)?;
        size_line(out, total, multiply_clamped(limits.shmall, page_size), unit)?;
    }
    size_line(out, "min seg size", limits.shmmin, unit)
}

fn sem_limits(out: &mut dyn Write, limits: &SemLimits) -> io::Result<()> {
    writeln!(out, "------ Semaphore Limits --------")?;
    writeln!(out, "max number of arrays = {}", limits.semmni)?;
    writeln!(out, "max semaphores per array = {}", limits.semmsl)?;
    writeln!(out, "max semaphores system wide = {}", limits.semmns)?;
    writeln!(out, "max ops per semop call = {}", limits.semopm)?;
    writeln!(out, "semaphore max value = {}", limits.semvmx)
}

fn msg_usage(out: &mut dyn Write, usage: &MsgUsage, unit: Unit) -> io::Result<()> {
    writeln!(out, "------ Messages Status --------")?;
    writeln!(out, "allocated queues = {}", usage.msgpool)?;
    writeln!(out, "used headers = {}", usage.msgmap)?;
    match unit {
        Unit::Default => writeln!(out, "used space = {} bytes", usage.msgtql),
        unit => size_line(out, "used space", usage.msgtql, unit),
    }
}

fn shm_usage(out: &mut dyn Write, usage: &ShmUsage) -> io::Result<()> {
    writeln!(out, "------ Shared Memory Status --------")?;
    writeln!(out, "segments allocated {}", usage.used_ids)?;
    writeln!(out, "pages allocated {}", usage.shm_tot)?;
    writeln!(out, "pages resident  {}", usage.shm_rss)?;
    writeln!(out, "pages swapped   {}", usage.shm_swp)?;
    let (attempts, successes) = (usage.swap_attempts, usage.swap_successes);
    writeln!(out, "Swap performance: {attempts} attempts\t {successes} successes")
}

fn sem_usage(out: &mut dyn Write, usage: &SemUsage) -> io::Result<()> {
    writeln!(out, "------ Semaphore Status --------")?;
    writeln!(out, "used arrays = {}", usage.semusz)?;
    writeln!(out, "allocated semaphores = {}", usage.semaem)
}

fn pmsg_limits(out: &mut dyn Write, limits: &PmsgLimits, unit: Unit) -> io::Result<()> {
    writeln!(out, "------ POSIX Messages Limits --------")?;
    writeln!(out, "max number of queues = {}", limits.queues_max)?;
    writeln!(out, "max messages per queue = {}", limits.msg_max)?;
    size_line(out, "max size of message", limits.msgsize_max, unit)?;
    writeln!(out, "default max messages = {}", limits.msg_default)?;
    size_line(out, "default max size of message", limits.msgsize_default, unit)
}

fn pshm_limits(out: &mut dyn Write, limits: &PshmLimits, unit: Unit) -> io::Result<()> {
    writeln!(out, "------ POSIX Shared Memory Limits --------")?;
    match (limits.devshm_bytes, unit) {
        (None, _) => writeln!(out, "size of /dev/shm = unlimited")?,
        (Some(bytes), Unit::Default) => {
            writeln!(out, "size of /dev/shm (kbytes) = {}", bytes / 1024)?;
        }
        (Some(bytes), unit) => size_line(out, "size of /dev/shm", bytes, unit)?,
    }
    match limits.devshm_inodes {
        None => writeln!(out, "max number of files = unlimited"),
        Some(inodes) => writeln!(out, "max number of files = {inodes}"),
    }
}

fn psem_limits(out: &mut dyn Write, limits: &PsemLimits) -> io::Result<()> {
    writeln!(out, "------ POSIX Semaphore Limits --------")?;
    writeln!(out, "semaphore max value = {}", limits.value_max)
}

/// What may not be read is `-`.
fn pmsg_usage(out: &mut dyn Write, usage: &PmsgUsage, unit: Unit) -> io::Result<()> {
    writeln!(out, "------ POSIX Messages Status --------")?;
    writeln!(out, "allocated queues = {}", usage.queues)?;
    match usage.messages {
        Some(messages) => writeln!(out, "messages = {messages}")?,
        None => writeln!(out, "messages = -")?,
    }
    match (usage.bytes, unit) {
        (None, _) => writeln!(out, "used space = -"),
        (Some(bytes), Unit::Default) => writeln!(out, "used space = {bytes} bytes"),
        (Some(bytes), unit) => size_line(out, "used space", bytes, unit),
    }
}

fn pshm_usage(out: &mut dyn Write, usage: &PshmUsage, unit: Unit) -> io::Result<()> {
    writeln!(out, "------ POSIX Shared Memory Status --------")?;
    writeln!(out, "objects = {}", usage.objects)?;
    match unit {
        Unit::Default => writeln!(out, "used space of /dev/shm = {} bytes", usage.devshm_bytes)?,
        unit => size_line(out, "used space of /dev/shm", usage.devshm_bytes, unit)?,
    }
    writeln!(out, "used files of /dev/shm = {}", usage.devshm_inodes)
}

fn psem_usage(out: &mut dyn Write, usage: &PsemUsage) -> io::Result<()> {
    writeln!(out, "------ POSIX Semaphore Status --------")?;
    writeln!(out, "allocated semaphores = {}", usage.semaphores)
}

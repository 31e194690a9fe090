//! Everything about one object.

use super::options::Options;
use super::who::Who;
use super::{output, report};
use crate::app::edge::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::collect::{self, Gap, Want};
use crate::columns::{self, AsRow, Column, Needs, Row};
use crate::model::{Id, Kind, MsgQueue, SemSet, Semaphore, Shm};
use crate::proc::ProcRoot;
use crate::render::classic::{msg_detail, sem_detail, shm_detail};
use crate::render::time::{LocalTime, TimeFormat};
use crate::render::{Section, table};
use crate::sys::{Errno, error_text, sem};

/// One object of any kind, with its semaphores.
enum Found {
    Shm(Shm),
    Msg(MsgQueue),
    Sem(SemSet, Option<Vec<Semaphore>>),
}

pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    kind: Kind,
    id: Id,
) -> anyhow::Result<Exit> {
    let mut gaps = Vec::new();
    let mut exit = Exit::Success;
    let columns = options.columns(kind, &view_columns(kind, options.format));
    let mut who = Who::scan(proc, options, &columns);
    let found = find(session, proc, options, kind, id, &mut gaps, &mut exit);
    if found.is_none() {
        session.warn(format_args!("id {id} not found"));
        exit = Exit::Failure;
    }
    let mut rows: Vec<Row<'_>> = found.iter().map(row).collect();
    let joined = who.join(&rows);
    rows.iter_mut().for_each(|row| joined.join(row));
    let sections = [Section { kind, columns, rows, spare: &[], dispensable: &[] }];
    match (options.format, &found) {
        (FormatName::Classic, Some(found)) => classic(session, options, found)?,
        (FormatName::Classic, None) => {}
        (FormatName::Table, _) => {
            let mut texts = output::texts(options);
            // A card has the room.
            texts.times = options.times.unwrap_or(TimeFormat::Full);
            table::card(session.out(), &sections[0], &mut texts, options.style.table)?;
        }
        _ => output::write(session.out(), options, &sections)?,
    }
    if found.is_some() {
        who.show(session, options, &sections)?;
    }
    Ok(if report(session, &gaps) == Exit::Failure { Exit::Failure } else { exit })
}

/// Everything that is known without a look at the processes. A card has the creator's command line
/// too; elsewhere that is only read when asked for, as in lists.
fn view_columns(kind: Kind, format: FormatName) -> Vec<&'static Column> {
    let shown = |needs| match needs {
        Needs::Command => format == FormatName::Table,
        Needs::Processes => false,
        _ => true,
    };
    columns::of_kind(kind).filter(|column| shown(column.needs)).collect()
}

fn find(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    kind: Kind,
    id: Id,
    gaps: &mut Vec<Gap>,
    exit: &mut Exit,
) -> Option<Found> {
    let want = match options.format {
        FormatName::Classic => Want { qbytes: true, ..Want::default() },
        _ => Want::ALL,
    };
    match kind {
        Kind::Shm => collect::find(proc, id, want, gaps).map(Found::Shm),
        Kind::Msg => collect::find(proc, id, want, gaps).map(Found::Msg),
        Kind::Sem => collect::find(proc, id, want, gaps).map(|set| {
            let semaphores = match semaphores(&set) {
                Ok(semaphores) => Some(semaphores),
                Err((call, error)) => {
                    session.warn(format_args!("semctl({call}) failed: {}", error_text(error)));
                    *exit = Exit::Failure;
                    None
                }
            };
            Found::Sem(set, semaphores)
        }),
    }
}

/// The semaphores of a set, or the call that failed.
fn semaphores(set: &SemSet) -> Result<Vec<Semaphore>, (&'static str, Errno)> {
    let id = set.perm.id;
    // No set has as many as there are numbers: the kernel counts them in 32 bits, with a sign.
    (0..u32::try_from(set.nsems).unwrap_or(u32::MAX))
        .map(|num| {
            let value = sem::value(id, num).map_err(|error| ("GETVAL", error))?;
            let (ncount, zcount) = sem::waiters(id, num).map_err(|error| ("GETNCNT", error))?;
            let pid = sem::last_pid(id, num).map_err(|error| ("GETPID", error))?;
            Ok(Semaphore { num, value, ncount, zcount, pid })
        })
        .collect()
}

fn row(found: &Found) -> Row<'_> {
    match found {
        Found::Shm(shm) => shm.row(),
        Found::Msg(msg) => msg.row(),
        Found::Sem(set, semaphores) => {
            let mut row = set.row();
            row.extra.semaphores = semaphores.as_deref();
            row
        }
    }
}

fn classic(session: &mut Session, options: &Options, found: &Found) -> anyhow::Result<()> {
    let mut clock = LocalTime::system();
    let out = session.out();
    match found {
        Found::Shm(shm) => shm_detail(out, shm, options.unit, &mut clock)?,
        Found::Msg(msg) => msg_detail(out, msg, options.unit, &mut clock)?,
        Found::Sem(set, semaphores) => sem_detail(out, set, semaphores.as_deref(), &mut clock)?,
    }
    Ok(())
}

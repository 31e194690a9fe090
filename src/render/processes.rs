//! The processes that use the objects (`-P`), as sections of their own after the classic list.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::classic::pad;
use super::formatter::reason_text;
use super::waits::{alike, ranges, wait_text};
use super::{Cells, Cut, Heading, Section};
use crate::columns::{Align, OwnedRow, Value};
use crate::escape::escape_into;
use crate::model::{Kind, Object};
use crate::names::Names;
use crate::processes::{
    PidField, Process, Reason, Recorded, Report, User, Verdict, without_directories,
};

#[cfg(test)]
#[path = "processes_tests.rs"]
mod tests;

/// For how many objects missing processes are reported.
const SHOWN_GAPS: usize = 20;

/// A table of texts with a title.
#[derive(Clone, Debug)]
pub struct ProcessTable {
    title: &'static str,
    columns: &'static [(&'static str, usize)],
    rows: Vec<Vec<Vec<u8>>>,
}

impl ProcessTable {
    pub(super) fn new(
        title: &'static str,
        columns: &'static [(&'static str, usize)],
    ) -> ProcessTable {
        ProcessTable { title, columns, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Vec<Vec<u8>>) {
        self.rows.push(row);
    }

    /// What the table is about.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The headings. Nothing is cut.
    #[must_use]
    pub fn section(&self) -> Section {
        let heading = |(name, _): &(&'static str, usize)| Heading {
            cut: Cut::Never,
            ..Heading::new(name, Align::Left)
        };
        Section { kind: None, headings: self.columns.iter().map(heading).collect() }
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &dyn Cells> {
        self.rows.iter().map(|row| row as &dyn Cells)
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it like a classic view, with untrusted bytes escaped.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_classic(&self, out: &mut dyn Write, no_headings: bool) -> io::Result<()> {
        let mut text = Vec::new();
        if !no_headings {
            writeln!(text, "------ {} --------", self.title)?;
            let headings = self.columns.iter().map(|(name, _)| name.as_bytes());
            self.write_line(&mut text, headings);
        }
        for row in &self.rows {
            self.write_line(&mut text, row.iter().map(Vec::as_slice));
        }
        text.push(b'\n');
        out.write_all(&text)
    }

    fn write_line<'a>(&self, out: &mut Vec<u8>, cells: impl Iterator<Item = &'a [u8]>) {
        for (at, (cell, (_, width))) in cells.zip(self.columns).enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            let mut text = Vec::new();
            escape_into(&mut text, cell);
            let last = at + 1 == self.columns.len();
            pad(out, &text, if last { 0 } else { *width });
        }
        out.push(b'\n');
    }
}

/// A row of texts.
impl Cells for Vec<Vec<u8>> {
    fn value(&self, column: usize) -> Value<'_> {
        Value::Text(&self[column])
    }
}

/// The classic sections of one kind of System V. `one`: there is a single object, so more can be shown.
pub fn sections(kind: Kind, rows: &[OwnedRow], one: bool, names: &mut Names) -> Vec<ProcessTable> {
    let reports = reports_of(kind, rows);
    match kind {
        Kind::Shm => {
            let mappings = one.then(|| mappings("Shared Memory Mappings", MAPPINGS, &reports));
            let attached = attached(&reports, names);
            let rest = [segments(&reports, names), original_keys(&reports)];
            [attached].into_iter().chain(mappings).chain(rest).collect()
        }
        Kind::Msg => vec![waiters(kind, &reports, names), queues(&reports, names)],
        // `posix_processes` has theirs.
        Kind::Pshm | Kind::Pmsg | Kind::Psem => Vec::new(),
        Kind::Sem => {
            vec![waiters(kind, &reports, names), operators(&reports, names), sets(&reports, names)]
        }
    }
}

/// The mappings of a single segment or POSIX object.
pub fn mappings_of_one(rows: &[OwnedRow]) -> ProcessTable {
    let kinds = [Kind::Shm, Kind::Pshm, Kind::Psem];
    let reports: Vec<_> = kinds.into_iter().flat_map(|kind| reports_of(kind, rows)).collect();
    let mut table = mappings("Shared Memory Mappings", MAPPINGS, &reports);
    table.columns = &MAPPINGS[1..];
    table.rows.iter_mut().for_each(|row| drop(row.remove(0)));
    table
}

pub(super) fn reports_of(kind: Kind, rows: &[OwnedRow]) -> Vec<(&Object, &Report)> {
    let of_kind = rows.iter().filter(|row| row.object.kind() == kind);
    of_kind.filter_map(|row| Some((&row.object, row.facts.report.as_deref()?))).collect()
}

/// Lines about objects for which not every process was found; only the first ones if there are
/// many.
pub fn incomplete(rows: &[OwnedRow]) -> Vec<String> {
    let mut more = 0;
    let mut lines = Vec::new();
    for row in rows {
        let Some(gap) = row.facts.report.as_deref().and_then(Report::own_gap) else { continue };
        if lines.len() < SHOWN_GAPS {
            lines.push(format!("{} {}: {gap}", row.object.kind().noun(), row.object.identity.name));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        lines.push(format!("{more} more objects are incomplete"));
    }
    lines
}

pub(super) type Reports<'a> = [(&'a Object, &'a Report)];

pub(super) fn text(value: impl std::fmt::Display) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// The command without directories.
pub(super) fn short(process: &Process) -> Vec<u8> {
    without_directories(&process.command).into_owned()
}

pub(super) fn user_name(process: &Process, names: &mut Names) -> Vec<u8> {
    let uid = process.uid;
    names.user(uid).map_or_else(|| text(uid), <[u8]>::to_vec)
}

fn attached(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Shared Memory Processes",
        &[
            ("shmid", 10),
            ("pid", 10),
            ("user", 10),
            ("access", 10),
            ("mappings", 10),
            ("command", 0),
        ],
    );
    for (object, report) in reports {
        for User { process, access, mappings, .. } in &report.users.list {
            let Some(access) = access else { continue };
            table.rows.push(vec![
                text(&object.identity.name),
                text(process.pid),
                user_name(process, names),
                text(access.word()),
                text(mappings.len()),
                short(process),
            ]);
        }
    }
    table
}

static MAPPINGS: &[(&str, usize)] =
    &[("shmid", 10), ("pid", 10), ("access", 10), ("bytes", 14), ("offset", 14), ("address", 0)];

pub(super) fn mappings(
    title: &'static str,
    columns: &'static [(&'static str, usize)],
    reports: &Reports<'_>,
) -> ProcessTable {
    let mut table = ProcessTable::new(title, columns);
    for (object, report) in reports {
        for User { process, mappings, .. } in &report.users.list {
            for map in mappings {
                table.rows.push(vec![
                    text(&object.identity.name),
                    text(process.pid),
                    text(map.access.word()),
                    text(map.size),
                    text(map.offset),
                    text(format_args!("{:#x}", map.address)),
                ]);
            }
        }
    }
    table
}

fn pid_state(recorded: Option<&Recorded>) -> Vec<u8> {
    recorded.map_or_else(Vec::new, |one| match one.pid {
        0 => text(one.alive.word()),
        pid => text(format_args!("{pid} {}", one.alive.word())),
    })
}

fn by_field(report: &Report, field: PidField) -> Vec<u8> {
    pid_state(report.recorded.list.iter().find(|one| one.field == field))
}

/// Whether an object is orphaned, and why, where the other sections do not show it.
pub(super) fn verdict(verdict: &Verdict, names: &mut Names) -> Vec<u8> {
    let answer = match verdict.answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    let reason = match &verdict.reason {
        Reason::PidAlive(..) | Reason::NoLiveUser | Reason::NobodyOfOwner => return text(answer),
        Reason::Attached(_) => "attached".to_owned(),
        Reason::Blocked(threads) => format!("{threads} waiting"),
        reason => reason_text(reason, names),
    };
    text(format_args!("{answer}: {reason}"))
}

fn segments(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Shared Memory Creators/Last Users",
        &[("shmid", 10), ("creator", 16), ("last-user", 16), ("orphaned", 0)],
    );
    for (object, report) in reports {
        table.rows.push(vec![
            text(&object.identity.name),
            by_field(report, PidField::Cpid),
            by_field(report, PidField::Lpid),
            verdict(&report.verdicts.orphaned, names),
        ]);
    }
    table
}

/// The keys of segments that are removed but still attached.
fn original_keys(reports: &Reports<'_>) -> ProcessTable {
    let mut table = ProcessTable::new("Shared Memory Original Keys", &[("shmid", 10), ("key", 0)]);
    for (object, report) in reports {
        if let Some(key) = report.lost_key(object) {
            table.rows.push(vec![text(&object.identity.name), text(key)]);
        }
    }
    table
}

fn queues(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Message Queues Last Users",
        &[("msqid", 10), ("last-sender", 16), ("last-receiver", 16), ("orphaned", 0)],
    );
    for (object, report) in reports {
        table.rows.push(vec![
            text(&object.identity.name),
            by_field(report, PidField::Lspid),
            by_field(report, PidField::Lrpid),
            verdict(&report.verdicts.orphaned, names),
        ]);
    }
    table
}

fn sets(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table =
        ProcessTable::new("Semaphore Arrays Orphans", &[("semid", 10), ("orphaned", 0)]);
    for (object, report) in reports {
        let verdict = verdict(&report.verdicts.orphaned, names);
        table.rows.push(vec![text(&object.identity.name), verdict]);
    }
    table
}

fn waiters(kind: Kind, reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = match kind {
        Kind::Sem => ProcessTable::new(
            "Semaphore Waiters",
            &[
                ("semid", 10),
                ("pid", 10),
                ("threads", 10),
                ("user", 10),
                ("waits", 20),
                ("command", 0),
            ],
        ),
        _ => ProcessTable::new(
            "Message Queue Waiters",
            &[
                ("msqid", 10),
                ("pid", 10),
                ("threads", 10),
                ("user", 10),
                ("waits", 20),
                ("command", 0),
            ],
        ),
    };
    for (object, report) in reports {
        for User { process, waits, .. } in &report.users.list {
            for (waiter, threads) in alike(waits) {
                table.rows.push(vec![
                    text(&object.identity.name),
                    text(process.pid),
                    text(threads),
                    user_name(process, names),
                    wait_text(waiter).into_bytes(),
                    short(process),
                ]);
            }
        }
    }
    table
}

/// Which process operated each semaphore last; semaphores with the same process share a row.
fn operators(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Semaphore Last Operations",
        &[("semid", 10), ("pid", 10), ("state", 10), ("user", 10), ("semnums", 20), ("command", 0)],
    );
    for (object, report) in reports {
        let mut by_pid: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for state in report.semaphores.iter().flatten() {
            by_pid.entry(state.pid).or_default().push(state.num);
        }
        for one in &report.recorded.list {
            let numbers = by_pid.get(&one.pid).map_or(&[][..], Vec::as_slice);
            let process = one.process.as_ref();
            table.rows.push(vec![
                text(&object.identity.name),
                text(one.pid),
                text(one.alive.word()),
                process.map_or_else(Vec::new, |process| user_name(process, names)),
                ranges(numbers).into_bytes(),
                process.map_or_else(Vec::new, short),
            ]);
        }
    }
    table
}

//! The processes that use the objects (`-P`), as tables of their own after the list.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::classic::pad;
use super::formatter::reason_text;
use super::{Cells, Cut, Heading, Section};
use crate::columns::{Align, OwnedRow, Value};
use crate::escape::escape_into;
use crate::model::{Kind, Object};
use crate::names::Names;
use crate::processes::{PidField, Process, Recorded, Report, User, Verdict, Wait, Waiter};

#[cfg(test)]
#[path = "processes_tests.rs"]
mod tests;

/// How many operations of one call a line shows; JSON shows all of them.
const SHOWN_OPS: usize = 4;

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
    fn new(title: &'static str, columns: &'static [(&'static str, usize)]) -> ProcessTable {
        ProcessTable { title, columns, rows: Vec::new() }
    }

    /// What the table is about.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The headings. Names, operations and the last column (a command line or a sentence) may be
    /// cut.
    #[must_use]
    pub fn section(&self) -> Section {
        let last = self.columns.len().saturating_sub(1);
        let heading = |(at, (name, _)): (usize, &(&'static str, usize))| {
            let is_cuttable = matches!(*name, "user" | "waits") || at == last;
            let cut = if is_cuttable { Cut::Always } else { Cut::Never };
            Heading { cut, ..Heading::new(name, Align::Left) }
        };
        let headings = self.columns.iter().enumerate().map(heading).collect();
        Section { kind: None, headings }
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

/// The tables of one kind. `one`: there is a single object, so more can be shown.
pub fn tables(kind: Kind, rows: &[OwnedRow], one: bool, names: &mut Names) -> Vec<ProcessTable> {
    let of_kind = rows.iter().filter(|row| row.object.kind() == kind);
    let reports: Vec<(&Object, &Report)> =
        of_kind.filter_map(|row| Some((&row.object, row.facts.report.as_deref()?))).collect();
    match kind {
        Kind::Shm if one => {
            vec![attached(&reports, names), mappings(&reports), segments(&reports, names)]
        }
        Kind::Shm => vec![attached(&reports, names), segments(&reports, names)],
        Kind::Msg => vec![waiters(kind, &reports, names), queues(&reports, names)],
        Kind::Sem => {
            vec![waiters(kind, &reports, names), operators(&reports, names), sets(&reports, names)]
        }
    }
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

type Reports<'a> = [(&'a Object, &'a Report)];

fn text(value: impl std::fmt::Display) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn user_name(process: &Process, names: &mut Names) -> Vec<u8> {
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
                process.command.clone(),
            ]);
        }
    }
    table
}

fn mappings(reports: &Reports<'_>) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Shared Memory Mappings",
        &[
            ("shmid", 10),
            ("pid", 10),
            ("access", 10),
            ("bytes", 14),
            ("offset", 14),
            ("address", 0),
        ],
    );
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

/// A number of processes or threads, with a sign if some may be missing.
fn seen(count: Option<u64>, report: &Report) -> Vec<u8> {
    let more = if report.gap.is_some() { "+" } else { "" };
    text(format_args!("{}{more}", count.unwrap_or(0)))
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

fn verdict(verdict: &Verdict, names: &mut Names) -> Vec<u8> {
    let answer = match verdict.answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    text(format_args!("{answer}: {}", reason_text(&verdict.reason, names)))
}

fn segments(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Shared Memory Creators/Last Users",
        &[
            ("shmid", 10),
            ("key", 10),
            ("nattch", 10),
            ("processes", 10),
            ("creator", 14),
            ("last-user", 14),
            ("orphaned", 0),
        ],
    );
    for (object, report) in reports {
        let key = report.original_key.or(object.key);
        table.rows.push(vec![
            text(&object.identity.name),
            key.map_or_else(Vec::new, text),
            text(object.nattch()),
            seen(report.attached, report),
            by_field(report, PidField::Cpid),
            by_field(report, PidField::Lpid),
            verdict(&report.verdicts.orphaned, names),
        ]);
    }
    table
}

fn queues(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Message Queues Last Users",
        &[
            ("msqid", 10),
            ("waiting", 10),
            ("last-sender", 16),
            ("last-receiver", 16),
            ("orphaned", 0),
        ],
    );
    for (object, report) in reports {
        table.rows.push(vec![
            text(&object.identity.name),
            seen(report.waiting, report),
            by_field(report, PidField::Lspid),
            by_field(report, PidField::Lrpid),
            verdict(&report.verdicts.orphaned, names),
        ]);
    }
    table
}

fn sets(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Semaphore Arrays Orphans",
        &[("semid", 10), ("waiting", 10), ("orphaned", 0)],
    );
    for (object, report) in reports {
        table.rows.push(vec![
            text(&object.identity.name),
            seen(report.waiting, report),
            verdict(&report.verdicts.orphaned, names),
        ]);
    }
    table
}

fn waiters(kind: Kind, reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = match kind {
        Kind::Sem => ProcessTable::new(
            "Semaphore Waiters",
            &[("semid", 10), ("pid", 10), ("tid", 10), ("user", 10), ("waits", 20), ("command", 0)],
        ),
        _ => ProcessTable::new(
            "Message Queue Waiters",
            &[("msqid", 10), ("pid", 10), ("tid", 10), ("user", 10), ("waits", 20), ("command", 0)],
        ),
    };
    for (object, report) in reports {
        for User { process, waits, .. } in &report.users.list {
            for waiter in waits {
                table.rows.push(vec![
                    text(&object.identity.name),
                    text(process.pid),
                    text(waiter.tid),
                    user_name(process, names),
                    wait_text(waiter),
                    process.command.clone(),
                ]);
            }
        }
    }
    table
}

/// `3: -2` for each operation, or what a thread waits for on a queue.
fn wait_text(waiter: &Waiter) -> Vec<u8> {
    let what = match &waiter.wait {
        Wait::Semop { ops, .. } if ops.is_empty() => "?".to_owned(),
        Wait::Semop { ops, .. } => {
            let mut words: Vec<_> = ops
                .iter()
                .take(SHOWN_OPS)
                .map(|sop| format!("{}: {}", sop.num, sop.sem_op))
                .collect();
            if ops.len() > SHOWN_OPS {
                words.push(format!("{} more", ops.len() - SHOWN_OPS));
            }
            words.join(", ")
        }
        Wait::Msgsnd => "room to send".to_owned(),
        Wait::Msgrcv { msgtyp: 0, .. } => "any message".to_owned(),
        Wait::Msgrcv { msgtyp, .. } if *msgtyp < 0 => {
            format!("message type up to {}", msgtyp.unsigned_abs())
        }
        Wait::Msgrcv { msgtyp, except: true } => format!("any message type except {msgtyp}"),
        Wait::Msgrcv { msgtyp, except: false } => format!("message type {msgtyp}"),
    };
    text(format_args!("{what}{}", if waiter.stopped { " (stopped)" } else { "" }))
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
                ranges(numbers),
                process.map_or_else(Vec::new, |process| process.command.clone()),
            ]);
        }
    }
    table
}

/// `0-2,5`
fn ranges(numbers: &[u32]) -> Vec<u8> {
    let mut words: Vec<String> = Vec::new();
    let mut at = 0;
    while at < numbers.len() {
        let start = at;
        while at + 1 < numbers.len() && numbers[at + 1] == numbers[at] + 1 {
            at += 1;
        }
        words.push(match at - start {
            0 => numbers[start].to_string(),
            _ => format!("{}-{}", numbers[start], numbers[at]),
        });
        at += 1;
    }
    words.join(",").into_bytes()
}

//! Who uses the objects, as tables of their own behind the list (`-P`).

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::classic::pad;
use super::sanitize::escape_into;
use super::{Grid, Heading};
use crate::columns::{Align, ObjectRef, Row, Value};
use crate::model::Kind;
use crate::names::Names;
use crate::processes::{
    Alive, Doubt, Inspector, PidField, Process, Recorded, Report, User, Verdict, Wait, Waiter,
};

/// One call may carry hundreds of operations: a line shows so many, JSON all.
const SHOWN_OPS: usize = 4;

/// Of how many objects it is said that processes are missing.
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

    /// Writes it like a classic view; what strangers wrote is escaped.
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

impl Grid for ProcessTable {
    fn kind(&self) -> Option<Kind> {
        None
    }

    fn headings(&self) -> Vec<Heading> {
        let heading = |name| Heading { name, align: Align::Left, spare: false };
        self.columns.iter().map(|(name, _)| heading(name)).collect()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn value(&self, row: usize, column: usize) -> Value<'_> {
        Value::Text(&self.rows[row][column])
    }

    /// Names, operations, and what stands last: a command line or a sentence.
    fn is_cuttable(&self, column: usize) -> bool {
        matches!(self.columns[column].0, "user" | "waits") || column + 1 == self.columns.len()
    }
}

/// The tables of one kind; `one`: of a single object, of which there is room for more.
pub fn tables(
    kind: Kind,
    rows: &[Row<'_>],
    one: bool,
    inspector: &mut Inspector,
    names: &mut Names,
) -> Vec<ProcessTable> {
    let reports: Vec<(&Row<'_>, &Report)> =
        rows.iter().filter_map(|row| row.extra.report.map(|report| (row, report))).collect();
    match kind {
        Kind::Shm if one => {
            vec![attached(&reports, names), mappings(&reports), segments(&reports)]
        }
        Kind::Shm => vec![attached(&reports, names), segments(&reports)],
        Kind::Msg => vec![waiters(kind, &reports, names), queues(&reports)],
        Kind::Sem => vec![
            waiters(kind, &reports, names),
            operators(&reports, inspector, names),
            sets(&reports),
        ],
    }
}

/// Lines about objects of which not every process was found; of very many the first ones.
pub fn incomplete<'a>(rows: impl IntoIterator<Item = &'a Row<'a>>) -> Vec<String> {
    let mut more = 0;
    let mut lines = Vec::new();
    for row in rows {
        let Some(gap) = row.extra.report.and_then(Report::own_gap) else { continue };
        if lines.len() < SHOWN_GAPS {
            lines.push(format!("{} {}: {gap}", row.kind().noun(), row.perm().id));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        lines.push(format!("and so for {more} more"));
    }
    lines
}

type Reports<'a> = [(&'a Row<'a>, &'a Report)];

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
    for (row, report) in reports {
        for User { process, access, mappings, .. } in &report.users {
            let Some(access) = access else { continue };
            table.rows.push(vec![
                text(row.perm().id),
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
    for (row, report) in reports {
        for User { process, mappings, .. } in &report.users {
            for map in mappings {
                table.rows.push(vec![
                    text(row.perm().id),
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

/// A number of processes or threads, with a sign where some may be missing.
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
    pid_state(report.recorded.iter().find(|one| one.field == field))
}

fn verdict(verdict: Verdict) -> Vec<u8> {
    let answer = match verdict.answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    text(format_args!("{answer}: {}", verdict.reason))
}

fn segments(reports: &Reports<'_>) -> ProcessTable {
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
    for (row, report) in reports {
        let key = report.original_key.unwrap_or(row.perm().key);
        let ObjectRef::Shm(shm) = row.object else { continue };
        table.rows.push(vec![
            text(row.perm().id),
            text(key),
            text(shm.nattch),
            seen(report.attached, report),
            by_field(report, PidField::Cpid),
            by_field(report, PidField::Lpid),
            verdict(report.orphaned),
        ]);
    }
    table
}

fn queues(reports: &Reports<'_>) -> ProcessTable {
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
    for (row, report) in reports {
        table.rows.push(vec![
            text(row.perm().id),
            seen(report.waiting, report),
            by_field(report, PidField::Lspid),
            by_field(report, PidField::Lrpid),
            verdict(report.orphaned),
        ]);
    }
    table
}

fn sets(reports: &Reports<'_>) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Semaphore Arrays Orphans",
        &[("semid", 10), ("waiting", 10), ("orphaned", 0)],
    );
    for (row, report) in reports {
        table.rows.push(vec![
            text(row.perm().id),
            seen(report.waiting, report),
            verdict(report.orphaned),
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
    for (row, report) in reports {
        for User { process, waits, .. } in &report.users {
            for waiter in waits {
                table.rows.push(vec![
                    text(row.perm().id),
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

/// `3: -2` for each operation, or what of a queue is waited for.
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
            format!("types up to {}", msgtyp.unsigned_abs())
        }
        Wait::Msgrcv { msgtyp, except: true } => format!("any type but {msgtyp}"),
        Wait::Msgrcv { msgtyp, except: false } => format!("message type {msgtyp}"),
    };
    text(format_args!("{what}{}", if waiter.stopped { " (stopped)" } else { "" }))
}

/// Who operated each semaphore last; semaphores of one process share a row.
fn operators(reports: &Reports<'_>, inspector: &mut Inspector, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "Semaphore Last Operations",
        &[("semid", 10), ("pid", 10), ("state", 10), ("user", 10), ("semnums", 20), ("command", 0)],
    );
    for (row, report) in reports {
        let mut by_pid: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for state in report.semaphores.iter().flatten() {
            by_pid.entry(state.pid).or_default().push(state.num);
        }
        for one in &report.recorded {
            let numbers = by_pid.get(&one.pid).map_or(&[][..], Vec::as_slice);
            // Who has the number now may be a stranger.
            let shown = !matches!(one.alive.known(), Some(false))
                && one.alive != Alive::Unknown(Doubt::MayBeReused);
            let process = shown.then(|| inspector.process(one.pid)).flatten();
            table.rows.push(vec![
                text(row.perm().id),
                text(one.pid),
                text(one.alive.word()),
                process.as_ref().map_or_else(Vec::new, |process| user_name(process, names)),
                ranges(numbers),
                process.map_or_else(Vec::new, |process| process.command),
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

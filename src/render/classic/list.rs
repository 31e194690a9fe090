//! Lists: each view is a table of cells over the columns.

use std::io::{self, Write};

use super::layout::{Cell, Form, Layout, cell, first, key, owner, perms, pid, short_time};
use super::posix;
use super::unit::Unit;
use crate::columns::{self, Column, Value, View};
use crate::escape::escape_into;
use crate::model::Kind;
use crate::names::Names;
use crate::render::digits::{self, pad_to, put_blanks, put_i64, put_key, put_u64};
use crate::render::size::human;
use crate::render::time::LocalTime;
use crate::render::{Cells, Format, Section};

/// The creator view is the same for every kind except for its first heading.
const fn creators(id: &'static str) -> [Cell; 6] {
    [
        first(id, 10, &columns::ID, Form::Left(10)),
        perms(),
        cell("cuid", 10, &columns::CREATOR, Form::Name),
        cell("cgid", 10, &columns::CREATOR_GROUP, Form::Name),
        cell("uid", 10, &columns::OWNER, Form::Name),
        cell("gid", 10, &columns::GROUP, Form::Name),
    ]
}

static MSG: Layout = Layout {
    title: "Message Queues",
    cells: &[
        key(),
        cell("msqid", 10, &columns::ID, Form::Left(10)),
        owner(),
        perms(),
        cell("used-bytes", 12, &columns::CBYTES, Form::Size { width: 12, blanks: 6 }),
        cell("messages", 12, &columns::QNUM, Form::Left(12)),
    ],
};

static SHM: Layout = Layout {
    title: "Shared Memory Segments",
    cells: &[
        key(),
        cell("shmid", 10, &columns::ID, Form::Left(10)),
        owner(),
        perms(),
        cell("bytes", 10, &columns::SIZE, Form::Size { width: 10, blanks: 4 }),
        cell("nattch", 10, &columns::NATTCH, Form::Left(10)),
        cell("status", 12, &columns::STATUS, Form::Status),
    ],
};

static SEM: Layout = Layout {
    title: "Semaphore Arrays",
    cells: &[
        key(),
        cell("semid", 10, &columns::ID, Form::Left(10)),
        owner(),
        perms(),
        cell("nsems", 10, &columns::NSEMS, Form::Left(10)),
    ],
};

static MSG_TIME: Layout = Layout {
    title: "Message Queues Send/Recv/Change Times",
    cells: &[
        first("msqid", 8, &columns::ID, Form::Left(8)),
        owner(),
        short_time("send", &columns::STIME),
        short_time("recv", &columns::RTIME),
        short_time("change", &columns::CTIME),
    ],
};

static SHM_TIME: Layout = Layout {
    title: "Shared Memory Attach/Detach/Change Times",
    cells: &[
        first("shmid", 10, &columns::ID, Form::Left(10)),
        owner(),
        short_time("attached", &columns::ATIME),
        short_time("detached", &columns::DTIME),
        short_time("changed", &columns::CTIME),
    ],
};

static SEM_TIME: Layout = Layout {
    title: "Semaphore Operation/Change Times",
    cells: &[
        first("semid", 8, &columns::ID, Form::Left(8)),
        owner(),
        // Two blanks: the values are shifted one place to the right of the headings.
        Cell { blanks: 2, ..cell("last-op", 26, &columns::OTIME, Form::LongTime) },
        cell("last-changed", 26, &columns::CTIME, Form::LongTime),
    ],
};

static MSG_PID: Layout = Layout {
    title: "Message Queues PIDs",
    cells: &[
        // The values are not aligned with the headings.
        first("msqid", 10, &columns::ID, Form::Left(8)),
        owner(),
        Cell { blanks: 2, ..cell("lspid", 10, &columns::LSPID, Form::Right(5)) },
        Cell { blanks: 5, ..cell("lrpid", 10, &columns::LRPID, Form::Right(5)) },
    ],
};

static SHM_PID: Layout = Layout {
    title: "Shared Memory Creator/Last-op PIDs",
    cells: &[
        first("shmid", 10, &columns::ID, Form::Left(10)),
        owner(),
        pid("cpid", &columns::CPID),
        pid("lpid", &columns::LPID),
    ],
};

static MSG_CREATOR: Layout =
    Layout { title: "Message Queues Creators/Owners", cells: &creators("msqid") };

static SHM_CREATOR: Layout =
    Layout { title: "Shared Memory Segment Creators/Owners", cells: &creators("shmid") };

static SEM_CREATOR: Layout =
    Layout { title: "Semaphore Arrays Creators/Owners", cells: &creators("semid") };

/// The columns of a view, in the order of its cells.
#[must_use]
pub fn columns(kind: Kind, view: View) -> Vec<&'static Column> {
    layout(kind, view).map_or_else(Vec::new, |it| it.cells.iter().map(|cell| cell.column).collect())
}

/// The view of a kind; semaphore sets have none with pids.
fn layout(kind: Kind, view: View) -> Option<&'static Layout> {
    Some(match (kind, view) {
        (Kind::Msg, View::Default) => &MSG,
        (Kind::Msg, View::Time) => &MSG_TIME,
        (Kind::Msg, View::Pid) => &MSG_PID,
        (Kind::Msg, View::Creator) => &MSG_CREATOR,
        (Kind::Shm, View::Default) => &SHM,
        (Kind::Shm, View::Time) => &SHM_TIME,
        (Kind::Shm, View::Pid) => &SHM_PID,
        (Kind::Shm, View::Creator) => &SHM_CREATOR,
        (Kind::Sem, View::Default) => &SEM,
        (Kind::Sem, View::Time) => &SEM_TIME,
        (Kind::Sem, View::Pid) => return None,
        (Kind::Sem, View::Creator) => &SEM_CREATOR,
        (Kind::Pshm | Kind::Pmsg | Kind::Psem, _) => return posix::layout(kind, view),
    })
}

/// Writes the sections of a view.
pub struct List<'a> {
    out: &'a mut dyn Write,
    unit: Unit,
    view: View,
    names: Names,
    /// The local time zone; looked up when the first time is written.
    clock: Option<LocalTime>,
    /// Whether titles and headings are left out.
    no_headings: bool,
    layout: Option<&'static Layout>,
    has_begun: bool,
    text: Vec<u8>,
}

/// What is written in large pieces.
const FLUSH_AT: usize = 64 * 1024;

impl<'a> List<'a> {
    /// Writes a view to `out`, with the machine's time zone.
    pub fn new(out: &'a mut dyn Write, view: View, unit: Unit, names: Names) -> List<'a> {
        List {
            out,
            unit,
            view,
            names,
            clock: None,
            no_headings: false,
            layout: None,
            has_begun: false,
            text: Vec::new(),
        }
    }

    /// The same without titles and headings.
    #[must_use]
    pub fn without_headings(mut self, no_headings: bool) -> List<'a> {
        self.no_headings = no_headings;
        self
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: LocalTime) -> List<'a> {
        self.clock = Some(clock);
        self
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    /// Title and headings.
    fn head(&mut self, layout: &Layout) {
        if self.no_headings {
            return;
        }
        let out = &mut self.text;
        out.extend_from_slice(b"------ ");
        out.extend_from_slice(layout.title.as_bytes());
        out.extend_from_slice(b" --------\n");
        for (at, cell) in layout.cells.iter().enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            let heading = match cell.form {
                // Other sizes have a name of their own.
                Form::Size { .. }
                    if self.unit == Unit::Human && cell.heading.ends_with("bytes") =>
                {
                    "size"
                }
                _ => cell.heading,
            };
            left(out, heading.as_bytes(), cell.heading_width);
        }
        out.push(b'\n');
    }

    fn cell(&mut self, value: Value<'_>, form: Form) {
        let out = &mut self.text;
        let start = out.len();
        match (form, value) {
            (Form::Left(width), value) => {
                put_number(out, value);
                pad_to(out, start, width);
            }
            (Form::Right(width), value) => {
                let mut digits = Vec::new();
                put_number(&mut digits, value);
                right(out, &digits, width);
            }
            (Form::Owner, Value::User(uid)) => {
                match self.names.user(uid) {
                    Some(name) => out.extend_from_slice(&name[..name.len().min(10)]),
                    None => put_u64(out, uid.into()),
                }
                pad_to(out, start, 10);
            }
            (Form::Name, Value::User(id)) => name_or_number(out, self.names.user(id), id),
            (Form::Name, Value::Group(id)) => name_or_number(out, self.names.group(id), id),
            (Form::Octal, Value::Perms(mode)) => {
                let digits = digits::perms(mode);
                let zeros = digits[..3].iter().take_while(|digit| **digit == b'0').count();
                out.extend_from_slice(&digits[zeros..]);
                pad_to(out, start, 10);
            }
            (Form::Size { blanks, .. }, Value::Bytes(bytes)) if self.unit == Unit::Human => {
                right(out, human(bytes).as_bytes(), 6);
                put_blanks(out, blanks);
            }
            (Form::Size { width, .. }, value) => {
                put_number(out, value);
                pad_to(out, start, width);
            }
            (Form::ShortTime, value) => self.time(value, 4..20, 20),
            (Form::LongTime, value) => self.time(value, 0..24, 26),
            (Form::Status, Value::Words(words)) => status(words, out),
            (Form::Words(width), Value::Words(words)) => {
                left(out, words.join(",").as_bytes(), width)
            }
            (Form::Text, Value::Text(text)) => escape_into(out, text),
            // No view combines a form with a column of another type; a test writes them all.
            _ => debug_assert!(false, "no {form:?} for {value:?}"),
        }
    }

    fn time(&mut self, value: Value<'_>, part: std::ops::Range<usize>, width: usize) {
        let out = &mut self.text;
        match value {
            Value::Time(seconds) => {
                let text = self.clock.get_or_insert_with(LocalTime::system).ctime(seconds);
                let bytes = text.as_bytes();
                left(out, &bytes[part.start.min(bytes.len())..part.end.min(bytes.len())], width);
            }
            _ => left(out, b"Not set", width),
        }
    }
}

/// An empty line before and after every section. Sets have no section with pids, only its empty
/// line.
impl Format for List<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.text.push(b'\n');
        }
        self.layout = section.kind.and_then(|kind| layout(kind, self.view));
        if let Some(layout) = self.layout {
            self.head(layout);
        }
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        let Some(layout) = self.layout else { return Ok(()) };
        for (at, cell) in layout.cells.iter().enumerate() {
            put_blanks(&mut self.text, cell.blanks);
            self.cell(cells.value(at), cell.form);
        }
        self.text.push(b'\n');
        if self.text.len() >= FLUSH_AT { self.flush() } else { Ok(()) }
    }

    fn end(&mut self) -> io::Result<()> {
        self.text.push(b'\n');
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

fn name_or_number(out: &mut Vec<u8>, name: Option<&[u8]>, number: u32) {
    let start = out.len();
    match name {
        Some(name) => out.extend_from_slice(name),
        None => put_u64(out, number.into()),
    }
    pad_to(out, start, 10);
}

fn put_number(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Key(key) => put_key(out, key),
        Value::Int(number) => put_i64(out, number),
        Value::Uint(number) | Value::Bytes(number) => put_u64(out, number),
        Value::NoPid => out.push(b'0'),
        Value::Null => out.push(b'-'),
        _ => debug_assert!(false, "{value:?} is no number"),
    }
}

fn status(words: &[&str], out: &mut Vec<u8>) {
    for (at, word) in crate::model::STATUS_WORDS.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        left(out, if words.contains(word) { word.as_bytes() } else { b" " }, 6);
    }
}

/// Writes a text padded right with blanks.
pub(in crate::render) fn left(out: &mut Vec<u8>, text: &[u8], width: usize) {
    out.extend_from_slice(text);
    put_blanks(out, width.saturating_sub(text.len()));
}

fn right(out: &mut Vec<u8>, text: &[u8], width: usize) {
    put_blanks(out, width.saturating_sub(text.len()));
    out.extend_from_slice(text);
}

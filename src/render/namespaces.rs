//! IPC namespaces: a heading for each in text, an object for each in JSON, and a list of them.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Cells, Cut, Drop, Heading, Section};
use crate::columns::{Align, Attention, Place, Value};
use crate::escape::{escaped, valid_utf8};
use crate::model::{Container, KindUsage, Usage, multiply_clamped};
use crate::namespaces::IpcNamespace;
use crate::processes::without_directories;

/// How much of a container's id is shown to people, as container tools do.
const SHORT_ID: usize = 12;

/// The line above the objects of a namespace, cut to `width` columns.
#[must_use]
pub fn heading(namespace: &IpcNamespace, width: Option<usize>) -> String {
    let mut text = format!("IPC namespace {}", namespace.id.inode);
    if namespace.is_current {
        text.push_str(" (this one)");
    }
    let _ = write!(text, ": {}", processes(namespace));
    if let Some(origin) = origin(namespace) {
        let _ = write!(text, ", {origin}");
    }
    if let Some(oldest) = &namespace.oldest {
        let _ = write!(
            text,
            ", oldest {}: {}",
            oldest.pid,
            escaped(&without_directories(&oldest.command))
        );
    }
    match width {
        Some(width) if text.chars().count() > width => {
            let kept: String = text.chars().take(width.saturating_sub(3)).collect();
            format!("{kept}...")
        }
        _ => text,
    }
}

/// A namespace in the line about it: its number, and what it is known by.
#[must_use]
pub fn title(namespace: &IpcNamespace) -> String {
    let known_by = match (namespace.is_current, origin(namespace), &namespace.oldest) {
        (true, _, _) => "this one".to_owned(),
        (false, Some(origin), _) => origin,
        (false, None, Some(oldest)) => format!("process {}", oldest.pid),
        (false, None, None) => "no process".to_owned(),
    };
    format!("namespace {} ({known_by})", namespace.id.inode)
}

/// How many processes a namespace has: `3 processes`.
#[must_use]
pub fn processes(namespace: &IpcNamespace) -> String {
    let noun = if namespace.processes == 1 { "process" } else { "processes" };
    format!("{} {noun}", namespace.processes)
}

/// The container of a namespace, as in `docker 0123456789ab`, or its systemd unit.
#[must_use]
pub fn origin(namespace: &IpcNamespace) -> Option<String> {
    match (&namespace.container, &namespace.unit) {
        (Some(container), _) => {
            Some(format!("{} {}", container.engine, escaped(short(container).as_bytes())))
        }
        (None, unit) => unit.as_ref().map(|unit| escaped(unit.as_bytes())),
    }
}

/// The name of a container, or the beginning of its id.
fn short(container: &Container) -> &str {
    match (&container.name, &container.id) {
        (Some(name), _) => name,
        (None, Some(id)) => id.get(..SHORT_ID).unwrap_or(id),
        (None, None) => "",
    }
}

/// A namespace in JSON. The objects of a list follow.
#[derive(Debug, Serialize)]
pub struct Element<'a> {
    namespace: u64,
    current: bool,
    processes: u64,
    pid: Option<i32>,
    command: Option<String>,
    container: Option<ContainerElement<'a>>,
    unit: Option<&'a str>,
    owner_uid: Option<u32>,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct ContainerElement<'a> {
    engine: &'a str,
    id: Option<&'a str>,
    name: Option<&'a str>,
    pod: Option<&'a str>,
}

impl Element<'_> {
    /// The namespace, and why it cannot be entered.
    #[must_use]
    pub fn of(namespace: &IpcNamespace, error: Option<String>) -> Element<'_> {
        let oldest = namespace.oldest.as_ref();
        let container = namespace.container.as_ref();
        Element {
            namespace: namespace.id.inode,
            current: namespace.is_current,
            processes: namespace.processes,
            pid: oldest.map(|oldest| oldest.pid),
            command: oldest.map(|oldest| valid_utf8(&oldest.command).into_owned()),
            container: container.map(|container| ContainerElement {
                engine: container.engine,
                id: container.id.as_deref(),
                name: container.name.as_deref(),
                pod: container.pod.as_deref(),
            }),
            unit: namespace.unit.as_deref(),
            owner_uid: namespace.owner_uid,
            error,
        }
    }
}

/// The document of `--list-namespaces --json`.
#[derive(Debug, Serialize)]
pub struct Listing<'a> {
    /// The namespaces.
    pub namespaces: &'a [Listed<'a>],
}

/// A namespace with how much is in it.
#[derive(Debug, Serialize)]
pub struct Listed<'a> {
    #[serde(flatten)]
    element: Element<'a>,
    shm: Option<Bytes>,
    msg: Option<Bytes>,
    sem: Option<Semaphores>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Bytes {
    objects: u64,
    bytes: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Semaphores {
    objects: u64,
    semaphores: u64,
}

impl<'a> Listed<'a> {
    /// The namespace with the kernel's sums; `page_size` is in bytes.
    #[must_use]
    pub fn new(element: Element<'a>, usage: &Usage, page_size: u64) -> Listed<'a> {
        let mut listed = Listed { element, shm: None, msg: None, sem: None };
        for usage in usage.values() {
            match *usage {
                KindUsage::Shm(shm) => {
                    let bytes = multiply_clamped(shm.shm_tot, page_size);
                    listed.shm = Some(Bytes { objects: shm.used_ids, bytes });
                }
                KindUsage::Msg(msg) => {
                    listed.msg = Some(Bytes { objects: msg.msgpool, bytes: msg.msgtql });
                }
                KindUsage::Sem(sem) => {
                    listed.sem = Some(Semaphores { objects: sem.semusz, semaphores: sem.semaem });
                }
                KindUsage::Pshm(_) | KindUsage::Pmsg(_) | KindUsage::Psem(_) => {}
            }
        }
        listed
    }
}

/// The value of a column.
pub type GetListed = for<'a, 'b> fn(&'a Listed<'b>) -> Value<'a>;

/// A column of the list.
#[derive(Debug)]
pub struct ListColumn {
    /// The heading in text, and the name for `--sort`.
    pub name: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    align: Align,
    /// When it is left out of a narrow terminal.
    drop: Drop,
    /// The value of a namespace.
    pub get: GetListed,
}

const fn number(name: &'static str, help: &'static str, get: GetListed) -> ListColumn {
    ListColumn { name, help, align: Align::Right, drop: Drop::Never, get }
}

const fn word(name: &'static str, help: &'static str, get: GetListed) -> ListColumn {
    ListColumn { align: Align::Left, ..number(name, help, get) }
}

/// The columns of the list in text.
pub static LIST_COLUMNS: &[ListColumn] = &[
    number("namespace", "number of the namespace", |it| Value::Uint(it.element.namespace)),
    ListColumn {
        drop: Drop::First(0),
        ..word("current", "whether ipcs runs in it", |it| Value::Bool(it.element.current))
    },
    ListColumn {
        drop: Drop::First(4),
        ..number("processes", "number of processes in it", |it| Value::Uint(it.element.processes))
    },
    number("pid", "process ID of the oldest process", |it| {
        it.element.pid.map_or(Value::Null, |pid| Value::Int(pid.into()))
    }),
    ListColumn {
        drop: Drop::First(1),
        ..number("owner_uid", "owner of the user namespace that it belongs to", |it| {
            Value::uint(it.element.owner_uid.map(u64::from))
        })
    },
    number("shm", "number of segments", |it| Value::uint(it.shm.map(|shm| shm.objects))),
    number("shm_bytes", "size of the segments in bytes, in whole pages", |it| {
        Value::bytes(it.shm.map(|shm| shm.bytes))
    }),
    number("msg", "number of queues", |it| Value::uint(it.msg.map(|msg| msg.objects))),
    ListColumn {
        drop: Drop::First(2),
        ..number("msg_bytes", "bytes of the messages in the queues", |it| {
            Value::bytes(it.msg.map(|msg| msg.bytes))
        })
    },
    number("sem", "number of sets", |it| Value::uint(it.sem.map(|sem| sem.objects))),
    word("container", "container of the oldest process", |it| {
        let container = it.element.container.as_ref();
        text(container.and_then(|container| container.name.or(container.id)))
    }),
    ListColumn {
        drop: Drop::First(3),
        ..word("unit", "systemd unit of the oldest process", |it| text(it.element.unit))
    },
    word("command", "command line of the oldest process", |it| {
        let command = it.element.command.as_deref();
        command.map_or(Value::Null, |command| Value::Command(command.as_bytes()))
    }),
];

/// The headings of the list.
#[must_use]
pub fn list_section() -> Section {
    let heading = |column: &ListColumn| Heading {
        name: column.name,
        align: column.align,
        drop: column.drop,
        cut: Cut::ByValue,
    };
    Section { kind: None, headings: LIST_COLUMNS.iter().map(heading).collect() }
}

impl Cells for Listed<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        (LIST_COLUMNS[column].get)(self)
    }
}

/// A row with the namespace that it is about in front, if there is one.
#[derive(Clone, Copy)]
pub struct Placed<'a> {
    /// The namespace.
    pub place: Option<&'a Place>,
    /// The other columns.
    pub row: &'a dyn Cells,
}

/// The headings of such rows.
#[must_use]
pub fn placed(mut section: Section, place: Option<&Place>) -> Section {
    if place.is_some() {
        let columns = [("namespace", Align::Right), ("container", Align::Left)];
        let heading = |(name, align)| Heading { name, align, drop: Drop::Never, cut: Cut::ByValue };
        section.headings.splice(0..0, columns.map(heading));
    }
    section
}

impl Cells for Placed<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        match (self.place, column) {
            (None, _) => self.row.value(column),
            (Some(place), 0) => Value::Uint(place.number),
            (Some(place), 1) => text(place.container.as_deref()),
            (Some(_), _) => self.row.value(column - 2),
        }
    }

    fn attention(&self, column: usize) -> Attention {
        match self.place {
            None => self.row.attention(column),
            Some(_) => column.checked_sub(2).map_or(Attention::None, |at| self.row.attention(at)),
        }
    }
}

fn text(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Null, |text| Value::Text(text.as_bytes()))
}

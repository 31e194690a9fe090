//! Totals of groups (`-u --group-by`): one literal for each column, which text, JSON, `--sort` and
//! the manual read.

use std::cmp::Reverse;

use super::{Cells, Cut, Drop, Heading, Section};
use crate::columns::{Align, Attention, Details, Field, Inline, Place, Shape, Value};
use crate::model::{Kinds, LimitRow, Share, Shown, Sums, limit_rows};
use crate::query::{GroupBy, GroupKey, Grouped};

/// The value of a column.
pub type GetGroup = for<'a> fn(&'a GroupRow) -> Value<'a>;

/// A column.
#[derive(Debug)]
pub struct GroupColumn {
    /// The heading in text, and the name for `--sort`.
    pub name: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// The groups that have it; `None` for all.
    pub by: Option<GroupBy>,
    /// It is shown if one of these kinds is.
    pub kinds: Kinds,
    /// Where JSON has it: the object within the group if there is one, and the name.
    pub json: Option<(Option<&'static str>, &'static str)>,
    /// Whether a table and the classic text have it.
    for_people: bool,
    align: Align,
    /// When it is left out of a narrow terminal.
    drop: Drop,
    attention: Option<fn(&GroupRow) -> Attention>,
    /// The value in a row.
    pub get: GetGroup,
}

const COLUMN: GroupColumn = GroupColumn {
    name: "",
    help: "",
    by: None,
    kinds: Kinds::EVERYTHING,
    json: None,
    for_people: true,
    align: Align::Right,
    drop: Drop::Never,
    attention: None,
    get: |_| Value::Null,
};

/// A value that all objects of a group have in common.
const fn key(by: GroupBy, name: &'static str, help: &'static str, get: GetGroup) -> GroupColumn {
    GroupColumn { by: Some(by), name, help, json: Some((None, name)), get, ..COLUMN }
}

/// The name of a user or group.
const fn name(by: GroupBy, name: &'static str, help: &'static str, get: GetGroup) -> GroupColumn {
    GroupColumn { align: Align::Left, ..key(by, name, help, get) }
}

/// The number of a user or group, which repeats the name.
const fn number(by: GroupBy, name: &'static str, help: &'static str) -> GroupColumn {
    GroupColumn { drop: Drop::First(0), ..key(by, name, help, |row| row.key_number()) }
}

macro_rules! sum {
    ($object:ident.$field:ident, $kinds:ident, $name:literal, $help:literal, $drop:expr, $get:expr) => {
        GroupColumn {
            name: $name,
            help: $help,
            kinds: Kinds::$kinds,
            json: Some((Some(stringify!($object)), stringify!($field))),
            drop: $drop,
            get: $get,
            ..COLUMN
        }
    };
}

macro_rules! percent {
    ($limit:ident, $kinds:ident, $name:literal, $help:literal) => {
        GroupColumn {
            name: $name,
            help: $help,
            kinds: Kinds::$kinds,
            json: Some((Some("percent_of_limit"), stringify!($limit))),
            for_people: false,
            get: |row| row.percent_of(stringify!($limit)),
            ..COLUMN
        }
    };
}

/// Every column, in the order of JSON and text.
pub static GROUP_COLUMNS: &[GroupColumn] = &[
    name(GroupBy::Owner, "owner", "name of the owner, or its ID", |row| row.key_name()),
    number(GroupBy::Owner, "uid", "user ID of the owner"),
    name(GroupBy::Creator, "creator", "name of the creator, or its ID", |row| row.key_name()),
    number(GroupBy::Creator, "cuid", "user ID of the creator"),
    name(GroupBy::Group, "group", "name of the group, or its ID", |row| row.key_name()),
    number(GroupBy::Group, "gid", "group ID"),
    name(
        GroupBy::Command,
        "command",
        "command line of the creator; unknown for queues, sets, and segments whose creator has exited",
        |row| row.key_name(),
    ),
    key(GroupBy::Namespace, "namespace", "number of the IPC namespace", |row| {
        row.place().map_or(Value::Null, |place| Value::Uint(place.number))
    }),
    name(GroupBy::Namespace, "container", "container of the namespace's oldest process", |row| {
        let name = row.place().and_then(|place| place.container.as_ref());
        name.map_or(Value::Null, |name| Value::Text(name.as_bytes()))
    }),
    sum!(shm.objects, SHM, "shm", "number of segments", Drop::Never, |r| Value::Uint(
        r.sums.shm.objects
    )),
    sum!(shm.bytes, SHM, "shm_bytes", "size of the segments in bytes", Drop::Last(1), |r| {
        Value::Bytes(r.sums.shm.bytes)
    }),
    sum!(
        shm.rss,
        SHM,
        "rss",
        "resident bytes of the segments; unknown if those of one segment are",
        Drop::First(2),
        |r| Value::bytes(r.sums.shm.rss)
    ),
    sum!(
        shm.attached,
        SHM,
        "attached",
        "number of attaches, the sum of nattch",
        Drop::First(1),
        |r| Value::Uint(r.sums.shm.attached)
    ),
    sum!(msg.objects, MSG, "msg", "number of queues", Drop::Never, |r| Value::Uint(
        r.sums.msg.objects
    )),
    sum!(msg.messages, MSG, "messages", "number of messages in the queues", Drop::First(3), |r| {
        Value::Uint(r.sums.msg.messages)
    }),
    sum!(msg.bytes, MSG, "msg_bytes", "bytes of these messages", Drop::Last(0), |r| Value::Bytes(
        r.sums.msg.bytes
    )),
    sum!(sem.objects, SEM, "sem", "number of sets", Drop::Never, |r| Value::Uint(
        r.sums.sem.objects
    )),
    sum!(
        sem.semaphores,
        SEM,
        "semaphores",
        "number of semaphores in the sets",
        Drop::Last(2),
        |r| Value::Uint(r.sums.sem.semaphores)
    ),
    sum!(pshm.objects, PSHM, "pshm", "number of files in /dev/shm", Drop::Never, |r| {
        Value::Uint(r.sums.pshm.objects)
    }),
    sum!(pshm.bytes, PSHM, "pshm_bytes", "size of these files in bytes", Drop::First(4), |r| {
        Value::Bytes(r.sums.pshm.bytes)
    }),
    sum!(
        pshm.allocated,
        PSHM,
        "pshm_allocated",
        "bytes of these files that take memory or swap space",
        Drop::Last(3),
        |r| Value::Bytes(r.sums.pshm.allocated)
    ),
    sum!(pmsg.objects, PMSG, "pmsg", "number of POSIX queues", Drop::Never, |r| Value::Uint(
        r.sums.pmsg.objects
    )),
    sum!(
        pmsg.messages,
        PMSG,
        "pmsg_messages",
        "number of messages in the POSIX queues; unknown if one may not be read",
        Drop::First(5),
        |r| Value::uint(r.sums.pmsg.messages)
    ),
    sum!(pmsg.bytes, PMSG, "pmsg_bytes", "bytes of these messages", Drop::Last(4), |r| {
        Value::bytes(r.sums.pmsg.bytes)
    }),
    sum!(psem.objects, PSEM, "psem", "number of POSIX semaphores", Drop::Never, |r| {
        Value::Uint(r.sums.psem.objects)
    }),
    percent!(shmmni, SHM, "shmmni_percent", "segments in percent of shmmni"),
    percent!(shmall, SHM, "shmall_percent", "size of the segments in percent of shmall"),
    percent!(msgmni, MSG, "msgmni_percent", "queues in percent of msgmni"),
    percent!(semmni, SEM, "semmni_percent", "sets in percent of semmni"),
    percent!(semmns, SEM, "semmns_percent", "semaphores in percent of semmns"),
    percent!(
        devshm_bytes,
        PSHM,
        "devshm_bytes_percent",
        "allocated bytes in percent of the size of /dev/shm"
    ),
    percent!(
        devshm_inodes,
        PSHM,
        "devshm_inodes_percent",
        "files in percent of the inodes of /dev/shm"
    ),
    percent!(queues_max, PMSG, "queues_max_percent", "POSIX queues in percent of queues_max"),
    GroupColumn {
        name: "percent",
        help: "the highest of these percentages",
        attention: Some(|row| {
            let share = row.fullest().and_then(LimitRow::share);
            share.map_or(Attention::None, Attention::of_share)
        }),
        get: |row| row.fullest().and_then(LimitRow::share).map_or(Value::Null, Value::Percent),
        ..COLUMN
    },
    GroupColumn {
        name: "limit",
        help: "the limit that it is of",
        align: Align::Left,
        attention: Some(|row| row.fullness().map_or(Attention::None, Attention::of_share)),
        get: |row| row.fullest().map_or(Value::Null, |limit| Value::Word(limit.name())),
        ..COLUMN
    },
];

/// Why a namespace has no totals. In text this is only a message.
static ERROR: GroupColumn =
    key(GroupBy::Namespace, "error", "why the namespace cannot be entered", |row| {
        row.error.as_ref().map_or(Value::Null, |error| Value::Text(error.as_bytes()))
    });

/// Which columns a list of groups has.
#[derive(Clone, Copy, Debug)]
pub struct GroupScope {
    /// What the groups have in common.
    pub by: GroupBy,
    /// The kinds that are summed.
    pub kinds: Kinds,
    /// Whether the namespace has columns too.
    pub places: bool,
}

impl GroupScope {
    /// The columns, in any format.
    pub fn columns(self) -> impl Iterator<Item = &'static GroupColumn> {
        let is_place = move |by| self.places && by == GroupBy::Namespace;
        let has = move |by| by == self.by || is_place(by);
        // The namespace comes first, as in lists of objects.
        let (first, rest): (Vec<_>, Vec<_>) = GROUP_COLUMNS
            .iter()
            .filter(|column| column.by.is_none_or(has) && column.kinds.intersects(self.kinds))
            .partition(|column| column.by == Some(GroupBy::Namespace));
        first.into_iter().chain(rest)
    }

    /// The columns of text; `for_people` leaves out the single percentages.
    #[must_use]
    pub fn text(self, for_people: bool) -> GroupText {
        GroupText(self.columns().filter(|column| column.for_people || !for_people).collect())
    }

    /// The members of JSON.
    #[must_use]
    pub fn json(self) -> GroupJson {
        let mut members: Vec<Member> = Vec::new();
        for column in self.columns() {
            match column.json {
                None => {}
                Some((None, name)) => members.push(Member { name, columns: vec![column] }),
                Some((Some(object), _)) => match members.last_mut() {
                    Some(last) if last.name == object => last.columns.push(column),
                    _ => members.push(Member { name: object, columns: vec![column] }),
                },
            }
        }
        if self.by == GroupBy::Namespace {
            members.push(Member { name: ERROR.name, columns: vec![&ERROR] });
        }
        GroupJson(members)
    }
}

/// A group with its limits.
#[derive(Debug)]
pub struct GroupRow {
    key: GroupKey,
    sums: Sums,
    place: Option<Place>,
    limits: Vec<LimitRow>,
    /// Why the totals are unknown.
    error: Option<String>,
}

/// The groups of some namespaces as rows, the largest first: by the highest percentage of a limit,
/// then by bytes, by objects, and by the key.
#[must_use]
pub fn rows(grouped: &[Grouped], kinds: Kinds, page_size: u64) -> Vec<GroupRow> {
    let mut rows: Vec<GroupRow> = Vec::new();
    for Grouped { groups, limits, place } in grouped {
        rows.extend(groups.iter().map(|(key, sums)| {
            let usage = sums.usage(kinds);
            let mut limits = limit_rows(kinds, limits, &usage, Shown::Usage, page_size);
            limits.retain(LimitRow::is_limit);
            GroupRow { key: key.clone(), sums: *sums, place: place.clone(), limits, error: None }
        }));
    }
    rows.sort_by_cached_key(|row| {
        let size = (row.fullness(), row.sums.bytes(), row.sums.objects());
        (Reverse(size), row.key.clone(), row.place().map(|place| place.number))
    });
    rows
}

impl GroupRow {
    /// A namespace that cannot be entered, for JSON.
    #[must_use]
    pub fn unknown(place: Place, error: String) -> GroupRow {
        GroupRow {
            key: GroupKey::Namespace,
            sums: Sums::default(),
            place: Some(place),
            limits: Vec::new(),
            error: Some(error),
        }
    }

    /// The limit of which the group has the highest percentage.
    fn fullest(&self) -> Option<&LimitRow> {
        let known = self.limits.iter().rev().filter(|limit| limit.fullness().is_some());
        known.max_by_key(|limit| limit.fullness())
    }

    fn fullness(&self) -> Option<Share> {
        self.fullest().and_then(LimitRow::fullness)
    }

    fn percent_of(&self, name: &str) -> Value<'static> {
        let limit = self.limits.iter().find(|limit| limit.name() == name);
        limit.and_then(LimitRow::share).map_or(Value::Null, Value::Percent)
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn key_name(&self) -> Value<'_> {
        match &self.key {
            GroupKey::User(uid) => Value::User(*uid),
            GroupKey::Group(gid) => Value::Group(*gid),
            GroupKey::Command(command) => Value::Command(command),
            GroupKey::Namespace | GroupKey::Unknown => Value::Null,
        }
    }

    fn key_number(&self) -> Value<'_> {
        match self.key {
            GroupKey::User(number) | GroupKey::Group(number) => Value::Uint(number.into()),
            _ => Value::Null,
        }
    }
}

/// The columns of text.
#[derive(Debug)]
pub struct GroupText(Vec<&'static GroupColumn>);

impl GroupText {
    /// The headings.
    #[must_use]
    pub fn section(&self) -> Section {
        let heading = |column: &&GroupColumn| Heading {
            name: column.name,
            align: column.align,
            drop: column.drop,
            cut: Cut::ByValue,
        };
        Section { kind: None, headings: self.0.iter().map(heading).collect() }
    }

    /// The cells of a row.
    #[must_use]
    pub fn cells<'a>(&'a self, row: &'a GroupRow) -> impl Cells + 'a {
        TextCells { row, columns: &self.0 }
    }
}

struct TextCells<'a> {
    row: &'a GroupRow,
    columns: &'a [&'static GroupColumn],
}

impl Cells for TextCells<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        (self.columns[column].get)(self.row)
    }

    fn attention(&self, column: usize) -> Attention {
        self.columns[column].attention.map_or(Attention::None, |of| of(self.row))
    }
}

/// The members of a group in JSON.
#[derive(Debug)]
pub struct GroupJson(Vec<Member>);

/// A column, or an object of several columns.
#[derive(Debug)]
struct Member {
    name: &'static str,
    columns: Vec<&'static GroupColumn>,
}

impl GroupJson {
    /// The names of the members.
    #[must_use]
    pub fn section(&self) -> Section {
        let heading = |member: &Member| Heading::new(member.name, Align::Left);
        Section { kind: None, headings: self.0.iter().map(heading).collect() }
    }

    /// The members of a row.
    #[must_use]
    pub fn cells<'a>(&'a self, row: &'a GroupRow) -> impl Cells + 'a {
        JsonCells(self.0.iter().map(|member| Object { row, columns: &member.columns }).collect())
    }
}

struct JsonCells<'a>(Vec<Object<'a>>);

impl Cells for JsonCells<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        let object = &self.0[column];
        match object.columns {
            [GroupColumn { json: Some((None, _)), get, .. }] => get(object.row),
            _ if object.row.error.is_some() => Value::Null,
            _ => Value::Details(object),
        }
    }
}

/// An object within a group.
#[derive(Debug)]
struct Object<'a> {
    row: &'a GroupRow,
    columns: &'a [&'static GroupColumn],
}

const MEMBER: Field = Field { name: "", heading: "", inline: Inline::No, optional: false };
const NAME: usize = 0;

impl Details for Object<'_> {
    fn fields(&self) -> &'static [Field] {
        &[MEMBER, MEMBER]
    }

    fn len(&self) -> usize {
        self.columns.len()
    }

    fn value(&self, row: usize, field: usize) -> Value<'_> {
        let column = self.columns[row];
        match (field, column.json) {
            (NAME, Some((_, name))) => Value::Word(name),
            _ => (column.get)(self.row),
        }
    }

    fn shape(&self) -> Shape {
        Shape::Map { key: NAME, value: 1, within: None }
    }
}

/// The JSON document; `lines` has a group on each line.
#[must_use]
pub fn document(by: GroupBy, lines: &[u8]) -> Vec<u8> {
    let groups: Vec<&[u8]> =
        lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let head = format!("{{\"group_by\":\"{}\",\"groups\":[", by.word());
    [head.as_bytes(), &groups.join(&b','), b"]}"].concat()
}

//! The typed value of a cell, and rows of values within a cell. The format decides how they are
//! written.

use std::fmt::Debug;

use crate::model::{Key, Kind, Mode, Share};
use crate::processes::{Alive, Reason};

/// The content of one column in one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known, not set, or the object does not have it.
    Null,
    /// A signed number.
    Int(i64),
    /// A number.
    Uint(u64),
    /// Bytes of memory.
    Bytes(u64),
    /// An address in memory, in hex.
    Address(u64),
    /// Yes or no.
    Bool(bool),
    /// Yes, no or unknown; text writes `unknown` too.
    Verdict(Option<bool>),
    /// The kind of the object.
    Kind(Kind),
    /// A key, in hex.
    Key(Key),
    /// Permissions in octal, four digits.
    Perms(Mode),
    /// Permissions as `ls` writes them.
    Symbolic(Mode),
    /// Seconds since the epoch, never 0.
    Time(i64),
    /// A user, shown by name.
    User(u32),
    /// A group, shown by name.
    Group(u32),
    /// A list of fixed words.
    Words(&'static [&'static str]),
    /// One fixed word.
    Word(&'static str),
    /// Untrusted bytes.
    Text(&'a [u8]),
    /// A command line, which is untrusted. A table leaves out directories.
    Command(&'a [u8]),
    /// The used part of a limit, in percent.
    Percent(Share),
    /// The same as a small bar.
    Bar(Share),
    /// The time that has passed since then: seconds since the epoch, never 0.
    Since(i64),
    /// The process ID 0 of a use that never happened.
    NoPid,
    /// The reason of a verdict.
    Reason(&'a Reason),
    /// Whether a recorded process lives.
    Alive(Alive),
    /// Rows within the cell.
    Details(&'a dyn Details),
}

impl Value<'_> {
    /// A time from the kernel, where 0 means never.
    #[must_use]
    pub fn time(seconds: i64) -> Value<'static> {
        if seconds == 0 { Value::Null } else { Value::Time(seconds) }
    }

    /// The time since a time from the kernel, where 0 means never.
    #[must_use]
    pub fn since(seconds: i64) -> Value<'static> {
        if seconds == 0 { Value::Null } else { Value::Since(seconds) }
    }

    /// A recorded process ID, with the time of what was recorded. The kernel reports the process ID
    /// 0 also for a process of another pid namespace; the time then shows that something happened.
    #[must_use]
    pub fn pid(pid: i32, time: i64) -> Value<'static> {
        if pid == 0 && time == 0 { Value::NoPid } else { Value::Int(pid.into()) }
    }

    /// A number that may be unknown.
    #[must_use]
    pub fn uint(number: Option<u64>) -> Value<'static> {
        number.map_or(Value::Null, Value::Uint)
    }

    /// Bytes that may be unknown.
    #[must_use]
    pub fn bytes(number: Option<u64>) -> Value<'static> {
        number.map_or(Value::Null, Value::Bytes)
    }

    /// Null, zero, or false.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(
            self,
            Value::Null | Value::Int(0) | Value::Uint(0) | Value::Bool(false) | Value::NoPid
        )
    }
}

/// A table within a cell.
pub trait Details: Debug {
    /// Its fields.
    fn fields(&self) -> &'static [Field];
    /// How many rows it has.
    fn len(&self) -> usize;
    /// A field of a row.
    fn value(&self, row: usize, field: usize) -> Value<'_>;
    /// How JSON writes it.
    fn shape(&self) -> Shape {
        Shape::Objects
    }
    /// Whether it has no row.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How details are written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An array of objects.
    Objects,
    /// An array of the values of the only field; one word in text, joined by `+`.
    Scalars,
    /// An object: one field has the keys, another one the values.
    Map {
        /// The field with the keys. Rows with an empty one are left out.
        key: usize,
        /// The field with the values.
        value: usize,
        /// The name of the only member of an outer object, if there is one.
        within: Option<&'static str>,
    },
    /// An object whose only member is null.
    Unknown {
        /// The name of the member.
        within: &'static str,
    },
}

/// One field of the rows within a cell.
#[derive(Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its heading in a table.
    pub heading: &'static str,
    /// How it is written where a row is a single word.
    pub inline: Inline,
    /// JSON leaves it out where it is null or false.
    pub optional: bool,
}

/// How a field is written where a row is a single word, as in csv and raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Not at all.
    No,
    /// Always, after these characters.
    Always(&'static str),
    /// Unless it is null or zero, after these characters.
    NotEmpty(&'static str),
}

impl PartialEq for dyn Details + '_ {
    fn eq(&self, other: &Self) -> bool {
        let fields = self.fields();
        self.len() == other.len()
            && std::ptr::eq(fields, other.fields())
            && (0..self.len())
                .all(|row| (0..fields.len()).all(|at| self.value(row, at) == other.value(row, at)))
    }
}

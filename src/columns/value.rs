//! The typed value of a cell: the view formats it.

use crate::model::{Key, Kind, Mode, Semaphore};
use crate::processes::{Reason, Recorded, User};

/// What stands in one column of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known, not set, or not a thing of this object.
    Null,
    /// A signed number: a pid.
    Int(i64),
    /// A number.
    Uint(u64),
    /// Bytes of memory.
    Bytes(u64),
    /// Yes or no.
    Bool(bool),
    /// Yes, no, or unknown, which a blank would not say.
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
    /// Bytes that a stranger chose.
    Text(&'a [u8]),
    /// A share of a limit in tenths of a percent.
    Permille(u64),
    /// The same as a small bar.
    Bar(u64),
    /// Why a verdict is what it is.
    Reason(Reason),
    /// The live processes that use an object of this kind.
    Users(Kind, &'a [User]),
    /// The recorded pids of an object of this kind, and whether they live; `None` where they could
    /// not be read.
    Recorded(Kind, Option<&'a [Recorded]>),
    /// The semaphores of a set.
    Semaphores(&'a [Semaphore]),
}

impl Value<'_> {
    /// A time of the kernel, where 0 means never.
    #[must_use]
    pub fn time(seconds: i64) -> Value<'static> {
        if seconds == 0 { Value::Null } else { Value::Time(seconds) }
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
}

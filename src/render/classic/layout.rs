//! What a classic view consists of.

use crate::columns::{self, Column};

/// How a value is written. The width is a minimum; a longer text shifts what follows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// As it is, padded right.
    Left(usize),
    /// As it is, padded left.
    Right(usize),
    /// A user's name cut to ten bytes, or the whole number.
    Owner,
    /// A user's or group's whole name, or the number.
    Name,
    /// Permissions in octal without a leading zero.
    Octal,
    /// Bytes, padded right; with `--human` six characters and then blanks.
    Size { width: usize, blanks: usize },
    /// Month, day and time: 16 bytes of ctime(3).
    ShortTime,
    /// The whole of ctime(3).
    LongTime,
    /// The two status words of a segment.
    Status,
    /// Words, padded right.
    Words(usize),
    /// The name of an object, escaped; the last cell of a line.
    Text,
}

/// A column of a classic view.
#[derive(Debug)]
pub(super) struct Cell {
    pub heading: &'static str,
    pub heading_width: usize,
    /// How many blanks precede the value.
    pub blanks: usize,
    pub column: &'static Column,
    pub form: Form,
}

/// A classic view of one kind.
#[derive(Debug)]
pub(super) struct Layout {
    pub title: &'static str,
    pub cells: &'static [Cell],
}

pub(super) const fn cell(
    heading: &'static str,
    heading_width: usize,
    column: &'static Column,
    form: Form,
) -> Cell {
    Cell { heading, heading_width, blanks: 1, column, form }
}

pub(super) const fn first(
    heading: &'static str,
    heading_width: usize,
    column: &'static Column,
    form: Form,
) -> Cell {
    Cell { heading, heading_width, blanks: 0, column, form }
}

pub(super) const fn owner() -> Cell {
    cell("owner", 10, &columns::OWNER, Form::Owner)
}

pub(super) const fn key() -> Cell {
    first("key", 10, &columns::KEY, Form::Left(10))
}

pub(super) const fn perms() -> Cell {
    cell("perms", 10, &columns::PERMS, Form::Octal)
}

pub(super) const fn short_time(heading: &'static str, column: &'static Column) -> Cell {
    cell(heading, 20, column, Form::ShortTime)
}

pub(super) const fn pid(heading: &'static str, column: &'static Column) -> Cell {
    cell(heading, 10, column, Form::Left(10))
}

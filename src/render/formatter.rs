//! Values as text for the new formats.

use std::io::Write;

use super::digits::{self, put_i64, put_key, put_percent, put_short_percent, put_u64};
use super::size::human;
use super::time::{LocalTime, TimeFormat, age, seconds_since};
use crate::columns::{Details, Inline, Shape, Value};
use crate::escape::escaped;
use crate::model::Share;
use crate::names::Names;
use crate::processes::{Reason, without_directories};

/// Writes values as text.
#[derive(Debug)]
pub struct TextFormatter {
    /// Names of users and groups.
    pub names: Names,
    /// How times are written.
    pub times: TimeFormat,
    /// Whether sizes are written as a number and a unit letter.
    pub human: bool,
    /// Now, in seconds since the epoch.
    pub now: i64,
    /// Whether the output is a terminal: formats that are exact elsewhere then escape control
    /// characters.
    pub terminal: bool,
    /// Whether the text is for people: unknown and unset values have a sign, percentages and ages
    /// are rounded.
    pub in_table: bool,
    clock: Option<LocalTime>,
}

impl TextFormatter {
    /// A formatter with the machine's time zone.
    #[must_use]
    pub fn new(names: Names, times: TimeFormat, human: bool, now: i64) -> TextFormatter {
        let (terminal, in_table) = (false, false);
        TextFormatter { names, times, human, now, terminal, in_table, clock: None }
    }

    /// Numbers and words, without names and human sizes.
    #[must_use]
    pub(super) fn plain() -> TextFormatter {
        TextFormatter::new(Names::numeric(), TimeFormat::Utc, false, 0)
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: LocalTime) -> TextFormatter {
        self.clock = Some(clock);
        self
    }

    /// Appends the text of a value. Nothing is escaped, not even untrusted bytes.
    pub fn put(&mut self, value: Value<'_>, out: &mut Vec<u8>) {
        match value {
            Value::Null | Value::NoPid if self.in_table => out.push(b'-'),
            Value::Null => {}
            Value::NoPid => out.push(b'0'),
            Value::Int(number) => put_i64(out, number),
            Value::Uint(number) => put_u64(out, number),
            Value::Bytes(bytes) if self.human => out.extend_from_slice(human(bytes).as_bytes()),
            Value::Bytes(bytes) => put_u64(out, bytes),
            Value::Bool(yes) => out.extend_from_slice(if yes { b"yes" } else { b"no" }),
            Value::Verdict(answer) => out.extend_from_slice(match answer {
                Some(true) => b"yes",
                Some(false) => b"no",
                None => b"unknown",
            }),
            Value::Kind(kind) => out.extend_from_slice(kind.word().as_bytes()),
            Value::Key(key) => put_key(out, key),
            Value::Perms(mode) => out.extend_from_slice(&digits::perms(mode)),
            Value::Symbolic(mode) => out.extend_from_slice(&mode.symbolic()),
            Value::Time(seconds) => {
                let start = out.len();
                self.time(seconds, self.times, out);
                // No calendar has such a day, so that JSON has null.
                if out.len() == start && self.in_table {
                    out.push(b'-');
                }
            }
            Value::User(uid) => match self.names.user(uid) {
                Some(name) => out.extend_from_slice(name),
                None => put_u64(out, uid.into()),
            },
            Value::Group(gid) => match self.names.group(gid) {
                Some(name) => out.extend_from_slice(name),
                None => put_u64(out, gid.into()),
            },
            Value::Words(words) => out.extend_from_slice(words.join(",").as_bytes()),
            Value::Command(command) if self.in_table => {
                out.extend_from_slice(&without_directories(command));
            }
            Value::Text(text) | Value::Command(text) => out.extend_from_slice(text),
            Value::Percent(share) if self.in_table => put_short_percent(out, share),
            Value::Percent(share) => put_percent(out, share),
            Value::Since(then) if self.in_table => put_display(out, age(then, self.now)),
            Value::Since(then) => put_u64(out, seconds_since(then, self.now)),
            Value::Bar(share) => put_bar(out, share),
            Value::Reason(reason) => put_display(out, reason_text(reason, &mut self.names)),
            Value::Word(word) => out.extend_from_slice(word.as_bytes()),
            Value::Address(address) => put_display(out, format_args!("{address:#x}")),
            Value::Alive(alive) => out.extend_from_slice(alive.word().as_bytes()),
            Value::Details(list) => self.details(list, out),
        }
    }

    /// Appends the rows within a cell as one word.
    fn details(&mut self, details: &dyn Details, out: &mut Vec<u8>) {
        let separator = if details.shape() == Shape::Scalars { b'+' } else { b',' };
        for row in 0..details.len() {
            if row > 0 {
                out.push(separator);
            }
            for (at, field) in details.fields().iter().enumerate() {
                let value = details.value(row, at);
                let prefix = match field.inline {
                    Inline::Always(prefix) => prefix,
                    Inline::NotEmpty(prefix) if !value.is_empty() => prefix,
                    Inline::No | Inline::NotEmpty(_) => continue,
                };
                out.extend_from_slice(prefix.as_bytes());
                self.put(value, out);
            }
        }
    }

    /// Appends a time in a format of the caller's choice.
    pub fn time(&mut self, seconds: i64, format: TimeFormat, out: &mut Vec<u8>) {
        if format == TimeFormat::Age {
            return put_display(out, age(seconds, self.now));
        }
        let clock = self.clock.get_or_insert_with(LocalTime::system);
        out.extend_from_slice(clock.format(seconds, format, self.now).as_bytes());
    }
}

/// A reason, with users by name.
pub(super) fn reason_text(reason: &Reason, names: &mut Names) -> String {
    reason.text(&mut |uid| names.user(uid).map_or_else(|| uid.to_string(), escaped))
}

fn put_display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing to memory does not fail.
    let _ = write!(out, "{value}");
}

/// Ten characters, one for each used tenth. The bar is full only at the limit.
fn put_bar(out: &mut Vec<u8>, share: Share) {
    const PLACES: u64 = 10;
    let full = (share.permille() / (1000 / PLACES)).min(PLACES);
    out.push(b'[');
    for place in 0..PLACES {
        out.push(if place < full { b'#' } else { b'.' });
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(permille: u64) -> String {
        let mut out = Vec::new();
        put_bar(&mut out, Share::of(permille, 1000).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_bar_is_full_at_the_limit_and_not_before() {
        assert_eq!(bar(0), "[..........]");
        assert_eq!(bar(99), "[..........]");
        assert_eq!(bar(100), "[#.........]");
        assert_eq!(bar(952), "[#########.]");
        assert_eq!(bar(999), "[#########.]");
        assert_eq!(bar(1000), "[##########]");
        assert_eq!(bar(u64::MAX), "[##########]");
    }
}

//! Values as text for the new formats.

use super::digits::{self, put_i64, put_key, put_u64};
use super::size::human;
use super::time::{LocalTime, TimeFormat};
use crate::columns::Value;
use crate::model::Semaphore;
use crate::names::Names;
use crate::processes::{Recorded, User};
use std::io::Write;

/// How values become text, with what that needs to know.
#[derive(Debug)]
pub struct Texts {
    /// Names of users and groups.
    pub names: Names,
    /// How times are written.
    pub times: TimeFormat,
    /// Whether sizes are a figure and a letter.
    pub human: bool,
    /// Now, in seconds since the epoch.
    pub now: i64,
    /// Whether a terminal reads them: formats that are exact elsewhere then escape what it would
    /// obey.
    pub terminal: bool,
    /// Whether a share has a percent sign.
    pub percent_sign: bool,
    clock: Option<LocalTime>,
}

impl Texts {
    /// Texts with the machine's time zone.
    #[must_use]
    pub fn new(names: Names, times: TimeFormat, human: bool, now: i64) -> Texts {
        let (terminal, percent_sign) = (false, true);
        Texts { names, times, human, now, terminal, percent_sign, clock: None }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: LocalTime) -> Texts {
        self.clock = Some(clock);
        self
    }

    /// Appends the text of a value. Nothing is escaped: what strangers wrote is as it is.
    pub fn put(&mut self, value: Value<'_>, out: &mut Vec<u8>) {
        match value {
            Value::Null => {}
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
            Value::Time(seconds) => self.time(seconds, self.times, out),
            Value::User(uid) => match self.names.user(uid) {
                Some(name) => out.extend_from_slice(name),
                None => put_u64(out, uid.into()),
            },
            Value::Group(gid) => match self.names.group(gid) {
                Some(name) => out.extend_from_slice(name),
                None => put_u64(out, gid.into()),
            },
            Value::Words(words) => {
                put_list(out, words, |out, word| out.extend_from_slice(word.as_bytes()))
            }
            Value::Text(text) => out.extend_from_slice(text),
            Value::Permille(share) => {
                put_display(out, format_args!("{}.{}", share / 10, share % 10));
                if self.percent_sign {
                    out.push(b'%');
                }
            }
            Value::Bar(share) => put_bar(out, share),
            Value::Reason(reason) => put_display(out, reason),
            Value::Users(_, users) => put_list(out, users, put_user),
            Value::Recorded(_, recorded) => {
                put_list(out, recorded.unwrap_or_default(), put_recorded)
            }
            Value::Semaphores(semaphores) => put_list(out, semaphores, put_semaphore),
        }
    }

    /// Appends a time in a format of the caller's choice.
    pub fn time(&mut self, seconds: i64, format: TimeFormat, out: &mut Vec<u8>) {
        let clock = self.clock.get_or_insert_with(LocalTime::system);
        out.extend_from_slice(clock.format(seconds, format, self.now).as_bytes());
    }
}

fn put_display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing to memory does not fail.
    let _ = write!(out, "{value}");
}

/// `pid:role+role`, and for the attached `:rw` or `:ro`.
fn put_user(out: &mut Vec<u8>, user: &User) {
    put_display(out, user.process.pid);
    for (at, role) in user.roles.iter().enumerate() {
        out.push(if at == 0 { b':' } else { b'+' });
        out.extend_from_slice(role.word().as_bytes());
    }
    if let Some(access) = user.access {
        put_display(out, format_args!(":{}", access.word()));
    }
}

/// `field:pid:alive`, `gone` or `unknown`.
fn put_recorded(out: &mut Vec<u8>, recorded: &Recorded) {
    let Recorded { field, pid, alive } = recorded;
    put_display(out, format_args!("{}:{pid}:{}", field.name(), alive.word()));
}

/// Ten places, each for a tenth that is used up: full only at the limit.
fn put_bar(out: &mut Vec<u8>, share: u64) {
    const PLACES: u64 = 10;
    let full = (share / (1000 / PLACES)).min(PLACES);
    out.push(b'[');
    for place in 0..PLACES {
        out.push(if place < full { b'#' } else { b'.' });
    }
    out.push(b']');
}

fn put_list<T>(out: &mut Vec<u8>, items: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        put(out, item);
    }
}

/// `num=value`, and what is not zero of waiters and pid.
fn put_semaphore(out: &mut Vec<u8>, semaphore: &Semaphore) {
    let Semaphore { num, value, ncount, zcount, pid } = semaphore;
    put_display(out, format_args!("{num}={value}"));
    for (name, number) in [("ncount", ncount), ("zcount", zcount), ("pid", pid)] {
        if *number != 0 {
            put_display(out, format_args!("/{name}:{number}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(share: u64) -> String {
        let mut out = Vec::new();
        put_bar(&mut out, share);
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

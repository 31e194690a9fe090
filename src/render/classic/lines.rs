//! Lines that several classic views have.

use std::io::{self, Write};

use crate::render::time::LocalTime;

/// C's `%#o`: a zero has no second zero before it.
pub(super) fn octal(mode: u16) -> String {
    if mode == 0 { "0".to_owned() } else { format!("0{mode:o}") }
}

pub(super) fn time_line(
    out: &mut dyn Write,
    label: &str,
    seconds: i64,
    clock: &mut LocalTime,
) -> io::Result<()> {
    if seconds == 0 {
        writeln!(out, "{label}{:<26}", "Not set")
    } else {
        change_line(out, label, seconds, clock)
    }
}

/// Like the other times, but 0 is printed as the epoch and not as "Not set".
pub(super) fn change_line(
    out: &mut dyn Write,
    label: &str,
    seconds: i64,
    clock: &mut LocalTime,
) -> io::Result<()> {
    writeln!(out, "{label}{:<26}", clock.ctime(seconds).as_str())
}

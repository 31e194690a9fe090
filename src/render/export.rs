//! `export`: one line an object of `NAME=value` pairs, for a shell's `eval`.
//!
//! Values are exact; on a terminal, where nothing is evaluated, they are escaped.

use std::io::{self, Write};

use super::formatter::TextFormatter;
use super::{Cells, Format, Section};
use crate::escape::escape_into;

/// Names that shells reserve: `UID` is read-only in bash, and in zsh an assignment to `UID` or
/// `GID` changes the identity of the shell.
const RESERVED: [&str; 2] = ["uid", "gid"];
/// Follows newlines at the end of a value.
const END: u8 = b'.';

/// Writes a line for each row.
pub struct Export<'a> {
    out: &'a mut dyn Write,
    formatter: TextFormatter,
    names: Vec<String>,
    text: Vec<u8>,
    line: Vec<u8>,
}

impl<'a> Export<'a> {
    /// Writes to `out`.
    pub fn new(out: &'a mut dyn Write, formatter: TextFormatter) -> Export<'a> {
        Export { out, formatter, names: Vec::new(), text: Vec::new(), line: Vec::new() }
    }

    fn put_text(&mut self, cells: &dyn Cells, column: usize) {
        self.text.clear();
        self.formatter.put(cells.value(column), &mut self.text);
        if self.formatter.terminal {
            let exact = std::mem::take(&mut self.text);
            escape_into(&mut self.text, &exact);
        }
    }
}

impl Format for Export<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        self.names = section.headings.iter().map(|heading| variable(heading.name)).collect();
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        self.line.clear();
        let mut cut = Vec::new();
        for column in 0..self.names.len() {
            self.put_text(cells, column);
            if column > 0 {
                self.line.push(b' ');
            }
            self.line.extend_from_slice(self.names[column].as_bytes());
            self.line.push(b'=');
            if quote_into(&mut self.line, &self.text) {
                cut.push(column);
            }
        }
        // After a semicolon, so that `local` or `export` before the line applies to all names.
        for (at, column) in cut.iter().enumerate() {
            let (separator, name) = (if at == 0 { ";" } else { "" }, &self.names[*column]);
            write!(self.line, "{separator} {name}=\"${{{name}%{}}}\"", char::from(END))?;
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}

/// The name of a column as a shell variable.
#[must_use]
pub fn variable(name: &str) -> String {
    let prefix = if RESERVED.contains(&name) { "ipc_" } else { "" };
    format!("{prefix}{name}").to_ascii_uppercase()
}

/// Appends a word that any POSIX shell reads as these bytes, without a newline in it. Returns
/// whether [`END`] follows them, which then has to be removed.
fn quote_into(out: &mut Vec<u8>, text: &[u8]) -> bool {
    if text.contains(&b'\n') {
        return print_into(out, text);
    }
    if text.iter().copied().all(is_plain) {
        out.extend_from_slice(text);
        return false;
    }
    out.push(b'\'');
    for byte in text {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    false
}

/// As [`quote_into`], by printf and a command substitution, which strips newlines at its end.
fn print_into(out: &mut Vec<u8>, text: &[u8]) -> bool {
    out.extend_from_slice(b"\"$(printf %b '");
    for byte in text {
        if is_plain(*byte) || *byte == b' ' {
            out.push(*byte);
        } else {
            let octal =
                [b'\\', b'0', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)];
            out.extend_from_slice(&octal);
        }
    }
    let cut = text.ends_with(b"\n");
    if cut {
        out.push(END);
    }
    out.extend_from_slice(b"')\"");
    cut
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./:@,+-".contains(&byte)
}

//! `export`: one line an object of `NAME=value` pairs, for a shell's `eval`.
//!
//! Values are exact; on a terminal, where nothing is evaluated, they are escaped.

use std::io::{self, Write};

use super::Grid;
use super::sanitize::escape_into;
use super::text::Texts;

/// Names that shells keep for themselves: `UID` is read-only in bash, and in zsh an assignment to
/// `UID` or `GID` changes the identity of the shell.
const RESERVED: [&str; 2] = ["uid", "gid"];
/// Stands behind newlines at the end of a value.
const END: u8 = b'.';

/// Writes a line for each row.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn Write, grids: &[&dyn Grid], texts: &mut Texts) -> io::Result<()> {
    let (mut text, mut escaped) = (Vec::new(), Vec::new());
    for grid in grids {
        let names: Vec<_> = grid.headings().iter().map(|heading| variable(heading.name)).collect();
        for row in 0..grid.len() {
            let mut line = Vec::new();
            let mut cut = Vec::new();
            for (column, name) in names.iter().enumerate() {
                if column > 0 {
                    line.push(b' ');
                }
                line.extend_from_slice(name.as_bytes());
                line.push(b'=');
                text.clear();
                texts.put(grid.value(row, column), &mut text);
                if texts.terminal {
                    escaped.clear();
                    escape_into(&mut escaped, &text);
                    std::mem::swap(&mut text, &mut escaped);
                }
                if quote_into(&mut line, &text) {
                    cut.push(name);
                }
            }
            // Behind a semicolon, so that `local` or `export` before the line takes all names.
            for (at, name) in cut.iter().enumerate() {
                let separator = if at == 0 { ";" } else { "" };
                write!(line, "{separator} {name}=\"${{{name}%{}}}\"", char::from(END))?;
            }
            line.push(b'\n');
            out.write_all(&line)?;
        }
    }
    Ok(())
}

/// The name of a column as a shell variable.
#[must_use]
pub fn variable(name: &str) -> String {
    let prefix = if RESERVED.contains(&name) { "ipc_" } else { "" };
    format!("{prefix}{name}").to_ascii_uppercase()
}

/// Appends a word that any POSIX shell reads as these bytes, without a newline in it; tells whether
/// [`END`] follows them, which is then to be taken off.
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

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
/// The variable that stands for a newline in a value, so that an object stays on one line.
const NEWLINE: &str = "IPCS_NEWLINE";

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
            let mut newline = false;
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
                newline |= quote_into(&mut line, &text);
            }
            if newline {
                // Set in two steps, because a command substitution strips newlines at its end.
                write!(out, "{NEWLINE}=\"$(printf '\\012.')\" {NEWLINE}=\"${{{NEWLINE}%.}}\" ")?;
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

/// Appends a word that any POSIX shell reads as these bytes; tells whether it needs [`NEWLINE`].
fn quote_into(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_./:@,+-".contains(b);
    if text.iter().all(plain) {
        out.extend_from_slice(text);
        return false;
    }
    let mut newline = false;
    out.push(b'\'');
    for byte in text {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            b'\n' => {
                newline = true;
                out.extend_from_slice(b"'\"$");
                out.extend_from_slice(NEWLINE.as_bytes());
                out.extend_from_slice(b"\"'");
            }
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    newline
}

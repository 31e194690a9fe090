//! The command lines: clap definitions, and the getopt habits that clap lacks.
//!
//! What stands here holds what was typed; what it means is resolved in `app`.

pub mod filters;
pub mod getopt;
pub mod ipcmk;
pub mod ipcrm;
pub mod ipcs;
pub mod values;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::render::sanitize::escaped;

pub use getopt::normalise;

/// A command line that cannot be obeyed: one reason a line, without the program's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines.join("\n"))]
pub struct UsageError {
    /// The reasons.
    pub lines: Vec<String>,
}

impl UsageError {
    /// One reason.
    pub fn new(line: impl Into<String>) -> UsageError {
        UsageError { lines: vec![line.into()] }
    }
}

/// A command line, as a definition's own type and as clap's matches (which know the order).
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// What was typed.
    pub args: T,
    /// The same with clap's indices.
    pub matches: ArgMatches,
}

/// Reads a command line as getopt_long would. `old` are the long names that util-linux' program
/// of the same name has: an abbreviation keeps the meaning that it has there.
///
/// # Errors
/// What getopt complains about, and what clap finds wrong afterwards.
pub fn parse<T>(old: &[&str], argv: Vec<OsString>) -> Result<T, UsageError>
where
    T: CommandFactory + FromArgMatches + Default,
{
    // Nothing typed, nothing to parse: the definitions alone are a fifth of an empty listing.
    if argv.len() < 2 {
        return Ok(T::default());
    }
    let mut matches = matches::<T>(old, argv)?;
    let args = T::from_arg_matches_mut(&mut matches).map_err(|e| from_clap(&e));
    // What is left of them is freed with the process.
    std::mem::forget(matches);
    args
}

/// The same where the order matters in which options of several names were typed.
///
/// # Errors
/// As [`parse`].
pub fn parse_in_order<T>(old: &[&str], argv: Vec<OsString>) -> Result<Parsed<T>, UsageError>
where
    T: CommandFactory + FromArgMatches,
{
    let matches = matches::<T>(old, argv)?;
    let args = T::from_arg_matches(&matches).map_err(|e| from_clap(&e))?;
    Ok(Parsed { args, matches })
}

fn matches<T: CommandFactory>(old: &[&str], argv: Vec<OsString>) -> Result<ArgMatches, UsageError> {
    let mut command = T::command();
    let argv = normalise(&command, old, argv)?;
    let matches = command.try_get_matches_from_mut(argv).map_err(|e| from_clap(&e));
    std::mem::forget(command);
    matches
}

/// clap's message is its first paragraph; usage and hints follow in others. It quotes what was typed,
/// of which it leaves out no more than escape sequences.
fn from_clap(error: &clap::Error) -> UsageError {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text.lines().take_while(|line| !line.is_empty());
    let line = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    UsageError::new(escaped(line.as_bytes()))
}

/// Something typed, for a message, escaped as everything that may come from strangers: it may have
/// been made by a program.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a>(pub &'a [u8]);

impl<'a> Typed<'a> {
    /// An argument.
    #[must_use]
    pub fn new(text: &'a OsStr) -> Typed<'a> {
        Typed(text.as_bytes())
    }
}

impl fmt::Display for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sanitize::is_unsafe;

    #[test]
    fn nothing_typed_is_what_clap_makes_of_nothing() {
        fn clap<T: CommandFactory + FromArgMatches + std::fmt::Debug>() -> String {
            let matches = matches::<T>(&[], vec!["program".into()]).unwrap();
            format!("{:?}", T::from_arg_matches(&matches).unwrap())
        }
        assert_eq!(clap::<ipcs::IpcsArgs>(), format!("{:?}", ipcs::IpcsArgs::default()));
        assert_eq!(clap::<ipcmk::Ipcmk>(), format!("{:?}", ipcmk::Ipcmk::default()));
    }

    #[test]
    fn what_was_typed_is_shown_on_one_line() {
        assert_eq!(Typed(b"caf\xc3\xa9 'x'").to_string(), "café 'x'");
        assert_eq!(Typed(b"a\xff\x1b[2J\n").to_string(), "a\\xff\\x1b[2J\\x0a");
        assert_eq!(Typed("\u{9b}".as_bytes()).to_string(), "\\xc2\\x9b");
    }

    #[test]
    fn nothing_typed_is_more_than_a_glyph_in_a_message() {
        let hostile = (char::MIN..=char::MAX).filter(|c| is_unsafe(*c));
        let mut count = 0;
        for c in hostile {
            let text = format!("a{c}b");
            let hex: String = c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect();
            assert_eq!(Typed(text.as_bytes()).to_string(), format!("a{hex}b"));
            count += 1;
        }
        assert!(count > 200, "{count} characters are escaped");
    }

    #[test]
    fn what_clap_says_of_what_was_typed_is_escaped_too() {
        let argv = ["ipcs", "--format=a\u{202e}b\u{9b}c"].map(Into::into);
        let error = parse::<ipcs::IpcsArgs>(&[], argv.to_vec()).unwrap_err().to_string();
        assert!(error.contains("'a\\xe2\\x80\\xaeb\\xc2\\x9bc'"), "{error}");
    }
}

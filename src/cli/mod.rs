//! Command lines: the clap definitions, and the behaviour of getopt that clap lacks.
//!
//! The types here hold what was typed. `app` resolves what it means.

pub mod candidates;
pub mod filters;
pub mod getopt;
pub mod habits;
pub mod help;
pub mod ipcmk;
pub mod ipcrm;
pub mod ipcs;
pub mod numbers;
pub mod values;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::escape::escaped;
use crate::spelling;

pub use getopt::{normalise, normalise_incomplete, option_of_word};

/// An invalid command line. Each reason is one line, without the program name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines.join("\n"))]
pub struct UsageError {
    /// The reasons, in the order in which they are printed.
    pub lines: Vec<String>,
}

impl UsageError {
    /// The most reasons that are printed. A script may have generated the command line.
    pub const MAX_LINES: usize = 100;

    /// Creates an error with one reason.
    pub fn new(line: impl Into<String>) -> UsageError {
        UsageError { lines: vec![line.into()] }
    }
}

/// A parsed command line: the typed arguments, and clap's matches, which know their order.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// The typed arguments.
    pub args: T,
    /// clap's matches, with the index of each argument.
    pub matches: ArgMatches,
    /// The error message of the last option, if it lacks its value and may do so.
    pub missing: Option<String>,
}

/// Parses a command line as getopt_long(3) would. `old` lists the long options of the util-linux
/// program of the same name, so that abbreviations keep the meaning that they have there.
///
/// # Errors
/// Fails if getopt_long(3) or clap would reject the command line.
pub fn parse<T>(old: &[&str], argv: Vec<OsString>) -> Result<T, UsageError>
where
    T: CommandFactory + FromArgMatches + Default,
{
    // Building clap's definitions takes a fifth of the run time of an empty listing.
    if argv.len() < 2 {
        return Ok(T::default());
    }
    let (mut matches, _) = matches::<T>(old, &[], argv)?;
    let args = T::from_arg_matches_mut(&mut matches).map_err(|e| from_clap(&e));
    // The process is short-lived, so freeing the matches would only cost time.
    std::mem::forget(matches);
    args
}

/// Like [`parse`], for programs where the order of different options matters. The last option may
/// lack its value if its long name is in `incomplete`.
///
/// # Errors
/// The same as [`parse`].
pub fn parse_in_order<T>(
    old: &[&str],
    incomplete: &[&str],
    argv: Vec<OsString>,
) -> Result<Parsed<T>, UsageError>
where
    T: CommandFactory + FromArgMatches,
{
    let (matches, missing) = matches::<T>(old, incomplete, argv)?;
    let args = T::from_arg_matches(&matches).map_err(|e| from_clap(&e))?;
    Ok(Parsed { args, matches, missing })
}

fn matches<T: CommandFactory>(
    old: &[&str],
    incomplete: &[&str],
    argv: Vec<OsString>,
) -> Result<(ArgMatches, Option<String>), UsageError> {
    let mut command = T::command();
    let (argv, missing) = normalise_incomplete(&command, old, incomplete, argv)?;
    let matches = command.try_get_matches_from_mut(argv).map_err(|e| from_clap(&e));
    std::mem::forget(command);
    Ok((matches?, missing))
}

/// Takes the message from the first paragraph of clap's text; usage and hints follow in others.
/// clap quotes what was typed and strips only escape sequences, so the text is escaped here.
fn from_clap(error: &clap::Error) -> UsageError {
    if let Some(line) = not_a_valid_value(error) {
        return UsageError::new(line);
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text.lines().take_while(|line| !line.is_empty());
    let line = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    UsageError::new(escaped(line.as_bytes()))
}

/// The message for a value that is not one of those that an option can have.
fn not_a_valid_value(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    };
    let Some(ContextValue::Strings(valid)) = error.get(ContextKind::ValidValue) else {
        return None;
    };
    let (option, typed) = (text(ContextKind::InvalidArg)?, text(ContextKind::InvalidValue)?);
    let option = option.split(' ').next().unwrap_or(option);
    let near = spelling::nearest(typed, valid.iter().map(String::as_str));
    let near = near.map(|near| format!("did you mean '{near}'? ")).unwrap_or_default();
    let (typed, valid) = (escaped(typed.as_bytes()), valid.join(", "));
    Some(format!("invalid value '{typed}' for '{option}'; {near}valid values: {valid}"))
}

/// An argument quoted in a message. It is escaped like all untrusted text, because a script may
/// have generated it.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a>(pub &'a [u8]);

impl<'a> Typed<'a> {
    /// Wraps an argument.
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
    use crate::escape::is_unsafe;

    #[test]
    fn empty_command_line_equals_clap_defaults() {
        fn clap<T: CommandFactory + FromArgMatches + std::fmt::Debug>() -> String {
            let (matches, _) = matches::<T>(&[], &[], vec!["program".into()]).unwrap();
            format!("{:?}", T::from_arg_matches(&matches).unwrap())
        }
        assert_eq!(clap::<ipcs::IpcsArgs>(), format!("{:?}", ipcs::IpcsArgs::default()));
        assert_eq!(clap::<ipcmk::Ipcmk>(), format!("{:?}", ipcmk::Ipcmk::default()));
    }

    #[test]
    fn an_invalid_value_names_the_valid_ones_and_the_nearest() {
        let error = |option: &str| {
            let argv = ["ipcs", option].map(Into::into).to_vec();
            parse::<ipcs::IpcsArgs>(&[], argv).unwrap_err().to_string()
        };
        assert_eq!(
            error("--color=alway"),
            "invalid value 'alway' for '--color'; did you mean 'always'? valid values: auto, \
             always, never"
        );
        assert_eq!(
            error("--color=5"),
            "invalid value '5' for '--color'; valid values: auto, always, never"
        );
        for (option, near) in [("--format=jsn", "json"), ("--time-format=ISO", "iso")] {
            assert!(error(option).contains(&format!("; did you mean '{near}'? ")), "{option}");
        }
    }

    #[test]
    fn typed_text_stays_on_one_line() {
        assert_eq!(Typed(b"caf\xc3\xa9 'x'").to_string(), "café 'x'");
        assert_eq!(Typed(b"a\xff\x1b[2J\n").to_string(), "a\\xff\\x1b[2J\\x0a");
        assert_eq!(Typed("\u{9b}".as_bytes()).to_string(), "\\xc2\\x9b");
    }

    #[test]
    fn unsafe_characters_are_escaped_in_messages() {
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
    fn clap_messages_are_escaped() {
        let argv = ["ipcs", "--format=a\u{202e}b\u{9b}c"].map(Into::into);
        let error = parse::<ipcs::IpcsArgs>(&[], argv.to_vec()).unwrap_err().to_string();
        assert!(error.contains("'a\\xe2\\x80\\xaeb\\xc2\\x9bc'"), "{error}");
    }
}

//! Rewrites a command line as getopt_long(3) reads it, before clap sees it.
//!
//! clap parses nearly the same syntax, with four differences: it strips the `=` of `-i=5`; it
//! treats a value that begins with `-` as an option; it resolves abbreviations among all names at
//! once; and its error messages are different. So this module converts the command line into a
//! form that clap can read in only one way: `--long` or `--long=value`, then `--` and the operands.
//!
//! `POSIXLY_CORRECT` is ignored: options and operands may always be mixed.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{Typed, UsageError};
use crate::spelling;

/// Long options that take effect immediately: nothing after them is read.
const IMMEDIATE: [&str; 2] = ["help", "version"];

/// Returns the command line in canonical form. `old` lists the long options of the util-linux
/// program. Abbreviations are resolved among them first, so that a new option never makes an old
/// abbreviation ambiguous.
///
/// If a positional argument allows negative numbers, every word such as `-5` is an operand.
///
/// # Errors
/// Fails at the first error that getopt_long(3) would report, with its message.
pub fn normalise(
    cmd: &clap::Command,
    old: &[&str],
    argv: Vec<OsString>,
) -> Result<Vec<OsString>, UsageError> {
    let mut words = argv.into_iter();
    let mut reader = Reader {
        spec: Spec::read(cmd, old),
        options: words.next().into_iter().collect(),
        operands: Vec::new(),
        done: false,
    };
    while let Some(word) = words.next().filter(|_| !reader.done) {
        match word.as_bytes() {
            b"--" => {
                reader.operands.extend(words);
                break;
            }
            [b'-', b'-', long @ ..] => reader.long(long, &mut words)?,
            [b'-', b'0'..=b'9', ..] if reader.spec.numbers_are_operands => {
                reader.operands.push(word);
            }
            [b'-', cluster @ ..] if !cluster.is_empty() => reader.cluster(cluster, &mut words)?,
            _ => reader.operands.push(word),
        }
    }
    let Reader { mut options, operands, done, .. } = reader;
    // Operands are processed after all options, so `--help` and `--version` never see them.
    if !operands.is_empty() && !done {
        options.push("--".into());
        options.extend(operands);
    }
    Ok(options)
}

/// Whether a valid command line has an option that util-linux' program of the same name does not
/// have. `old` is as in [`normalise`].
pub fn has_new_option<T: clap::CommandFactory>(old: &[&str], argv: Vec<OsString>) -> bool {
    let words = normalise(&T::command(), old, argv).unwrap_or_default();
    let options =
        words.iter().skip(1).map(|word| word.as_bytes()).take_while(|word| *word != b"--");
    let mut names =
        options.filter_map(|word| word.strip_prefix(b"--")?.split(|b| *b == b'=').next());
    names.any(|name| !old.iter().any(|old| old.as_bytes() == name))
}

/// The option that a word without dashes names: `limits` is `--limits`, `csv` is `--format csv`.
#[must_use]
pub fn option_of_word<T: clap::CommandFactory>(word: &[u8]) -> Option<String> {
    let known = option_words(&T::command());
    known.into_iter().find_map(|(known, option)| (known.as_bytes() == word).then_some(option))
}

/// Whether an option takes a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    None,
    Optional,
    Required,
}

struct Opt<'a> {
    short: Option<char>,
    long: &'a str,
    value: Value,
    old: bool,
}

struct Spec<'a> {
    cmd: &'a clap::Command,
    options: Vec<Opt<'a>>,
    numbers_are_operands: bool,
}

impl<'a> Spec<'a> {
    fn read(cmd: &'a clap::Command, old: &[&str]) -> Spec<'a> {
        let options = Vec::with_capacity(48);
        let mut spec = Spec { cmd, options, numbers_are_operands: false };
        for arg in cmd.get_arguments() {
            // The canonical form uses long names, so every option must have one.
            let Some(long) = arg.get_long() else {
                debug_assert!(arg.get_short().is_none(), "{} has no long name", arg.get_id());
                spec.numbers_are_operands |= arg.is_allow_negative_numbers_set();
                continue;
            };
            let short = arg.get_short();
            let value = if !arg.get_action().takes_values() {
                Value::None
            } else if arg.get_num_args().is_some_and(|range| range.min_values() == 0) {
                Value::Optional
            } else {
                Value::Required
            };
            let old = old.contains(&long);
            spec.options.push(Opt { short, long, value, old });
        }
        spec
    }

    fn short(&self, byte: u8) -> Option<&Opt<'a>> {
        self.options.iter().find(|option| option.short == Some(char::from(byte)))
    }

    /// Finds an option by its long name or an abbreviation of it. `typed` is the whole word.
    fn long(&self, name: &[u8], typed: &[u8]) -> Result<&Opt<'a>, UsageError> {
        let long = |option: &Opt<'a>| option.long;
        if let Some(exact) = self.options.iter().find(|option| option.long.as_bytes() == name) {
            return Ok(exact);
        }
        for old in [true, false] {
            let mut fitting = self
                .options
                .iter()
                .filter(|option| option.old == old && option.long.as_bytes().starts_with(name));
            let Some(first) = fitting.next() else { continue };
            let others: Vec<_> = fitting.collect();
            if others.is_empty() {
                return Ok(first);
            }
            let mut line = format!(
                "option '--{}' is ambiguous; possibilities: '--{}'",
                Typed(typed),
                long(first)
            );
            for other in others {
                line.push_str(" '--");
                line.push_str(long(other));
                line.push('\'');
            }
            return Err(UsageError::new(line));
        }
        let mut line = format!("unrecognized option '--{}'", Typed(typed));
        let words = option_words(self.cmd);
        let near = std::str::from_utf8(name).ok();
        let near =
            near.and_then(|name| spelling::nearest(name, words.iter().map(|(word, _)| &**word)));
        if let Some((_, option)) = words.iter().find(|(word, _)| Some(&**word) == near) {
            line.push_str(&format!("; did you mean '{option}'?"));
        }
        Err(UsageError::new(line))
    }
}

/// The words that may have been meant by an option, and how each is typed: `json` is `--json`, and
/// `csv` is `--format csv`.
fn option_words(cmd: &clap::Command) -> Vec<(String, String)> {
    let longs = || cmd.get_arguments().filter_map(|arg| Some((arg, arg.get_long()?)));
    let options = longs().map(|(_, long)| (long.to_owned(), format!("--{long}")));
    let values = longs().flat_map(|(arg, long)| {
        let values = arg.get_possible_values().into_iter();
        values.map(move |value| {
            let value = value.get_name();
            (value.to_owned(), format!("--{long} {value}"))
        })
    });
    options.chain(values).collect()
}

/// The message for a letter that is not an option.
pub(super) fn invalid_option(letter: impl Display) -> String {
    format!("invalid option -- '{letter}'")
}

/// The message for an option at the end that needs a value.
pub(super) fn missing_argument(letter: char) -> String {
    format!("option requires an argument -- '{letter}'")
}

struct Reader<'a> {
    spec: Spec<'a>,
    options: Vec<OsString>,
    operands: Vec<OsString>,
    /// `--help` or `--version` was found.
    done: bool,
}

impl Reader<'_> {
    /// Reads a long option. `word` is the text after the two dashes.
    fn long(
        &mut self,
        word: &[u8],
        rest: &mut impl Iterator<Item = OsString>,
    ) -> Result<(), UsageError> {
        let mut parts = word.splitn(2, |byte| *byte == b'=');
        let (name, glued) = (parts.next().unwrap_or_default(), parts.next());
        let option = self.spec.long(name, word)?;
        let (long, value) = (option.long, option.value);
        let (canonical, done) = match (value, glued) {
            (Value::None, Some(_)) => {
                let line = format!("option '--{long}' doesn't allow an argument");
                return Err(UsageError::new(line));
            }
            (Value::Required, None) => {
                let next = rest.next().ok_or_else(|| {
                    UsageError::new(format!("option '--{long}' requires an argument"))
                })?;
                (canonical(option, Some(next.as_bytes())), false)
            }
            (_, glued) => (canonical(option, glued), IMMEDIATE.contains(&long)),
        };
        self.options.push(canonical);
        self.done |= done;
        Ok(())
    }

    /// Reads a cluster of short options. `cluster` is the text after the dash; it is not empty.
    fn cluster(
        &mut self,
        mut cluster: &[u8],
        rest: &mut impl Iterator<Item = OsString>,
    ) -> Result<(), UsageError> {
        while let Some((byte, tail)) = cluster.split_first() {
            let Some(option) = self.spec.short(*byte).filter(|_| byte.is_ascii()) else {
                return Err(UsageError::new(invalid_option(first_char(cluster))));
            };
            let canonical = match option.value {
                Value::None => {
                    cluster = tail;
                    self.done = IMMEDIATE.contains(&option.long);
                    canonical(option, None)
                }
                Value::Optional => {
                    cluster = &[];
                    // `-a=shm` means the same as `--all=shm` and `-ashm`.
                    let value = tail.strip_prefix(b"=").unwrap_or(tail);
                    canonical(option, (!tail.is_empty()).then_some(value))
                }
                Value::Required => {
                    cluster = &[];
                    let next;
                    let value = if tail.is_empty() {
                        next = rest
                            .next()
                            .ok_or_else(|| UsageError::new(missing_argument(char::from(*byte))))?;
                        next.as_bytes()
                    } else {
                        tail
                    };
                    canonical(option, Some(value))
                }
            };
            self.options.push(canonical);
            if self.done {
                break;
            }
        }
        Ok(())
    }
}

/// Formats an option as one word.
fn canonical(option: &Opt<'_>, value: Option<&[u8]>) -> OsString {
    let long = option.long.as_bytes();
    OsString::from_vec(match value {
        Some(value) => [b"--", long, b"=", value].concat(),
        None => [b"--", long].concat(),
    })
}

/// Returns the first character, or the first byte if the text is not UTF-8.
fn first_char(bytes: &[u8]) -> Typed<'_> {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let length = valid.chars().next().map_or(1, char::len_utf8);
    Typed::new(OsStr::from_bytes(bytes.get(..length).unwrap_or(bytes)))
}

#[cfg(test)]
#[path = "getopt_tests.rs"]
mod tests;

//! Rewrites a command line as getopt_long(3) reads it, before clap sees it.
//!
//! clap parses nearly the same syntax, with four differences: it strips the `=` of `-i=5`; it
//! treats a value that begins with `-` as an option; it resolves abbreviations among all names at
//! once; and its error messages are different. So this module converts the command line into a
//! form that clap can read in only one way: `--long` or `--long=value`, then `--` and the operands.
//! An option without a long name is written as `-x`.
//!
//! `POSIXLY_CORRECT` is ignored: options and operands may always be mixed.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{Typed, UsageError};
use crate::spelling;

/// The ids of options that take effect immediately: nothing after them is read.
const IMMEDIATE: [&str; 3] = ["short_help", "help", "version"];

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
    normalise_incomplete(cmd, old, &[], argv).map(|(canonical, _)| canonical)
}

/// The same, but the last option may lack its value if its long name is in `incomplete`. It is then
/// left out, and its error message is returned too.
///
/// # Errors
/// Fails at the first other error.
pub fn normalise_incomplete(
    cmd: &clap::Command,
    old: &[&str],
    incomplete: &[&str],
    argv: Vec<OsString>,
) -> Result<(Vec<OsString>, Option<String>), UsageError> {
    let mut words = argv.into_iter();
    let mut reader = Reader::new(cmd, old, words.next().into_iter().collect());
    reader.incomplete = incomplete;
    reader.words(&mut words)?;
    let Reader { mut options, operands, missing, done, .. } = reader;
    // Operands are processed after all options, so `--help` and `--version` never see them.
    if !operands.is_empty() && !done {
        options.push("--".into());
        options.extend(operands);
    }
    Ok((options, missing))
}

/// The options of an unfinished command line, in canonical form. Words that getopt_long(3) would
/// reject are left out.
#[must_use]
pub fn recognised(cmd: &clap::Command, old: &[&str], words: Vec<OsString>) -> Vec<OsString> {
    let mut words = words.into_iter();
    let mut reader = Reader::new(cmd, old, Vec::new());
    // After an error the reader goes on with the next word.
    while reader.words(&mut words).is_err() {}
    reader.options
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

/// Whether a command line has an option, even if it is invalid. `name` is its long name, and `old` is
/// as in [`normalise`].
pub fn has_option<T: clap::CommandFactory>(old: &[&str], name: &str, argv: &[OsString]) -> bool {
    let long = |word: &OsString| {
        let word = word.as_bytes().strip_prefix(b"--")?;
        word.split(|byte| *byte == b'=').next().map(<[u8]>::to_vec)
    };
    let may_be = |word| long(word).is_some_and(|it| name.as_bytes().starts_with(&it));
    // It is rarely there, and clap's definitions take time to build.
    if !argv.iter().skip(1).any(may_be) {
        return false;
    }
    let words = recognised(&T::command(), old, argv.iter().skip(1).cloned().collect());
    words.iter().any(|word| long(word).is_some_and(|it| it == name.as_bytes()))
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
    long: Option<&'a str>,
    value: Value,
    old: bool,
    /// Has to be written in full.
    hidden: bool,
    immediate: bool,
}

impl<'a> Opt<'a> {
    fn read(arg: &'a clap::Arg, old: &[&str]) -> Opt<'a> {
        let value = if !arg.get_action().takes_values() {
            Value::None
        } else if arg.get_num_args().is_some_and(|range| range.min_values() == 0) {
            Value::Optional
        } else {
            Value::Required
        };
        let long = arg.get_long();
        // clap strips the = of -x=value, so the canonical form of a value needs a long name.
        debug_assert!(long.is_some() || value == Value::None, "{} has no long name", arg.get_id());
        Opt {
            short: arg.get_short(),
            long,
            value,
            old: long.is_some_and(|long| old.contains(&long)),
            hidden: arg.is_hide_set(),
            immediate: IMMEDIATE.contains(&arg.get_id().as_str()),
        }
    }

    fn starts_with(&self, name: &[u8]) -> bool {
        !self.hidden && self.long.is_some_and(|long| long.as_bytes().starts_with(name))
    }
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
            if arg.is_positional() {
                spec.numbers_are_operands |= arg.is_allow_negative_numbers_set();
            } else {
                spec.options.push(Opt::read(arg, old));
            }
        }
        spec
    }

    fn short(&self, byte: u8) -> Option<&Opt<'a>> {
        self.options.iter().find(|option| option.short == Some(char::from(byte)))
    }

    /// Finds an option by its long name or an abbreviation of it. `typed` is the whole word.
    fn long(&self, name: &[u8], typed: &[u8]) -> Result<&Opt<'a>, UsageError> {
        let long = |option: &Opt<'a>| option.long.unwrap_or_default();
        let is_exact = |option: &&Opt<'_>| option.long.is_some_and(|long| long.as_bytes() == name);
        if let Some(exact) = self.options.iter().find(is_exact) {
            return Ok(exact);
        }
        for old in [true, false] {
            let mut fitting =
                self.options.iter().filter(|option| option.old == old && option.starts_with(name));
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
    let shown = || cmd.get_arguments().filter(|arg| !arg.is_hide_set());
    let longs = || shown().filter_map(|arg| Some((arg, arg.get_long()?)));
    let options = longs().map(|(_, long)| (long.to_owned(), format!("--{long}")));
    let values = longs().flat_map(|(arg, long)| {
        let values = arg.get_possible_values().into_iter();
        values.map(move |value| {
            let value = value.get_name();
            (value.to_owned(), format!("--{long} {value}"))
        })
    });
    // An alias is not accepted, but it says what was meant.
    let aliases = longs().flat_map(|(arg, long)| {
        let aliases = arg.get_all_aliases().unwrap_or_default().into_iter();
        aliases.map(move |alias| (alias.to_owned(), format!("--{long}")))
    });
    options.chain(aliases).chain(values).collect()
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
    /// The options that may lack their value at the end.
    incomplete: &'a [&'a str],
    options: Vec<OsString>,
    operands: Vec<OsString>,
    /// The error message of the last option, if it lacks its value.
    missing: Option<String>,
    /// `--help` or `--version` was found.
    done: bool,
}

impl<'a> Reader<'a> {
    fn new(cmd: &'a clap::Command, old: &[&str], options: Vec<OsString>) -> Reader<'a> {
        Reader {
            spec: Spec::read(cmd, old),
            incomplete: &[],
            options,
            operands: Vec::new(),
            missing: None,
            done: false,
        }
    }

    /// Reads words up to the end or to an error.
    fn words(&mut self, words: &mut impl Iterator<Item = OsString>) -> Result<(), UsageError> {
        while let Some(word) = words.next().filter(|_| !self.done) {
            match word.as_bytes() {
                b"--" => {
                    self.operands.extend(words);
                    break;
                }
                [b'-', b'-', long @ ..] => self.long(long, words)?,
                [b'-', b'0'..=b'9', ..] if self.spec.numbers_are_operands => {
                    self.operands.push(word);
                }
                [b'-', cluster @ ..] if !cluster.is_empty() => self.cluster(cluster, words)?,
                _ => self.operands.push(word),
            }
        }
        Ok(())
    }

    /// The last option, whose long name this is, lacks its value.
    fn missing(&mut self, long: &str, line: String) -> Result<(), UsageError> {
        if !self.incomplete.contains(&long) {
            return Err(UsageError::new(line));
        }
        self.missing = Some(line);
        Ok(())
    }

    /// Reads a long option. `word` is the text after the two dashes.
    fn long(
        &mut self,
        word: &[u8],
        rest: &mut impl Iterator<Item = OsString>,
    ) -> Result<(), UsageError> {
        let mut parts = word.splitn(2, |byte| *byte == b'=');
        let (name, glued) = (parts.next().unwrap_or_default(), parts.next());
        let option = self.spec.long(name, word)?;
        let (long, value) = (option.long.unwrap_or_default(), option.value);
        let (canonical, done) = match (value, glued) {
            (Value::None, Some(_)) => {
                let line = format!("option '--{long}' doesn't allow an argument");
                return Err(UsageError::new(line));
            }
            (Value::Required, None) => {
                let Some(next) = rest.next() else {
                    return self.missing(long, format!("option '--{long}' requires an argument"));
                };
                (canonical(option, Some(next.as_bytes())), false)
            }
            (_, glued) => (canonical(option, glued), option.immediate),
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
                    self.done = option.immediate;
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
                        let Some(word) = rest.next() else {
                            let line = missing_argument(char::from(*byte));
                            return self.missing(option.long.unwrap_or_default(), line);
                        };
                        next = word;
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
    let name = match (option.long, option.short) {
        (Some(long), _) => format!("--{long}"),
        (None, short) => short.map_or_else(String::new, |short| format!("-{short}")),
    };
    let name = name.as_bytes();
    OsString::from_vec(match value {
        Some(value) => [name, b"=", value].concat(),
        None => name.to_vec(),
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

//! Rewrites a command line as getopt_long(3) reads it, before clap sees it.
//!
//! clap parses nearly the same syntax, with four differences: it strips the `=` of `-i=5`; it
//! treats a value that begins with `-` as an option; it resolves abbreviations among all names at
//! once; and its error messages are different. So this module converts the command line into a
//! form that clap can read in only one way: `--long` or `--long=value`, then `--` and the operands.
//!
//! `POSIXLY_CORRECT` is ignored: options and operands may always be mixed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{Typed, UsageError};

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
    let mut reader = Reader {
        spec: Spec::read(cmd, old),
        incomplete,
        options: words.next().into_iter().collect(),
        operands: Vec::new(),
        missing: None,
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
    let Reader { mut options, operands, missing, done, .. } = reader;
    // Operands are processed after all options, so `--help` and `--version` never see them.
    if !operands.is_empty() && !done {
        options.push("--".into());
        options.extend(operands);
    }
    Ok((options, missing))
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
    options: Vec<Opt<'a>>,
    numbers_are_operands: bool,
}

impl<'a> Spec<'a> {
    fn read(cmd: &'a clap::Command, old: &[&str]) -> Spec<'a> {
        let mut spec = Spec { options: Vec::with_capacity(48), numbers_are_operands: false };
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
        Err(UsageError::new(format!("unrecognized option '--{}'", Typed(typed))))
    }
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

impl Reader<'_> {
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
        let (long, value) = (option.long, option.value);
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
                return Err(UsageError::new(format!(
                    "invalid option -- '{}'",
                    first_char(cluster)
                )));
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
                        let Some(word) = rest.next() else {
                            let name = char::from(*byte);
                            let line = format!("option requires an argument -- '{name}'");
                            return self.missing(option.long, line);
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

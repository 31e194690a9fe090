//! Converts the filter arguments.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::cli::filters::FilterArgs;
use crate::cli::numbers::{LARGEST_PID, ParseNumberError, parse_key, parse_pid};
use crate::cli::values::{
    DurationError, SizeError, parse_duration, parse_least_size, parse_percent, parse_size,
};
use crate::cli::{Typed, UsageError};
use crate::model::Share;
use crate::query::{Filter, KeyMatch};
use crate::spelling::nearest;
use crate::sys::{accounts, error_text};

/// The filter of a command line.
///
/// # Errors
/// A line for each malformed value.
pub fn resolve(args: &FilterArgs) -> Result<Filter, UsageError> {
    let mut lines = Vec::new();
    let filter = Filter {
        owners: list("--owner", &args.owner, user, &mut lines),
        creators: list("--created-by", &args.created_by, user, &mut lines),
        groups: list("--group", &args.group, group, &mut lines),
        keys: list("--key", &args.key, key, &mut lines),
        min_size: last("--min-size", &args.min_size, least_size, &mut lines),
        max_size: last("--max-size", &args.max_size, most_size, &mut lines),
        full: last("--full", &args.full, percent, &mut lines),
        used_by: list("--used-by", &args.used_by, pid, &mut lines),
        older: last("--older", &args.older, duration, &mut lines),
        idle: last("--idle", &args.idle, duration, &mut lines),
        unused: args.unused,
        orphaned: args.orphaned,
        in_use: args.in_use,
        include_unsure: args.include_unsure,
    };
    if let Some((least, most)) = filter.min_size.zip(filter.max_size)
        && least > most
        && let Some((least, most)) = args.min_size.last().zip(args.max_size.last())
    {
        let (least, most) = (Typed::new(least), Typed::new(most));
        lines.push(format!(
            "--min-size {least} is more than --max-size {most}: nothing would match"
        ));
    }
    if args.include_unsure && args.idle.is_empty() {
        lines.push(
            "--include-unsure needs --idle: untouched for how long, as in --idle 1d".to_owned(),
        );
    }
    for (given, option) in [(args.unused, "--unused"), (args.orphaned, "--orphaned")] {
        if args.in_use && given {
            lines.push(format!("{option} cannot be used with --in-use: nothing would match"));
        }
    }
    // Several empty words are reported as one mistake.
    let mut reported = HashSet::new();
    lines.retain(|line| reported.insert(line.clone()));
    if lines.is_empty() { Ok(filter) } else { Err(UsageError { lines }) }
}

type Parse<T> = fn(&OsStr) -> Result<T, String>;

fn one<T>(option: &str, typed: &OsStr, parse: Parse<T>, lines: &mut Vec<String>) -> Option<T> {
    // The command line has been rejected, and one more line shows that there are others.
    if lines.len() > UsageError::MAX_LINES {
        return None;
    }
    match parse(typed) {
        Ok(value) => Some(value),
        Err(reason) => {
            lines.push(format!("{option}: {reason}"));
            None
        }
    }
}

/// The last value of a repeated filter counts. Every malformed value gets a line: a command line
/// with a mistake must not remove anything.
fn last<T>(
    option: &str,
    typed: &[OsString],
    parse: Parse<T>,
    lines: &mut Vec<String>,
) -> Option<T> {
    typed.iter().fold(None, |last, typed| one(option, typed, parse, lines).or(last))
}

/// The same for comma lists.
fn list<T>(
    option: &str,
    typed: &[OsString],
    parse: Parse<T>,
    lines: &mut Vec<String>,
) -> Option<Vec<T>> {
    let mut values = |typed: &OsString| -> Vec<T> {
        let words = typed.as_bytes().split(|byte| *byte == b',').map(OsStr::from_bytes);
        words.filter_map(|word| one(option, word, parse, lines)).collect()
    };
    typed.iter().fold(None, |_, typed| Some(values(typed)))
}

/// What a name or number stands for.
struct Account {
    noun: &'static str,
    /// The database of getent(1).
    database: &'static str,
    example: u32,
    by_name: fn(&[u8]) -> nix::Result<Option<u32>>,
    /// For suggestions.
    names: fn() -> Vec<String>,
}

const USER: Account = Account {
    noun: "user",
    database: "passwd",
    example: 1000,
    by_name: accounts::user_number,
    names: accounts::local_users,
};

const GROUP: Account = Account {
    noun: "group",
    database: "group",
    example: 100,
    by_name: accounts::group_number,
    names: accounts::local_groups,
};

impl Account {
    /// Names are looked up first: some systems have numeric user names.
    fn resolve(&self, typed: &OsStr) -> Result<u32, String> {
        match (self.by_name)(typed.as_bytes()) {
            Ok(Some(number)) => Ok(number),
            Ok(None) => self.number(typed),
            Err(errno) => {
                let (noun, typed) = (self.noun, Typed::new(typed));
                Err(format!("cannot look up {noun} '{typed}': {}", error_text(errno)))
            }
        }
    }

    /// The number of a user or group. Anything else is an unknown name.
    fn number(&self, word: &OsStr) -> Result<u32, String> {
        let (noun, typed) = (self.noun, Typed::new(word));
        let digits = word.to_str().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        match digits.filter(|digits| !digits.is_empty()).map(str::parse) {
            Some(Ok(number)) => Ok(number),
            Some(Err(_)) => {
                Err(format!("{noun} '{typed}' is out of range: the maximum is {}", u32::MAX))
            }
            None => Err(format!("unknown {noun} '{typed}'{}", self.suggestion(word))),
        }
    }

    fn suggestion(&self, word: &OsStr) -> String {
        let names = (self.names)();
        let near = word.to_str().and_then(|word| nearest(word, names.iter().map(String::as_str)));
        match near {
            Some(near) => {
                let near = Typed::new(OsStr::new(near));
                format!("; did you mean '{near}'? All names: getent {}", self.database)
            }
            None => format!(
                " (expected a name or a number such as {}; all names: getent {})",
                self.example, self.database
            ),
        }
    }
}

fn user(typed: &OsStr) -> Result<u32, String> {
    USER.resolve(typed)
}

fn group(typed: &OsStr) -> Result<u32, String> {
    GROUP.resolve(typed)
}

fn key(typed: &OsStr) -> Result<KeyMatch, String> {
    match typed.as_bytes() {
        b"none" => return Ok(KeyMatch::None),
        b"any" => return Ok(KeyMatch::Any),
        _ => {}
    }
    parse_key(typed.as_bytes()).map(KeyMatch::Is).map_err(|error| {
        let typed = Typed::new(typed);
        match error {
            ParseNumberError::Malformed => {
                format!(
                    "'{typed}' is not a key such as 0x1234, 4660 or 011064, or the word none or any"
                )
            }
            ParseNumberError::OutOfRange => {
                format!("'{typed}' is out of range: keys range from -2147483648 to 4294967295")
            }
        }
    })
}

fn least_size(typed: &OsStr) -> Result<u64, String> {
    parse_least_size(typed.as_bytes()).map_err(|error| not_a_size(typed, error))
}

fn most_size(typed: &OsStr) -> Result<u64, String> {
    parse_size(typed.as_bytes()).map_err(|error| not_a_size(typed, error))
}

fn not_a_size(typed: &OsStr, error: SizeError) -> String {
    let typed = Typed::new(typed);
    match error {
        SizeError::Malformed => format!("'{typed}' is not a size such as 4096, 64K or 1.5GiB"),
        SizeError::OutOfRange => format!("'{typed}' is too large: sizes must be less than 16E"),
    }
}

fn percent(typed: &OsStr) -> Result<Share, String> {
    parse_percent(typed.as_bytes()).map_err(|error| {
        let typed = Typed::new(typed);
        match error {
            ParseNumberError::Malformed => {
                format!("'{typed}' is not a percentage such as 80, 80% or 99.5")
            }
            ParseNumberError::OutOfRange => format!("'{typed}' has too many digits"),
        }
    })
}

fn pid(typed: &OsStr) -> Result<i32, String> {
    parse_pid(typed.as_bytes()).map_err(|error| {
        let typed = Typed::new(typed);
        match error {
            ParseNumberError::Malformed => format!("'{typed}' is not a process ID such as 1234"),
            ParseNumberError::OutOfRange => {
                format!("'{typed}' is out of range: process IDs range from 1 to {LARGEST_PID}")
            }
        }
    })
}

fn duration(typed: &OsStr) -> Result<Duration, String> {
    parse_duration(typed.as_bytes()).map_err(|error| {
        let typed = Typed::new(typed);
        match error {
            DurationError::Malformed => format!("'{typed}' is {error}"),
            DurationError::OutOfRange => {
                format!("'{typed}' is too long a duration")
            }
        }
    })
}

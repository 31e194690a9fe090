//! Converts a command line to a request. Everything is checked here, before anything is removed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::filter_args;
use crate::cli::ipcrm::Ipcrm;
use crate::cli::numbers::{ParseNumberError, parse_decimal_id, parse_id, parse_key};
use crate::cli::{Parsed, Typed, UsageError};
use crate::model::{Kind, Kinds};
use crate::removal::{NamedBy, Plan, Request, Step};

/// How the run is carried out and what is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    pub dry_run: bool,
    pub interactive: bool,
    pub ignore_missing: bool,
    pub verbose: bool,
    pub json: bool,
    /// `ipcrm KIND ID...`, which prints a final line of its own.
    pub by_kind_word: bool,
}

/// A checked command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLine {
    /// What to remove.
    pub request: Request,
    /// How the run is carried out.
    pub style: Style,
}

impl CheckedLine {
    /// Checks everything; each mistake gets its own line.
    pub fn check(parsed: &Parsed<Ipcrm>) -> Result<CheckedLine, UsageError> {
        let args = &parsed.args;
        let mut wrong = Vec::new();
        let mut steps = named(parsed, &mut wrong);
        let all = all_of(parsed, &mut wrong);
        let chosen = args.filters.first();
        let named = !steps.is_empty();
        let selection =
            chosen.map(|option| filter_args::selection(args, option, all, named, &mut wrong));
        let by_kind_word = !args.operands.is_empty() && selection.is_none();
        if by_kind_word {
            let alone = all.is_none() && steps.is_empty() && wrong.is_empty();
            operands(&args.operands, alone, all.is_some(), &mut steps, &mut wrong);
        }
        if args.force && selection.is_none() {
            wrong.push(
                "--force needs a filter: named objects are always removed, even if in use"
                    .to_owned(),
            );
        }
        for (given, option) in [(args.dry_run, "--dry-run"), (args.json, "--json")] {
            if args.interactive && given {
                wrong.push(format!("--interactive cannot be used with {option}"));
            }
        }
        if !wrong.is_empty() {
            return Err(UsageError { lines: wrong });
        }
        let request = match selection {
            Some(selection) => Request::Selection(selection),
            None => {
                let all = all.unwrap_or_default();
                steps.extend(all.in_order(Kind::REMOVAL_ORDER).map(Step::All));
                Request::Plan(Plan { steps })
            }
        };
        let style = Style {
            dry_run: args.dry_run,
            interactive: args.interactive,
            ignore_missing: args.ignore_missing,
            verbose: args.verbose,
            json: args.json,
            by_kind_word,
        };
        Ok(CheckedLine { request, style })
    }
}

/// The objects of `-m -M -q -Q -s -S`, in the order of the command line.
fn named(parsed: &Parsed<Ipcrm>, wrong: &mut Vec<String>) -> Vec<Step> {
    type Read = fn(&OsStr) -> Result<NamedBy, ParseNumberError>;
    let args = &parsed.args;
    let options: [(&str, &[OsString], Kind, Read); 6] = [
        ("shmem_id", &args.shmem_id, Kind::Shm, read_id),
        ("shmem_key", &args.shmem_key, Kind::Shm, read_key),
        ("queue_id", &args.queue_id, Kind::Msg, read_id),
        ("queue_key", &args.queue_key, Kind::Msg, read_key),
        ("semaphore_id", &args.semaphore_id, Kind::Sem, read_id),
        ("semaphore_key", &args.semaphore_key, Kind::Sem, read_key),
    ];
    let mut typed = Vec::new();
    for (option, values, kind, read) in options {
        let places = parsed.matches.indices_of(option).into_iter().flatten();
        typed.extend(places.zip(values).map(|(place, value)| (place, kind, read, value)));
    }
    typed.sort_unstable_by_key(|(place, ..)| *place);
    let mut steps = Vec::with_capacity(typed.len());
    for (_, kind, read, value) in typed {
        match read(value) {
            Ok(name) => steps.push(Step::Named(kind, name)),
            Err(error) => wrong.push(malformed(value, error)),
        }
    }
    steps
}

fn read_id(text: &OsStr) -> Result<NamedBy, ParseNumberError> {
    parse_id(text.as_bytes()).map(NamedBy::Id)
}

fn read_key(text: &OsStr) -> Result<NamedBy, ParseNumberError> {
    // Messages repeat a key byte for byte. An accepted key is a number, with nothing but blanks
    // before it, so that it needs no escaping.
    parse_key(text.as_bytes()).map(|key| NamedBy::Key(key, text.to_string_lossy().into_owned()))
}

fn malformed(text: &OsStr, error: ParseNumberError) -> String {
    let text = Typed::new(text);
    match error {
        ParseNumberError::Malformed => format!("failed to parse argument: '{text}'"),
        ParseNumberError::OutOfRange => format!("failed to parse argument: '{text}': {error}"),
    }
}

/// The kinds of the last `-a`. All of them must be valid, and each may or may not have a value.
fn all_of(parsed: &Parsed<Ipcrm>, wrong: &mut Vec<String>) -> Option<Kinds> {
    let mut all = None;
    for mut values in parsed.matches.get_occurrences::<OsString>("all")? {
        all = Some(match values.next() {
            None => Kinds::SYSTEM_V,
            Some(word) => match Kind::from_word(word.as_bytes()) {
                Some(kind) => Kinds::of(kind),
                None => {
                    wrong.push(format!("unknown argument: {}", Typed::new(word)));
                    Kinds::NONE
                }
            },
        });
    }
    all
}

/// A kind word and ids, which are valid only if they are `alone`.
fn operands(
    words: &[OsString],
    alone: bool,
    beside_all: bool,
    steps: &mut Vec<Step>,
    wrong: &mut Vec<String>,
) {
    let [first, ids @ ..] = words else { return };
    let unknown = |word: &OsString| format!("unknown argument: {}", Typed::new(word));
    match Kind::from_word(first.as_bytes()) {
        Some(_) if ids.is_empty() && alone => wrong.push("not enough arguments".to_owned()),
        Some(kind) if alone => {
            for word in ids {
                // Hex was never an id here; `-m 0x10` is what the manual promised. What begins with
                // a dash was meant for an option, also where it would be a zero.
                let dashed = word.as_bytes().trim_ascii_start().starts_with(b"-");
                match parse_decimal_id(word.as_bytes()) {
                    Ok(id) if !dashed => steps.push(Step::Named(kind, NamedBy::Id(id))),
                    _ => wrong.push(format!("invalid id: {}", Typed::new(word))),
                }
            }
        }
        Some(kind) if beside_all => {
            let kind = kind.word();
            wrong.push(format!(
                "unknown argument: {kind} (to remove all objects of this kind: --all={kind})"
            ));
            wrong.extend(ids.iter().map(unknown));
        }
        Some(kind) => {
            let kind = kind.word();
            wrong.push(format!(
                "unknown argument: {kind} (a kind word cannot be used with -m, -M, -q, -Q, -s or -S)"
            ));
            wrong.extend(ids.iter().map(unknown));
        }
        None => wrong.extend(words.iter().map(unknown)),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;

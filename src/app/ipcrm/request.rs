//! Converts a command line to a request. Everything is checked here, before anything is removed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::operands::Beside;
use super::{filter_args, operands};
use crate::app::namespaces::{self, NamespaceScope};
use crate::cli::ipcrm::Ipcrm;
use crate::cli::numbers::{ParseNumberError, parse_id, parse_key};
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
    /// In which namespaces, and how they were typed. `None`: in that of the program.
    pub scope: Option<(NamespaceScope, OsString)>,
    /// What the command line has too much or too little of, to be reported at the end.
    pub rest: Option<UsageError>,
}

impl CheckedLine {
    /// Checks everything; each mistake gets its own line.
    pub fn check(parsed: &Parsed<Ipcrm>) -> Result<CheckedLine, UsageError> {
        let args = &parsed.args;
        let mut wrong = Vec::new();
        let mut steps = named(parsed, &mut wrong);
        let all = all_of(parsed, &mut wrong);
        let chosen = args.filters.first();
        let named = !steps.is_empty() || parsed.missing.is_some();
        let selection =
            chosen.map(|option| filter_args::selection(args, option, all, named, &mut wrong));
        let mut by_kind_word = false;
        let mut rest = Vec::new();
        if selection.is_none() {
            let beside = Beside { named, all: all.is_some(), wrong: !wrong.is_empty() };
            let operands = operands::check(&args.operands, &mut steps, beside);
            by_kind_word = !args.operands.is_empty() && operands.tolerated.is_empty();
            wrong.extend(operands.wrong);
            rest.extend(operands.tolerated);
        }
        rest.extend(parsed.missing.clone());
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
        let scope = scope(args, selection.is_some(), &mut wrong);
        let is_strict = all.is_some() || selection.is_some() || has_own_option(args);
        if is_strict || !wrong.is_empty() {
            wrong.extend(take_words(&mut steps));
        }
        if is_strict || !wrong.is_empty() || steps.is_empty() {
            wrong.append(&mut rest);
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
        let rest = (!rest.is_empty()).then_some(UsageError { lines: rest });
        Ok(CheckedLine { request, style, scope, rest })
    }
}

/// The namespaces that are meant.
fn scope(
    args: &Ipcrm,
    has_filter: bool,
    wrong: &mut Vec<String>,
) -> Option<(NamespaceScope, OsString)> {
    let typed = args.namespace.as_ref()?;
    match namespaces::scope(typed) {
        // The same id is that of another object in each namespace.
        Ok(NamespaceScope::All) if !has_filter => {
            wrong.push("--namespace all needs a filter, such as --orphaned".to_owned());
            None
        }
        Ok(scope) => Some((scope, typed.clone())),
        Err(error) => {
            wrong.extend(error.lines);
            None
        }
    }
}

/// Whether an option is given that util-linux lacks, other than a dry run and filters. Scripts
/// written for util-linux have none, so nothing has to be tolerated for them.
fn has_own_option(args: &Ipcrm) -> bool {
    args.force || args.interactive || args.ignore_missing || args.json || args.namespace.is_some()
}

/// Takes out the words that are not ids; returns a message for each.
fn take_words(steps: &mut Vec<Step>) -> Vec<String> {
    let is_word = |step: &mut Step| matches!(step, Step::Named(_, NamedBy::Word(_)));
    let words = steps.extract_if(.., is_word);
    let text = |step| match step {
        Step::Named(_, NamedBy::Word(word)) => Some(format!("invalid id: {word}")),
        _ => None,
    };
    words.filter_map(text).collect()
}

/// The objects of `-m -M -q -Q -s -S` and `--posix-*`, in the order of the command line.
fn named(parsed: &Parsed<Ipcrm>, wrong: &mut Vec<String>) -> Vec<Step> {
    type Read = fn(Kind, &OsStr) -> Result<NamedBy, ParseNumberError>;
    let args = &parsed.args;
    let options: [(&str, &[OsString], Kind, Read); 9] = [
        ("shmem_id", &args.shmem_id, Kind::Shm, read_id),
        ("shmem_key", &args.shmem_key, Kind::Shm, read_key),
        ("queue_id", &args.queue_id, Kind::Msg, read_id),
        ("queue_key", &args.queue_key, Kind::Msg, read_key),
        ("semaphore_id", &args.semaphore_id, Kind::Sem, read_id),
        ("semaphore_key", &args.semaphore_key, Kind::Sem, read_key),
        ("posix_shmem", &args.posix_shmem, Kind::Pshm, read_name),
        ("posix_mqueue", &args.posix_mqueue, Kind::Pmsg, read_name),
        ("posix_semaphore", &args.posix_semaphore, Kind::Psem, read_name),
    ];
    let mut typed = Vec::new();
    for (option, values, kind, read) in options {
        let places = parsed.matches.indices_of(option).into_iter().flatten();
        typed.extend(places.zip(values).map(|(place, value)| (place, kind, read, value)));
    }
    typed.sort_unstable_by_key(|(place, ..)| *place);
    let mut steps = Vec::with_capacity(typed.len());
    for (_, kind, read, value) in typed {
        match read(kind, value) {
            Ok(name) => steps.push(Step::Named(kind, name)),
            Err(error) => wrong.push(malformed(value, error)),
        }
    }
    steps
}

fn read_id(_: Kind, text: &OsStr) -> Result<NamedBy, ParseNumberError> {
    parse_id(text.as_bytes()).map(NamedBy::Id)
}

fn read_key(_: Kind, text: &OsStr) -> Result<NamedBy, ParseNumberError> {
    // Messages repeat a key byte for byte. An accepted key is a number, with nothing but blanks
    // before it, so that it needs no escaping.
    parse_key(text.as_bytes()).map(|key| NamedBy::Key(key, text.to_string_lossy().into_owned()))
}

/// A name that no object can have is not malformed: it is missing, as another name may be.
fn read_name(kind: Kind, text: &OsStr) -> Result<NamedBy, ParseNumberError> {
    Ok(operands::named_posix(kind, text))
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

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;

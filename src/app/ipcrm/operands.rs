//! The words of a command line that are neither options nor their values: a kind word and ids, or
//! what is left over. An error shows the form that was probably meant.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::Typed;
use crate::cli::numbers::{parse_decimal_id, parse_key};
use crate::model::{Id, Kind};
use crate::removal::{NamedBy, Step};

/// How many objects a suggested form names at most.
const SHOWN: usize = 8;

const KIND_WORD: &str = "a kind word cannot be used with -m, -M, -q, -Q, -s or -S";

/// What stands beside the operands.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    /// One of -m, -M, -q, -Q, -s and -S.
    pub named: bool,
    /// `--all`.
    pub all: bool,
    /// Something malformed.
    pub wrong: bool,
}

/// The messages about the operands.
#[derive(Debug, Default)]
pub struct Operands {
    /// Nothing may be removed.
    pub wrong: Vec<String>,
    /// What is named by options is removed all the same, as util-linux does.
    pub tolerated: Vec<String>,
}

/// Checks operands that stand beside no filter. Adds the ids after a kind word to `steps`, and the
/// words there that are not ids.
pub fn check(words: &[OsString], steps: &mut Vec<Step>, beside: Beside) -> Operands {
    let [first, ids @ ..] = words else { return Operands::default() };
    let Some(kind) = Kind::from_word(first.as_bytes()) else {
        return left_over(words, steps, beside);
    };
    let wrong = match (beside, ids) {
        (Beside { all: true, .. }, _) => {
            let kind = kind.word();
            let hint = format!("to remove all objects of this kind: --all={kind}");
            unknown_words(words, Some(hint))
        }
        (Beside { named: true, .. }, _) => unknown_words(words, Some(KIND_WORD.to_owned())),
        (Beside { wrong: true, .. }, _) => unknown_words(words, None),
        (_, []) => vec!["not enough arguments".to_owned()],
        _ => {
            let ids_only = ids.iter().filter(|word| Kind::from_word(word.as_bytes()).is_none());
            steps.extend(ids_only.map(|word| Step::Named(kind, named_by(word))));
            second_kind(kind, ids).into_iter().collect()
        }
    };
    Operands { wrong, tolerated: Vec::new() }
}

fn named_by(word: &OsStr) -> NamedBy {
    match id(word) {
        Some(id) => NamedBy::Id(id),
        None => NamedBy::Word(Typed::new(word).to_string()),
    }
}

/// An id after a kind word. Hex was never an id here; `-m 0x10` is what the manual promised. What
/// begins with a dash was meant for an option, also where it would be a zero.
fn id(word: &OsStr) -> Option<Id> {
    let is_dashed = word.as_bytes().trim_ascii_start().starts_with(b"-");
    parse_decimal_id(word.as_bytes()).ok().filter(|_| !is_dashed)
}

/// One message for each word; the first one has the hint.
fn unknown_words(words: &[OsString], mut hint: Option<String>) -> Vec<String> {
    let line = |word: &OsString| {
        let hint = hint.take().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("unknown argument: {}{hint}", Typed::new(word))
    };
    words.iter().map(line).collect()
}

/// The error of a second kind word among ids: `sem 3 shm 4`. The ids after it would be taken for
/// those of the first kind.
fn second_kind(first: Kind, words: &[OsString]) -> Option<String> {
    let second = words.iter().find_map(|word| Kind::from_word(word.as_bytes()))?;
    let mut kind = first;
    let mut form = Vec::new();
    for word in words {
        match (Kind::from_word(word.as_bytes()), id(word)) {
            (Some(next), _) => kind = next,
            (None, Some(id)) => form.push(format!("-{} {id}", kind.letter())),
            (None, None) => {}
        }
    }
    let mut kinds = words.iter().filter_map(|word| Kind::from_word(word.as_bytes()));
    if kinds.all(|kind| kind == first) {
        let ids = words.iter().filter_map(|word| Some(id(word)?.to_string()));
        let (kind, ids) = (first.word(), listed(&ids.collect::<Vec<_>>()));
        return Some(format!("unknown argument: {kind} (for several IDs: ipcrm {kind} {ids})"));
    }
    let hint = match form.is_empty() {
        true => format!(
            "kinds without IDs need a filter, as in: ipcrm {} {second} --unused",
            first.word(),
            second = second.word()
        ),
        false => format!("for several kinds: ipcrm {}", listed(&form)),
    };
    Some(format!("unknown argument: {} ({hint})", second.word()))
}

/// Operands without a kind word. Beside options that name objects they are left over. A kind word
/// among them, or a word that looks like an option, may change what was meant.
fn left_over(words: &[OsString], steps: &[Step], beside: Beside) -> Operands {
    let is_dashed = |word: &OsString| word.as_bytes().starts_with(b"-");
    let is_kind = |word: &OsString| Kind::from_word(word.as_bytes()).is_some();
    let has_kind = words.iter().any(is_kind);
    let hint = match beside {
        Beside { all: true, .. } | Beside { wrong: true, .. } => None,
        Beside { named: true, .. } if has_kind => Some(KIND_WORD.to_owned()),
        Beside { named: true, .. } => several(words, steps),
        Beside { named: false, .. } => without_kind(words),
    };
    let lines = unknown_words(words, hint);
    match beside.named && !has_kind && !words.iter().any(is_dashed) {
        true => Operands { wrong: Vec::new(), tolerated: lines },
        false => Operands { wrong: lines, tolerated: Vec::new() },
    }
}

/// How to name several objects, if all are of one kind and named in one way.
fn several(words: &[OsString], steps: &[Step]) -> Option<String> {
    let Some(Step::Named(kind, _)) = steps.first() else { return None };
    let mut ids = Vec::new();
    let mut keys = Vec::new();
    for step in steps {
        match step {
            Step::Named(of, NamedBy::Id(id)) if of == kind => ids.push(id.to_string()),
            Step::Named(of, NamedBy::Key(_, key)) if of == kind => keys.push(key.clone()),
            _ => return None,
        }
    }
    for word in words {
        // The words were meant like the values before them.
        if keys.is_empty() {
            ids.push(id(word)?.to_string());
        } else {
            parse_key(word.as_bytes()).ok()?;
            keys.push(Typed::new(word).to_string());
        }
    }
    match (ids.is_empty(), keys.is_empty()) {
        (false, true) => Some(format!("for several IDs: ipcrm {} {}", kind.word(), listed(&ids))),
        (true, false) => {
            let letter = kind.letter().to_ascii_uppercase();
            let keys: Vec<_> = keys.iter().map(|key| format!("-{letter} {key}")).collect();
            Some(format!("for several keys: ipcrm {}", listed(&keys)))
        }
        _ => None,
    }
}

/// What to type in place of operands that name nothing: `ipcrm 5`.
fn without_kind(words: &[OsString]) -> Option<String> {
    let first = words.first()?;
    let ids: Option<Vec<String>> = words.iter().map(|word| Some(id(word)?.to_string())).collect();
    if let Some(ids) = ids {
        let ids = listed(&ids);
        return Some(format!(
            "an ID needs its kind: ipcrm shm {ids}, ipcrm msg {ids} or ipcrm sem {ids}"
        ));
    }
    if parse_key(first.as_bytes()).is_ok() {
        let key = Typed::new(first);
        return Some(format!("for a key: ipcrm -M {key}, ipcrm -Q {key} or ipcrm -S {key}"));
    }
    Some("the kinds are shm, msg and sem".to_owned())
}

/// The first few words of a form.
fn listed(words: &[String]) -> String {
    match words.get(..SHOWN).filter(|_| words.len() > SHOWN) {
        Some(some) => format!("{} ...", some.join(" ")),
        None => words.join(" "),
    }
}

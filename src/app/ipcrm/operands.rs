//! The words of a command line that are neither options nor their values: a kind word and ids, or
//! what is left over. An error shows the form that was probably meant.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::Typed;
use crate::cli::numbers::{parse_decimal_id, parse_key};
use crate::model::{Id, Kind, PosixName};
use crate::removal::{NamedBy, Step};
use crate::render::removal::describe::shell_word;

/// How many objects a suggested form names at most.
const SHOWN: usize = 8;

const KIND_WORD: &str = "a kind word cannot be used with options that name an object";

/// What stands beside the operands.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    /// One of -m, -M, -q, -Q, -s, -S and --posix-*.
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

/// Checks operands that stand beside no filter. Adds what stands after a kind word to `steps`: ids,
/// words that are not ids, and the names of POSIX objects.
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
            let of_kind = ids.iter().take_while(|word| Kind::from_word(word.as_bytes()).is_none());
            steps.extend(of_kind.map(|word| Step::Named(kind, named_by(kind, word))));
            second_kind(kind, ids).into_iter().collect()
        }
    };
    Operands { wrong, tolerated: Vec::new() }
}

fn named_by(kind: Kind, word: &OsStr) -> NamedBy {
    if kind.is_posix() {
        return named_posix(kind, word);
    }
    match id(word) {
        Some(id) => NamedBy::Id(id),
        None => NamedBy::Word(Typed::new(word).to_string()),
    }
}

/// The name of a POSIX object.
pub fn named_posix(kind: Kind, word: &OsStr) -> NamedBy {
    let typed = Typed::new(word).to_string();
    match PosixName::parse(kind, word.as_bytes()) {
        Ok(name) => NamedBy::Name(name, typed),
        Err(error) => NamedBy::NoName(error, typed),
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

/// The error of a second kind word among ids or names: `sem 3 shm 4`. What stands after it would be
/// taken for an object of the first kind.
fn second_kind(first: Kind, words: &[OsString]) -> Option<String> {
    let kind_of = |word: &OsString| Kind::from_word(word.as_bytes());
    let second = words.iter().find_map(kind_of)?;
    // A name may be a kind word; with a slash it is clear.
    let slashed = match first.is_posix() {
        true => format!("; for the name {second}: /{second}", second = second.word()),
        false => String::new(),
    };
    if words.iter().filter_map(kind_of).all(|kind| kind == first) {
        let what = if first.is_posix() { "names" } else { "IDs" };
        let others = words.iter().filter(|word| kind_of(word).is_none());
        let others: Vec<String> = others.filter_map(|word| shown(first, word)).collect();
        let (kind, others) = (first.word(), listed(&others));
        return Some(format!(
            "unknown argument: {kind} (for several {what}: ipcrm {kind} {others}{slashed})"
        ));
    }
    let mut kind = first;
    let mut form = Vec::new();
    for word in words {
        match kind_of(word) {
            Some(next) => kind = next,
            None => form.extend(shown(kind, word).map(|shown| format!("{} {shown}", option(kind)))),
        }
    }
    let hint = match form.is_empty() {
        true => format!(
            "kinds without IDs need a filter, as in: ipcrm {} {second} --unused",
            first.word(),
            second = second.word()
        ),
        false => format!("for several kinds: ipcrm {}", listed(&form)),
    };
    Some(format!("unknown argument: {} ({hint}{slashed})", second.word()))
}

/// An id or a name as a form shows it; `None` if it is not an id.
fn shown(kind: Kind, word: &OsStr) -> Option<String> {
    match kind.is_posix() {
        true => Some(shell_word(word.as_bytes())),
        false => id(word).map(|id| id.to_string()),
    }
}

/// The option that names one object by its id or name.
fn option(kind: Kind) -> String {
    match kind {
        Kind::Pshm => "--posix-shmem".to_owned(),
        Kind::Pmsg => "--posix-mqueue".to_owned(),
        Kind::Psem => "--posix-semaphore".to_owned(),
        Kind::Shm | Kind::Msg | Kind::Sem => format!("-{}", kind.letter()),
    }
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
    let mut names = Vec::new();
    for step in steps {
        match step {
            Step::Named(of, NamedBy::Name(_, name) | NamedBy::NoName(_, name)) if of == kind => {
                names.push(shell_word(name.as_bytes()));
            }
            Step::Named(of, NamedBy::Id(id)) if of == kind => ids.push(id.to_string()),
            Step::Named(of, NamedBy::Key(_, key)) if of == kind => keys.push(key.clone()),
            _ => return None,
        }
    }
    for word in words {
        // The words were meant like the values before them.
        if !names.is_empty() {
            names.push(shell_word(word.as_bytes()));
        } else if keys.is_empty() {
            ids.push(id(word)?.to_string());
        } else {
            parse_key(word.as_bytes()).ok()?;
            keys.push(Typed::new(word).to_string());
        }
    }
    if !names.is_empty() {
        return Some(format!("for several names: ipcrm {} {}", kind.word(), listed(&names)));
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
    if first.as_bytes().starts_with(b"/") {
        let name = shell_word(first.as_bytes());
        return Some(format!(
            "a name needs its kind: ipcrm pshm {name}, ipcrm pmsg {name} or ipcrm psem {name}"
        ));
    }
    if parse_key(first.as_bytes()).is_ok() {
        let key = Typed::new(first);
        return Some(format!("for a key: ipcrm -M {key}, ipcrm -Q {key} or ipcrm -S {key}"));
    }
    Some("the kinds are shm, msg, sem, pshm, pmsg and psem".to_owned())
}

/// The first few words of a form.
fn listed(words: &[String]) -> String {
    match words.get(..SHOWN).filter(|_| words.len() > SHOWN) {
        Some(some) => format!("{} ...", some.join(" ")),
        None => words.join(" "),
    }
}

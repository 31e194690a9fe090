//! Compares the output of a run with that of the run without a failure. What could not be read may
//! be missing; everything else has to be the same.

use serde_json::Value;

/// The JSON documents of a text.
pub fn documents(text: &str) -> Result<Vec<Value>, String> {
    serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{error} in {text:?}"))
}

/// Whether all words of a line are in one line of the other text, in this order. Values that could
/// not be read are left out, and so is the reason of a verdict that is its line's end.
pub fn is_of(line: &str, text: &str) -> bool {
    if GAPS.iter().any(|gap| line.contains(gap)) {
        return true;
    }
    let unknown = |word: &str| {
        // `1+`: at least so many were found. `[name]`: its command line could not be read.
        // A removed segment whose attachments were not found has no key.
        ["-", "?", "unknown", "null", "0x00000000"].contains(&word)
            || word.ends_with('+')
            || word.starts_with('[')
    };
    // What could not be read makes an object unsure, so that its keepers are shown.
    if line.contains("may come back") || line.trim_start().starts_with("and ") {
        return true;
    }
    // The processes that could be read are counted: `semaphore 0 of set 2: 1 waiting, ...`.
    let line = line.split_once(" waiting, ").map_or(line, |(_, last)| last);
    // A deadlock names processes by what is known of them: `12 (name) waits for ...`.
    let name = line.split_once(" (").filter(|(_, rest)| rest.contains(" waits for "));
    let line = name.map_or(line, |(pid, _)| pid);
    let all: Vec<&str> = words(line).collect();
    let verdict = all.iter().position(|word| ["yes", "no", "unknown"].contains(word));
    let known: Vec<&str> = all[..verdict.map_or(all.len(), |at| at + 1)]
        .iter()
        .filter(|word| !unknown(word))
        .copied()
        .collect();
    let is_in = |other: &str| {
        let mut others = words(other);
        known.iter().all(|word| others.any(|other| other == *word))
    };
    known.is_empty() || text.lines().any(is_in)
}

/// The words of a line without punctuation and without ages. A number stands for a name that cannot
/// be read.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split([' ', '\t', ',', '"', '=', ':', ';', '(', ')', '{', '}']);
    let words = words.filter(|word| !word.is_empty() && !is_age(word));
    words.map(|word| if word == "root" { "0" } else { word })
}

/// Whether a word is an age of one or more units: `5s`, `1m1s`.
fn is_age(word: &str) -> bool {
    let mut parts = word.split_inclusive(['s', 'm', 'h', 'd']);
    !word.is_empty()
        && parts.all(|part| {
            let number = part.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// What a program says of what it could not read.
pub const GAPS: [&str; 14] = [
    "could not be",
    "may be invisible",
    "cannot be read",
    "cannot read",
    "were found",
    "last user unknown",
    "permission",
    "memory of processes failed",
    "does not show which system call",
    "device number of shared memory",
    "blocked unknown",
    "\"processes_complete\":false",
    // The words of util-linux, beside the reason on standard error.
    "kernel not configured for",
    "unable to fetch",
];

/// Fields that explain others, and differ when these are not known.
const EXPLAIN: [&str; 6] =
    ["use_reason", "orphan_reason", "keepers", "processes_complete", "reason", "errors"];

/// Fields that grow from run to run.
const AGES: [&str; 2] = ["age", "idle"];

/// Whether the values of `got` are those expected, or not known, or missing.
pub fn within(path: &str, got: &Value, expected: &Value) -> Result<(), String> {
    match (got, expected) {
        (Value::Null, _) => Ok(()),
        // The name of the program, where its command line could not be read.
        (Value::String(got), _) if path.ends_with("command") && got.starts_with('[') => Ok(()),
        (Value::Object(got), Value::Object(expected)) => {
            let is_compared = |key: &str| !EXPLAIN.contains(&key) && !AGES.contains(&key);
            for (key, value) in got.iter().filter(|(key, _)| is_compared(key)) {
                let Some(known) = expected.get(key) else {
                    return Err(format!("{path}.{key} is {value}, and not in the clean run"));
                };
                within(&format!("{path}.{key}"), value, known)?;
            }
            Ok(())
        }
        (Value::Array(got), Value::Array(expected)) => {
            let mut rest = expected.iter();
            for value in got {
                if !rest.any(|known| within(path, value, known).is_ok()) {
                    let known = expected.iter().find(|known| known["id"] == value["id"]);
                    let known = known.or(expected.first());
                    let why = known.map(|known| within(path, value, known));
                    let why = why.and_then(Result::err).unwrap_or_default();
                    let value = known.map_or(value, |_| &value["id"]);
                    return Err(format!("{path} has {value}, not in the clean run {why}"));
                }
            }
            Ok(())
        }
        _ if got == expected => Ok(()),
        _ => Err(format!("{path} is {got} instead of {expected}")),
    }
}

/// Whether two outputs are the same but for ages and the width of columns.
pub fn same(clean: &str, answer: &str) -> bool {
    match (documents(clean), documents(answer)) {
        (Ok(clean), Ok(answer)) if !clean.is_empty() => {
            json_difference("", &Value::Array(clean), &Value::Array(answer)).is_none()
        }
        _ => words(clean).eq(words(answer)),
    }
}

/// What differs first.
pub fn difference(clean: &str, answer: &str) -> String {
    if let (Ok(clean), Ok(answer)) = (documents(clean), documents(answer))
        && !clean.is_empty()
    {
        let (clean, answer) = (Value::Array(clean), Value::Array(answer));
        return json_difference("", &clean, &answer).unwrap_or_default();
    }
    let (mut clean, mut answer) = (clean.lines(), answer.lines());
    loop {
        match (clean.next(), answer.next()) {
            (None, None) => return "order or blanks".to_owned(),
            (known, got) if known != got => return format!("{got:?} instead of {known:?}"),
            _ => {}
        }
    }
}

fn json_difference(path: &str, clean: &Value, answer: &Value) -> Option<String> {
    match (clean, answer) {
        (Value::Object(clean), Value::Object(answer)) => clean.iter().find_map(|(key, value)| {
            if AGES.contains(&key.as_str()) {
                return None;
            }
            let other = answer.get(key).unwrap_or(&Value::Null);
            json_difference(&format!("{path}.{key}"), value, other)
        }),
        (Value::Array(clean), Value::Array(answer)) if clean.len() == answer.len() => {
            let mut pairs = clean.iter().zip(answer).enumerate();
            pairs.find_map(|(at, (clean, answer))| {
                json_difference(&format!("{path}[{at}]"), clean, answer)
            })
        }
        (Value::Array(clean), Value::Array(answer)) => {
            Some(format!("{path} has {} instead of {} elements", answer.len(), clean.len()))
        }
        _ if clean == answer => None,
        _ => Some(format!("{path} is {answer} instead of {clean}")),
    }
}

#[test]
fn knows_ages_of_several_units() {
    for (word, expected) in [
        ("5s", true),
        ("1m1s", true),
        ("2d3h", true),
        ("", false),
        ("5", false),
        ("s", false),
        ("1m1", false),
        ("shm3", false),
    ] {
        assert_eq!(is_age(word), expected, "{word:?}");
    }
}

//! Operands, which util-linux' ipcs ignores.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::getopt::{has_new_option, option_of_word};
use crate::cli::ipcs::{IpcsArgs, UTIL_LINUX_OPTIONS};
use crate::cli::numbers::{parse_decimal_id, parse_key};
use crate::cli::{Typed, UsageError};
use crate::model::Kind;
use crate::sys::accounts;

/// One line about operands, if there are any: that they are ignored, and what to type instead.
///
/// # Errors
/// Beside an option of ours, an operand is an error: such a command line is not an old one.
pub fn note(args: &IpcsArgs, argv: Vec<OsString>) -> Result<Option<String>, UsageError> {
    let hints = args.operands.iter().filter_map(|word| Some((word, hint(args, word)?)));
    let first = args.operands.first().map(|word| (word, None));
    let Some((word, hint)) = hints.map(|(word, hint)| (word, Some(hint))).next().or(first) else {
        return Ok(None);
    };
    let typed = Typed::new(word);
    if has_new_option::<IpcsArgs>(UTIL_LINUX_OPTIONS, argv) {
        let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        return Err(UsageError::new(format!("unknown argument: {typed}{hint}")));
    }
    let hint = hint.unwrap_or_else(|| "ipcs takes only options".to_owned());
    Ok(Some(format!("argument '{typed}' is ignored; {hint}")))
}

/// What to type for what a word may mean.
fn hint(args: &IpcsArgs, word: &OsStr) -> Option<String> {
    let bytes = word.as_bytes();
    let typed = Typed::new(word);
    if args.check == Some(None) && bytes.contains(&b',') {
        return Some(format!("write --check={typed}"));
    }
    let chosen = [(args.shmems, Kind::Shm), (args.queues, Kind::Msg), (args.semaphores, Kind::Sem)];
    let chosen = chosen.into_iter().find_map(|(is_chosen, kind)| is_chosen.then_some(kind));
    if parse_decimal_id(bytes).is_ok() {
        let kind = chosen.unwrap_or(Kind::Shm);
        let others = if chosen.is_none() { " (a queue: -q, a set: -s)" } else { "" };
        let (noun, letter) = (kind.short_noun(), kind.letter());
        return Some(format!("to see {noun} {typed}: ipcs -{letter} -i {typed}{others}"));
    }
    if parse_key(bytes).is_ok() {
        let option = chosen.map(|kind| format!("-{} ", kind.letter())).unwrap_or_default();
        return Some(format!("to see what has this key: ipcs {option}--key {typed}"));
    }
    if let Some(kind) = Kind::from_word(bytes) {
        let (noun, letter) = (kind.short_noun(), kind.letter());
        let system = if kind.is_posix() { " --posix" } else { "" };
        return Some(format!("to see only {noun}s: ipcs -{letter}{system}"));
    }
    if let Some(option) = option_of_word::<IpcsArgs>(bytes) {
        return Some(format!("did you mean 'ipcs {option}'?"));
    }
    // `-u USER` of BSD, or a name that exists.
    let is_user = || matches!(accounts::user_number(bytes), Ok(Some(_)));
    (!bytes.is_empty() && (args.summary || is_user()))
        .then(|| format!("to see the objects of a user: ipcs --owner {typed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note_of(words: &[&str]) -> Result<Option<String>, UsageError> {
        let argv: Vec<OsString> = [&["ipcs"], words].concat().iter().map(OsString::from).collect();
        let args = crate::cli::parse(UTIL_LINUX_OPTIONS, argv.clone()).unwrap();
        note(&args, argv)
    }

    #[test]
    fn a_note_says_what_to_type() {
        let note = |words: &[&str]| note_of(words).unwrap();
        for (words, expected) in [
            (&["-m", "5"][..], "'5' is ignored; to see segment 5: ipcs -m -i 5"),
            (&["5", "-q", "-t"], "'5' is ignored; to see queue 5: ipcs -q -i 5"),
            (&["-s", "5", "6"], "'5' is ignored; to see semaphore set 5: ipcs -s -i 5"),
            (&["5"], "'5' is ignored; to see segment 5: ipcs -m -i 5 (a queue: -q, a set: -s)"),
            (
                &["-q", "0x1234"],
                "'0x1234' is ignored; to see what has this key: ipcs -q --key 0x1234",
            ),
            (&["shm"], "'shm' is ignored; to see only segments: ipcs -m"),
            (&["-a", "foo", "sem"], "'sem' is ignored; to see only semaphore sets: ipcs -s"),
            (&["limits"], "'limits' is ignored; did you mean 'ipcs --limits'?"),
            (&["csv"], "'csv' is ignored; did you mean 'ipcs --format csv'?"),
            (&["-u", "bob"], "'bob' is ignored; to see the objects of a user: ipcs --owner bob"),
            (&["-m", "root"], "'root' is ignored; to see the objects of a user: ipcs --owner root"),
            (&["--", "-m"], "'-m' is ignored; ipcs takes only options"),
            (&["a\x1b", ""], "'a\\x1b' is ignored; ipcs takes only options"),
        ] {
            assert_eq!(note(words), Some(format!("argument {expected}")), "{words:?}");
        }
        assert_eq!(note(&["-m"]), None);
    }

    #[test]
    fn beside_a_new_option_an_operand_is_an_error() {
        let error = |words: &[&str]| note_of(words).unwrap_err().to_string();
        assert_eq!(
            error(&["-m", "5", "--json"]),
            "unknown argument: 5 (to see segment 5: ipcs -m -i 5)"
        );
        for option in ["-J", "-P", "--table", "--own=0", "--sort=id", "--color=never"] {
            assert_eq!(error(&[option, "foo", "--", "--x"]), "unknown argument: foo", "{option}");
        }
        let thresholds = "unknown argument: 80,95 (write --check=80,95)";
        assert_eq!(error(&["--check", "80,95"]), thresholds);
        assert!(note_of(&["foo", "--", "--json"]).is_ok());
    }
}

//! Options that ipcs has in other systems, and what to type here instead.
//!
//! The meanings are those of the manuals of FreeBSD and macOS, AIX, Solaris, HP-UX and POSIX, and of
//! lsipc.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::getopt::{invalid_option, missing_argument};
use super::{Typed, UsageError};

/// Letters that no option of ours has, and our form for what they mean elsewhere.
const LETTERS: &[(char, &str)] = &[
    ('A', "for all columns: ipcs -m -o all"),
    ('C', "ipcs reads the running kernel only, not a core file"),
    ('D', "ipcs does not show the contents of messages"),
    ('M', "for limits and totals of shared memory: ipcs -m -l, ipcs -m -u"),
    ('N', "ipcs reads the running kernel only, not a kernel file"),
    ('Q', "for limits and totals of queues: ipcs -q -l, ipcs -q -u"),
    ('S', "for limits and totals of semaphores: ipcs -s -l, ipcs -s -u"),
    ('T', "for all limits: ipcs -l; for times with the year: ipcs -t --time-format full"),
    ('Z', "for another namespace: ipcs --namespace PID"),
    ('e', "for NAME=value pairs: ipcs --format export"),
    ('g', "for limits and their use: ipcs -l --table"),
    ('j', "for JSON: ipcs -J"),
    ('r', "for fields separated by one space: ipcs --format raw"),
    ('y', "ipcs reads the running kernel only"),
    ('z', "for another namespace: ipcs --namespace PID"),
];

/// The letters of options that other systems combine freely, as in `-bcopt`.
const COMBINED: &[u8] = b"abcmopqst";

const OUTPUT: &str =
    "-o takes columns here: -o id,owner,ctime; for creators, process IDs, times: -c, -p, -t";

/// Adds what to type here to an error, if it comes from a habit. `output` is the value of `-o`.
#[must_use]
pub fn explained(mut error: UsageError, output: Option<&OsStr>) -> UsageError {
    let Some(line) = error.lines.first() else { return error };
    if output.is_some_and(|list| is_of_option_letters(list, line)) {
        // No column was meant.
        return UsageError::new(OUTPUT);
    }
    error.lines.extend(explanation(line));
    error
}

fn explanation(line: &str) -> Option<String> {
    if line == missing_argument('o') {
        return Some(OUTPUT.to_owned());
    }
    if line == missing_argument('i') {
        return Some("-i takes the ID of one object: ipcs -m -i 5".to_owned());
    }
    let known = LETTERS.iter().find(|(letter, _)| line == invalid_option(letter));
    known.map(|(_, instead)| (*instead).to_owned())
}

/// Whether an error is about a list of columns that consists of option letters.
fn is_of_option_letters(list: &OsStr, line: &str) -> bool {
    list.as_bytes().iter().all(|letter| COMBINED.contains(letter))
        && line.starts_with(&format!("unknown column '{}'", Typed::new(list)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::ipcs::{IpcsArgs, UTIL_LINUX_OPTIONS};
    use crate::cli::parse;

    #[test]
    fn each_letter_is_explained_and_is_not_an_option() {
        let command = IpcsArgs::command();
        let ours: Vec<char> = command.get_arguments().filter_map(clap::Arg::get_short).collect();
        for (letter, instead) in LETTERS {
            assert!(!ours.contains(letter), "-{letter}");
            let argv = ["ipcs".to_owned(), format!("-m{letter}"), "x".to_owned()];
            let error = parse::<IpcsArgs>(UTIL_LINUX_OPTIONS, argv.map(Into::into).to_vec());
            let error = explained(error.unwrap_err(), None);
            assert_eq!(error.lines, [&format!("invalid option -- '{letter}'"), *instead]);
        }
    }

    #[test]
    fn options_without_their_value_are_explained() {
        for (option, start) in [("-mo", "-o takes columns"), ("-i", "-i takes the ID")] {
            let argv = ["ipcs", option].map(Into::into).to_vec();
            let error = parse::<IpcsArgs>(UTIL_LINUX_OPTIONS, argv).unwrap_err();
            let error = explained(error, None);
            assert!(error.lines.len() == 2 && error.lines[1].starts_with(start), "{error:?}");
        }
    }

    #[test]
    fn only_lists_of_option_letters_are_explained() {
        for (list, expected) in [("pt", true), ("bcopt", true), ("ptx", false), ("nsem", false)] {
            let error = UsageError::new(format!("unknown column '{list}'; did you mean 'x'?"));
            let error = explained(error, Some(OsStr::new(list)));
            assert_eq!(error.lines == [OUTPUT], expected, "{list}");
        }
        let other = UsageError::new("--owner: unknown user 'x'");
        assert_eq!(explained(other.clone(), Some(OsStr::new("pt"))), other);
    }
}

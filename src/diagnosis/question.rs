//! What a user asks: the name of a call, an error, or a line with both.

use std::fmt;

use super::causes::{CAUSES, Cause};
use super::failure::Failure;
use crate::escape::escaped;
use crate::spelling::nearest;

/// Longer lines are cut: a message does not need more.
const LONGEST: usize = 4096;

/// What is to be explained; at least one of both is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The call that failed.
    pub call: Option<&'static str>,
    /// How it failed.
    pub failure: Option<Failure>,
}

/// Why a text is not a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionError {
    /// It has neither a known call nor a known error.
    Unknown {
        /// What was typed.
        typed: String,
        /// The known word that is nearest to it.
        nearest: Option<&'static str>,
    },
    /// No limit makes this call fail in this way.
    NoCause {
        /// The call.
        call: &'static str,
        /// How it fails.
        failure: Failure,
    },
}

/// What programs print in place of the name of a call, in lower case.
const PHRASES: &[(&str, &str)] = &[
    // PostgreSQL
    ("could not create semaphores", "semget"),
    ("could not create shared memory segment", "shmget"),
    ("could not resize shared memory segment", "posix_fallocate"),
    ("could not open shared memory segment", "shm_open"),
    // Oracle, ORA-27125
    ("unable to create shared memory segment", "shmget"),
];

impl Question {
    /// Reads what was typed. Upper and lower case are the same.
    ///
    /// # Errors
    /// Nothing in it is known, or it is known that no limit is the reason.
    pub fn parse(typed: &[u8]) -> Result<Question, QuestionError> {
        let cut = typed.get(..LONGEST).unwrap_or(typed);
        let text = String::from_utf8_lossy(cut).to_ascii_lowercase();
        let question = Question { call: call(&text), failure: failure(&text) };
        match question {
            Question { call: None, failure: None } => Err(QuestionError::Unknown {
                typed: escaped(cut).to_string(),
                nearest: near(&text),
            }),
            Question { call: Some(call), failure: Some(failure) }
                if question.causes().next().is_none() =>
            {
                Err(QuestionError::NoCause { call, failure })
            }
            _ => Ok(question),
        }
    }

    /// The causes that fit, in the order of the table.
    pub fn causes(self) -> impl Iterator<Item = &'static Cause> {
        CAUSES.iter().filter(move |cause| {
            let by_call = self.call.is_none_or(|call| {
                // Every call that uses memory can be killed.
                cause.calls.contains(&call) || cause.calls.is_empty() && self.failure.is_some()
            });
            by_call && self.failure.is_none_or(|failure| cause.failures.contains(&failure))
        })
    }
}

/// The words of a text: names of calls and errors.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| char != '_' && !char.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The call that a text names, as a word or by what programs print instead.
fn call(text: &str) -> Option<&'static str> {
    let known = Cause::known_calls();
    let find = |word: &str| known.iter().find(|call| call.eq_ignore_ascii_case(word)).copied();
    // Of several, the one with the fewest other meanings: write and mmap are in many messages.
    let mut named = words(text).filter_map(find);
    let first = named.next();
    let specific = first.into_iter().chain(named).find(|call| !["write", "mmap"].contains(call));
    let phrase = PHRASES.iter().find(|(phrase, _)| text.contains(phrase)).map(|(_, call)| *call);
    specific.or(phrase).or(first)
}

/// How it failed: the name of an error or signal, or its text.
fn failure(text: &str) -> Option<Failure> {
    let has_name =
        |failure: &Failure| words(text).any(|word| word.eq_ignore_ascii_case(failure.name()));
    let has_text = |failure: &Failure| {
        let has = |known: &str| text.contains(&known.to_ascii_lowercase());
        match failure {
            // A common word, so it has to be alone or at the end of a line.
            Failure::Killed => text.lines().any(|line| {
                let line = line.trim().trim_end_matches('.');
                words(line).last() == Some("killed")
            }),
            _ => failure.texts().iter().any(|known| has(known)),
        }
    };
    let all = Failure::ALL;
    all.iter().find(|it| has_name(it)).or_else(|| all.iter().find(|it| has_text(it))).copied()
}

/// The known word that is nearest to any word of a text.
fn near(text: &str) -> Option<&'static str> {
    let known: Vec<_> =
        Cause::known_calls().into_iter().chain(Failure::ALL.map(Failure::name)).collect();
    words(text).find_map(|word| nearest(word, known.iter().copied()))
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuestionError::Unknown { typed, nearest: Some(nearest) } => {
                write!(f, "cannot explain '{typed}'; did you mean '{nearest}'?")
            }
            QuestionError::Unknown { typed, nearest: None } => {
                let names = Failure::ALL.map(Failure::name).join(", ");
                write!(f, "cannot explain '{typed}': use a call, such as semget, or one of {names}")
            }
            QuestionError::NoCause { call, failure } => {
                let question = Question { call: Some(call), failure: None };
                let fits = |failure: &Failure| {
                    question.causes().any(|cause| cause.failures.contains(failure))
                };
                let known = Failure::ALL.iter().filter(|it| fits(it)).map(|it| it.name());
                let known = known.collect::<Vec<_>>().join(", ");
                let failure = failure.name();
                write!(
                    f,
                    "no limit makes {call} fail with {failure}: limits make it fail with {known}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<&'static str>, Option<&'static str>) {
        let question = Question::parse(text.as_bytes()).unwrap_or_else(|it| panic!("{text}: {it}"));
        (question.call, question.failure.map(Failure::name))
    }

    #[test]
    fn reads_calls_errors_and_lines() {
        for (text, call, failure) in [
            ("semget", Some("semget"), None),
            ("SEMGET()", Some("semget"), None),
            ("shm_lock", Some("SHM_LOCK"), None),
            ("ENOSPC", None, Some("ENOSPC")),
            ("no space left on device", None, Some("ENOSPC")),
            ("shmget: No space left on device", Some("shmget"), Some("ENOSPC")),
            ("semget failed: ENOSPC", Some("semget"), Some("ENOSPC")),
            (
                "FATAL:  could not create semaphores: No space left on device",
                Some("semget"),
                Some("ENOSPC"),
            ),
            ("DETAIL:  Failed system call was semget(5432001, 17, 03600).", Some("semget"), None),
            (
                "FATAL:  could not create shared memory segment: Invalid argument\nDETAIL:  Failed system call was shmget(key=5432001, size=4011376640, 03600).",
                Some("shmget"),
                Some("EINVAL"),
            ),
            (
                "ERROR:  could not resize shared memory segment \"/PostgreSQL.1804289383\" to 8388608 bytes: No space left on device",
                Some("posix_fallocate"),
                Some("ENOSPC"),
            ),
            ("ORA-27125: unable to create shared memory segment", Some("shmget"), None),
            (
                "ORA-27300: OS system dependent operation:semget failed with status: 28",
                Some("semget"),
                None,
            ),
            ("OSError: [Errno 28] No space left on device: '/psm_1'", None, Some("ENOSPC")),
            ("mq_open: Too many open files", Some("mq_open"), Some("EMFILE")),
            ("./worker: Bus error (core dumped)", None, Some("SIGBUS")),
            ("[1]+  Killed", None, Some("SIGKILL")),
            ("write to shm failed: shm_open: ENOSPC", Some("shm_open"), Some("ENOSPC")),
            // musl
            ("semop: Result not representable", Some("semop"), Some("ERANGE")),
        ] {
            assert_eq!(read(text), (call, failure), "{text}");
        }
    }

    #[test]
    fn unknown_words_have_the_nearest_known_one() {
        let refused = |text: &str| Question::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused("semgett"), "cannot explain 'semgett'; did you mean 'semget'?");
        assert_eq!(refused("ENOSPACE"), "cannot explain 'ENOSPACE'; did you mean 'ENOSPC'?");
        let text = refused("\u{1b}[2J");
        assert!(
            text.starts_with("cannot explain '\\x1b[2J': use a call, such as semget"),
            "{text}"
        );
        assert!(refused("").starts_with("cannot explain '': use"));
        // A word in a longer text.
        assert!(Question::parse(b"he killed it").is_err());
    }

    #[test]
    fn says_how_a_call_can_fail() {
        assert_eq!(
            Question::parse(b"semget: Permission denied").unwrap_err().to_string(),
            "no limit makes semget fail with EACCES: limits make it fail with ENOSPC, EINVAL"
        );
    }

    #[test]
    fn every_call_and_error_has_a_cause() {
        let words = Cause::known_calls().into_iter().chain(Failure::ALL.map(Failure::name));
        for word in words {
            let question = Question::parse(word.as_bytes()).expect(word);
            assert!(question.causes().next().is_some(), "{word}");
        }
        // Every call can be killed.
        assert_eq!(Question::parse(b"shmget: Killed").unwrap().causes().count(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = Question::parse(&bytes).map_err(|error| error.to_string());
        }
    }
}

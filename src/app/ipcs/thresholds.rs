//! The thresholds of `--check`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::cli::numbers::{ParseNumberError, parse_digits};
use crate::cli::values::parse_percent;
use crate::cli::{Typed, UsageError};
use crate::model::Share;

/// From when on it is a warning, and from when on it is critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thresholds {
    /// Without a filter: parts of the limits.
    Limits {
        /// Warning.
        warn: Share,
        /// Critical.
        crit: Share,
    },
    /// With a filter: numbers of objects.
    Objects {
        /// Warning.
        warn: u64,
        /// Critical.
        crit: u64,
    },
}

const DEFAULT: &str = "80,95";
const LIMITS: &str = "--check=80,95";
const OBJECTS: &str = "--check=1,10";

/// What was typed after `--check=`; `filter` is the first option that is a filter.
///
/// # Errors
/// It is not two numbers in their order.
pub fn resolve(
    typed: Option<&OsStr>,
    filter: Option<&'static str>,
) -> Result<Thresholds, UsageError> {
    let example = if filter.is_some() { OBJECTS } else { LIMITS };
    let Some(typed) = typed.or(filter.is_none().then_some(OsStr::new(DEFAULT))) else {
        let filter = filter.unwrap_or_default();
        return Err(UsageError::new(format!(
            "--check with {filter} needs numbers of objects, as in {example}"
        )));
    };
    let words: Vec<&[u8]> = typed.as_bytes().split(|byte| *byte == b',').collect();
    let [warn, crit] = words[..] else {
        let typed = Typed::new(typed);
        return Err(UsageError::new(format!(
            "--check needs two thresholds instead of '{typed}', as in {example}"
        )));
    };
    match filter {
        None => {
            let (warn, crit) = in_order(warn, crit, percent)?;
            Ok(Thresholds::Limits { warn, crit })
        }
        Some(_) => {
            let (warn, crit) = in_order(warn, crit, count)?;
            Ok(Thresholds::Objects { warn, crit })
        }
    }
}

fn in_order<T: Ord>(
    warn: &[u8],
    crit: &[u8],
    parse: fn(&[u8]) -> Result<T, UsageError>,
) -> Result<(T, T), UsageError> {
    let (warning, critical) = (parse(warn)?, parse(crit)?);
    if warning > critical {
        let (warn, crit) = (Typed(warn), Typed(crit));
        return Err(UsageError::new(format!(
            "--check: the warning threshold {warn} is above the critical one {crit}"
        )));
    }
    Ok((warning, critical))
}

fn percent(word: &[u8]) -> Result<Share, UsageError> {
    let typed = Typed(word);
    match parse_percent(word) {
        Ok(share) if share <= Share::FULL => Ok(share),
        Ok(_) | Err(ParseNumberError::OutOfRange) => Err(UsageError::new(format!(
            "--check: '{typed}' is above 100 percent; only with a filter, thresholds are numbers of objects"
        ))),
        Err(ParseNumberError::Malformed) => Err(UsageError::new(format!(
            "--check: '{typed}' is not a percentage such as 80 or 99.5"
        ))),
    }
}

fn count(word: &[u8]) -> Result<u64, UsageError> {
    parse_digits(word, 10).map_err(|error| {
        let typed = Typed(word);
        UsageError::new(match error {
            ParseNumberError::Malformed => {
                format!("--check: '{typed}' is not a number of objects such as 10")
            }
            ParseNumberError::OutOfRange => format!("--check: '{typed}' is out of range"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typed: Option<&str>, filter: Option<&'static str>) -> Result<Thresholds, String> {
        resolve(typed.map(OsStr::new), filter).map_err(|error| error.to_string())
    }

    fn limits(warn: u64, crit: u64, whole: u64) -> Result<Thresholds, String> {
        let share = |used| Share::of(used, whole).unwrap();
        Ok(Thresholds::Limits { warn: share(warn), crit: share(crit) })
    }

    #[test]
    fn without_a_filter_they_are_percentages() {
        assert_eq!(of(None, None), limits(80, 95, 100));
        assert_eq!(of(Some("0,100"), None), limits(0, 100, 100));
        assert_eq!(of(Some("90%,99.5%"), None), limits(900, 995, 1000));
        assert_eq!(of(Some("50,50"), None), limits(50, 50, 100));
    }

    #[test]
    fn with_a_filter_they_are_numbers() {
        let objects = |warn, crit| Ok(Thresholds::Objects { warn, crit });
        assert_eq!(of(Some("1,10"), Some("--orphaned")), objects(1, 10));
        assert_eq!(of(Some("200,200"), Some("--orphaned")), objects(200, 200));
    }

    #[test]
    fn everything_else_is_an_error() {
        for (typed, filter, expected) in [
            (
                None,
                Some("--idle"),
                "--check with --idle needs numbers of objects, as in --check=1,10",
            ),
            (Some("80"), None, "--check needs two thresholds instead of '80', as in --check=80,95"),
            (Some(""), None, "--check needs two thresholds instead of '', as in --check=80,95"),
            (
                Some("1,2,3"),
                Some("--idle"),
                "--check needs two thresholds instead of '1,2,3', as in --check=1,10",
            ),
            (Some("x,95"), None, "--check: 'x' is not a percentage such as 80 or 99.5"),
            (Some("80,"), None, "--check: '' is not a percentage such as 80 or 99.5"),
            (Some("-1,95"), None, "--check: '-1' is not a percentage such as 80 or 99.5"),
            (
                Some("80,100.1"),
                None,
                "--check: '100.1' is above 100 percent; only with a filter, thresholds are numbers of objects",
            ),
            (Some("95,80"), None, "--check: the warning threshold 95 is above the critical one 80"),
            (
                Some("10,9"),
                Some("--idle"),
                "--check: the warning threshold 10 is above the critical one 9",
            ),
            (Some("1.5,9"), Some("--idle"), "--check: '1.5' is not a number of objects such as 10"),
            (
                Some("1,99999999999999999999"),
                Some("--idle"),
                "--check: '99999999999999999999' is out of range",
            ),
        ] {
            assert_eq!(of(typed, filter), Err(expected.to_owned()), "{typed:?}");
        }
    }
}

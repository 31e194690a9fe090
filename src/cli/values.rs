//! Parsers for sizes, durations, counts and permissions on the command line.

use std::time::Duration;

use super::numbers::{ParseNumberError, SignedDigits, parse_digits};
use crate::model::Share;

/// Why an argument is not a valid size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// Not a number, or an unknown suffix.
    #[error("Invalid argument")]
    Malformed,
    /// Does not fit in 64 bits.
    #[error("Numerical result out of range")]
    OutOfRange,
}

impl From<ParseNumberError> for SizeError {
    fn from(error: ParseNumberError) -> SizeError {
        match error {
            ParseNumberError::Malformed => SizeError::Malformed,
            ParseNumberError::OutOfRange => SizeError::OutOfRange,
        }
    }
}

/// Why an argument is not a valid duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not a sequence of numbers with units, larger units first.
    #[error("not a duration such as 90s, 15min, 2h, 3d, 1w or 1h30m")]
    Malformed,
    /// The number of seconds does not fit in 64 bits.
    #[error("Numerical result out of range")]
    OutOfRange,
}

/// Digits of a decimal fraction that can matter. Later digits do not change a size in bytes, even
/// in exabytes.
const FRACTION_DIGITS: usize = 19;

/// Parses a number of bytes: decimal, `0x` hex or `0` octal.
///
/// An optional suffix multiplies it: `K` or `KiB` is 1024, `KB` is 1000, and so on for M, G, T, P
/// and E. Z and Y are accepted too, but only 0 fits. The first letter and the `B` may be in either
/// case. With a suffix, a decimal fraction is allowed. The result is rounded down to whole bytes.
///
/// # Errors
/// Fails for any other text, and for sizes that do not fit in 64 bits.
pub fn parse_size(text: &[u8]) -> Result<u64, SizeError> {
    parse_size_rounded(text, Rounding::Down)
}

/// Parses a lower bound in bytes. The result is rounded up to whole bytes, so that nothing smaller
/// than the typed size passes.
///
/// # Errors
/// The same as [`parse_size`].
pub fn parse_least_size(text: &[u8]) -> Result<u64, SizeError> {
    parse_size_rounded(text, Rounding::Up)
}

/// How to round to whole bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    Down,
    Up,
}

fn parse_size_rounded(text: &[u8], rounding: Rounding) -> Result<u64, SizeError> {
    let number = SignedDigits::split(text);
    if number.negative {
        return Err(SizeError::Malformed);
    }
    let (whole, rest) = split_integer(number.digits)?;
    let (fraction, suffix) = match rest.strip_prefix(b".") {
        Some(rest) => {
            let (digits, suffix) = split_at_first(rest, |byte| !byte.is_ascii_digit());
            if suffix.is_empty() {
                return Err(SizeError::Malformed);
            }
            (digits, suffix)
        }
        None => (&[][..], rest),
    };
    let unit = unit_of(suffix)?;
    let whole =
        if whole == 0 { Some(0) } else { unit.and_then(|u| u128::from(whole).checked_mul(u)) };
    let part = fraction_of(fraction, unit, rounding);
    let (whole, part) = whole.zip(part).ok_or(SizeError::OutOfRange)?;
    whole.checked_add(part).and_then(|size| u64::try_from(size).ok()).ok_or(SizeError::OutOfRange)
}

fn split_at_first(text: &[u8], stop: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(stop).unwrap_or(text.len()))
}

/// Splits off the leading integer, in the base given by its prefix.
fn split_integer(text: &[u8]) -> Result<(u64, &[u8]), SizeError> {
    let (text, base) = match text {
        [b'0', b'x' | b'X', hex @ ..] if hex.first().is_some_and(u8::is_ascii_hexdigit) => {
            (hex, 16)
        }
        [b'0', ..] => (text, 8),
        _ => (text, 10),
    };
    let (digits, rest) = split_at_first(text, |byte| !char::from(*byte).is_digit(base));
    Ok((parse_digits(digits, base)?, rest))
}

/// Returns the number of bytes in a unit, or `None` if it does not fit in 64 bits.
fn unit_of(suffix: &[u8]) -> Result<Option<u128>, SizeError> {
    let (letter, base) = match suffix {
        [] => return Ok(Some(1)),
        [letter] | [letter, b'i', b'B' | b'b'] => (letter, 1024u64),
        [letter, b'B' | b'b'] => (letter, 1000),
        _ => return Err(SizeError::Malformed),
    };
    let power = b"KMGTPEZY".iter().position(|known| *known == letter.to_ascii_uppercase());
    let power = power.ok_or(SizeError::Malformed)?;
    let unit = (0..=power).try_fold(1u64, |unit, _| unit.checked_mul(base));
    Ok(unit.map(u128::from))
}

/// Returns the bytes in a decimal fraction of a unit, or `None` if they do not fit.
fn fraction_of(digits: &[u8], unit: Option<u128>, rounding: Rounding) -> Option<u128> {
    let (digits, rest) = digits.split_at(digits.len().min(FRACTION_DIGITS));
    let is_more = rest.iter().any(|digit| *digit != b'0');
    // A number of this length fits in 64 bits.
    let numerator = u128::from(parse_digits(digits, 10).unwrap_or(0));
    let denominator = 10u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    if numerator == 0 && !is_more {
        return Some(0);
    }
    let product = numerator.checked_mul(unit?)?;
    let remainder = product.checked_rem(denominator)?;
    let up = rounding == Rounding::Up && (is_more || remainder != 0);
    product.checked_div(denominator)?.checked_add(up.into())
}

/// Parses a duration such as `90s`, `15m`, `15min`, `2h`, `3d` or `1w`. Several parts may be joined,
/// larger units first, as in `1h30m`. Each number needs a unit.
///
/// # Errors
/// Fails for any other text, and if the number of seconds does not fit in 64 bits.
pub fn parse_duration(text: &[u8]) -> Result<Duration, DurationError> {
    const UNITS: [(&[&[u8]], u64); 5] = [
        (&[b"w"], 604_800),
        (&[b"d"], 86_400),
        (&[b"h"], 3_600),
        (&[b"m", b"min"], 60),
        (&[b"s"], 1),
    ];
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut seconds = Some(0u64);
    while !rest.is_empty() {
        let (digits, tail) = split_at_first(rest, |byte| !byte.is_ascii_digit());
        let (unit, tail) = split_at_first(tail, u8::is_ascii_digit);
        // The iterator continues after the last unit: units stay in order, and each is used once.
        let (_, size) =
            units.find(|(names, _)| names.contains(&unit)).ok_or(DurationError::Malformed)?;
        let count = match parse_digits(digits, 10) {
            Ok(count) => Some(count),
            Err(ParseNumberError::Malformed) => return Err(DurationError::Malformed),
            Err(ParseNumberError::OutOfRange) => None,
        };
        seconds = seconds
            .zip(count.and_then(|count| count.checked_mul(*size)))
            .and_then(|(sum, more)| sum.checked_add(more));
        rest = tail;
    }
    if text.is_empty() {
        return Err(DurationError::Malformed);
    }
    seconds.map(Duration::from_secs).ok_or(DurationError::OutOfRange)
}

/// Parses a percentage such as `80`, `80%` or `99.5`. It may be above 100: a queue can hold more
/// than its capacity, if that was reduced.
///
/// # Errors
/// Fails for any other text, and for more digits than fit in 64 bits.
pub fn parse_percent(text: &[u8]) -> Result<Share, ParseNumberError> {
    let number = text.strip_suffix(b"%").unwrap_or(text);
    let (whole, fraction) = split_at_first(number, |byte| *byte == b'.');
    let decimals = match fraction {
        [] => &[][..],
        [_, decimals @ ..] if !decimals.is_empty() => decimals,
        _ => return Err(ParseNumberError::Malformed),
    };
    if whole.is_empty() {
        return Err(ParseNumberError::Malformed);
    }
    let number = parse_digits(&[whole, decimals].concat(), 10)?;
    let places = u32::try_from(decimals.len()).ok().and_then(|places| places.checked_add(2));
    let hundred = places.and_then(|places| 10u64.checked_pow(places));
    hundred.and_then(|hundred| Share::of(number, hundred)).ok_or(ParseNumberError::OutOfRange)
}

/// Parses a decimal number for `ipcmk -S`. It may be negative: the kernel rejects bad values.
///
/// # Errors
/// Fails for any other text, and for numbers that do not fit in 32 bits.
pub fn parse_count(text: &[u8]) -> Result<i32, ParseNumberError> {
    let number = SignedDigits::split(text);
    let value = i64::try_from(parse_digits(number.digits, 10)?)
        .map_err(|_| ParseNumberError::OutOfRange)?;
    let value = if number.negative { value.saturating_neg() } else { value };
    i32::try_from(value).map_err(|_| ParseNumberError::OutOfRange)
}

/// Parses a decimal number from 0 to 2147483647, such as the value of a POSIX semaphore
/// (`SEM_VALUE_MAX`).
///
/// # Errors
/// Fails for any other text, and for other numbers.
pub fn parse_natural(text: &[u8]) -> Result<u32, ParseNumberError> {
    u32::try_from(parse_count(text)?).map_err(|_| ParseNumberError::OutOfRange)
}

/// Parses permission bits: octal, 0 to 7777.
///
/// # Errors
/// Fails for any other text.
pub fn parse_mode(text: &[u8]) -> Result<u16, ParseNumberError> {
    let number = SignedDigits::split(text);
    let value = parse_digits(number.digits, 8)?;
    if number.negative && value != 0 {
        return Err(ParseNumberError::Malformed);
    }
    u16::try_from(value).ok().filter(|mode| *mode <= 0o7777).ok_or(ParseNumberError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(text: &str) -> Result<u64, SizeError> {
        parse_size(text.as_bytes())
    }

    #[test]
    fn parses_sizes_in_each_base_with_suffixes() {
        for (text, bytes) in [
            ("1", 1),
            ("0", 0),
            (" \t+5", 5),
            ("010", 8),
            ("0x10", 16),
            ("1K", 1024),
            ("1k", 1024),
            ("1KiB", 1024),
            ("1kiB", 1024),
            ("1kib", 1024),
            ("1Mib", 1 << 20),
            ("1Eib", 1 << 60),
            ("1KB", 1000),
            ("1kb", 1000),
            ("010K", 8192),
            ("0x1E", 30),
            ("0x1eB", 491),
            ("15E", 15 << 60),
            ("0Z", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text:?}");
        }
    }

    #[test]
    fn rounds_fractions_down_to_whole_bytes() {
        for (text, bytes) in [
            ("1.5K", 1536),
            ("1.K", 1024),
            ("0.5KB", 500),
            ("1.75KiB", 1792),
            ("1.05K", 1075),
            ("1.010K", 1034),
            ("0x1.8K", 1843),
            ("1.99999999999999999999999999K", 2047),
            ("15.5E", 31 << 59),
            ("0.00Z", 0),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text:?}");
        }
    }

    #[test]
    fn rounds_lower_bounds_up_to_whole_bytes() {
        for (text, bytes) in [
            ("1.0001K", 1025),
            ("1.0000K", 1024),
            ("1.5K", 1536),
            ("0.001KB", 1),
            ("0.0011KB", 2),
            ("1.00000000000000000000000000001K", 1025),
            ("0.99999999999999999999999999K", 1024),
            ("0.0000Z", 0),
            ("5", 5),
        ] {
            assert_eq!(parse_least_size(text.as_bytes()), Ok(bytes), "{text:?}");
        }
        for text in ["0.00000000000000000000001Z", "15.99999999999999999999999E", "16E"] {
            let error = parse_least_size(text.as_bytes());
            assert_eq!(error, Err(SizeError::OutOfRange), "{text:?}");
        }
        assert_eq!(parse_least_size(b"1.5"), Err(SizeError::Malformed));
    }

    #[test]
    fn rejects_invalid_sizes() {
        for text in [
            "", " ", "-5", "abc", "5 ", "1.5", "1.", ".5K", "1,5K", "1Ki", "1KIB", "1kIb", "1ib",
            "1KiBx", "1KK", "1B", "1iB", "1e3", "0x", "0xK", "09", "1 K", "1.-5K", "1.5.5K", "+-5",
            "1R",
        ] {
            assert_eq!(size(text), Err(SizeError::Malformed), "{text:?}");
        }
        for text in ["16E", "99E", "1Z", "1.5Y", "0.1Z", "18446744073709551616", "16384P"] {
            assert_eq!(size(text), Err(SizeError::OutOfRange), "{text:?}");
        }
    }

    #[test]
    fn parses_durations_with_units_in_order() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("15min", 900),
            ("2h", 7200),
            ("3d", 259_200),
            ("1w", 604_800),
            ("1w2d", 777_600),
            ("1h30m", 5400),
            ("1h30min5s", 5405),
            ("0s", 0),
        ] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(parse_duration(text.as_bytes()), Ok(duration), "{text:?}");
        }
        for text in [
            "", "90", "m", "1h1h", "30m1h", "-5s", "1.5h", "2 h", "2y", "1H", "1h30", "1d1w",
            "5sec", "5mins", "1m1min", "1 w",
        ] {
            let error = parse_duration(text.as_bytes()).unwrap_err();
            assert_eq!(error, DurationError::Malformed, "{text:?}");
        }
        for text in ["99999999999999999999s", "999999999999999999d", "18446744073709551615s"] {
            let expected = (text == "18446744073709551615s")
                .then_some(Duration::from_secs(u64::MAX))
                .ok_or(DurationError::OutOfRange);
            assert_eq!(parse_duration(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn percentages_are_exact() {
        let share = |used, limit| Share::of(used, limit).unwrap();
        for (text, expected) in [
            ("80", share(4, 5)),
            ("80%", share(4, 5)),
            ("99.5", share(199, 200)),
            ("0.01%", share(1, 10_000)),
            ("0", share(0, 1)),
            ("0.0%", share(0, 1)),
            ("100", Share::FULL),
            ("250", share(5, 2)),
            ("18446744073709551615", share(u64::MAX, 100)),
        ] {
            assert_eq!(parse_percent(text.as_bytes()), Ok(expected), "{text:?}");
        }
        for text in ["", "%", "-1", "+5", "x", "5 ", "5 %", "5%%", ".5", "5.", "1.2.3", "0x10"] {
            let error = parse_percent(text.as_bytes());
            assert_eq!(error, Err(ParseNumberError::Malformed), "{text:?}");
        }
        for text in ["18446744073709551616", "0.000000000000000000001"] {
            let error = parse_percent(text.as_bytes());
            assert_eq!(error, Err(ParseNumberError::OutOfRange), "{text:?}");
        }
    }

    #[test]
    fn parses_counts_as_signed_decimal() {
        for (text, count) in [("3", 3), ("-1", -1), ("+1", 1), ("010", 10), (" 5", 5)] {
            assert_eq!(parse_count(text.as_bytes()), Ok(count), "{text:?}");
        }
        for text in ["", "0x10", "5 ", "abc", "-"] {
            assert_eq!(parse_count(text.as_bytes()), Err(ParseNumberError::Malformed), "{text:?}");
        }
        for text in ["2147483648", "99999999999999999999"] {
            assert_eq!(parse_count(text.as_bytes()), Err(ParseNumberError::OutOfRange), "{text:?}");
        }
    }

    #[test]
    fn parses_modes_as_up_to_four_octal_digits() {
        for (text, mode) in [("644", 0o644), ("0", 0), ("0644", 0o644), ("7777", 0o7777)] {
            assert_eq!(parse_mode(text.as_bytes()), Ok(mode), "{text:?}");
        }
        for text in ["999", "", "-1", "0x1", "600 "] {
            assert_eq!(parse_mode(text.as_bytes()), Err(ParseNumberError::Malformed), "{text:?}");
        }
        assert_eq!(parse_mode(b"10000"), Err(ParseNumberError::OutOfRange));
    }

    proptest! {
        #[test]
        fn parsers_never_panic(text in "\\PC*|[ +-]?[0-9]{0,30}[.]?[0-9]{0,40}[KMGTPEZYsmhd]?i?B?") {
            let size = parse_size(text.as_bytes());
            if let Ok(least) = parse_least_size(text.as_bytes()) {
                prop_assert!(size.is_ok_and(|size| size <= least && least - size <= 1));
            }
            let _ = parse_duration(text.as_bytes());
            let _ = parse_percent(text.as_bytes());
            let _ = parse_count(text.as_bytes());
            let _ = parse_mode(text.as_bytes());
        }
    }
}

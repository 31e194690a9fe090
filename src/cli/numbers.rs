//! Numbers as people type them: ids, keys, and the digits that all numbers are made of.

use crate::model::{Id, Key};

/// Why a typed number is not an id or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseNumberError {
    /// Not a number at all, or a negative id.
    #[error("not a number")]
    Malformed,
    /// A number, but not one that an id or a key can be.
    #[error("Numerical result out of range")]
    OutOfRange,
}

/// Parses an id: decimal (a leading `0` is decimal too), or hex after `0x`.
///
/// # Errors
/// Anything else, and numbers outside 0 to 2147483647.
pub fn parse_id(text: &[u8]) -> Result<Id, ParseNumberError> {
    let number = SignedDigits::split(text);
    match number.digits {
        [b'0', b'x' | b'X', hex @ ..] => id_from_digits(&number, hex, 16),
        digits => id_from_digits(&number, digits, 10),
    }
}

/// Parses a decimal id only, as `ipcs -i` always did.
///
/// # Errors
/// Anything else, and numbers outside 0 to 2147483647.
pub fn parse_decimal_id(text: &[u8]) -> Result<Id, ParseNumberError> {
    let number = SignedDigits::split(text);
    id_from_digits(&number, number.digits, 10)
}

fn id_from_digits(
    number: &SignedDigits<'_>,
    digits: &[u8],
    base: u32,
) -> Result<Id, ParseNumberError> {
    let value = parse_digits(digits, base)?;
    if number.negative && value != 0 {
        // util-linux gives the reason only for numbers that 32 bits cannot hold.
        let fits = value <= u64::from(i32::MIN.unsigned_abs());
        return Err(match fits {
            true => ParseNumberError::Malformed,
            false => ParseNumberError::OutOfRange,
        });
    }
    i32::try_from(value).map(Id).map_err(|_| ParseNumberError::OutOfRange)
}

/// Parses a key: decimal, hex after `0x`, octal after `0`, from -2147483648 (as /proc prints keys)
/// to 4294967295.
///
/// # Errors
/// Anything else.
pub fn parse_key(text: &[u8]) -> Result<Key, ParseNumberError> {
    let number = SignedDigits::split(text);
    let (digits, base) = match number.digits {
        [b'0', b'x' | b'X', hex @ ..] => (hex, 16),
        [b'0', octal @ ..] if !octal.is_empty() => (octal, 8),
        other => (other, 10),
    };
    let value = parse_digits(digits, base)?;
    if number.negative {
        let value = i64::try_from(value).map_err(|_| ParseNumberError::OutOfRange)?;
        return i32::try_from(value.saturating_neg())
            .map(|key| Key(key.cast_unsigned()))
            .map_err(|_| ParseNumberError::OutOfRange);
    }
    u32::try_from(value).map(Key).map_err(|_| ParseNumberError::OutOfRange)
}

/// The largest process ID, `PID_MAX_LIMIT` of the kernel's linux/threads.h.
pub const LARGEST_PID: i32 = 4_194_304;

/// Parses a process ID: decimal digits.
///
/// # Errors
/// Anything else, and numbers outside 1 to [`LARGEST_PID`].
pub fn parse_pid(text: &[u8]) -> Result<i32, ParseNumberError> {
    let pid = i32::try_from(parse_digits(text, 10)?).map_err(|_| ParseNumberError::OutOfRange)?;
    if (1..=LARGEST_PID).contains(&pid) { Ok(pid) } else { Err(ParseNumberError::OutOfRange) }
}

/// A number as strtol(3) takes it: blanks, a sign, digits.
pub(super) struct SignedDigits<'a> {
    pub(super) negative: bool,
    pub(super) digits: &'a [u8],
}

impl<'a> SignedDigits<'a> {
    pub(super) fn split(text: &'a [u8]) -> SignedDigits<'a> {
        let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
        let start = text.iter().position(|b| !is_space(b));
        match start.and_then(|start| text.get(start..)).unwrap_or_default() {
            [b'-', digits @ ..] => SignedDigits { negative: true, digits },
            [b'+', digits @ ..] => SignedDigits { negative: false, digits },
            digits => SignedDigits { negative: false, digits },
        }
    }
}

/// The value of `digits`, which must not be empty.
pub fn parse_digits(digits: &[u8], base: u32) -> Result<u64, ParseNumberError> {
    if digits.is_empty() {
        return Err(ParseNumberError::Malformed);
    }
    let mut value = Some(0u64);
    for byte in digits {
        let digit = char::from(*byte).to_digit(base).ok_or(ParseNumberError::Malformed)?;
        value = value
            .and_then(|v| v.checked_mul(u64::from(base)))
            .and_then(|v| v.checked_add(u64::from(digit)));
    }
    value.ok_or(ParseNumberError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_decimal_or_prefixed_hex() {
        for (text, id) in
            [("0", 0), ("010", 10), (" \t+5", 5), ("0x10", 16), ("0X1f", 31), ("-0", 0)]
        {
            assert_eq!(parse_id(text.as_bytes()), Ok(Id(id)), "{text:?}");
        }
        assert_eq!(parse_id(b"2147483647"), Ok(Id(i32::MAX)));
        assert_eq!(parse_decimal_id(b"0x10"), Err(ParseNumberError::Malformed));
        assert_eq!(parse_decimal_id(b"010"), Ok(Id(10)));
    }

    #[test]
    fn malformed_ids_differ_from_ids_out_of_range() {
        for text in ["", " ", "-1", "-2147483648", "abc", "5 ", "5x", "0x", "1_0", "+-1", "--1"] {
            assert_eq!(parse_id(text.as_bytes()), Err(ParseNumberError::Malformed), "{text:?}");
        }
        for text in [
            "2147483648",
            "4294967296",
            "99999999999999999999999",
            "0x80000000",
            "-2147483649",
            "-99999999999999999999999",
        ] {
            assert_eq!(parse_id(text.as_bytes()), Err(ParseNumberError::OutOfRange), "{text:?}");
        }
    }

    #[test]
    fn process_ids_are_decimal_and_positive() {
        for (text, pid) in [("1", 1), ("0007", 7), ("4194304", LARGEST_PID)] {
            assert_eq!(parse_pid(text.as_bytes()), Ok(pid), "{text:?}");
        }
        for text in ["", "-1", "+1", " 1", "1 ", "0x1", "init"] {
            assert_eq!(parse_pid(text.as_bytes()), Err(ParseNumberError::Malformed), "{text:?}");
        }
        for text in ["0", "4194305", "4294967297", "99999999999999999999"] {
            assert_eq!(parse_pid(text.as_bytes()), Err(ParseNumberError::OutOfRange), "{text:?}");
        }
    }

    #[test]
    fn keys_may_be_in_any_base_and_signed() {
        for (text, key) in [
            ("0x1234", 0x1234),
            ("010", 8),
            ("-1", u32::MAX),
            ("-2147483648", 0x8000_0000),
            ("4294967295", u32::MAX),
            ("0", 0),
        ] {
            assert_eq!(parse_key(text.as_bytes()), Ok(Key(key)), "{text:?}");
        }
        for text in ["-2147483649", "4294967296", "0x500001234", "18446744073709551616"] {
            assert_eq!(parse_key(text.as_bytes()), Err(ParseNumberError::OutOfRange), "{text:?}");
        }
        for text in ["", "0x", "09", "abc", "12 "] {
            assert_eq!(parse_key(text.as_bytes()), Err(ParseNumberError::Malformed), "{text:?}");
        }
    }
}

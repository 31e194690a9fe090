//! Helpers for all parsers: fields between blanks, and numbers.

use super::ParseError;

/// At most this many bytes of a malformed field are shown in a message.
const SHOWN: usize = 60;

/// The error for a malformed field.
pub(super) fn malformed(field: &'static str, text: &[u8]) -> ParseError {
    let shown = text.get(..SHOWN).unwrap_or(text);
    let sign = if shown.len() < text.len() { "..." } else { "" };
    ParseError::Malformed { field, text: format!("{}{sign}", shown.escape_ascii()) }
}

/// The fields of a line, separated by blanks.
pub(super) struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a [u8]) -> Words<'a> {
        Words { rest: line }
    }

    pub(super) fn next(&mut self, field: &'static str) -> Result<&'a [u8], ParseError> {
        self.optional().ok_or(ParseError::Missing { field })
    }

    #[inline]
    pub(super) fn optional(&mut self) -> Option<&'a [u8]> {
        let text = self.rest();
        let end = text.iter().position(|b| is_blank(*b)).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    pub(super) fn decimal<T: TryFrom<u64>>(
        &mut self,
        field: &'static str,
    ) -> Result<T, ParseError> {
        decimal(field, self.next(field)?)
    }

    /// The rest of the line, without the blanks before it.
    pub(super) fn rest(&self) -> &'a [u8] {
        let start = self.rest.iter().position(|b| !is_blank(*b));
        start.and_then(|start| self.rest.get(start..)).unwrap_or_default()
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

/// An unsigned decimal number.
pub(super) fn decimal<T: TryFrom<u64>>(field: &'static str, text: &[u8]) -> Result<T, ParseError> {
    fitting(field, text, magnitude(text))
}

/// An unsigned hexadecimal number without `0x`.
pub(super) fn hex<T: TryFrom<u64>>(field: &'static str, text: &[u8]) -> Result<T, ParseError> {
    let mut value = if text.is_empty() { None } else { Some(0u64) };
    for byte in text {
        let digit = char::from(*byte).to_digit(16);
        value = digit.and_then(|digit| value?.checked_mul(16)?.checked_add(digit.into()));
    }
    fitting(field, text, value)
}

fn fitting<T: TryFrom<u64>>(
    field: &'static str,
    text: &[u8],
    value: Option<u64>,
) -> Result<T, ParseError> {
    value.and_then(|value| T::try_from(value).ok()).ok_or_else(|| malformed(field, text))
}

/// The value of decimal digits; `None` when there are others, or none, or too many.
#[inline]
pub(super) fn magnitude(digits: &[u8]) -> Option<u64> {
    // Nineteen digits always fit 64 bits, so nearly all numbers need no overflow check per digit.
    let (most, rest) = digits.split_at(digits.len().min(19));
    let mut value = 0u64;
    for digit in most {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(digit.into());
    }
    for digit in rest {
        let digit = char::from(*digit).to_digit(10)?;
        value = value.checked_mul(10)?.checked_add(digit.into())?;
    }
    (!digits.is_empty()).then_some(value)
}

/// What is before and after the first of these bytes.
pub(super) fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = text.splitn(2, |byte| *byte == at);
    parts.next().zip(parts.next())
}

/// The lines of a text, without their ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

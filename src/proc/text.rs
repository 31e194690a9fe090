//! What the parsers share: fields between blanks, and numbers.

use super::ParseError;

/// More of a field than this helps nobody.
const SHOWN: usize = 60;

/// The error of a field that is not what it should be.
pub(super) fn malformed(field: &'static str, text: &[u8]) -> ParseError {
    let shown = &text[..text.len().min(SHOWN)];
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

    pub(super) fn optional(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|b| !is_blank(*b))?;
        let text = &self.rest[start..];
        let end = text.iter().position(|b| is_blank(*b)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        Some(word)
    }

    pub(super) fn decimal<T: TryFrom<u64>>(
        &mut self,
        field: &'static str,
    ) -> Result<T, ParseError> {
        decimal(field, self.next(field)?)
    }

    /// Everything that is left, without the blanks before it.
    pub(super) fn rest(&self) -> &'a [u8] {
        let start = self.rest.iter().position(|b| !is_blank(*b)).unwrap_or(self.rest.len());
        &self.rest[start..]
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

/// An unsigned decimal number.
pub(super) fn decimal<T: TryFrom<u64>>(field: &'static str, text: &[u8]) -> Result<T, ParseError> {
    number(field, text, 10)
}

/// An unsigned hexadecimal number without `0x`.
pub(super) fn hex<T: TryFrom<u64>>(field: &'static str, text: &[u8]) -> Result<T, ParseError> {
    number(field, text, 16)
}

fn number<T: TryFrom<u64>>(field: &'static str, text: &[u8], base: u32) -> Result<T, ParseError> {
    let mut value = if text.is_empty() { None } else { Some(0u64) };
    for byte in text {
        value = char::from(*byte)
            .to_digit(base)
            .and_then(|digit| value?.checked_mul(u64::from(base))?.checked_add(u64::from(digit)));
    }
    value.and_then(|value| T::try_from(value).ok()).ok_or_else(|| malformed(field, text))
}

/// The lines of a text, without their ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

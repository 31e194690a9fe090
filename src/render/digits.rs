//! Numbers as text at the end of a buffer: the innermost loop of every format.

use std::io::Write;

use crate::model::{Key, Mode, Share};

const BLANKS: [u8; 32] = [b' '; 32];

/// The two digits of each byte.
const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Appends a number in decimal.
pub(super) fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a number in decimal.
pub(super) fn put_i64(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a percentage with at most two decimals, rounded down: `7`, `7.5`, `0.07`.
pub(super) fn put_percent(out: &mut Vec<u8>, share: Share) {
    let hundredths = share.hundredths();
    put_u64(out, hundredths / 100);
    match hundredths % 100 {
        0 => {}
        rest => {
            let digits = [b'0' + (rest / 10) as u8, b'0' + (rest % 10) as u8];
            out.push(b'.');
            out.extend_from_slice(if digits[1] == b'0' { &digits[..1] } else { &digits });
        }
    }
}

/// Appends a percentage for people, with a percent sign: two decimals below 10, one above, and
/// `<0.01%` for less than that.
pub(super) fn put_short_percent(out: &mut Vec<u8>, share: Share) {
    let hundredths = share.hundredths();
    // Writing to memory does not fail.
    let _ = match hundredths {
        0 if share.is_zero() => write!(out, "0%"),
        0 => write!(out, "<0.01%"),
        1..1_000 => write!(out, "{}.{:02}%", hundredths / 100, hundredths % 100),
        _ => write!(out, "{}.{}%", hundredths / 100, hundredths / 10 % 10),
    };
}

/// Appends a key: `0x0000abcd`.
pub(super) fn put_key(out: &mut Vec<u8>, key: Key) {
    let mut text = *b"0x00000000";
    let digits = text[2..].as_chunks_mut::<2>().0;
    for (digits, byte) in digits.iter_mut().zip(key.0.to_be_bytes()) {
        *digits = HEX[usize::from(byte)];
    }
    out.extend_from_slice(&text);
}

/// The permissions in octal, four digits.
pub(super) fn perms(mode: Mode) -> [u8; 4] {
    let digit = |shift: u16| b'0' + (mode.perms() >> shift & 7) as u8;
    [b'0', digit(6), digit(3), digit(0)]
}

/// Appends blanks. Copying a fixed length and cutting it is faster than copying the exact length.
pub(super) fn put_blanks(out: &mut Vec<u8>, mut count: usize) {
    while count > BLANKS.len() {
        out.extend_from_slice(&BLANKS);
        count -= BLANKS.len();
    }
    let end = out.len() + count;
    out.extend_from_slice(&BLANKS);
    out.truncate(end);
}

/// Appends blanks until the text that began at `start` has this width.
pub(super) fn pad_to(out: &mut Vec<u8>, start: usize, width: usize) {
    let end = start + width;
    if end > out.len() {
        put_blanks(out, end - out.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_formatting_macros() {
        for number in [0, 9, 10, 4_294_967_295, u64::MAX] {
            let mut out = Vec::new();
            put_u64(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
        for key in [0, 0xabcd, 0xdead_beef, u32::MAX] {
            let mut out = Vec::new();
            put_key(&mut out, Key(key));
            assert_eq!(out, format!("0x{key:08x}").into_bytes());
        }
        for mode in [0, 0o7, 0o640, 0o3777] {
            assert_eq!(perms(Mode(mode)), *format!("{:04o}", mode & 0o777).as_bytes());
        }
        let mut out = b"ab".to_vec();
        pad_to(&mut out, 1, 100);
        assert_eq!(out.len(), 101);
    }
}

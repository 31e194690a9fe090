//! Numbers as text at the end of a buffer: the innermost loop of every format.

use crate::model::{Key, Mode};

const BLANKS: [u8; 64] = [b' '; 64];

/// Appends a number in decimal.
pub(super) fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a number in decimal.
pub(super) fn put_i64(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a key: `0x0000abcd`.
pub(super) fn put_key(out: &mut Vec<u8>, key: Key) {
    let mut text = *b"0x00000000";
    for (at, byte) in text[2..].iter_mut().enumerate() {
        *byte = b"0123456789abcdef"[(key.0 >> (28 - at * 4) & 15) as usize];
    }
    out.extend_from_slice(&text);
}

/// The permissions in octal, four digits.
pub(super) fn perms(mode: Mode) -> [u8; 4] {
    let digit = |shift: u16| b'0' + (mode.perms() >> shift & 7) as u8;
    [b'0', digit(6), digit(3), digit(0)]
}

/// Appends blanks.
pub(super) fn put_blanks(out: &mut Vec<u8>, mut count: usize) {
    while count > BLANKS.len() {
        out.extend_from_slice(&BLANKS);
        count -= BLANKS.len();
    }
    out.extend_from_slice(&BLANKS[..count]);
}

/// Appends blanks until the text that began at `start` is so wide.
pub(super) fn pad_to(out: &mut Vec<u8>, start: usize, width: usize) {
    put_blanks(out, (start + width).saturating_sub(out.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_formatting_macros_write_them() {
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

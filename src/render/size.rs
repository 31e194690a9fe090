//! Sizes in bytes for people.

use std::io::Write;

const UNITS: &[u8] = b"BKMGTPE";

/// A size with one letter, as util-linux writes it: `1000B`, `1.5K`, `4K`, `2.8G`; 1024-based,
/// one decimal, rounded half up, without a carry into the next unit (`1024K`).
#[must_use]
pub fn human(bytes: u64) -> HumanSize {
    let unit = (bytes.max(1).ilog2() / 10).min(6);
    let shift = unit * 10;
    let mut whole = bytes >> shift;
    let mut tenth = 0;
    if shift > 0 {
        let rest = bytes & ((1 << shift) - 1);
        // The first ten bits of the fraction decide, rounded to the nearest tenth.
        let fraction = rest >> (shift - 10);
        tenth = (fraction * 10 + 512) >> 10;
        if tenth == 10 {
            whole += 1;
            tenth = 0;
        }
    }
    let mut text = HumanSize { bytes: [0; 8], len: 0 };
    let mut cursor = &mut text.bytes[..];
    // At most "1023.9K": seven bytes, which always fit.
    let _ = if tenth == 0 { write!(cursor, "{whole}") } else { write!(cursor, "{whole}.{tenth}") };
    let left = cursor.len();
    text.len = 8 - left;
    text.bytes[text.len] = UNITS[unit as usize];
    text.len += 1;
    text
}

/// The text of a size.
#[derive(Clone, Copy, Debug)]
pub struct HumanSize {
    bytes: [u8; 8],
    len: usize,
}

impl HumanSize {
    /// The text, ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl std::fmt::Display for HumanSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_bytes().iter().try_for_each(|b| write!(f, "{}", char::from(*b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_match_util_linux() {
        for (bytes, text) in [
            (0, "0B"),
            (1000, "1000B"),
            (1023, "1023B"),
            (1024, "1K"),
            (1500, "1.5K"),
            (5000, "4.9K"),
            (4096, "4K"),
            (1_048_575, "1024K"),
            (1_048_576, "1M"),
            (1_047_000, "1022.5K"),
            (3_000_000_000, "2.8G"),
            (18_446_744_073_692_774_399, "16E"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(human(bytes).to_string(), text, "{bytes}");
        }
    }
}

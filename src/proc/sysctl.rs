//! The files of /proc/sys/kernel (proc_sys_kernel(5)): numbers between blanks.

use std::str::FromStr;

/// The numbers in a file; `None` if a word is not a number that fits.
#[must_use]
pub fn parse_numbers<T: FromStr>(text: &[u8]) -> Option<Box<[T]>> {
    let words = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
    words.map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_text_is_no_number() {
        assert_eq!(parse_numbers::<i64>(b"32000\t1024000000\t500\t32000\n").unwrap().len(), 4);
        assert_eq!(
            parse_numbers::<u64>(b"18446744073692774399\n").unwrap()[0],
            u64::MAX - (1 << 24)
        );
        for text in [&b"1 x"[..], b"18446744073709551616", b"-1", b"0x10", b"\xff", b"1\0"] {
            assert_eq!(parse_numbers::<u64>(text), None, "{}", text.escape_ascii());
        }
        assert_eq!(parse_numbers::<u64>(b"\n").as_deref(), Some(&[][..]));
    }

    proptest! {
        #[test]
        fn what_the_kernel_prints_is_read_back(numbers in proptest::collection::vec(any::<i64>(), 0..5)) {
            let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
            let text = words.join("\t") + "\n";
            prop_assert_eq!(parse_numbers::<i64>(text.as_bytes()), Some(numbers.into_boxed_slice()));
        }
    }
}

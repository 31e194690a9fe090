//! /proc/meminfo (proc_meminfo(5)): what is promised of the memory, and huge pages.

use super::text::{Words, lines};

/// The fields that are used; `None`: the kernel does not show it. Sizes are in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meminfo {
    /// `MemTotal`
    pub total: Option<u64>,
    /// `SwapTotal`
    pub swap: Option<u64>,
    /// `CommitLimit`: what may be promised with vm.overcommit_memory=2.
    pub commit_limit: Option<u64>,
    /// `Committed_AS`: what is promised.
    pub committed: Option<u64>,
    /// `HugePages_Total`: pages of the default size.
    pub huge_total: Option<u64>,
    /// `HugePages_Free`
    pub huge_free: Option<u64>,
    /// `HugePages_Rsvd`: promised, but still free.
    pub huge_reserved: Option<u64>,
}

impl Meminfo {
    /// Reads the file. A line that cannot be parsed is as if it were missing.
    #[must_use]
    pub fn parse(text: &[u8]) -> Meminfo {
        let mut found = Meminfo::default();
        for line in lines(text) {
            let mut words = Words::new(line);
            let (name, number) = (words.optional(), words.decimal::<u64>("number").ok());
            let number = match words.optional() {
                Some(b"kB") => number.and_then(|number| number.checked_mul(1024)),
                _ => number,
            };
            let field = match name {
                Some(b"MemTotal:") => &mut found.total,
                Some(b"SwapTotal:") => &mut found.swap,
                Some(b"CommitLimit:") => &mut found.commit_limit,
                Some(b"Committed_AS:") => &mut found.committed,
                Some(b"HugePages_Total:") => &mut found.huge_total,
                Some(b"HugePages_Free:") => &mut found.huge_free,
                Some(b"HugePages_Rsvd:") => &mut found.huge_reserved,
                _ => continue,
            };
            *field = number;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_in_bytes_and_pages_are_numbers() {
        let text = b"MemTotal:       16384 kB\nMemFree:  1 kB\nSwapTotal: 0 kB\nCommitLimit:    8192 kB\nCommitted_AS:   4096 kB\nHugePages_Total:       5\nHugePages_Free:        4\nHugePages_Rsvd:        3\nHugepagesize:       2048 kB\n";
        let found = Meminfo::parse(text);
        assert_eq!((found.total, found.swap), (Some(16 << 20), Some(0)));
        assert_eq!((found.commit_limit, found.committed), (Some(8 << 20), Some(4 << 20)));
        let huge = (found.huge_total, found.huge_free, found.huge_reserved);
        assert_eq!(huge, (Some(5), Some(4), Some(3)));
    }

    #[test]
    fn malformed_lines_are_missing() {
        let found =
            Meminfo::parse(b"MemTotal: x kB\nSwapTotal: 18446744073709551615 kB\nCommitLimit:\n");
        assert_eq!(found, Meminfo::default());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Meminfo::parse(&text);
        }
    }
}

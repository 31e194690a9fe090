//! /proc/PID/limits (proc_pid_limits(5)): the resource limits of a process.

use super::text::{Words, lines, magnitude};

/// A limit of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessLimit {
    /// There is no limit.
    Unlimited,
    /// This much.
    Of(u64),
}

/// The soft limit with a name such as `Max open files`; `None`: it is missing or malformed.
#[must_use]
pub fn soft_limit(text: &[u8], name: &str) -> Option<ProcessLimit> {
    let rest = lines(text).find_map(|line| {
        let rest = line.strip_prefix(name.as_bytes())?;
        rest.first().is_some_and(u8::is_ascii_whitespace).then_some(rest)
    })?;
    match Words::new(rest).optional()? {
        b"unlimited" => Some(ProcessLimit::Unlimited),
        digits => magnitude(digits).map(ProcessLimit::Of),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &[u8] = b"Limit                     Soft Limit           Hard Limit           Units     \nMax file size             unlimited            unlimited            bytes     \nMax open files            1024                 524288               files     \nMax locked memory         8388608              8388608              bytes     \n";

    #[test]
    fn reads_soft_limits() {
        assert_eq!(soft_limit(TEXT, "Max open files"), Some(ProcessLimit::Of(1024)));
        assert_eq!(soft_limit(TEXT, "Max locked memory"), Some(ProcessLimit::Of(8_388_608)));
        assert_eq!(soft_limit(TEXT, "Max file size"), Some(ProcessLimit::Unlimited));
        assert_eq!(soft_limit(TEXT, "Max open"), None);
        assert_eq!(soft_limit(TEXT, "Max address space"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = soft_limit(&text, "Max");
        }
    }
}

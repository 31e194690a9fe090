//! /proc/PID/task/TID/syscall (proc_pid_syscall(5)): where a thread is blocked.

use super::ParseError;
use super::text::{Words, hex, malformed};

/// The current state of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyscallState {
    /// It runs, or it is blocked but not in a system call.
    Elsewhere,
    /// It is blocked in a system call.
    In {
        /// The call's number, which depends on the architecture.
        number: i64,
        /// The call's arguments as the registers hold them.
        args: [u64; 6],
    },
}

impl SyscallState {
    /// Reads the file: `running`, `-1 SP PC` or `NUMBER ARG0 ... ARG5 SP PC`.
    ///
    /// # Errors
    /// The first field that is missing or malformed.
    pub fn parse(text: &[u8]) -> Result<SyscallState, ParseError> {
        let mut words = Words::new(text);
        let first = words.next("number")?;
        // A debugger may set any negative number.
        if first == b"running" || first.starts_with(b"-") {
            return Ok(SyscallState::Elsewhere);
        }
        let number = super::text::decimal("number", first)?;
        let mut args = [0; 6];
        for arg in &mut args {
            let word = words.next("argument")?;
            let digits = word.strip_prefix(b"0x").ok_or_else(|| malformed("argument", word))?;
            *arg = hex("argument", digits)?;
        }
        Ok(SyscallState::In { number, args })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocked_in_semtimedop() {
        let text =
            b"220 0x8 0x7ffd0c7e1a2a 0x1 0x0 0x1000 0xffffffffffffffff 0x7ffd0c7e19f8 0x7f1b\n";
        let state = SyscallState::parse(text).unwrap();
        let args = [8, 0x7ffd_0c7e_1a2a, 1, 0, 0x1000, u64::MAX];
        assert_eq!(state, SyscallState::In { number: 220, args });
    }

    #[test]
    fn not_in_a_call() {
        for text in ["running\n", "-1 0x7ffd0c7e19f8 0x7f1b\n", "-7 0x0 0x0\n"] {
            assert_eq!(SyscallState::parse(text.as_bytes()), Ok(SyscallState::Elsewhere));
        }
    }

    #[test]
    fn a_truncated_line_is_an_error() {
        assert_eq!(
            SyscallState::parse(b"220 0x8").unwrap_err().to_string(),
            "field argument is missing"
        );
        assert_eq!(SyscallState::parse(b"").unwrap_err().to_string(), "field number is missing");
        assert!(SyscallState::parse(b"220 8 9").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = SyscallState::parse(&text);
        }

        #[test]
        fn what_the_kernel_prints_is_read_back(number in 0..1000i64, args in any::<[u64; 6]>()) {
            let [a, b, c, d, e, f] = args;
            let text = format!("{number} {a:#x} {b:#x} {c:#x} {d:#x} {e:#x} {f:#x} 0x1 0x2\n");
            prop_assert_eq!(
                SyscallState::parse(text.as_bytes()),
                Ok(SyscallState::In { number, args })
            );
        }
    }
}

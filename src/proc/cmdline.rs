//! /proc/PID/cmdline (proc_pid_cmdline(5)) as one line of text.

/// The command line with a blank for each NUL between arguments. A process without one (a kernel
/// thread, or a process that erased it) is shown by its name in square brackets, as in ps(1).
///
/// The bytes are untrusted and have to be escaped before they are printed.
#[must_use]
pub fn command_line(cmdline: &[u8], comm: &[u8]) -> Vec<u8> {
    let Some(text) = cmdline.iter().rposition(|b| *b != 0).and_then(|last| cmdline.get(..=last))
    else {
        return [b"[", comm, b"]"].concat();
    };
    text.iter().map(|b| if *b == 0 { b' ' } else { *b }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arguments_are_joined_by_blanks() {
        assert_eq!(command_line(b"apache2\0-k\0start\0", b"apache2"), b"apache2 -k start");
        assert_eq!(command_line(b"postgres: writer\0\0\0\0", b"x"), b"postgres: writer");
        assert_eq!(command_line(b"a\0\0b\0", b"x"), b"a  b");
        assert_eq!(command_line(b"no end", b"x"), b"no end");
    }

    #[test]
    fn without_arguments_the_name_stands_in_brackets() {
        assert_eq!(command_line(b"", b"kthreadd"), b"[kthreadd]");
        assert_eq!(command_line(b"\0\0", b"x\xff"), b"[x\xff]");
    }

    proptest! {
        #[test]
        fn the_line_never_contains_a_nul(text in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(!command_line(&text, b"x").contains(&0));
        }
    }
}

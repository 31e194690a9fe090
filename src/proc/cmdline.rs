//! /proc/PID/cmdline (proc_pid_cmdline(5)) as one line of text.

use std::borrow::Cow;

/// Programs whose first operand is the program that people know.
const INTERPRETERS: [&[u8]; 16] = [
    b"python", b"pypy", b"perl", b"ruby", b"node", b"nodejs", b"php", b"lua", b"tclsh", b"Rscript",
    b"sh", b"bash", b"dash", b"ash", b"ksh", b"zsh",
];
/// Options after which no script follows, because they have the code.
const CODE_OPTIONS: [&[u8]; 5] = [b"-c", b"-e", b"-m", b"-r", b"-"];
/// Options whose value is a word of its own.
const VALUE_OPTIONS: [&[u8]; 8] =
    [b"-W", b"-X", b"-I", b"-d", b"-o", b"-O", b"--require", b"--rcfile"];

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

/// A command line without the directories of its program and, if that is an interpreter, of the
/// script: `/usr/bin/python3 /opt/app/run.py /data` is `python3 run.py /data`.
///
/// The arguments are separated by blanks, so a program whose name has a blank keeps directories.
#[must_use]
pub fn without_directories(command: &[u8]) -> Cow<'_, [u8]> {
    // A name in brackets is not a path: `[kworker/0:1]`.
    if command.starts_with(b"[") {
        return command.into();
    }
    let (program, rest) = split_word(command);
    let name = base_name(program);
    let (before, script, after) = match script_at(rest).filter(|_| is_interpreter(name)) {
        Some(at) => {
            let (before, from_script) = rest.split_at_checked(at).unwrap_or((rest, b""));
            let (script, after) = split_word(from_script);
            (before, base_name(script), after)
        }
        None => (rest, &b""[..], &b""[..]),
    };
    let short = name.len().saturating_add(before.len()).saturating_add(script.len());
    if short.saturating_add(after.len()) == command.len() {
        return command.into();
    }
    [name, before, script, after].concat().into()
}

/// The first word, and the rest with the blank before it.
fn split_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| *b == b' ').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, b""))
}

/// The name without directories. What ends with a slash is not a program.
fn base_name(word: &[u8]) -> &[u8] {
    let name = word.rsplit(|b| *b == b'/').next().filter(|name| !name.is_empty());
    name.unwrap_or(word)
}

/// Whether a program is an interpreter, with or without a version: `python3.11`. A login shell has
/// a hyphen before its name.
fn is_interpreter(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"-").unwrap_or(name);
    let end = name.iter().rposition(|b| !b.is_ascii_digit() && *b != b'.');
    let bare = end.and_then(|end| name.get(..=end)).unwrap_or(name);
    INTERPRETERS.contains(&bare)
}

/// Where the script begins in the arguments of an interpreter, if there is one.
fn script_at(arguments: &[u8]) -> Option<usize> {
    let mut at: usize = 0;
    let mut is_value = false;
    loop {
        at = at.saturating_add(1);
        let (word, _) = split_word(arguments.get(at..)?);
        let is_option = word.first().is_none_or(|first| *first == b'-');
        if !is_option && !is_value {
            return Some(at);
        }
        if CODE_OPTIONS.contains(&word) {
            return None;
        }
        is_value = VALUE_OPTIONS.contains(&word);
        at = at.saturating_add(word.len());
    }
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

    #[test]
    fn programs_and_scripts_lose_their_directories() {
        for (whole, short) in [
            ("/usr/bin/python3 /opt/app/run.py --x", "python3 run.py --x"),
            (
                "/usr/bin/python3.11 -u -W ignore /opt/run.py /data/x",
                "python3.11 -u -W ignore run.py /data/x",
            ),
            ("/usr/lib/postgresql/17/bin/postgres -D /var/lib/pg", "postgres -D /var/lib/pg"),
            ("-bash", "-bash"),
            ("/bin/sh ./start.sh", "sh start.sh"),
            ("perl -I /usr/lib/x /srv/tool.pl", "perl -I /usr/lib/x tool.pl"),
            ("../bin/tool", "tool"),
        ] {
            assert_eq!(without_directories(whole.as_bytes()), short.as_bytes());
        }
    }

    #[test]
    fn everything_else_keeps_its_slashes() {
        for text in [
            "",
            "/",
            "[kworker/0:1]",
            "[a/b] c",
            "postgres: user db 10.0.0.1/32 idle",
            "cp /etc/passwd /tmp/x",
            "python3 -c print(1) /opt/run.py",
            "python3 -m http.server -d /srv",
            "bash -c /opt/run.sh",
            "python3",
            "python3 ",
            "node -- ",
        ] {
            assert_eq!(without_directories(text.as_bytes()), text.as_bytes(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn only_directories_are_removed(text in "[ab/ -]{0,30}|sh [ab/ -]{0,30}") {
            let short = without_directories(text.as_bytes());
            let mut rest = text.bytes();
            prop_assert!(short.iter().all(|byte| rest.any(|other| other == *byte)));
            let words = |text: &[u8]| text.split(|b| *b == b' ').count();
            prop_assert_eq!(words(&short), words(text.as_bytes()));
        }

        #[test]
        fn the_line_never_contains_a_nul(text in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(!command_line(&text, b"x").contains(&0));
        }
    }
}

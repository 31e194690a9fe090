//! Prompts on the terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};

use crate::removal::Decision;

/// The controlling terminal, even if the standard streams are redirected.
const TERMINAL: &str = "/dev/tty";

/// Prompts the user.
#[derive(Debug)]
pub struct Terminal {
    input: BufReader<File>,
    output: File,
    /// "all" was answered: no more questions.
    all: bool,
}

impl Terminal {
    /// # Errors
    /// ENXIO: there is no terminal.
    pub fn open() -> io::Result<Terminal> {
        let output = OpenOptions::new().read(true).write(true).open(TERMINAL)?;
        Ok(Terminal { input: BufReader::new(output.try_clone()?), output, all: false })
    }

    /// Asks one question. Anything but a clear yes is a no, and the end of input is "quit".
    pub fn ask(&mut self, question: &str) -> io::Result<Decision> {
        if self.all {
            return Ok(Decision::Remove);
        }
        write!(self.output, "{question} [y/N/a/q] ")?;
        let mut line = Vec::new();
        self.input.read_until(b'\n', &mut line)?;
        let answer = answer(&line);
        self.all = answer == Answer::All;
        Ok(match answer {
            Answer::Yes | Answer::All => Decision::Remove,
            Answer::No => Decision::Keep,
            Answer::Quit => Decision::Stop,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    All,
    Quit,
}

fn answer(line: &[u8]) -> Answer {
    if line.is_empty() {
        return Answer::Quit;
    }
    match line.trim_ascii().to_ascii_lowercase().as_slice() {
        b"y" | b"yes" => Answer::Yes,
        b"a" | b"all" => Answer::All,
        b"q" | b"quit" => Answer::Quit,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_removes() {
        for (line, expected) in [
            ("y\n", Answer::Yes),
            (" YES \n", Answer::Yes),
            ("a\n", Answer::All),
            ("All\n", Answer::All),
            ("QUIT\n", Answer::Quit),
            ("yess\n", Answer::No),
            ("al\n", Answer::No),
            ("q\n", Answer::Quit),
            ("", Answer::Quit),
            ("\n", Answer::No),
            ("n\n", Answer::No),
            ("yq\n", Answer::No),
        ] {
            assert_eq!(answer(line.as_bytes()), expected, "{line:?}");
        }
    }
}

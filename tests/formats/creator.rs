//! A process whose command line a stranger chose, with a segment that it made.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::processes::ACTOR_MARKER;

/// It lives as long as this value.
pub struct Creator {
    child: Child,
    answers: Lines<BufReader<ChildStdout>>,
    /// The id of its segment.
    pub segment: i32,
}

impl Creator {
    /// This test binary again, as an actor that makes a segment and stays; it never reads its
    /// arguments.
    pub fn named(argv: &[&[u8]]) -> Creator {
        let (name, args) = argv.split_first().expect("a program has a name");
        let mut child = Command::new(env::current_exe().expect("the path of the test binary"))
            .arg0(OsStr::from_bytes(name))
            .args(args.iter().map(|arg| OsStr::from_bytes(arg)))
            .env(ACTOR_MARKER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starting an actor");
        let answers = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut creator = Creator { child, answers, segment: -1 };
        assert_eq!(creator.answer(), "ready");
        creator.segment = creator.tell("segment 4096").parse().expect("an id");
        creator
    }

    /// Attaches its segment.
    pub fn attach(&mut self) {
        let address = self.tell(&format!("attach {} rw", self.segment));
        assert!(address.parse::<u64>().is_ok(), "{address}");
    }

    fn tell(&mut self, what: &str) -> String {
        let stdin = self.child.stdin.as_mut().expect("its input");
        writeln!(stdin, "{what}").expect("telling the actor");
        self.answer()
    }

    fn answer(&mut self) -> String {
        self.answers.next().expect("a line of the actor").expect("in UTF-8")
    }
}

impl Drop for Creator {
    fn drop(&mut self) {
        // The end of its input is the end of the actor.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

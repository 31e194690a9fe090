//! The same command line on util-linux and on ours, and what differs.

use std::fmt::Write as _;

use super::programs::{Invocation, Outcome, ours, theirs};

/// How many lines of one difference are shown.
const SHOWN: usize = 12;

/// Comparisons in one state. All of them are made before any is reported;
/// [`Comparison::finish`] must be called in the end.
#[derive(Debug)]
#[must_use = "finish() reports the differences"]
pub struct Comparison {
    state: String,
    count: usize,
    differences: Vec<String>,
}

impl Comparison {
    /// `state` names what the objects are like, for the report.
    pub fn new(state: &str) -> Self {
        Self { state: state.to_owned(), count: 0, differences: Vec::new() }
    }

    /// Both programs must print the same bytes, on stdout and on stderr, and
    /// end the same way.
    pub fn same(&mut self, name: &str, args: &[&str]) {
        self.same_with(name, args, |invocation| invocation);
    }

    /// The same, with the invocations changed: `|run| run.nobody()`.
    pub fn same_with(
        &mut self,
        name: &str,
        args: &[&str],
        change: impl Fn(Invocation) -> Invocation,
    ) {
        self.same_pair(&change(theirs(name, args)), &change(ours(name, args)));
    }

    /// The same for two invocations.
    pub fn same_pair(&mut self, theirs: &Invocation, ours: &Invocation) {
        self.count += 1;
        let (mut before, mut run) = (theirs.run(), ours.run());
        // The kernel's figures may move by themselves (pages go to swap).
        // What counts is a run of ours between two equal ones of theirs.
        for _ in 0..3 {
            if before == run {
                return;
            }
            let after = theirs.run();
            if after == before {
                break;
            }
            (before, run) = (after, ours.run());
        }
        self.differences.push(difference(&theirs.describe(), &before, &run));
    }

    /// Two outcomes that the caller got must be equal.
    pub fn same_outcome(&mut self, what: &str, theirs: &Outcome, ours: &Outcome) {
        self.count += 1;
        if theirs != ours {
            self.differences.push(difference(what, theirs, ours));
        }
    }

    /// Two texts that the caller got must be equal.
    pub fn same_text(&mut self, what: &str, theirs: &str, ours: &str) {
        self.count += 1;
        if theirs != ours {
            let mut text = format!("{what}\n");
            diff_lines(&mut text, "text", theirs, ours);
            self.differences.push(text);
        }
    }

    /// Panics with every difference, or if there were fewer comparisons than
    /// the test meant to make: a suite must not become empty by accident.
    pub fn finish(self, expected: usize) {
        assert!(
            self.differences.is_empty(),
            "{}: {} of {} comparisons differ (- util-linux, + ours)\n\n{}",
            self.state,
            self.differences.len(),
            self.count,
            self.differences.join("\n")
        );
        assert_eq!(
            self.count, expected,
            "{}: another number of comparisons than planned",
            self.state
        );
    }
}

/// What differs between two outcomes of the command line `what`.
fn difference(what: &str, theirs: &Outcome, ours: &Outcome) -> String {
    let mut text = format!("$ {what}\n");
    if theirs.end() != ours.end() {
        let _ = writeln!(text, "  -{}\n  +{}", theirs.end(), ours.end());
    }
    for (name, theirs, ours) in
        [("stdout", &theirs.stdout, &ours.stdout), ("stderr", &theirs.stderr, &ours.stderr)]
    {
        let (theirs, ours) = (theirs.escape_ascii(), ours.escape_ascii());
        let lines = |text: String| text.replace("\\n", "\n");
        let (theirs, ours) = (lines(theirs.to_string()), lines(ours.to_string()));
        diff_lines(&mut text, name, &theirs, &ours);
    }
    text
}

/// The lines that are not the same, each under its number.
fn diff_lines(into: &mut String, name: &str, theirs: &str, ours: &str) {
    let (theirs, ours): (Vec<_>, Vec<_>) =
        (theirs.split('\n').collect(), ours.split('\n').collect());
    let differing: Vec<_> = (0..theirs.len().max(ours.len()))
        .filter(|&line| theirs.get(line) != ours.get(line))
        .collect();
    for &line in differing.iter().take(SHOWN) {
        let _ = writeln!(into, "  {name} line {}:", line + 1);
        for (sign, side) in [('-', &theirs), ('+', &ours)] {
            if let Some(text) = side.get(line) {
                let _ = writeln!(into, "  {sign}{text:?}");
            }
        }
    }
    if differing.len() > SHOWN {
        let _ = writeln!(into, "  and {} more lines of {name}", differing.len() - SHOWN);
    }
}

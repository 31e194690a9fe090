//! Comparisons of util-linux' programs and ours on the same command line.

use std::fmt::Write as _;

use super::programs::{Invocation, Outcome, ours, theirs};

/// The number of differing lines that are shown.
const SHOWN: usize = 12;

/// Comparisons in one state. [`Comparison::finish`] reports all differences together.
#[derive(Debug)]
#[must_use = "finish() reports the differences"]
pub struct Comparison {
    state: String,
    count: usize,
    differences: Vec<String>,
}

impl Comparison {
    /// `state` describes the objects, for the report.
    pub fn new(state: &str) -> Self {
        Self { state: state.to_owned(), count: 0, differences: Vec::new() }
    }

    /// Both programs must print the same bytes on standard output and standard error,
    /// and have the same exit status.
    pub fn same(&mut self, name: &str, args: &[&str]) {
        self.same_with(name, args, |invocation| invocation);
    }

    /// The same with changed invocations, such as `|run| run.nobody()`.
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
        // The kernel's numbers may change at any time (pages go to swap), so a
        // difference counts only if two runs of theirs around ours are equal.
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

    /// Two outcomes must be equal.
    pub fn same_outcome(&mut self, what: &str, theirs: &Outcome, ours: &Outcome) {
        self.count += 1;
        if theirs != ours {
            self.differences.push(difference(what, theirs, ours));
        }
    }

    /// Two texts must be equal.
    pub fn same_text(&mut self, what: &str, theirs: &str, ours: &str) {
        self.count += 1;
        if theirs != ours {
            let mut text = format!("{what}\n");
            diff_lines(&mut text, "text", theirs, ours);
            self.differences.push(text);
        }
    }

    /// Panics if there was any difference, or if the number of comparisons is not the
    /// expected one, so that a suite cannot lose cases by accident.
    pub fn finish(self, expected: usize) {
        assert!(
            self.differences.is_empty(),
            "{}: {} of {} comparisons differ (- util-linux, + ours)\n\n{}",
            self.state,
            self.differences.len(),
            self.count,
            self.differences.join("\n")
        );
        assert_eq!(self.count, expected, "{}: unexpected number of comparisons", self.state);
    }
}

/// Describes how two outcomes of the command line `what` differ.
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

/// Appends the lines that differ, with their numbers.
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

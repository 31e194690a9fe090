//! `--explain` as text and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::diagnosis::{Finding, Question, State};

/// Sentences are broken at this width. Commands are not, so that they can be copied.
const WIDTH: usize = 80;
const INDENT: &str = "    ";

/// The document of `--json`.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    explain: Explanation<'a>,
}

#[derive(Debug, Serialize)]
struct Explanation<'a> {
    /// The call that was recognised.
    call: Option<&'static str>,
    /// The error that was recognised.
    error: Option<&'static str>,
    causes: &'a [Finding],
}

/// The document of `--json`.
#[must_use]
pub fn document(question: Question, findings: &[Finding]) -> Document<'_> {
    let error = question.failure.map(crate::diagnosis::Failure::name);
    Document { explain: Explanation { call: question.call, error, causes: findings } }
}

/// Writes the causes for people. `is_own`: they are those of the caller's own namespace.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut dyn Write,
    question: Question,
    findings: &[Finding],
    is_own: bool,
) -> io::Result<()> {
    writeln!(out, "{}", heading(question))?;
    let mut is_short = false;
    for finding in findings {
        // What does not apply has a line, without one between them.
        if !is_short {
            writeln!(out)?;
        }
        is_short = finding.verdict == State::NotThis;
        write_finding(out, question, finding)?;
    }
    if findings.iter().all(|finding| finding.verdict != State::Full) {
        writeln!(out)?;
        paragraph(out, nothing_full(is_own), ["", ""])?;
    }
    Ok(())
}

fn nothing_full(is_own: bool) -> &'static str {
    if is_own {
        "No limit is full now. What was in use may have been removed since, or the program runs \
         in another IPC namespace (ipcs --list-namespaces, ipcs --explain WORD --namespace PID)."
    } else {
        "No limit is full now. What was in use may have been removed since."
    }
}

fn heading(question: Question) -> String {
    match (question.call, question.failure) {
        (call, Some(failure)) if failure.is_signal() => {
            let name = failure.name();
            let after = call.map(|call| format!(" after {call}")).unwrap_or_default();
            format!("Why a program ends with {name}{after}:")
        }
        (Some(call), Some(failure)) => format!("Why {call} fails with {}:", failure.name()),
        (Some(call), None) => format!("Why {call} fails:"),
        (None, Some(failure)) => format!("Which calls fail with {}, and why:", failure.name()),
        (None, None) => String::new(),
    }
}

fn write_finding(out: &mut dyn Write, question: Question, finding: &Finding) -> io::Result<()> {
    // Only what was not asked for has to be said.
    let mut which = Vec::new();
    if question.call.is_none() && !finding.calls.is_empty() {
        which.push(finding.calls.join(", "));
    }
    if question.failure.is_none() {
        which.push(finding.errors.join(", "));
    }
    let which = if which.is_empty() { String::new() } else { format!(" ({})", which.join(": ")) };
    let Finding { limit, what, reason, .. } = finding;
    let title = format!("{}: {limit}{which}, {what}", finding.verdict.words());
    if finding.verdict == State::NotThis {
        return paragraph(out, &format!("{title}: {reason}"), ["", INDENT]);
    }
    paragraph(out, &title, ["", INDENT])?;
    let owns =
        finding.holder.as_ref().map(|holder| format!("; {} owns {}", holder.word(), holder.used));
    paragraph(out, &format!("{reason}{}", owns.unwrap_or_default()), [INDENT; 2])?;
    let commands = &finding.commands;
    for (label, command) in
        [("see", &commands.show), ("clean up", &commands.remove), ("raise", &commands.raise)]
    {
        if let Some(command) = command {
            writeln!(out, "{INDENT}{label:<10}{command}")?;
        }
    }
    if let Some(advice) = finding.advice {
        paragraph(out, advice, [INDENT; 2])?;
    }
    Ok(())
}

/// Breaks a text into lines, the first and the others with these indents.
fn paragraph(out: &mut dyn Write, text: &str, [first, others]: [&str; 2]) -> io::Result<()> {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            line = others.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_broken_at_blanks() {
        let mut out = Vec::new();
        let text = "word ".repeat(40);
        paragraph(&mut out, text.trim_end(), [INDENT; 2]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.lines().count() == 3 && text.lines().all(|line| line.len() <= WIDTH),
            "{text}"
        );
        assert!(text.lines().all(|line| line.starts_with("    word")), "{text}");
        assert_eq!(text.matches("word").count(), 40);
    }
}

//! Converts the Markdown subset of the manuals' prose to roff.
//!
//! `#` and `##` headings, paragraphs, fenced blocks, `- items`, and definitions: a line with the
//! term, then lines that begin with a colon or are indented. Inline: `**bold**`, `*italic*` and
//! `` `code` ``, which is bold. A line `{{name}}` is replaced by generated
//! text.

use std::iter::Peekable;
use std::str::Lines;

use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

/// Appends the text to a page. `generated` writes the text for a `{{name}}`.
pub fn render(into: &mut Roff, text: &str, generated: &dyn Fn(&str, &mut Roff)) {
    let mut lines = text.lines().peekable();
    // No paragraph macro is needed after a heading or before text with its own macro.
    let mut paragraph = false;
    while let Some(line) = lines.next() {
        if line.is_empty() {
            paragraph = true;
        } else if let Some(title) = line.strip_prefix("# ") {
            into.control("SH", [title]);
            paragraph = false;
        } else if let Some(title) = line.strip_prefix("## ") {
            into.control("SS", [title]);
            paragraph = false;
        } else if let Some(name) = line.strip_prefix("{{").and_then(|l| l.strip_suffix("}}")) {
            generated(name, into);
            paragraph = false;
        } else if line == "```" {
            if std::mem::take(&mut paragraph) {
                into.control("PP", []);
            }
            verbatim(into, &mut lines);
        } else if let Some(item) = line.strip_prefix("- ") {
            into.control("IP", ["\\(bu", "2"]);
            into.text(inlines(item));
            continuation(into, &mut lines);
            paragraph = false;
        } else if lines.peek().is_some_and(|next| next.starts_with(": ")) {
            into.control("TP", []);
            into.text(inlines(line));
            while let Some(text) = lines.next_if(|next| next.starts_with(": ")) {
                into.text(inlines(text[2..].trim_start()));
                continuation(into, &mut lines);
            }
            paragraph = false;
        } else {
            if std::mem::take(&mut paragraph) {
                into.control("PP", []);
            }
            into.text(inlines(line));
        }
    }
}

/// A term and its description.
pub fn definition(into: &mut Roff, term: &str, text: &str) {
    into.control("TP", []);
    into.text(inlines(term));
    into.text(inlines(text));
}

/// Returns the fenced blocks of a section.
pub fn blocks(text: &str, section: &str) -> Vec<String> {
    fenced_under(text, &format!("# {section}"))
}

/// Returns the fenced blocks of a subsection, which must have some.
pub fn blocks_under(text: &str, heading: &str) -> Vec<String> {
    let found = fenced_under(text, &format!("## {heading}"));
    assert!(!found.is_empty(), "{heading:?} has no commands");
    found
}

/// The fenced blocks from a heading to the next one of its level or above.
fn fenced_under(text: &str, heading: &str) -> Vec<String> {
    let level = |line: &str| line.split(' ').next().map_or(0, str::len);
    let mut found = Vec::new();
    let mut lines = text.lines().skip_while(|line| *line != heading).skip(1);
    while let Some(line) = lines.next() {
        if line == "```" {
            let block = lines.by_ref().take_while(|line| *line != "```");
            found.push(block.map(|line| format!("{line}\n")).collect());
        } else if line.starts_with('#') && level(line) <= level(heading) {
            break;
        }
    }
    found
}

fn verbatim(into: &mut Roff, lines: &mut Peekable<Lines<'_>>) {
    into.control("RS", ["4"]);
    into.control("EX", []);
    for line in lines.by_ref().take_while(|line| *line != "```") {
        into.text([roman(line)]);
    }
    into.control("EE", []);
    into.control("RE", []);
}

fn continuation(into: &mut Roff, lines: &mut Peekable<Lines<'_>>) {
    while let Some(text) = lines.next_if(|next| next.starts_with("  ")) {
        into.text(inlines(text.trim_start()));
    }
}

/// Splits a line into plain, bold and italic parts.
pub fn inlines(line: &str) -> Vec<Inline> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['*', '`']) {
        let mark = if rest[at..].starts_with("**") { "**" } else { &rest[at..=at] };
        let inner = &rest[at + mark.len()..];
        let end = inner.find(mark).unwrap_or_else(|| panic!("{mark} is not closed in {line:?}"));
        if at > 0 {
            parts.push(roman(&rest[..at]));
        }
        let text = &inner[..end];
        parts.push(if mark == "*" { italic(text) } else { bold(text) });
        rest = &inner[end + mark.len()..];
    }
    if !rest.is_empty() {
        parts.push(roman(rest));
    }
    parts
}

#[test]
fn converts_prose_to_roff() {
    let mut page = Roff::new();
    let text = "one **b** and *i*\n.two\n\n# A TITLE\nthree\n\n`-x`\n: four\n  five\n\n- six\n\nseven\n\n```\na  -b\n```\n{{x}}\n";
    render(&mut page, text, &|name, into| {
        into.text([roman(format!("<{name}>"))]);
    });
    assert_eq!(
        page.to_roff(),
        "one \\fBb\\fR and \\fIi\\fR\n\\&.two\n.SH \"A TITLE\"\nthree\n.TP\n\\fB\\-x\\fR\nfour\nfive\n\
         .IP \\(bu 2\nsix\n.PP\nseven\n.PP\n.RS 4\n.EX\na  \\-b\n.EE\n.RE\n<x>\n"
    );
}

//! Tells what happens: as text while it does, or as one document at the end.

use std::io::{self, Write};

use super::document::Document;
use super::prompt::Terminal;
use super::request::Style;
use crate::app::edge::{Exit, Session};
use crate::model::Kind;
use crate::names::Names;
use crate::removal::{Decision, Extent, Failure, Handler, Subject};

/// The handler of a run.
pub struct Report<'a> {
    session: &'a mut Session,
    style: Style,
    terminal: Option<Terminal>,
    document: Option<Document>,
    names: Names,
    removed: bool,
    failed: bool,
}

impl<'a> Report<'a> {
    pub fn new(session: &'a mut Session, style: Style, terminal: Option<Terminal>) -> Report<'a> {
        Report {
            session,
            style,
            terminal,
            document: style.json.then(|| Document::new(style.dry_run)),
            names: Names::new(),
            removed: false,
            failed: false,
        }
    }

    /// What is said at the end.
    pub fn finish(self) -> io::Result<Exit> {
        if let Some(document) = &self.document {
            let out = self.session.out();
            serde_json::to_writer(&mut *out, document)?;
            writeln!(out)?;
        } else if self.style.by_kind_word && !self.style.dry_run && self.removed && !self.failed {
            writeln!(self.session.out(), "resource(s) deleted")?;
        }
        Ok(if self.failed { Exit::Failure } else { Exit::Success })
    }

    /// Prints a line. That it could not be written must not keep an object alive that was to go:
    /// the session remembers it and says so at the end.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.session.out(), "{text}");
    }

    fn text(&self) -> bool {
        self.document.is_none()
    }
}

impl Handler for Report<'_> {
    fn decide(&mut self, subject: &Subject) -> io::Result<Decision> {
        if let Some(terminal) = &mut self.terminal {
            // What was told about the last object comes before the next question.
            let _ = self.session.out().flush();
            let question = format!("remove {}?", describe(subject, &mut self.names));
            let decision = terminal.ask(&question)?;
            if decision != Decision::Remove {
                return Ok(decision);
            }
        }
        if self.style.verbose && self.text() && !self.style.dry_run {
            let noun = match subject.kind {
                Kind::Shm => "shared memory segment",
                Kind::Msg => "message queue",
                Kind::Sem => "semaphore",
            };
            self.line(&format!("removing {noun} id `{}'", subject.id));
        }
        Ok(Decision::Remove)
    }

    fn removed(&mut self, subject: &Subject) {
        self.removed = true;
        if let Some(document) = &mut self.document {
            document.add_removed(subject, &mut self.names);
        } else if self.style.dry_run {
            let line = format!("would remove {}", describe(subject, &mut self.names));
            self.line(&line);
        }
    }

    fn failed(&mut self, failure: &Failure) {
        if self.style.ignore_missing && failure.is_missing() {
            return;
        }
        // A dry run has done what it was asked for when it says what would fail.
        self.failed |= !self.style.dry_run;
        if let Some(document) = &mut self.document {
            document.add_failed(failure, &mut self.names);
        }
        if !self.style.dry_run {
            self.session.warn(failure);
        } else if self.text() {
            self.line(&format!("would fail: {failure}"));
        }
    }
}

/// An object for a person: `shared memory segment 5 (key 0x00001234, owner root, 5000 bytes)`.
fn describe(subject: &Subject, names: &mut Names) -> String {
    let head = format!("{} {}", subject.kind.noun(), subject.id);
    let Some(details) = subject.details else { return head };
    let uid = details.perm.uid;
    let owner = names.user(uid).map_or_else(|| uid.to_string(), str::to_owned);
    let size = match details.extent {
        Extent::Shm { size, nattch: 0 } => count(size, "byte"),
        Extent::Shm { size, nattch } => format!("{}, {nattch} attached", count(size, "byte")),
        Extent::Msg { qnum, cbytes } => {
            format!("{}, {}", count(qnum, "message"), count(cbytes, "byte"))
        }
        Extent::Sem { nsems } => count(nsems, "semaphore"),
    };
    format!("{head} (key {}, owner {owner}, {size})", details.perm.key)
}

fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

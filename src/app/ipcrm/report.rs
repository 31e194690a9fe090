//! Tells what happens: as text while it does, or as one document at the end.

use std::io::{self, Write};

use super::document::Document;
use super::prompt::Terminal;
use super::request::Style;
use super::words;
use crate::app::edge::{Exit, Session};
use crate::model::Kind;
use crate::names::Names;
use crate::removal::{Decision, Failure, Handler, Subject};

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
            let question = format!("remove {}?", words::subject(subject, &mut self.names));
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
            let line = format!("would remove {}", words::subject(subject, &mut self.names));
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

//! What a run has done so far, in all namespaces.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::job::Job;
use crate::app::session::{Exit, Session};
use crate::names::Names;
use crate::render::removal::{Document, Summary};

/// The state that one namespace hands on to the next. It is plain data, so that a child process can
/// return it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    pub document: Option<Document>,
    pub summary: Summary,
    /// The number of kept or marked objects with a line of their own, and of those without.
    pub mentioned: usize,
    pub unmentioned: usize,
    pub removed: bool,
    pub failed: bool,
    /// The user ended the run.
    pub stopped: bool,
    /// Why the answers of the user could not be read.
    pub terminal_error: Option<String>,
}

impl Tally {
    pub fn new(job: &Job<'_>) -> Tally {
        let document = job.style.json.then(|| Document::new(job.style.dry_run));
        Tally { document, ..Tally::default() }
    }

    /// Reports something that failed as a whole.
    pub fn fail(&mut self, session: &mut Session, text: String) {
        self.failed = true;
        self.warn_of_gap(session, text);
    }

    /// Reports that something is not known.
    pub fn warn_of_gap(&mut self, session: &mut Session, text: String) {
        session.warn(&text);
        if let Some(document) = &mut self.document {
            document.add_gap(text);
        }
    }

    /// Writes what is written at the end.
    pub fn finish(self, session: &mut Session, job: &Job<'_>) -> io::Result<Exit> {
        if self.unmentioned > 0 {
            let more = self.unmentioned;
            session.warn(format_args!("and {more} more; --verbose lists them"));
        }
        let dry_run = job.style.dry_run;
        if let Some(document) = &self.document {
            session.json(document)?;
        } else if let Some(selection) = job.selection() {
            let mut names = Names::new();
            let form = job.unsure_form(selection, &mut names);
            let line = job.summary_line(&self.summary, selection, &form, &mut names);
            let begin = if job.is_of_all_namespaces() { "all namespaces: " } else { "" };
            writeln!(session.out(), "{begin}{line}")?;
        } else if job.is_all() && dry_run {
            let line = self.summary.line_of_all();
            writeln!(session.out(), "{line}")?;
        } else if job.style.by_kind_word && !dry_run && self.removed && !self.failed {
            writeln!(session.out(), "resource(s) deleted")?;
        }
        Ok(if self.failed { Exit::Failure } else { Exit::Success })
    }
}

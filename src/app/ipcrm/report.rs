//! Reports what happens in a namespace: as text immediately, or in the document of the run.

use std::fmt::Display;
use std::io::{self, Write};

use super::job::Job;
use super::progress::Progress;
use super::prompt::Terminal;
use super::request::Style;
use super::tally::Tally;
use crate::app::session::Session;
use crate::model::Kind;
use crate::names::Names;
use crate::removal::{Candidate, Cause, Decision, Event, Failure, Handler, KeepReason, Outcome};
use crate::render::removal::{Summary, describe};
use crate::sources::Gap;

/// The namespace that is reported, where another one was asked for.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its inode number.
    pub number: u64,
    /// How a summary names it, if there are several.
    pub title: Option<String>,
}

/// The handler of a run in one namespace.
pub struct Report<'a> {
    session: &'a mut Session,
    job: &'a Job<'a>,
    terminal: Option<&'a mut Terminal>,
    tally: &'a mut Tally,
    place: Option<Place>,
    /// What begins each line, if there are several namespaces.
    prefix: String,
    /// What was done in this namespace.
    summary: Summary,
    progress: Progress,
    names: Names,
}

impl<'a> Report<'a> {
    pub fn new(
        session: &'a mut Session,
        job: &'a Job<'a>,
        terminal: Option<&'a mut Terminal>,
        tally: &'a mut Tally,
        place: Option<Place>,
    ) -> Report<'a> {
        let style = job.style;
        let quiet = !(style.verbose || style.interactive || style.dry_run);
        let several = place.as_ref().filter(|_| job.is_of_all_namespaces());
        let prefix = several.map(|place| format!("namespace {}: ", place.number));
        Report {
            session,
            job,
            terminal,
            tally,
            prefix: prefix.unwrap_or_default(),
            place,
            summary: Summary::default(),
            progress: Progress::new(quiet && job.selection().is_some()),
            names: Names::new(),
        }
    }

    /// Ends the report of the namespace. `unprocessed` objects were left because the run ended.
    pub fn finish(mut self, unprocessed: usize) {
        self.progress.clear();
        self.summary.add_unprocessed(unprocessed);
        self.tally.summary.add_unprocessed(unprocessed);
        if self.prefix.is_empty() || self.summary.is_empty() || self.tally.document.is_some() {
            return;
        }
        let title = self.place.as_ref().and_then(|place| place.title.as_deref());
        if let (Some(selection), Some(title)) = (self.job.selection(), title) {
            let line = self.job.summary_line(&self.summary, selection, "", &mut self.names);
            let _ = writeln!(self.session.out(), "{title}: {line}");
        }
    }

    /// Prints a line. An object is removed even if that fails: the session records the error and
    /// reports it at the end.
    fn line(&mut self, text: impl Display) {
        let _ = writeln!(self.session.out(), "{}{text}", self.prefix);
    }

    fn warn(&mut self, text: impl Display) {
        self.progress.clear();
        self.session.warn(format_args!("{}{text}", self.prefix));
    }

    /// A message about one object, of which there may be thousands.
    fn remark(&mut self, text: &str) {
        if self.tally.mentioned < self.job.lines() {
            self.tally.mentioned = self.tally.mentioned.saturating_add(1);
            self.warn(text);
        } else {
            self.tally.unmentioned = self.tally.unmentioned.saturating_add(1);
        }
    }

    /// How a line describes an object.
    fn style(&self, is_message: bool) -> describe::Style {
        let idle_at = self.job.selection().map(|_| self.job.now);
        describe::Style { idle_at, is_message, indent: self.prefix.len() }
    }

    /// Why the filter selected an object, after a colon; nothing for a named one.
    fn why(&mut self, candidate: &Candidate) -> String {
        match (self.job.selection(), &candidate.object) {
            (Some(selection), Some(object)) => {
                describe::why_else(&selection.filter, object, self.job.now, &mut self.names)
            }
            _ => String::new(),
        }
    }

    fn removed(&mut self, candidate: &Candidate) {
        self.tally.removed = true;
        let is_attached = candidate.object.as_ref().is_some_and(|object| object.nattch() > 0);
        let is_selected = self.job.selection().is_some();
        let Style { dry_run, verbose, .. } = self.job.style;
        if !dry_run && !(is_selected && (verbose || is_attached)) {
            return;
        }
        let freed = "freed when the last process detaches";
        let is_marked = is_attached && is_selected;
        let is_message = !dry_run && !verbose;
        let (begin, end) = match is_message {
            true => ("marked", format!(" for destruction: {freed}")),
            false => {
                let begin = if dry_run { "would remove" } else { "removed" };
                let ends = if is_marked { format!("; {freed}") } else { String::new() };
                (begin, self.why(candidate) + &ends)
            }
        };
        let text = self.style(is_message).line(begin, candidate, &end, &mut self.names);
        if is_message {
            self.remark(&text);
        } else {
            self.line(text);
        }
    }

    fn kept(&mut self, event: &Event, reason: &KeepReason) {
        let is_declined = self.job.style.interactive && *reason == KeepReason::Declined;
        // Everything that there is may be uncertain for a filter that needs a verdict.
        let is_counted = matches!(reason, KeepReason::NotSure(_))
            && !self.job.style.verbose
            && !reason.is_unread();
        if is_declined || is_counted {
            return;
        }
        let begin = if self.job.style.dry_run { "would keep" } else { "kept" };
        // What could not be read is a message, also where a dry run answers in text.
        let is_message =
            !self.job.style.dry_run || self.tally.document.is_some() || reason.is_unread();
        let text = self.style(is_message).kept(begin, event, reason, &mut self.names);
        if is_message {
            self.remark(&text);
        } else {
            self.line(text);
        }
    }

    /// Whether the exit status says that an object stays. What a filter selected may stay, but not
    /// what was named or could not be read.
    fn is_error(&self, reason: &KeepReason) -> bool {
        // One of all files may stay, too.
        let is_declined = matches!(reason, KeepReason::Declined | KeepReason::OtherFile(_));
        reason.is_unread() || self.job.selection().is_none() && !is_declined
    }

    /// Something could not be read.
    fn unread(&mut self, text: String) {
        self.summary.set_has_gaps();
        self.tally.summary.set_has_gaps();
        self.progress.clear();
        self.tally.fail(self.session, format!("{}{text}", self.prefix));
    }

    fn failed(&mut self, candidate: &Candidate, cause: Cause) {
        // A dry run succeeds when it reports what would fail.
        let is_error = !self.job.style.dry_run || cause.is_unknown() || cause == Cause::NotAnId;
        self.tally.failed |= is_error;
        let failure = Failure { candidate, cause };
        if is_error {
            self.warn(failure);
        } else if self.tally.document.is_none() {
            self.line(format_args!("would fail: {failure}"));
        }
    }

    /// Prints with --verbose that an object that was not selected by a filter is removed.
    fn announce(&mut self, candidate: &Candidate) {
        let Style { verbose, dry_run, json, .. } = self.job.style;
        if !verbose || dry_run || json || self.job.selection().is_some() {
            return;
        }
        let noun = match candidate.kind {
            Kind::Sem => "semaphore",
            Kind::Pshm => "POSIX shared memory",
            kind => kind.noun(),
        };
        if let Some(id) = candidate.id {
            self.line(format_args!("removing {noun} id `{id}'"));
        } else if let Some(name) = candidate.shown_name() {
            self.line(format_args!("removing {noun} `{name}'"));
        }
    }

    /// Asks on the terminal.
    fn ask(&mut self, candidate: &Candidate) -> io::Result<Decision> {
        // The messages about the last object come before the next question.
        let _ = self.session.out().flush();
        let why = self.why(candidate) + "?";
        let question = self.style(false).line("remove", candidate, &why, &mut self.names);
        let Some(terminal) = &mut self.terminal else { return Ok(Decision::Remove) };
        let decision = terminal.ask(&format!("{}{question}", self.prefix));
        self.tally.stopped |= !matches!(decision, Ok(Decision::Remove | Decision::Keep));
        decision
    }
}

impl Handler for Report<'_> {
    fn decide(&mut self, candidate: &Candidate) -> io::Result<Decision> {
        if self.terminal.is_some() {
            let decision = self.ask(candidate)?;
            if decision != Decision::Remove {
                return Ok(decision);
            }
        }
        // Whether the object exists is not known yet.
        if !self.job.style.ignore_missing {
            self.announce(candidate);
        }
        Ok(Decision::Remove)
    }

    fn done(&mut self, event: &Event) {
        if let Outcome::Failed(cause) = event.outcome
            && self.job.style.ignore_missing
            && cause.is_missing()
        {
            return;
        }
        let was_tried =
            matches!(event.outcome, Outcome::Removed | Outcome::Failed(Cause::Removal(_)));
        if was_tried && self.job.style.ignore_missing {
            self.announce(&event.candidate);
        }
        self.summary.add(event);
        self.tally.summary.add(event);
        if let Some(document) = &mut self.tally.document {
            let selection = self.job.selection();
            let selection = selection.map(|selection| (&selection.filter, self.job.now));
            let namespace = self.place.as_ref().map(|place| place.number);
            document.add(event, namespace, selection, &mut self.names);
        }
        let text = self.tally.document.is_none();
        if let Outcome::Kept(reason) = &event.outcome {
            self.tally.failed |= self.is_error(reason);
        }
        match &event.outcome {
            Outcome::Removed if text => self.removed(&event.candidate),
            Outcome::Gone if text && self.job.style.verbose => {
                let object = describe::short(&event.candidate);
                self.line(format_args!("already gone: {object}"));
            }
            Outcome::Kept(reason) if text || self.is_error(reason) => self.kept(event, reason),
            Outcome::Failed(cause) => self.failed(&event.candidate, *cause),
            Outcome::Removed | Outcome::Gone | Outcome::Kept(_) => {}
        }
    }

    fn gap(&mut self, gap: &Gap) {
        self.unread(gap.to_string());
    }

    fn more_gaps(&mut self, count: u64) {
        self.unread(format!("{count} more objects could not be read"));
    }

    fn progress(&mut self, done: u64, total: u64) {
        self.progress.update("ipcrm: checked", done, total);
    }
}

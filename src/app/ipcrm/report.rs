//! Reports what happens: as text immediately, or as one document at the end.

use std::fmt::Display;
use std::io::{self, Write};

use super::progress::Progress;
use super::prompt::Terminal;
use super::request::Style;
use crate::app::session::{Exit, Session};
use crate::model::Kind;
use crate::names::Names;
use crate::removal::{
    Candidate, Cause, Decision, Event, Failure, Handler, KeepReason, Options, Outcome, Request,
    Selection, Step,
};
use crate::render::removal::{Document, Summary, describe};
use crate::sources::Gap;

/// How many kept or marked objects get a line each by default.
const LINES: usize = 20;

/// The handler of a run.
pub struct Report<'a> {
    session: &'a mut Session,
    /// The filter, where objects are selected.
    selection: Option<&'a Selection>,
    /// All objects of a kind are removed, without a filter.
    all: bool,
    style: Style,
    now: i64,
    terminal: Option<Terminal>,
    document: Option<Document>,
    progress: Progress,
    names: Names,
    summary: Summary,
    /// The number of kept or marked objects with a line of their own, and of those without.
    mentioned: usize,
    unmentioned: usize,
    removed: bool,
    failed: bool,
}

impl<'a> Report<'a> {
    pub fn new(
        session: &'a mut Session,
        request: &'a Request,
        style: Style,
        terminal: Option<Terminal>,
        now: i64,
    ) -> Report<'a> {
        let (selection, all) = match request {
            Request::Selection(selection) => (Some(selection), false),
            Request::Plan(plan) => {
                (None, plan.steps.iter().any(|step| matches!(step, Step::All(_))))
            }
        };
        let quiet = !(style.verbose || style.interactive || style.dry_run);
        Report {
            session,
            selection,
            all,
            style,
            now,
            terminal,
            document: style.json.then(|| Document::new(style.dry_run)),
            progress: Progress::new(quiet && selection.is_some()),
            names: Names::new(),
            summary: Summary::default(),
            mentioned: 0,
            unmentioned: 0,
            removed: false,
            failed: false,
        }
    }

    /// How the run has to be carried out so that it can be reported.
    pub fn options(&self) -> Options {
        let Style { dry_run, interactive, verbose, json, .. } = self.style;
        Options {
            dry_run,
            asks: interactive,
            announces: verbose || interactive,
            describes: dry_run || interactive || json,
            counts_blocked: dry_run && !json,
            explain: self.lines(),
            now: self.now,
        }
    }

    /// At most how many kept objects get a line.
    fn lines(&self) -> usize {
        let all = self.style.verbose || self.style.json || self.style.dry_run;
        if all { usize::MAX } else { LINES }
    }

    /// Writes what is written at the end.
    pub fn finish(mut self, unprocessed: Option<usize>) -> io::Result<Exit> {
        self.progress.clear();
        self.summary.set_unprocessed(unprocessed.unwrap_or(0));
        if self.unmentioned > 0 {
            let more = self.unmentioned;
            self.session.warn(format_args!("and {more} more; --verbose lists them"));
        }
        let Style { dry_run, by_kind_word, .. } = self.style;
        if let Some(document) = &self.document {
            self.session.json(document)?;
        } else if let Some(selection) = self.selection {
            let owner = match selection.filter.owners.as_deref() {
                Some([uid]) => Some(describe::user(*uid, &mut self.names)),
                _ => None,
            };
            let form = describe::unsure_form(selection, &mut self.names);
            let line = self.summary.line(dry_run, owner.as_deref(), &form);
            writeln!(self.session.out(), "{line}")?;
        } else if self.all && dry_run {
            let line = self.summary.line_of_all();
            writeln!(self.session.out(), "{line}")?;
        } else if by_kind_word && !dry_run && self.removed && !self.failed {
            writeln!(self.session.out(), "resource(s) deleted")?;
        }
        Ok(if self.failed { Exit::Failure } else { Exit::Success })
    }

    /// Prints a line. An object is removed even if that fails: the session records the error and
    /// reports it at the end.
    fn line(&mut self, text: impl Display) {
        let _ = writeln!(self.session.out(), "{text}");
    }

    /// A message about one object, of which there may be thousands.
    fn remark(&mut self, text: &str) {
        if self.mentioned < self.lines() {
            self.mentioned = self.mentioned.saturating_add(1);
            self.progress.clear();
            self.session.warn(text);
        } else {
            self.unmentioned = self.unmentioned.saturating_add(1);
        }
    }

    /// How a line describes an object.
    fn style(&self, is_message: bool) -> describe::Style {
        describe::Style { idle_at: self.selection.map(|_| self.now), is_message }
    }

    /// Why the filter selected an object, after a colon; nothing for a named one.
    fn why(&mut self, candidate: &Candidate) -> String {
        match (self.selection, &candidate.object) {
            (Some(selection), Some(object)) => {
                describe::why_else(&selection.filter, object, self.now, &mut self.names)
            }
            _ => String::new(),
        }
    }

    fn removed(&mut self, candidate: &Candidate) {
        self.removed = true;
        let is_attached = candidate.object.as_ref().is_some_and(|object| object.nattch() > 0);
        let is_selected = self.selection.is_some();
        let Style { dry_run, verbose, .. } = self.style;
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
        let is_declined = self.style.interactive && *reason == KeepReason::Declined;
        // Everything that there is may be uncertain for a filter that needs a verdict.
        let is_counted =
            matches!(reason, KeepReason::NotSure(_)) && !self.style.verbose && !reason.is_unread();
        if is_declined || is_counted {
            return;
        }
        let begin = if self.style.dry_run { "would keep" } else { "kept" };
        // What could not be read is a message, also where a dry run answers in text.
        let is_message = !self.style.dry_run || self.document.is_some() || reason.is_unread();
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
        let is_declined = *reason == KeepReason::Declined;
        reason.is_unread() || self.selection.is_none() && !is_declined
    }

    /// Something could not be read.
    fn unread(&mut self, text: String) {
        self.failed = true;
        self.summary.set_has_gaps();
        self.progress.clear();
        self.session.warn(&text);
        if let Some(document) = &mut self.document {
            document.add_gap(text);
        }
    }

    fn failed(&mut self, candidate: &Candidate, cause: Cause) {
        // A dry run succeeds when it reports what would fail.
        let is_error = !self.style.dry_run || cause.is_unknown() || cause == Cause::NotAnId;
        self.failed |= is_error;
        let failure = Failure { candidate, cause };
        if is_error {
            self.progress.clear();
            self.session.warn(failure);
        } else if self.document.is_none() {
            self.line(format_args!("would fail: {failure}"));
        }
    }

    /// Prints with --verbose that an object that was not selected by a filter is removed.
    fn announce(&mut self, candidate: &Candidate) {
        let Style { verbose, dry_run, json, .. } = self.style;
        if !verbose || dry_run || json || self.selection.is_some() {
            return;
        }
        let Some(id) = candidate.id else { return };
        let noun = match candidate.kind {
            Kind::Sem => "semaphore",
            kind => kind.noun(),
        };
        self.line(format_args!("removing {noun} id `{id}'"));
    }

    /// Asks on the terminal.
    fn ask(&mut self, candidate: &Candidate) -> io::Result<Decision> {
        // The messages about the last object come before the next question.
        let _ = self.session.out().flush();
        let why = self.why(candidate) + "?";
        let question = self.style(false).line("remove", candidate, &why, &mut self.names);
        match &mut self.terminal {
            Some(terminal) => terminal.ask(&question),
            None => Ok(Decision::Remove),
        }
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
        if !self.style.ignore_missing {
            self.announce(candidate);
        }
        Ok(Decision::Remove)
    }

    fn done(&mut self, event: &Event) {
        if let Outcome::Failed(cause) = event.outcome
            && self.style.ignore_missing
            && cause.is_missing()
        {
            return;
        }
        let was_tried =
            matches!(event.outcome, Outcome::Removed | Outcome::Failed(Cause::Removal(_)));
        if was_tried && self.style.ignore_missing {
            self.announce(&event.candidate);
        }
        self.summary.add(event);
        if let Some(document) = &mut self.document {
            let selection = self.selection.map(|selection| (&selection.filter, self.now));
            document.add(event, selection, &mut self.names);
        }
        let text = self.document.is_none();
        if let Outcome::Kept(reason) = &event.outcome {
            self.failed |= self.is_error(reason);
        }
        match &event.outcome {
            Outcome::Removed if text => self.removed(&event.candidate),
            Outcome::Gone if text && self.style.verbose => {
                let Candidate { kind, id, .. } = event.candidate;
                let id = id.map(|id| format!(" {id}")).unwrap_or_default();
                self.line(format_args!("already gone: {}{id}", kind.short_noun()));
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

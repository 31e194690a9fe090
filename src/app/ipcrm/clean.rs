//! A run with a filter: tells what happens, as text while it does or as one document at the end.

use std::io::{self, Write};

use super::document::Document;
use super::progress::Progress;
use super::prompt::Terminal;
use super::request::Style;
use super::tally::Tally;
use super::words;
use crate::app::edge::{Exit, Session};
use crate::collect::Gap;
use crate::names::Names;
use crate::proc::ProcRoot;
use crate::removal::{
    Aim, Because, Chosen, Cleanup, CleanupHandler, Course, Decision, Failure, Kept, Target,
};
use crate::sys::reason;

/// So many kept or marked objects get a line each, unless more is asked for.
const LINES: usize = 20;

/// Chooses, removes and tells.
///
/// # Errors
/// A terminal that went away, output that cannot be written.
pub fn run(
    session: &mut Session,
    aim: &Aim,
    style: Style,
    terminal: Option<Terminal>,
    now: i64,
) -> anyhow::Result<Exit> {
    let cleanup = Cleanup::new(&ProcRoot::default(), aim.clone(), now);
    let mut report = Report::new(session, aim, style, terminal, now);
    let course =
        Course { dry_run: style.dry_run, asks: style.interactive, explain: report.lines() };
    let result = cleanup.execute(course, &mut report);
    if let Ok(left) = result {
        report.tally.left(left);
    }
    // What was removed before the terminal went away is told all the same.
    let exit = report.finish()?;
    result.map_err(|e| anyhow::anyhow!("cannot ask on the terminal: {}", reason(&e)))?;
    Ok(exit)
}

struct Report<'a> {
    session: &'a mut Session,
    aim: &'a Aim,
    style: Style,
    now: i64,
    terminal: Option<Terminal>,
    document: Option<Document>,
    progress: Progress,
    names: Names,
    tally: Tally,
    /// Kept or marked objects that were told of, and that were not.
    told: usize,
    untold: usize,
    failed: bool,
}

impl<'a> Report<'a> {
    fn new(
        session: &'a mut Session,
        aim: &'a Aim,
        style: Style,
        terminal: Option<Terminal>,
        now: i64,
    ) -> Report<'a> {
        let quiet = !(style.verbose || style.interactive || style.dry_run);
        Report {
            session,
            aim,
            style,
            now,
            terminal,
            document: style.json.then(|| Document::new(style.dry_run)),
            progress: Progress::new(quiet),
            names: Names::new(),
            tally: Tally::default(),
            told: 0,
            untold: 0,
            failed: false,
        }
    }

    /// How many kept objects are told of.
    fn lines(&self) -> usize {
        let all = self.style.verbose || self.style.json || self.style.dry_run;
        if all { usize::MAX } else { LINES }
    }

    fn finish(mut self) -> io::Result<Exit> {
        self.progress.clear();
        if self.untold > 0 {
            let untold = self.untold;
            self.session.warn(format_args!("and {untold} more, which --verbose tells"));
        }
        let out = self.session.out();
        if let Some(document) = &self.document {
            serde_json::to_writer(&mut *out, document)?;
            writeln!(out)?;
        } else {
            let owner = match self.aim.filter.owners.as_deref() {
                Some([uid]) => Some(words::user(*uid, &mut self.names)),
                _ => None,
            };
            writeln!(out, "{}", self.tally.summary(self.style.dry_run, owner.as_deref()))?;
        }
        Ok(if self.failed { Exit::Failure } else { Exit::Success })
    }

    fn describe(&mut self, target: &Target) -> String {
        words::target(target, self.now, &mut self.names)
    }

    fn why(&mut self, target: &Target) -> String {
        words::why(&self.aim.filter, target, self.now, &mut self.names)
    }

    /// Prints a line. That it could not be written must not keep an object alive that was to go:
    /// the session remembers it and says so at the end.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.session.out(), "{text}");
    }

    /// A message about one object, of which there may be thousands.
    fn remark(&mut self, text: &str) {
        if self.told < self.lines() {
            self.told += 1;
            self.progress.clear();
            self.session.warn(text);
        } else {
            self.untold += 1;
        }
    }
}

impl CleanupHandler for Report<'_> {
    fn decide(&mut self, _: &Chosen, target: Option<&Target>) -> io::Result<Decision> {
        let Some(target) = target.filter(|_| self.terminal.is_some()) else {
            return Ok(Decision::Remove);
        };
        // What was told about the last object comes before the next question.
        let _ = self.session.out().flush();
        let question = format!("remove {}: {}?", self.describe(target), self.why(target));
        match &mut self.terminal {
            Some(terminal) => terminal.ask(&question),
            None => Ok(Decision::Remove),
        }
    }

    fn removed(&mut self, target: &Target) {
        self.tally.removed(target);
        let marked = target.nattch() > 0;
        if self.document.is_some() {
            let why = self.why(target);
            if let Some(document) = &mut self.document {
                document.add_cleaned(target, why, self.now, &mut self.names);
            }
            return;
        }
        let ends =
            if marked { "; attached, so it goes when the last process detaches" } else { "" };
        if self.style.dry_run {
            let line =
                format!("would remove {}: {}{ends}", self.describe(target), self.why(target));
            self.line(&line);
        } else if self.style.verbose {
            let line = format!("removed {}: {}{ends}", self.describe(target), self.why(target));
            self.line(&line);
        } else if marked {
            let line = format!(
                "marked {} for destruction: it goes when the last process detaches",
                self.describe(target)
            );
            self.remark(&line);
        }
    }

    fn gone(&mut self, chosen: &Chosen) {
        self.tally.gone();
        if self.style.verbose && self.document.is_none() {
            let line = format!("gone already: {} {}", chosen.kind.noun(), chosen.identity.id);
            self.line(&line);
        }
    }

    fn kept(&mut self, kept: &Kept) {
        self.tally.kept(&kept.because);
        if let Some(document) = &mut self.document {
            document.add_kept(kept, self.now, &mut self.names);
            return;
        }
        if self.style.interactive && kept.because == Because::Declined {
            return;
        }
        let object = match &kept.target {
            Some(target) => self.describe(target),
            None => format!("{} {}", kept.chosen.kind.noun(), kept.chosen.identity.id),
        };
        let text = format!("{object}: {}", words::reason(kept));
        if self.style.dry_run {
            self.line(&format!("would keep {text}"));
        } else {
            self.remark(&format!("kept {text}"));
        }
    }

    fn failed(&mut self, failure: &Failure) {
        self.tally.failed();
        // A dry run has done what it was asked for when it says what would fail.
        self.failed |= !self.style.dry_run;
        if let Some(document) = &mut self.document {
            document.add_failed(failure, &mut self.names);
        }
        if !self.style.dry_run {
            self.progress.clear();
            self.session.warn(failure);
        } else if self.document.is_none() {
            self.line(&format!("would fail: {failure}"));
        }
    }

    fn gap(&mut self, gap: &Gap) {
        self.session.warn(gap);
        self.failed = true;
    }

    fn progress(&mut self, done: u64, total: u64) {
        self.progress.update("ipcrm: looked at", done, total);
    }
}

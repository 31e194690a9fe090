//! What a run is asked to do, the same in each namespace.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::request::Style;
use crate::app::namespaces::NamespaceScope;
use crate::names::Names;
use crate::removal::{Options, Request, Selection, Step};
use crate::render::removal::{Summary, describe};

/// How many kept or marked objects get a line each by default.
const LINES: usize = 20;

/// A request and how it is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    pub request: &'a Request,
    pub style: Style,
    /// The namespaces, and how they were typed.
    pub scope: Option<&'a (NamespaceScope, OsString)>,
    /// Now, in seconds since the epoch.
    pub now: i64,
}

impl<'a> Job<'a> {
    /// The filter, where objects are selected.
    pub fn selection(&self) -> Option<&'a Selection> {
        match self.request {
            Request::Selection(selection) => Some(selection),
            Request::Plan(_) => None,
        }
    }

    /// Whether all objects of a kind are removed, without a filter.
    pub fn is_all(&self) -> bool {
        match self.request {
            Request::Selection(_) => false,
            Request::Plan(plan) => plan.steps.iter().any(|step| matches!(step, Step::All(_))),
        }
    }

    pub fn is_of_all_namespaces(&self) -> bool {
        matches!(self.scope, Some((NamespaceScope::All, _)))
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
            counts_users: dry_run,
            explain: self.lines(),
            now: self.now,
        }
    }

    /// At most how many kept objects get a line.
    pub fn lines(&self) -> usize {
        let all = self.style.verbose || self.style.json || self.style.dry_run;
        if all { usize::MAX } else { LINES }
    }

    /// How to list what is kept because it may be in use.
    pub fn unsure_form(&self, selection: &Selection, names: &mut Names) -> String {
        let typed = self.scope.map(|(_, typed)| typed.as_bytes());
        describe::unsure_form(selection, typed, names)
    }

    /// The result of a filter. `form` says how to list what may be in use.
    pub fn summary_line(
        &self,
        summary: &Summary,
        selection: &Selection,
        form: &str,
        names: &mut Names,
    ) -> String {
        let owner = match selection.filter.owners.as_deref() {
            Some([uid]) => Some(describe::user(*uid, names)),
            _ => None,
        };
        summary.line(self.style.dry_run, owner.as_deref(), form)
    }
}

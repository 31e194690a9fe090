//! `--check`: one line for monitoring, and its exit status.

use std::io::Write;
use std::sync::Arc;

use super::findings::{Findings, of_limits, of_objects};
use super::namespaces::{find, wants_walk};
use super::options::Options;
use super::output;
use super::reading::{Reading, count_objects, read_limits};
use super::thresholds::Thresholds;
use super::visits::visit;
use crate::app::namespaces::{NamespaceScope, cannot_enter};
use crate::app::session::{Exit, Session};
use crate::app::shm_files;
use crate::namespaces::IpcNamespace;
use crate::proc::ProcRoot;
use crate::processes::Inspector;
use crate::render::namespaces::title;
use crate::render::plugin::{self, Perf, Status};

/// At most this number of reasons is printed.
const REASONS: usize = 3;

/// What the line is made of.
#[derive(Default)]
struct Report {
    /// The namespaces that could be read, with their titles if all were asked for.
    checked: Vec<(Option<String>, Findings)>,
    /// What could not be read, with the number of the only namespace that it is about.
    reasons: Vec<(Option<u64>, String)>,
}

/// Checks the namespaces in scope.
///
/// # Errors
/// A namespace that was named and does not exist, and output that cannot be written.
pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    thresholds: Thresholds,
) -> anyhow::Result<Exit> {
    let report = match &options.namespace {
        None => {
            let reading = match thresholds {
                Thresholds::Limits { warn, .. } => read_limits(proc, options, warn, false),
                Thresholds::Objects { .. } => count_objects(proc, options, None, false),
            };
            let mut report = Report::default();
            report.add(None, reading, options, thresholds);
            report
        }
        Some(scope) => of_namespaces(proc, options, thresholds, scope)?,
    };
    let (status, line) = report.line();
    writeln!(session.out(), "{line}")?;
    Ok(match status {
        Status::Ok => Exit::Success,
        Status::Warning => Exit::Warning,
        Status::Unknown => Exit::Unknown,
        Status::Critical => Exit::Critical,
    })
}

fn of_namespaces(
    proc: &ProcRoot,
    options: &Options,
    thresholds: Thresholds,
    scope: &NamespaceScope,
) -> anyhow::Result<Report> {
    let found = find(proc, scope)?;
    let is_all = *scope == NamespaceScope::All;
    let request = options.query(&[]).scan_request();
    let request = request.filter(|_| wants_walk(proc, &found.namespaces));
    let walk = request.map(|it| Arc::new(Inspector::new(proc.clone()).walk_all(it)));
    let files = shm_files::of_each(proc, options.kinds, scope, &found.namespaces);
    let readings = visit(&found.namespaces, |namespace: &IpcNamespace| {
        let shm_files = files.get(&namespace.id).cloned().unwrap_or_default();
        let options = Options { shm_files, ..options.clone() };
        match thresholds {
            Thresholds::Limits { warn, .. } => read_limits(proc, &options, warn, is_all),
            Thresholds::Objects { .. } => count_objects(proc, &options, walk.clone(), is_all),
        }
    });
    let mut report = Report::default();
    report.reasons.extend(found.gaps.iter().map(|gap| (None, gap.to_string())));
    for (namespace, reading) in found.namespaces.iter().zip(readings) {
        match reading {
            Ok(reading) => report.add(is_all.then_some(namespace), reading, options, thresholds),
            // A namespace that has ended meanwhile needs no check, unless it was named.
            Err(error) if error.is_gone() && is_all => {}
            Err(error) => report.reasons.push((None, cannot_enter(namespace, error).to_string())),
        }
    }
    Ok(report)
}

impl Report {
    /// Adds what was read. `namespace` is one of all.
    fn add(
        &mut self,
        namespace: Option<&IpcNamespace>,
        reading: Reading,
        options: &Options,
        thresholds: Thresholds,
    ) {
        let mut names = output::names(options);
        let mut checked = match thresholds {
            Thresholds::Limits { warn, crit } => {
                of_limits(&reading, options.kinds, (warn, crit), &mut names)
            }
            Thresholds::Objects { warn, crit } => {
                of_objects(&reading.owners, options.kinds, (warn, crit), &mut names)
            }
        };
        let number = namespace.map(|namespace| namespace.id.inode);
        for reason in reading.reasons {
            // One walk over the processes is for all namespaces.
            match self.reasons.iter_mut().find(|(_, known)| *known == reason) {
                Some((of, _)) => *of = None,
                None => self.reasons.push((number, reason)),
            }
        }
        let Some(namespace) = namespace else {
            return self.checked.push((None, checked));
        };
        // It has none of the limits: its /dev/shm is that of another namespace.
        if checked.perf.is_empty() {
            return;
        }
        for perf in &mut checked.perf {
            perf.label = format!("{}_{}", namespace.id.inode, perf.label);
        }
        self.checked.push((Some(title(namespace)), checked));
    }

    /// The state of all namespaces, and the line.
    fn line(self) -> (Status, String) {
        let bad = self.checked.iter().filter(|(_, one)| one.status > Status::Ok).count();
        let all = self.checked.len();
        // Of equal ones the first is named.
        let worst = self.checked.iter().rev().max_by_key(|(_, one)| (one.status, one.amount));
        let mut status = worst.map_or(Status::Ok, |(_, one)| one.status);
        let text = |(title, one): &(Option<String>, Findings)| match (title, bad) {
            (None, _) => one.text.clone(),
            (Some(title), 0 | 1) => format!("{title}: {}", one.text),
            (Some(title), _) => {
                format!("{title}: {}; {bad} of {all} namespaces are not ok", one.text)
            }
        };
        let texts = worst.map(text).into_iter().filter(|text| !text.is_empty());
        let mut parts: Vec<String> = texts.collect();
        let mut reasons = first_reasons(&self.reasons);
        if reasons.is_empty() && self.checked.is_empty() {
            reasons.push("no namespace has these limits".to_owned());
        }
        if !reasons.is_empty() {
            status = status.max(Status::Unknown);
            let at = if status == Status::Unknown { 0 } else { parts.len() };
            parts.splice(at..at, reasons);
        }
        let perf: Vec<Perf> = self.checked.into_iter().flat_map(|(_, one)| one.perf).collect();
        (status, plugin::line(status, &parts.join("; "), &perf))
    }
}

/// The first reasons, and how many there are beyond them.
fn first_reasons(all: &[(Option<u64>, String)]) -> Vec<String> {
    let text = |(number, reason): &(Option<u64>, String)| match number {
        Some(number) => format!("namespace {number}: {reason}"),
        None => reason.clone(),
    };
    let more = all.len().saturating_sub(REASONS);
    let more = (more > 0).then(|| format!("{more} more could not be read"));
    all.iter().take(REASONS).map(text).chain(more).collect()
}

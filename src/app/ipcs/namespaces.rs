//! `--namespace`: the same answer for other IPC namespaces.

use std::sync::Arc;

use super::groups::{self, place_of};
use super::namespace_writer::{Answer, Writer};
use super::options::Options;
use super::task::Task;
use super::visits::visit;
use super::{limits, list};
use crate::app::namespaces::{NamespaceScope, find_all};
use crate::app::session::{Exit, Session};
use crate::app::shm_files;
use crate::columns::Place;
use crate::model::Kind;
use crate::namespaces::{
    self, FindError, Found, Gap, IpcNamespace, UnreachableSegment, needs_child,
    unreachable_segments,
};
use crate::proc::ProcRoot;
use crate::processes::{Inspector, Walk};
use crate::query::{GroupBy, Query};

/// The answers of at most this number of namespaces are kept at a time.
const AT_ONCE: usize = 256;

/// Shows what was asked for of each namespace in scope.
///
/// # Errors
/// A namespace that was named and does not exist, and output that cannot be written.
pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    scope: &NamespaceScope,
) -> anyhow::Result<Exit> {
    let lists_segments = matches!(options.task, Task::List(_)) && options.kinds.contains(Kind::Shm);
    let found = match scope {
        NamespaceScope::All if lists_segments => namespaces::find_all_and_attachments(proc),
        _ => find(proc, scope)?,
    };
    let walk = wants_walk(proc, &found.namespaces).then(|| walk(proc, options)).flatten();
    let mut exit = report_gaps(session, &found);
    let mut writer = Writer::new(options, *scope == NamespaceScope::All);
    let files = shm_files::of_each(proc, options.kinds, scope, &found.namespaces);
    let mut rest = found.namespaces.as_slice();
    while !rest.is_empty() {
        // Only the first section of a format without sections has headings.
        let options = writer.options_of_next();
        let count = if writer.awaits_header() { 1 } else { AT_ONCE };
        let (next, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = others;
        let answer_in = |namespace: &IpcNamespace| {
            let place = Arc::new(place_of(namespace));
            let shm_files = files.get(&namespace.id).cloned().unwrap_or_default();
            let options = Options { shm_files, ..options.clone() };
            answer(proc, &options, &place, walk.as_ref()).map_err(|error| format!("{error:#}"))
        };
        for (namespace, answer) in next.iter().zip(visit(next, answer_in)) {
            exit = exit.and(writer.take(session, namespace, answer)?);
        }
    }
    if lists_segments && *scope == NamespaceScope::All {
        report_unreachable(session, proc, &found);
    }
    if options.task.is_detail() && !writer.has_found() {
        list::warn_absent(session, options);
        exit = Exit::Failure;
    }
    writer.finish(session)?;
    Ok(exit)
}

/// The namespaces in scope.
///
/// # Errors
/// A namespace that was named and does not exist.
pub fn find(proc: &ProcRoot, scope: &NamespaceScope) -> Result<Found, FindError> {
    match scope {
        NamespaceScope::All => Ok(find_all(proc)),
        NamespaceScope::One(scope) => {
            Ok(Found { namespaces: vec![namespaces::find(proc, scope)?], ..Found::default() })
        }
    }
}

/// Reports attached segments whose namespace nobody can enter any more.
fn report_unreachable(session: &mut Session, proc: &ProcRoot, found: &Found) {
    for UnreachableSegment { id, processes } in unreachable_segments(proc, found) {
        let pids: Vec<String> = processes.iter().map(i32::to_string).collect();
        let pids = pids.join(", ");
        session.warn(format_args!(
            "segment {id}, attached by {pids}, is in a namespace that nobody can enter any more"
        ));
    }
}

/// Whether the processes are inspected before a namespace is entered: once for several ones, and
/// where a child process enters it, which may inspect fewer of them and sees ids of its own.
pub fn wants_walk(proc: &ProcRoot, namespaces: &[IpcNamespace]) -> bool {
    let needs_child =
        |one: &IpcNamespace| one.file.as_ref().is_some_and(|it| needs_child(proc, it));
    namespaces.len() > 1 || namespaces.iter().any(needs_child)
}

/// One walk over the processes for all namespaces, if the view needs any.
fn walk(proc: &ProcRoot, options: &Options) -> Option<Arc<Walk>> {
    let lists = options.task.is_detail() || matches!(options.task, Task::List(_) | Task::Groups(_));
    lists.then(|| walk_for(proc, &options.query(&options.kind_columns()))).flatten()
}

/// One walk over the processes for all namespaces, if the query needs any.
pub fn walk_for(proc: &ProcRoot, query: &Query) -> Option<Arc<Walk>> {
    let request = query.scan_request()?;
    Some(Arc::new(Inspector::new(proc.clone()).walk_all(request)))
}

/// Reports what could not be inspected; returns the resulting exit status.
pub fn report_gaps(session: &mut Session, found: &Found) -> Exit {
    for gap in &found.gaps {
        session.warn(gap);
    }
    if found.gaps.iter().any(Gap::is_failure) { Exit::Failure } else { Exit::Success }
}

/// The answer of the calling thread's namespace.
fn answer(
    proc: &ProcRoot,
    options: &Options,
    place: &Arc<Place>,
    walk: Option<&Arc<Walk>>,
) -> anyhow::Result<Answer> {
    let mut session = Session::captured();
    let mut grouped = None;
    let (exit, rows, is_absent) = match options.task {
        Task::Limits | Task::Summary => {
            (limits::show_in(&mut session, proc, options, Some(place))?, None, false)
        }
        Task::Groups(by) => {
            let place = Some(Place::clone(place));
            let counted = groups::count(&mut session, proc, options, by, place, walk.cloned())?;
            match by {
                GroupBy::Namespace => grouped = Some(counted.grouped),
                _ => groups::write(&mut session, options, by, &[counted.grouped], &[])?,
            }
            (counted.exit, Some(counted.objects), false)
        }
        _ => {
            let shown =
                list::show_in(&mut session, proc, options, Some(place.clone()), walk.cloned())?;
            (shown.exit, Some(shown.rows), shown.is_absent)
        }
    };
    Ok(Answer { captured: session.into_captured(), exit, rows, is_absent, grouped })
}

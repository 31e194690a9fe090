//! `--prometheus`: metrics.

use std::io;
use std::sync::Arc;

use super::groups::place_of;
use super::namespaces::{find, report_gaps, walk_for, wants_walk};
use super::options::Options;
use super::visits::visit;
use super::{gaps, output, processes};
use crate::app::namespaces::{NamespaceScope, cannot_enter, warn_of};
use crate::app::replace_file::replace_file;
use crate::app::session::{Exit, Session};
use crate::app::shm_files;
use crate::columns::Place;
use crate::namespaces::IpcNamespace;
use crate::proc::ProcRoot;
use crate::processes::Walk;
use crate::query::{OwnerSums, Query};
use crate::render::metrics::{Collected, MetricsStyle, write};
use crate::sources::{self, Everything};
use crate::sys::page_size;

/// Prints the metrics, or writes them to a file.
///
/// # Errors
/// A namespace that was named and does not exist, and output that cannot be written.
pub fn show(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    let (collected, exit) = match &options.namespace {
        Some(scope) => collect_each(session, proc, options, scope)?,
        None => {
            let (collected, exit) = collect(session, proc, options, None, None)?;
            (vec![collected], exit)
        }
    };
    let style = MetricsStyle {
        kinds: options.kinds,
        page_size: page_size(),
        terminal: options.style.terminal && options.write.is_none(),
    };
    let mut text = Vec::new();
    write(&mut text, &collected, &mut output::names(options), style)?;
    match &options.write {
        Some(path) => replace_file(path, &text)?,
        None => io::Write::write_all(session.out(), &text)?,
    }
    Ok(exit)
}

/// What is read of each object.
fn query(options: &Options, place: Option<Arc<Place>>, walk: Option<Arc<Walk>>) -> Query {
    Query {
        kinds: options.kinds.iter().collect(),
        needs: OwnerSums::needs(options.kinds),
        place,
        walk,
        now: options.style.now,
        ..Query::default()
    }
}

/// Reads the calling thread's namespace. `walk` is a walk over all processes that was done before.
fn collect(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    place: Option<Place>,
    walk: Option<Arc<Walk>>,
) -> io::Result<(Collected, Exit)> {
    let source = Everything::new(proc, options.shm_files.clone()).one_of_many(place.is_some());
    let mut sums = OwnerSums::new(page_size());
    let mut answer = query(options, None, walk).run(&source, proc, &mut sums)?;
    let limits = sources::limits(proc, &source.posix, options.kinds, &mut answer.gaps);
    let usage = sources::usage(&source.posix, options.kinds, &mut answer.gaps);
    let exit = processes::show(session, options, &[], &[], answer.inspector)?;
    let errors = answer.gaps.count().saturating_add(u64::from(exit == Exit::Failure));
    let collected = Collected { place, owners: sums.into_owners(), limits, usage, errors };
    Ok((collected, exit.and(gaps::report(session, &answer.gaps))))
}

/// Reads each namespace in scope. One that cannot be entered has only an error.
fn collect_each(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    scope: &NamespaceScope,
) -> anyhow::Result<(Vec<Collected>, Exit)> {
    let found = find(proc, scope)?;
    let wants_walk = wants_walk(proc, &found.namespaces);
    let walk = wants_walk.then(|| walk_for(proc, &query(options, None, None))).flatten();
    let mut exit = report_gaps(session, &found);
    let files = shm_files::of_each(proc, options.kinds, scope, &found.namespaces);
    let collect_in = |namespace: &IpcNamespace| {
        let mut session = Session::captured();
        let shm_files = files.get(&namespace.id).cloned().unwrap_or_default();
        let options = Options { shm_files, ..options.clone() };
        let place = Some(place_of(namespace));
        let (collected, exit) = collect(&mut session, proc, &options, place, walk.clone())
            .map_err(|error| error.to_string())?;
        Ok::<_, String>((collected, exit, session.into_captured().messages))
    };
    let mut all = Vec::new();
    let answers = visit(&found.namespaces, collect_in);
    for (namespace, answer) in found.namespaces.iter().zip(answers) {
        match answer {
            Ok(answer) => {
                let (collected, status, messages) = answer.map_err(anyhow::Error::msg)?;
                warn_of(session, namespace, &messages);
                exit = exit.and(status);
                all.push(collected);
            }
            // The namespace, or the process that showed it, has ended meanwhile.
            Err(error) if error.is_gone() => {}
            Err(error) => {
                session.warn(cannot_enter(namespace, error));
                exit = Exit::Failure;
                let place = Some(place_of(namespace));
                all.push(Collected { place, errors: 1, ..Collected::default() });
            }
        }
    }
    all.sort_by_key(|one| one.place.as_ref().map(|place| place.number));
    Ok((all, exit))
}

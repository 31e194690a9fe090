//! `--list-namespaces`: the IPC namespaces, and how much is in them.

use super::namespaces::{find, report_gaps};
use super::options::Options;
use super::visits::visit;
use super::{gaps, output};
use crate::app::namespaces::{NamespaceScope, cannot_enter, warn_of};
use crate::app::session::{Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::model::{Kinds, Usage};
use crate::proc::ProcRoot;
use crate::query::{Get, sort_by_values};
use crate::render::namespaces::{Element, Listed, Listing, list_section};
use crate::render::{Cells, json, write_table};
use crate::sources::{self, Gaps, Posix, ShmFiles};
use crate::sys::page_size;

/// Lists the namespaces themselves.
///
/// # Errors
/// A namespace that was named and does not exist, and output that cannot be written.
pub fn show(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    let found = find(proc, options.namespace.as_ref().unwrap_or(&NamespaceScope::All))?;
    let mut exit = report_gaps(session, &found);
    let mut listed = Vec::new();
    for (namespace, usage) in found.namespaces.iter().zip(visit(&found.namespaces, |_| usage(proc)))
    {
        let error = match &usage {
            Ok((_, messages)) => {
                warn_of(session, namespace, messages);
                exit = exit.and(if messages.is_empty() { Exit::Success } else { Exit::Failure });
                None
            }
            // The process that showed it has ended meanwhile.
            Err(error) if error.is_gone() => continue,
            Err(error) => {
                session.warn(cannot_enter(namespace, *error));
                exit = Exit::Failure;
                Some(error.to_string())
            }
        };
        let (usage, _) = usage.unwrap_or_default();
        listed.push(Listed::new(Element::of(namespace, error), &usage, page_size()));
    }
    let by: Vec<(Get<Listed<'_>>, bool)> =
        options.sort_namespaces.iter().map(|(get, descending)| (*get as _, *descending)).collect();
    sort_by_values(&mut listed, &by, &mut output::names(options));
    listed.truncate(options.top.unwrap_or(usize::MAX));
    write(session, options, &listed)?;
    Ok(exit)
}

/// The kernel's sums of the calling thread's namespace, and why some are missing.
fn usage(proc: &ProcRoot) -> (Usage, Vec<String>) {
    let mut session = Session::captured();
    let mut gaps = Gaps::default();
    let posix = Posix::new(proc.clone(), ShmFiles::Nowhere);
    let usage = sources::usage(&posix, Kinds::SYSTEM_V, &mut gaps);
    gaps::report(&mut session, &gaps);
    (usage, session.into_captured().messages)
}

fn write(session: &mut Session, options: &Options, listed: &[Listed<'_>]) -> anyhow::Result<()> {
    match options.format {
        FormatName::Json => session.json(&Listing { namespaces: listed })?,
        FormatName::Jsonl => {
            listed.iter().try_for_each(|one| json::write(session.out(), one, false))?;
        }
        _ => write_table(
            &mut *output::format(session.out(), options, false),
            &list_section(),
            listed.iter().map(|row| row as &dyn Cells),
        )?,
    }
    Ok(())
}

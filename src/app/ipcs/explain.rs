//! `--explain`: why a call fails.

use super::options::Options;
use super::output::names;
use crate::app::namespaces::{NamespaceScope, run_in_open};
use crate::app::session::{Exit, Session};
use crate::app::shm_files;
use crate::cli::UsageError;
use crate::cli::ipcs::FormatName;
use crate::diagnosis::{Cause, IpcFigures, Place, Question, Readings, System, explain};
use crate::escape::escaped;
use crate::model::Kinds;
use crate::namespaces::{self, Scope};
use crate::proc::{ProcRoot, file_id};
use crate::render::explain::{document, write};
use crate::sources::ShmFiles;

/// Explains what was typed by the state of one IPC namespace.
///
/// # Errors
/// A namespace that cannot be read, and output that cannot be written.
pub fn show(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    let Some(place) = place(options.namespace.as_ref()) else {
        return Err(UsageError::new(
            "--explain cannot be used with --namespace all: name the process that fails, such as \
             --namespace 812",
        )
        .into());
    };
    let question = match Question::parse(&options.explain) {
        Ok(question) => question,
        Err(error) => {
            session.warn(error);
            return Ok(Exit::Failure);
        }
    };
    let causes: Vec<&Cause> = question.causes().collect();
    let pid = match place {
        Place::Process(pid) => Some(pid),
        _ => None,
    };
    let ipc = read(proc, options, &causes)?;
    let readings = Readings { ipc, system: System::read(proc, pid) };
    let findings = explain(question, &readings, &place, &mut names(options));
    match options.format {
        FormatName::Json | FormatName::Jsonl => session.json(&document(question, &findings))?,
        _ => write(session.out(), question, &findings, place == Place::Here)?,
    }
    for gap in &readings.ipc.gaps {
        session.warn(gap);
    }
    Ok(if readings.ipc.gaps.is_empty() { Exit::Success } else { Exit::Failure })
}

/// Where commands have to act; `None`: in all namespaces.
pub fn place(namespace: Option<&NamespaceScope>) -> Option<Place> {
    match namespace {
        None => Some(Place::Here),
        Some(NamespaceScope::One(Scope::Pid(pid))) => Some(Place::Process(*pid)),
        Some(NamespaceScope::One(Scope::Path(path))) => {
            let path = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
            Some(Place::File(escaped(path)))
        }
        Some(NamespaceScope::All) => None,
    }
}

/// The figures of the namespace that was asked for.
fn read(proc: &ProcRoot, options: &Options, causes: &[&Cause]) -> anyhow::Result<IpcFigures> {
    let Some(NamespaceScope::One(scope)) = &options.namespace else {
        return Ok(IpcFigures::read(proc, ShmFiles::Own, causes));
    };
    let file = namespaces::open(proc, scope)?;
    let id = file_id(&file.metadata()?);
    let files = shm_files::of_one(proc, Kinds::EVERYTHING, scope, id);
    run_in_open(proc, &file, move || IpcFigures::read(proc, files, causes))
}

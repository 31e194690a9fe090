//! `--namespace` and `--list-namespaces`: the same answer for other IPC namespaces.

use std::io::{self, Write};
use std::sync::Arc;

use super::options::{Options, Task};
use super::{limits, list, output};
use crate::app::namespaces::{NamespaceScope, cannot_enter, enter};
use crate::app::session::{Captured, Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::columns::Place;
use crate::model::{Kind, Kinds};
use crate::namespaces::{
    self, FindError, Found, Gap, IpcNamespace, UnreachableSegment, unreachable_segments,
};
use crate::proc::ProcRoot;
use crate::processes::{Inspector, Walk};
use crate::render::namespaces::{Element, Listed, Listing, heading, list_section};
use crate::render::{Cells, json, write_table};
use crate::sources::{self, Gaps};
use crate::sys::{Errno, error_text, page_size};

/// What was captured of one namespace.
struct Answer {
    captured: Captured,
    exit: Exit,
    /// How many objects were listed; `None` if the view does not list objects.
    rows: Option<u64>,
    is_absent: bool,
}

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
    let found = find(proc, scope)?;
    let walk = (found.namespaces.len() > 1).then(|| walk(proc, options)).flatten();
    let mut exit = report_gaps(session, &found);
    let mut writer = Writer::new(options, *scope == NamespaceScope::All);
    let mut is_found = false;
    for namespace in &found.namespaces {
        let place = Arc::new(place_of(namespace));
        // Only the first section of a format without sections has headings.
        let options = writer.options_of_next();
        let answer = enter(namespace, || answer(proc, &options, &place, walk.as_ref()));
        match answer {
            Ok(answer) => {
                let answer = answer?;
                is_found |= !answer.is_absent;
                if !answer.is_absent {
                    exit = exit.and(answer.exit);
                }
                for message in &answer.captured.messages {
                    session.warn(format_args!("namespace {}: {message}", namespace.id.inode));
                }
                writer.write(session, namespace, &answer)?;
            }
            // The namespace, or the process that showed it, has ended meanwhile.
            Err(Errno::ENOENT | Errno::ESRCH) => {}
            Err(errno) => {
                exit = Exit::Failure;
                session.warn(cannot_enter(namespace, errno));
                writer.write_error(namespace, errno)?;
            }
        }
    }
    let lists_segments = matches!(options.task, Task::List(_)) && options.kinds.contains(Kind::Shm);
    if lists_segments && *scope == NamespaceScope::All {
        report_unreachable(session, proc, &found);
    }
    if matches!(options.task, Task::Detail(..)) && !is_found {
        list::warn_absent(session, options);
        exit = Exit::Failure;
    }
    writer.finish(session)?;
    Ok(exit)
}

/// Lists the namespaces themselves.
///
/// # Errors
/// A namespace that was named and does not exist, and output that cannot be written.
pub fn list(session: &mut Session, proc: &ProcRoot, options: &Options) -> anyhow::Result<Exit> {
    let found = find(proc, options.namespace.as_ref().unwrap_or(&NamespaceScope::All))?;
    let mut exit = report_gaps(session, &found);
    let mut listed = Vec::new();
    for namespace in &found.namespaces {
        let usage = enter(namespace, || {
            let mut gaps = Gaps::default();
            sources::usage(Kinds::SYSTEM_V, &mut gaps)
        });
        let error = usage.as_ref().err().copied();
        if let Some(errno) = error {
            exit = Exit::Failure;
            session.warn(cannot_enter(namespace, errno));
        }
        let element = Element::of(namespace, error.map(error_text));
        listed.push(Listed::new(element, &usage.unwrap_or_default(), page_size()));
    }
    match options.format {
        FormatName::Json => session.json(&Listing { namespaces: &listed })?,
        FormatName::Jsonl => {
            listed.iter().try_for_each(|one| json::write(session.out(), one, false))?;
        }
        _ => write_table(
            &mut *output::format(session.out(), options, false),
            &list_section(),
            listed.iter().map(|row| row as &dyn Cells),
        )?,
    }
    Ok(exit)
}

/// The namespaces in scope.
fn find(proc: &ProcRoot, scope: &NamespaceScope) -> Result<Found, FindError> {
    match scope {
        NamespaceScope::All => Ok(namespaces::find_all(proc)),
        NamespaceScope::One(scope) => {
            Ok(Found { namespaces: vec![namespaces::find(proc, scope)?], gaps: Vec::new() })
        }
    }
}

/// Reports attached segments whose namespace nobody can enter any more.
fn report_unreachable(session: &mut Session, proc: &ProcRoot, found: &Found) {
    for UnreachableSegment { id, processes } in unreachable_segments(proc, &found.namespaces) {
        let pids: Vec<String> = processes.iter().map(i32::to_string).collect();
        let pids = pids.join(", ");
        session.warn(format_args!(
            "segment {id}, attached by {pids}, is in a namespace that nobody can enter any more"
        ));
    }
}

/// One walk over the processes for all namespaces, if the view needs any.
fn walk(proc: &ProcRoot, options: &Options) -> Option<Arc<Walk>> {
    let lists = matches!(options.task, Task::List(_) | Task::Detail(..));
    let request = options.query(&options.kind_columns()).scan_request().filter(|_| lists)?;
    Some(Arc::new(Inspector::new(proc.clone()).walk_all(request)))
}

fn report_gaps(session: &mut Session, found: &Found) -> Exit {
    for gap in &found.gaps {
        session.warn(gap);
    }
    if found.gaps.iter().any(Gap::is_failure) { Exit::Failure } else { Exit::Success }
}

fn place_of(namespace: &IpcNamespace) -> Place {
    let container = namespace.container.as_ref();
    let name = container.and_then(|container| container.name.clone().or(container.id.clone()));
    Place { number: namespace.id.inode, container: name }
}

/// The answer of the calling thread's namespace.
fn answer(
    proc: &ProcRoot,
    options: &Options,
    place: &Arc<Place>,
    walk: Option<&Arc<Walk>>,
) -> anyhow::Result<Answer> {
    let mut session = Session::captured();
    let (exit, rows, is_absent) = match options.task {
        Task::Limits | Task::Summary => {
            (limits::show_in(&mut session, proc, options, Some(place))?, None, false)
        }
        _ => {
            let shown =
                list::show_in(&mut session, proc, options, Some(place.clone()), walk.cloned())?;
            (shown.exit, Some(shown.rows), shown.is_absent)
        }
    };
    Ok(Answer { captured: session.into_captured(), exit, rows, is_absent })
}

/// Writes the answers one after another.
struct Writer<'a> {
    options: &'a Options,
    /// Whether namespaces without objects are left out of text.
    leaves_out_empty: bool,
    /// Whether something was written before.
    written: bool,
    /// The JSON document.
    document: Vec<u8>,
}

impl Writer<'_> {
    fn new(options: &Options, leaves_out_empty: bool) -> Writer<'_> {
        Writer { options, leaves_out_empty, written: false, document: Vec::new() }
    }

    /// The options for the next answer: CSV has only one header.
    fn options_of_next(&self) -> Options {
        let mut options = self.options.clone();
        if options.format == FormatName::Csv && self.written {
            options.style.table.no_headings = true;
        }
        // The whole document is indented, not its parts.
        options.style.terminal &= options.format != FormatName::Json;
        options
    }

    fn write(
        &mut self,
        session: &mut Session,
        namespace: &IpcNamespace,
        answer: &Answer,
    ) -> io::Result<()> {
        if self.options.format == FormatName::Json {
            return self.member(&Element::of(namespace, None), &answer.captured.output);
        }
        if answer.rows == Some(0) && (self.leaves_out_empty || answer.is_absent) {
            return Ok(());
        }
        let table = self.options.style.table;
        let has_heading = matches!(self.options.format, FormatName::Classic | FormatName::Table)
            && !table.no_headings;
        if has_heading {
            let before = if self.written { "\n" } else { "" };
            let width = table.width.map(usize::from);
            writeln!(session.out(), "{before}{}", heading(namespace, width))?;
        }
        self.written = true;
        session.out().write_all(&answer.captured.output)
    }

    /// A namespace that cannot be entered. Text has a message.
    fn write_error(&mut self, namespace: &IpcNamespace, errno: Errno) -> io::Result<()> {
        if self.options.format != FormatName::Json {
            return Ok(());
        }
        let kinds = self.options.kinds_in_order().map(|kind| format!("\"{}\":[]", kind.word()));
        let lists = match self.options.task {
            Task::Limits | Task::Summary => String::new(),
            _ => kinds.collect::<Vec<_>>().join(","),
        };
        self.member(
            &Element::of(namespace, Some(error_text(errno))),
            format!("{{{lists}}}").as_bytes(),
        )
    }

    /// Appends the object of a namespace with the members of its answer.
    fn member(&mut self, element: &Element<'_>, answer: &[u8]) -> io::Result<()> {
        let answer = answer.trim_ascii();
        let members = answer.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        self.document.extend_from_slice(if self.written { b"," } else { b"" });
        serde_json::to_writer(&mut self.document, element)?;
        if let Some(members) = members.filter(|members| !members.is_empty()) {
            self.document.pop();
            self.document.push(b',');
            self.document.extend_from_slice(members);
            self.document.push(b'}');
        }
        self.written = true;
        Ok(())
    }

    fn finish(self, session: &mut Session) -> io::Result<()> {
        if self.options.format != FormatName::Json {
            return Ok(());
        }
        let document = [b"{\"namespaces\":[", &*self.document, b"]}"].concat();
        json::write_document(session.out(), &document, self.options.style.terminal)
    }
}

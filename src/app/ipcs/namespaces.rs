//! `--namespace` and `--list-namespaces`: the same answer for other IPC namespaces.

use std::io::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::groups::{self, place_of};
use super::options::Options;
use super::task::Task;
use super::visits::visit;
use super::{limits, list, output};
use crate::app::namespaces::{NamespaceScope, cannot_enter};
use crate::app::session::{Captured, Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::columns::Place;
use crate::model::{Kind, Kinds};
use crate::namespaces::{
    self, EnterError, FindError, Found, Gap, IpcNamespace, UnreachableSegment, needs_child,
    unreachable_segments,
};
use crate::proc::ProcRoot;
use crate::processes::{Inspector, Walk};
use crate::query::{GroupBy, Grouped};
use crate::render::namespaces::{Element, Listed, Listing, heading, list_section};
use crate::render::{Cells, json, write_table};
use crate::sources::{self, Gaps};
use crate::sys::page_size;

/// The answers of at most this number of namespaces are kept at a time.
const AT_ONCE: usize = 256;

/// What was captured of one namespace.
#[derive(Serialize, Deserialize)]
struct Answer {
    captured: Captured,
    exit: Exit,
    /// How many objects were listed; `None` if the view does not list objects.
    rows: Option<u64>,
    is_absent: bool,
    /// The groups of a list that all namespaces share.
    grouped: Option<Grouped>,
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
    let lists_segments = matches!(options.task, Task::List(_)) && options.kinds.contains(Kind::Shm);
    let found = match scope {
        NamespaceScope::All if lists_segments => namespaces::find_all_and_attachments(proc),
        _ => find(proc, scope)?,
    };
    let walk = wants_walk(proc, &found.namespaces).then(|| walk(proc, options)).flatten();
    let mut exit = report_gaps(session, &found);
    let mut writer = Writer::new(options, *scope == NamespaceScope::All);
    let mut is_found = false;
    let mut rest = found.namespaces.as_slice();
    while !rest.is_empty() {
        // Only the first section of a format without sections has headings.
        let options = writer.options_of_next();
        let count = if writer.awaits_header() { 1 } else { AT_ONCE };
        let (next, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = others;
        let answer_in = |namespace: &IpcNamespace| {
            let place = Arc::new(place_of(namespace));
            answer(proc, &options, &place, walk.as_ref()).map_err(|error| format!("{error:#}"))
        };
        for (namespace, answer) in next.iter().zip(visit(next, answer_in)) {
            match answer {
                Ok(answer) => {
                    let answer = answer.map_err(anyhow::Error::msg)?;
                    is_found |= !answer.is_absent;
                    if !answer.is_absent {
                        exit = exit.and(answer.exit);
                    }
                    for message in &answer.captured.messages {
                        session.warn(format_args!("namespace {}: {message}", namespace.id.inode));
                    }
                    writer.write(session, namespace, answer)?;
                }
                // The namespace, or the process that showed it, has ended meanwhile.
                Err(error) if error.is_gone() => {}
                Err(error) => {
                    exit = Exit::Failure;
                    session.warn(cannot_enter(namespace, error));
                    writer.write_error(namespace, error)?;
                }
            }
        }
    }
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
    let usage = |_: &IpcNamespace| sources::usage(Kinds::SYSTEM_V, &mut Gaps::default());
    for (namespace, usage) in found.namespaces.iter().zip(visit(&found.namespaces, usage)) {
        let error = usage.as_ref().err().copied();
        if let Some(error) = error {
            exit = Exit::Failure;
            session.warn(cannot_enter(namespace, error));
        }
        let element = Element::of(namespace, error.map(|error| error.to_string()));
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
fn wants_walk(proc: &ProcRoot, namespaces: &[IpcNamespace]) -> bool {
    let needs_child =
        |one: &IpcNamespace| one.file.as_ref().is_some_and(|it| needs_child(proc, it));
    namespaces.len() > 1 || namespaces.iter().any(needs_child)
}

/// One walk over the processes for all namespaces, if the view needs any.
fn walk(proc: &ProcRoot, options: &Options) -> Option<Arc<Walk>> {
    let lists = matches!(options.task, Task::List(_) | Task::Detail(..) | Task::Groups(_));
    let request = options.query(&options.kind_columns()).scan_request().filter(|_| lists)?;
    Some(Arc::new(Inspector::new(proc.clone()).walk_all(request)))
}

fn report_gaps(session: &mut Session, found: &Found) -> Exit {
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
                _ => groups::write(&mut session, options, by, &[counted.grouped])?,
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

/// Writes the answers one after another.
struct Writer<'a> {
    options: &'a Options,
    /// Whether namespaces without objects are left out of text.
    leaves_out_empty: bool,
    /// Whether something was written before.
    written: bool,
    /// The JSON document.
    document: Vec<u8>,
    /// The groups of all namespaces.
    grouped: Vec<Grouped>,
}

impl Writer<'_> {
    fn new(options: &Options, leaves_out_empty: bool) -> Writer<'_> {
        Writer {
            options,
            leaves_out_empty,
            written: false,
            document: Vec::new(),
            grouped: Vec::new(),
        }
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

    /// Whether the next answer may be the one with the only header.
    fn awaits_header(&self) -> bool {
        self.options.format == FormatName::Csv && !self.written
    }

    fn write(
        &mut self,
        session: &mut Session,
        namespace: &IpcNamespace,
        answer: Answer,
    ) -> io::Result<()> {
        if let Some(grouped) = answer.grouped {
            self.grouped.push(grouped);
            return Ok(());
        }
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
    fn write_error(&mut self, namespace: &IpcNamespace, error: EnterError) -> io::Result<()> {
        if self.options.format != FormatName::Json || self.is_one_list() {
            return Ok(());
        }
        let kinds = self.options.kinds_in_order().map(|kind| format!("\"{}\":[]", kind.word()));
        let lists = match self.options.task {
            Task::Limits | Task::Summary | Task::Groups(_) => String::new(),
            _ => kinds.collect::<Vec<_>>().join(","),
        };
        self.member(
            &Element::of(namespace, Some(error.to_string())),
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

    /// Whether all namespaces are in one list instead of having one each.
    fn is_one_list(&self) -> bool {
        self.options.task == Task::Groups(GroupBy::Namespace)
    }

    fn finish(self, session: &mut Session) -> io::Result<()> {
        if self.is_one_list() {
            return groups::write(session, self.options, GroupBy::Namespace, &self.grouped);
        }
        if self.options.format != FormatName::Json {
            return Ok(());
        }
        let document = [b"{\"namespaces\":[", &*self.document, b"]}"].concat();
        json::write_document(session.out(), &document, self.options.style.terminal)
    }
}

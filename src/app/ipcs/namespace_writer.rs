//! Writes the answers of several namespaces.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::groups::{self, place_of};
use super::options::Options;
use super::task::Task;
use crate::app::namespaces::{cannot_enter, warn_of};
use crate::app::session::{Captured, Exit, Session};
use crate::cli::ipcs::FormatName;
use crate::namespaces::{EnterError, IpcNamespace};
use crate::query::{GroupBy, Grouped};
use crate::render::groups::GroupRow;
use crate::render::json;
use crate::render::namespaces::{Element, heading};

/// What was captured of one namespace.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    pub captured: Captured,
    pub exit: Exit,
    /// How many objects were listed; `None` if the view does not list objects.
    pub rows: Option<u64>,
    pub is_absent: bool,
    /// The groups of a list that all namespaces share.
    pub grouped: Option<Grouped>,
}

/// Writes the answers one after another.
pub struct Writer<'a> {
    options: &'a Options,
    /// Whether namespaces without objects are left out of text.
    leaves_out_empty: bool,
    /// Whether something was written before.
    written: bool,
    /// Whether a namespace has the object that was asked for.
    has_found: bool,
    /// The JSON document.
    document: Vec<u8>,
    /// The groups of all namespaces.
    grouped: Vec<Grouped>,
    /// The namespaces that cannot be entered and belong into the list of groups.
    unknown: Vec<GroupRow>,
}

impl Writer<'_> {
    pub fn new(options: &Options, leaves_out_empty: bool) -> Writer<'_> {
        Writer {
            options,
            leaves_out_empty,
            written: false,
            has_found: false,
            document: Vec::new(),
            grouped: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// The options for the next answer: CSV has only one header.
    pub fn options_of_next(&self) -> Options {
        let mut options = self.options.clone();
        if options.format == FormatName::Csv && self.written {
            options.style.table.no_headings = true;
        }
        // The whole document is indented, not its parts.
        options.style.terminal &= options.format != FormatName::Json;
        options
    }

    /// Whether the next answer may be the one with the only header.
    pub fn awaits_header(&self) -> bool {
        self.options.format == FormatName::Csv && !self.written
    }

    /// Whether a namespace has the object that was asked for.
    pub fn has_found(&self) -> bool {
        self.has_found
    }

    /// Takes the answer of the next namespace; returns the resulting exit status.
    ///
    /// # Errors
    /// The answer is an error, and output that cannot be written.
    pub fn take(
        &mut self,
        session: &mut Session,
        namespace: &IpcNamespace,
        answer: Result<Result<Answer, String>, EnterError>,
    ) -> anyhow::Result<Exit> {
        let answer = match answer {
            Ok(answer) => answer.map_err(anyhow::Error::msg)?,
            // The namespace, or the process that showed it, has ended meanwhile.
            Err(error) if error.is_gone() => return Ok(Exit::Success),
            Err(error) => {
                session.warn(cannot_enter(namespace, error));
                self.write_error(namespace, error)?;
                return Ok(Exit::Failure);
            }
        };
        warn_of(session, namespace, &answer.captured.messages);
        self.has_found |= !answer.is_absent;
        let exit = if answer.is_absent { Exit::Success } else { answer.exit };
        self.write(session, namespace, answer)?;
        Ok(exit)
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
        if self.is_one_list() {
            self.unknown.push(GroupRow::unknown(place_of(namespace), error.to_string()));
            return Ok(());
        }
        if self.options.format != FormatName::Json {
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

    /// Writes what all namespaces have in common.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(self, session: &mut Session) -> io::Result<()> {
        if self.is_one_list() {
            let (groups, unknown) = (&self.grouped, &self.unknown);
            return groups::write(session, self.options, GroupBy::Namespace, groups, unknown);
        }
        if self.options.format != FormatName::Json {
            return Ok(());
        }
        let document = [b"{\"namespaces\":[", &*self.document, b"]}"].concat();
        json::write_document(session.out(), &document, self.options.style.terminal)
    }
}

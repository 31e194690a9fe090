//! A single object: one line for each column.

use std::io::{self, Write};

use super::plain;
use super::rows::Rows;
use super::style::{TableStyle, style_of};
use super::under::Under;
use crate::columns::{Align, Attention, Details, Inline, Shape, Value};
use crate::escape::escaped;
use crate::model::Object;
use crate::processes::Report;
use crate::render::formatter::TextFormatter;
use crate::render::size::human;
use crate::render::time::{TimeFormat, duration};
use crate::render::{Cells, Format, Heading, Section};

/// Writes each row as a card.
pub struct Card<'a> {
    out: &'a mut dyn Write,
    formatter: TextFormatter,
    style: TableStyle,
    section: Section,
    /// Whether the processes follow.
    with_processes: bool,
}

impl<'a> Card<'a> {
    /// Writes to `out`.
    pub fn new(out: &'a mut dyn Write, formatter: TextFormatter, style: TableStyle) -> Card<'a> {
        let section = Section::default();
        Card { out, formatter, style, section, with_processes: false }
    }

    /// Shows the processes of the object after it.
    #[must_use]
    pub fn with_processes(self, with_processes: bool) -> Card<'a> {
        Card { with_processes, ..self }
    }

    fn line(&mut self, name: &str, value: Value<'_>, attention: Attention) -> io::Result<()> {
        let widest = self.section.headings.iter().map(|heading| heading.name.len()).max();
        let width = widest.unwrap_or(0);
        let text = fact(value, &mut self.formatter);
        write!(self.out, "{name:<width$}  ")?;
        match style_of(attention).filter(|_| self.style.color) {
            Some(style) => writeln!(self.out, "{style}{text}{style:#}"),
            None => writeln!(self.out, "{text}"),
        }
    }

    /// The processes, as lines of their own.
    fn processes(&mut self, object: &Object, report: &Report) -> io::Result<()> {
        let (mut under, mut lines) = (Under::default(), Vec::new());
        under.push(object, report, &mut self.formatter.names);
        under.put(0, self.style.cut(), &mut lines);
        if !lines.is_empty() {
            writeln!(self.out)?;
        }
        self.out.write_all(&lines)
    }

    /// Rows within a cell, as a table of their own.
    fn table(&mut self, details: &dyn Details) -> io::Result<()> {
        let headings = details.fields().iter();
        let headings = headings.map(|field| Heading::new(field.heading, Align::Right)).collect();
        let section = Section { kind: None, headings };
        let mut rows = Rows::new(section.headings.len(), self.style.color);
        for row in 0..details.len() {
            rows.push(&DetailCells { details, row }, &mut self.formatter);
        }
        plain::write(self.out, &section, &rows, self.style)
    }
}

/// The cells of one row within a cell.
struct DetailCells<'a> {
    details: &'a dyn Details,
    row: usize,
}

impl Cells for DetailCells<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        self.details.value(self.row, column)
    }
}

impl Format for Card<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        self.section = section.clone();
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        let mut tables = Vec::new();
        for column in 0..self.section.headings.len() {
            match cells.value(column) {
                Value::Details(details) if has_headings(details) => tables.push(details),
                value => {
                    let name = self.section.headings[column].name;
                    self.line(name, value, cells.attention(column))?;
                }
            }
        }
        for details in tables {
            if self.section.headings.len() > 1 {
                writeln!(self.out)?;
            }
            self.table(details)?;
        }
        match cells.users().filter(|_| self.with_processes) {
            Some((object, report)) => self.processes(object, report),
            None => Ok(()),
        }
    }
}

fn fact(value: Value<'_>, formatter: &mut TextFormatter) -> String {
    let mut plain = Vec::new();
    match value {
        Value::Words([]) => return "-".to_owned(),
        Value::Bytes(bytes) if bytes >= 1024 && formatter.human => {
            return format!("{} ({bytes} bytes)", human(bytes));
        }
        Value::Time(seconds) if formatter.times == TimeFormat::Age => {
            return ago(formatter.now.saturating_sub(seconds));
        }
        Value::Time(seconds) => {
            formatter.time(seconds, formatter.times, &mut plain);
            // No calendar has such a day, so that JSON has null.
            if plain.is_empty() {
                return "-".to_owned();
            }
            plain.extend_from_slice(
                format!(" ({})", ago(formatter.now.saturating_sub(seconds))).as_bytes(),
            );
        }
        // A line of its own has room for the directories.
        Value::Command(command) => plain.extend_from_slice(command),
        value => formatter.put(value, &mut plain),
    }
    escaped(&plain)
}

/// How long ago: `3d 4h ago`.
fn ago(seconds: i64) -> String {
    match seconds {
        ..0 => "in the future".to_owned(),
        0 => "now".to_owned(),
        _ => format!("{} ago", duration(seconds, " ")),
    }
}

/// Whether the rows make a table of their own: every field is shown.
fn has_headings(details: &dyn Details) -> bool {
    details.fields().iter().all(|field| field.inline != Inline::No)
        && details.shape() == Shape::Objects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use crate::render::time::LocalTime;

    #[test]
    fn times_use_the_requested_format_unless_they_are_impossible() {
        let now = 1_795_413_386;
        let fact_of = |seconds, times| {
            let formatter = TextFormatter::new(Names::numeric(), times, true, now);
            fact(Value::Time(seconds), &mut formatter.with_clock(LocalTime::fixed(0)))
        };
        assert_eq!(fact_of(now - 60, TimeFormat::Short), "05:55 (1m ago)");
        assert_eq!(fact_of(now - 60, TimeFormat::Full), "2026-11-23 05:55:26 (1m ago)");
        assert_eq!(fact_of(now + 60, TimeFormat::Short), "05:57 (in the future)");
        for never in [i64::MAX, i64::MIN] {
            assert_eq!(fact_of(never, TimeFormat::Full), "-");
            assert_eq!(fact_of(never, TimeFormat::Iso), "-");
        }
    }
}

//! Lists as tables, one for each section.

use std::io::{self, Write};

use super::rows::Rows;
use super::style::TableStyle;
use super::{plain, terminal};
use crate::model::Kind;
use crate::render::formatter::TextFormatter;
use crate::render::{Cells, Format, Section};

/// Longer tables are not fitted to a terminal: it would take too long, and they are rarely read
/// there.
const FITTED_ROWS: usize = 1000;

/// Writes a table for each section that has columns.
pub struct Table<'a> {
    out: &'a mut dyn Write,
    formatter: TextFormatter,
    style: TableStyle,
    /// Whether sections have titles.
    titled: bool,
    /// Whether processes are shown under their objects.
    with_processes: bool,
    written: usize,
    section: Section,
    rows: Rows,
}

impl<'a> Table<'a> {
    /// Writes to `out`; `titled` if there are several sections with columns.
    pub fn new(
        out: &'a mut dyn Write,
        formatter: TextFormatter,
        style: TableStyle,
        titled: bool,
    ) -> Table<'a> {
        let (section, rows) = (Section::default(), Rows::default());
        let with_processes = false;
        Table { out, formatter, style, titled, with_processes, written: 0, section, rows }
    }

    /// Shows the processes of each object under its row.
    #[must_use]
    pub fn with_processes(self, with_processes: bool) -> Table<'a> {
        Table { with_processes, ..self }
    }
}

impl Format for Table<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        self.section = section.clone();
        self.rows = Rows::new(section.headings.len(), self.style.color);
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        self.rows.push(cells, &mut self.formatter);
        if let Some((object, report)) = cells.users().filter(|_| self.with_processes) {
            self.rows.under.push(object, report, &mut self.formatter.names);
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let style = self.style;
        let is_blank =
            self.section.headings.is_empty() || style.no_headings && self.rows.is_empty();
        if is_blank {
            return Ok(());
        }
        if self.written > 0 {
            writeln!(self.out)?;
        }
        self.written += 1;
        if self.titled
            && !style.no_headings
            && let Some(kind) = self.section.kind
        {
            writeln!(self.out, "{}", title(kind))?;
        }
        write(self.out, &self.section, &self.rows, style)
    }
}

fn write(out: &mut dyn Write, section: &Section, rows: &Rows, style: TableStyle) -> io::Result<()> {
    match style.width {
        Some(width) if rows.len() <= FITTED_ROWS && !style.no_truncate => {
            terminal::write(out, section, rows, style, width)
        }
        _ => plain::write(out, section, rows, style),
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Shm => "Shared memory segments",
        Kind::Msg => "Message queues",
        Kind::Sem => "Semaphore sets",
        Kind::Pshm => "POSIX shared memory",
        Kind::Pmsg => "POSIX message queues",
        Kind::Psem => "POSIX semaphores",
    }
}

//! A format is a sink for tables of typed cells.

use std::io;

use crate::columns::{Adaption, Align, Attention, Column, Row, Value};
use crate::model::{Kind, Object};
use crate::processes::Report;
use crate::query::RowSink;

/// A column's heading.
#[derive(Clone, Copy, Debug)]
pub struct Heading {
    /// The column's name in lower case.
    pub name: &'static str,
    /// How the cells are aligned.
    pub align: Align,
    /// When it is left out of a narrow terminal.
    pub drop: Drop,
    /// Whether its texts may be cut to fit a terminal.
    pub cut: Cut,
}

/// When a column is left out of a narrow terminal. Of columns with the same rule, the one with the
/// lowest number goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drop {
    /// It is only there to fill a wide terminal, and goes before any other column. It is never
    /// shown where the width is not known.
    Extra(usize),
    /// Before any text is cut.
    First(usize),
    /// When lines would otherwise wrap.
    Last(usize),
    /// Never.
    #[default]
    Never,
}

impl Drop {
    /// The rule for a column.
    #[must_use]
    pub fn of(column: &Column, adaption: Adaption) -> Drop {
        let place = |list: &[&Column]| list.iter().position(|known| known.name == column.name);
        let of_extra = place(adaption.extra).map(Drop::Extra);
        let of_first = || place(adaption.first).map(Drop::First);
        let of_last = || place(adaption.last).map(Drop::Last);
        of_extra.or_else(of_first).or_else(of_last).unwrap_or_default()
    }
}

/// Whether the texts of a column may be cut to fit a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// Names, lists and sentences are cut; numbers never.
    #[default]
    ByValue,
    /// Never.
    Never,
    /// Always.
    Always,
    /// Its words continue on further lines; for the last column.
    Wrap,
}

impl Heading {
    /// A heading that is never dropped.
    #[must_use]
    pub fn new(name: &'static str, align: Align) -> Heading {
        Heading { name, align, drop: Drop::Never, cut: Cut::ByValue }
    }
}

/// A table that is about to be written.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The kind of its rows, where they are of one kind.
    pub kind: Option<Kind>,
    /// The headings; a section without any has no rows either.
    pub headings: Vec<Heading>,
}

/// One row of a table.
pub trait Cells {
    /// The value of a cell.
    fn value(&self, column: usize) -> Value<'_>;
    /// How much attention a cell needs.
    fn attention(&self, _column: usize) -> Attention {
        Attention::None
    }
    /// The object of the row and its processes, for lines under it.
    fn users(&self) -> Option<(&Object, &Report)> {
        None
    }
}

/// Writes tables, one after another.
pub trait Format {
    /// A table follows.
    ///
    /// # Errors
    /// Those of the output.
    fn begin(&mut self, section: &Section) -> io::Result<()>;

    /// A row of the current table.
    ///
    /// # Errors
    /// Those of the output.
    fn row(&mut self, cells: &dyn Cells) -> io::Result<()>;

    /// The table has no more rows.
    ///
    /// # Errors
    /// Those of the output.
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// There are no more tables.
    ///
    /// # Errors
    /// Those of the output.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes one table.
///
/// # Errors
/// Those of the output.
pub fn write_table<'a>(
    format: &mut dyn Format,
    section: &Section,
    rows: impl IntoIterator<Item = &'a dyn Cells>,
) -> io::Result<()> {
    format.begin(section)?;
    rows.into_iter().try_for_each(|cells| format.row(cells))?;
    format.end()?;
    format.finish()
}

/// The columns to show of one kind of objects.
#[derive(Clone, Debug)]
pub struct KindColumns {
    /// The kind.
    pub kind: Kind,
    /// The columns, in the order to show.
    pub columns: Vec<&'static Column>,
    /// How they adapt to the width of the terminal.
    pub adaption: Adaption,
}

impl KindColumns {
    fn section(&self) -> Section {
        let heading = |column: &Column| {
            let drop = Drop::of(column, self.adaption);
            Heading { drop, ..Heading::new(column.name, column.align) }
        };
        let headings = self.columns.iter().map(|column| heading(column)).collect();
        Section { kind: Some(self.kind), headings }
    }
}

/// Writes the rows of a query in a format.
pub struct ObjectWriter<'a> {
    format: Box<dyn Format + 'a>,
    columns: &'a [KindColumns],
    current: &'a [&'static Column],
}

impl<'a> ObjectWriter<'a> {
    /// Writes these columns.
    #[must_use]
    pub fn new(format: Box<dyn Format + 'a>, columns: &'a [KindColumns]) -> ObjectWriter<'a> {
        ObjectWriter { format, columns, current: &[] }
    }
}

impl RowSink for ObjectWriter<'_> {
    fn begin(&mut self, kind: Kind) -> io::Result<()> {
        let Some(columns) = self.columns.iter().find(|columns| columns.kind == kind) else {
            self.current = &[];
            return self.format.begin(&Section { kind: Some(kind), headings: Vec::new() });
        };
        self.current = &columns.columns;
        self.format.begin(&columns.section())
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        self.format.row(&ObjectCells { row, columns: self.current })
    }

    fn end(&mut self) -> io::Result<()> {
        self.format.end()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.format.finish()
    }
}

/// The cells of an object.
struct ObjectCells<'a> {
    row: Row<'a>,
    columns: &'a [&'static Column],
}

impl Cells for ObjectCells<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        (self.columns[column].get)(&self.row)
    }

    fn attention(&self, column: usize) -> Attention {
        self.columns[column].attention.map_or(Attention::None, |of| of(&self.row))
    }

    fn users(&self) -> Option<(&Object, &Report)> {
        Some((self.row.object, self.row.facts.report.as_deref()?))
    }
}

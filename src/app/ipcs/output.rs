//! The format that the command line chose.

use std::io::Write;

use super::options::Options;
use super::task::Task;
use crate::cli::ipcs::FormatName;
use crate::names::Names;
use crate::query::{GroupBy, RowSink};
use crate::render::classic::{self, Unit};
use crate::render::csv::Csv;
use crate::render::export::Export;
use crate::render::formatter::TextFormatter;
use crate::render::json::{Json, Shape};
use crate::render::raw::Raw;
use crate::render::table::{Card, Table};
use crate::render::time::TimeFormat;
use crate::render::{Format, KindColumns, ObjectWriter};

/// Names of users and groups, or their numbers.
pub fn names(options: &Options) -> Names {
    if options.numeric { Names::numeric() } else { Names::new() }
}

/// How values are converted to text in this format.
fn formatter(options: &Options) -> TextFormatter {
    let table = options.format == FormatName::Table;
    let default = match options.task {
        // A card has enough room.
        task if task.is_detail() && table => TimeFormat::Full,
        _ if table => TimeFormat::Short,
        _ => TimeFormat::Utc,
    };
    let human = match options.unit {
        Unit::Default => table,
        Unit::Bytes => false,
        Unit::Human => true,
    };
    let times = options.times.unwrap_or(default);
    let mut formatter = TextFormatter::new(names(options), times, human, options.style.now);
    formatter.terminal = options.style.terminal;
    formatter.in_table = table;
    formatter
}

/// Takes the rows of a query.
pub fn row_sink<'a>(
    out: &'a mut dyn Write,
    options: &Options,
    columns: &'a [KindColumns],
) -> Box<dyn RowSink + 'a> {
    let detail = options.task.is_detail();
    let format: Box<dyn Format + 'a> = match (options.format, options.task) {
        (FormatName::Classic, Task::List(view)) => {
            let list = classic::List::new(out, view, options.unit, names(options));
            Box::new(list.without_headings(options.style.table.no_headings))
        }
        (FormatName::Classic, _) => return Box::new(classic::Detail::new(out, options.unit)),
        (FormatName::Table, _) if detail => {
            let card = Card::new(out, formatter(options), options.style.table);
            Box::new(card.with_processes(options.processes))
        }
        _ => {
            let tables = columns.iter().filter(|columns| !columns.columns.is_empty()).count();
            format(out, options, tables > 1)
        }
    };
    Box::new(ObjectWriter::new(format, columns))
}

/// Any of the new formats; tables have titles if `titled`.
pub fn format<'a>(out: &'a mut dyn Write, options: &Options, titled: bool) -> Box<dyn Format + 'a> {
    let headings = !options.style.table.no_headings;
    match options.format {
        FormatName::Json if options.style.terminal => json(out, options, Shape::Indented),
        FormatName::Json => json(out, options, Shape::Document),
        FormatName::Jsonl => json(out, options, Shape::Lines),
        FormatName::Csv => Box::new(Csv::new(out, formatter(options), headings)),
        FormatName::Raw => Box::new(Raw::new(out, formatter(options), headings)),
        FormatName::Export => Box::new(Export::new(out, formatter(options))),
        FormatName::Table | FormatName::Classic => table(out, options, titled),
    }
}

fn json<'a>(out: &'a mut dyn Write, options: &Options, shape: Shape) -> Box<dyn Format + 'a> {
    Box::new(Json::new(out, shape, names(options), options.style.now))
}

/// One JSON object a line, regardless of the format.
pub fn json_lines<'a>(out: &'a mut dyn Write, options: &Options) -> Box<dyn Format + 'a> {
    json(out, options, Shape::Lines)
}

/// The format for totals of groups in text.
pub fn groups<'a>(out: &'a mut dyn Write, options: &Options, by: GroupBy) -> Box<dyn Format + 'a> {
    if options.format != FormatName::Classic {
        return format(out, options, false);
    }
    let mut formatter = formatter(options);
    formatter.in_table = true;
    let (title, no_headings) = (title(by), options.style.table.no_headings);
    Box::new(classic::Groups::new(out, formatter, title, no_headings))
}

fn title(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Owner => "Totals by Owner",
        GroupBy::Creator => "Totals by Creator",
        GroupBy::Group => "Totals by Group",
        GroupBy::Command => "Totals by Command",
        GroupBy::Namespace => "Totals by Namespace",
    }
}

/// A table, regardless of the format.
pub fn table<'a>(out: &'a mut dyn Write, options: &Options, titled: bool) -> Box<dyn Format + 'a> {
    let table = Table::new(out, formatter(options), options.style.table, titled);
    Box::new(table.with_processes(options.processes))
}

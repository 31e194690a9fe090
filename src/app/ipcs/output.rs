//! Sections in one of the new formats.

use std::io::{self, Write};

use super::options::Options;
use crate::cli::ipcs::FormatName;
use crate::names::Names;
use crate::render::classic::Unit;
use crate::render::text::Texts;
use crate::render::time::TimeFormat;
use crate::render::{Grid, Section, csv, export, json, raw, table};

/// Names as the command line wants them.
pub fn names(options: &Options) -> Names {
    if options.numeric { Names::numeric() } else { Names::new() }
}

/// How values become text in this format.
pub fn texts(options: &Options) -> Texts {
    let table = options.format == FormatName::Table;
    let times = options.times.unwrap_or(if table { TimeFormat::Short } else { TimeFormat::Utc });
    let human = match options.unit {
        Unit::Default => table,
        Unit::Bytes => false,
        Unit::Human => true,
    };
    let mut texts = Texts::new(names(options), times, human, options.style.now);
    texts.terminal = options.style.terminal;
    texts.percent_sign = table;
    texts
}

/// Writes the sections of a list.
pub fn write(out: &mut dyn Write, options: &Options, sections: &[Section<'_>]) -> io::Result<()> {
    match options.format {
        FormatName::Json => json::list(out, json::Shape::Document, sections, names(options)),
        FormatName::Jsonl => json::list(out, json::Shape::Lines, sections, names(options)),
        _ => {
            let grids: Vec<&dyn Grid> =
                sections.iter().map(|section| section as &dyn Grid).collect();
            write_grids(out, options, &grids)
        }
    }
}

/// Writes grids in one of the formats of text.
pub fn write_grids(out: &mut dyn Write, options: &Options, grids: &[&dyn Grid]) -> io::Result<()> {
    let style = options.style.table;
    let mut texts = texts(options);
    match options.format {
        FormatName::Csv => csv::write(out, grids, &mut texts, !style.no_headings),
        FormatName::Raw => raw::write(out, grids, &mut texts, !style.no_headings),
        FormatName::Export => export::write(out, grids, &mut texts),
        _ => table::write(out, grids, &mut texts, style),
    }
}

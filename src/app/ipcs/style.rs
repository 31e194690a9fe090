//! What the environment says of the output: terminal, width, colours.

use std::env;
use std::io::{self, IsTerminal};

use crate::app::edge::now;
use crate::cli::ipcs::{FormatName, IpcsArgs, When};
use crate::render::table::TableStyle;

/// How the output looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// For tables.
    pub table: TableStyle,
    /// Whether a terminal reads it, for formats to which that makes a difference.
    pub terminal: bool,
    /// Now, in seconds since the epoch.
    pub now: i64,
}

impl Style {
    /// Reads terminal, environment and clock once; a terminal is nothing to formats that write the
    /// same everywhere.
    pub fn resolve(args: &IpcsArgs, format: FormatName) -> Style {
        let table = format == FormatName::Table;
        let differs = table || matches!(format, FormatName::Csv | FormatName::Export);
        let terminal = differs && io::stdout().is_terminal();
        let width = (table && terminal).then(|| terminal_size::terminal_size_of(io::stdout()));
        Style {
            table: TableStyle {
                width: width.flatten().map(|(width, _)| width.0),
                color: color(args.color.unwrap_or_default(), terminal),
                no_headings: args.no_headings,
                no_truncate: args.no_truncate,
            },
            terminal,
            now: now(),
        }
    }
}

fn color(when: When, terminal: bool) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            terminal
                && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

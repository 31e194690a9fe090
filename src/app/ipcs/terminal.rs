//! The output as the environment describes it: terminal, width, colours.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

use crate::app::session::now;
use crate::cli::ipcs::{FormatName, IpcsArgs, When};
use crate::render::table::TableStyle;

/// How the output looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// For tables.
    pub table: TableStyle,
    /// Whether it is a terminal, for formats that write differently there.
    pub terminal: bool,
    /// Now, in seconds since the epoch.
    pub now: i64,
}

impl Style {
    /// Reads terminal, environment and clock once. Formats that write the same everywhere ignore
    /// the terminal.
    pub fn resolve(args: &IpcsArgs, format: FormatName) -> Style {
        let table = format == FormatName::Table;
        let differs = table
            || args.prometheus
            || matches!(format, FormatName::Json | FormatName::Csv | FormatName::Export);
        let terminal = differs && io::stdout().is_terminal();
        Style {
            table: TableStyle {
                width: if table { width(terminal) } else { None },
                color: color(args.color.unwrap_or_default(), terminal),
                ascii: table && terminal && !is_utf8(locale()),
                no_headings: args.no_headings,
                no_truncate: args.no_truncate,
            },
            terminal,
            now: now(),
        }
    }
}

/// How many columns a table may take: the width of the terminal. `COLUMNS` sets a width where the
/// output is not a terminal, or where the terminal does not report a width.
fn width(terminal: bool) -> Option<u16> {
    let size = if terminal { terminal_size::terminal_size_of(io::stdout()) } else { None };
    let columns = || env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
    size.map(|(width, _)| width.0).filter(|width| *width > 0).or_else(columns)
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

/// The character locale, determined as in setlocale(3).
fn locale() -> Option<OsString> {
    let mut values = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os);
    values.find(|value| !value.is_empty())
}

/// Whether a locale uses UTF-8. Without one it is the C locale, which uses ASCII.
fn is_utf8(locale: Option<OsString>) -> bool {
    let name = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.contains("utf-8") || name.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_named_by_the_locale() {
        for name in ["C.UTF-8", "de_DE.utf8", "en_US.UTF-8@euro"] {
            assert!(is_utf8(Some(name.into())), "{name}");
        }
        for name in ["C", "POSIX", "de_DE", "de_DE.ISO-8859-1", "ja_JP.eucJP"] {
            assert!(!is_utf8(Some(name.into())), "{name}");
        }
        assert!(!is_utf8(None));
    }
}

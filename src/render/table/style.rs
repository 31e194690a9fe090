//! How tables are drawn.

use clap::builder::styling::{AnsiColor, Style};

use super::under::Cut;
use crate::columns::Attention;

/// How tables are drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableStyle {
    /// Columns of the terminal; `None` in a pipe.
    pub width: Option<u16>,
    /// Whether colours are used.
    pub color: bool,
    /// Whether headings are left out.
    pub no_headings: bool,
    /// Whether the sign for a cut text has to be ASCII.
    pub ascii: bool,
    /// Whether texts are never cut to fit the terminal.
    pub no_truncate: bool,
}

impl TableStyle {
    /// How lines are cut on a terminal.
    pub(super) fn cut(self) -> Option<Cut> {
        let width = self.width.filter(|_| !self.no_truncate)?;
        Some(Cut { width: width.into(), sign: if self.ascii { '~' } else { '…' } })
    }
}

/// The style of headings.
pub(super) const HEADING: Style = Style::new().bold();

/// The style of a cell; `None` for plain text. The colours are readable on dark and on light
/// terminals: bold, and the darker half of the sixteen, which every theme adapts.
pub(super) fn style_of(attention: Attention) -> Option<Style> {
    match attention {
        Attention::None => None,
        Attention::Notice => Some(AnsiColor::Cyan.on_default()),
        Attention::Warning => Some(AnsiColor::Yellow.on_default()),
        Attention::Alarm => Some(AnsiColor::Red.on_default().bold()),
    }
}

/// A line that must not be overlooked, in red.
#[must_use]
pub fn alarm(line: &str) -> String {
    style_of(Attention::Alarm).map_or(line.to_owned(), |style| format!("{style}{line}{style:#}"))
}

//! How tables are drawn.

use clap::builder::styling::{AnsiColor, Effects, Style};

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

/// How a text is drawn. The colours are readable on dark and on light terminals: bold, and the
/// darker half of the sixteen, which every theme adapts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub color: Option<AnsiColor>,
    pub bold: bool,
}

impl Look {
    pub const HEADING: Look = Look { color: None, bold: true };

    pub fn of(attention: Attention) -> Look {
        let (color, bold) = match attention {
            Attention::None => (None, false),
            Attention::Notice => (Some(AnsiColor::Cyan), false),
            Attention::Warning => (Some(AnsiColor::Yellow), false),
            Attention::Alarm => (Some(AnsiColor::Red), true),
        };
        Look { color, bold }
    }

    /// The style to write it in; `None` for plain text.
    pub fn style(self) -> Option<Style> {
        let is_plain = self.color.is_none() && !self.bold;
        let effects = if self.bold { Effects::BOLD } else { Effects::new() };
        let style = Style::new().fg_color(self.color.map(Into::into)).effects(effects);
        (!is_plain).then_some(style)
    }
}

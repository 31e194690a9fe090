//! Aligned tables: one that fits a terminal, one that streams and cuts nothing.

mod card;
mod fit;
mod stream;
mod terminal;

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Effects, Style};

use super::text::Texts;
use super::{Attention, Grid};
use crate::model::Kind;

pub use card::card;

/// More rows than this are streamed on a terminal too: fitting costs, and nobody reads them.
const FITTED_ROWS: usize = 1000;

/// How tables are drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableStyle {
    /// Columns of the terminal; `None` in a pipe.
    pub width: Option<u16>,
    /// Whether colours are used.
    pub color: bool,
    /// Whether headings are left out.
    pub no_headings: bool,
    /// Whether the sign of a cut text has to be ASCII.
    pub ascii: bool,
    /// Whether every text is whole, wider than the terminal or not.
    pub no_truncate: bool,
}

/// Writes a table for each grid that has columns; several of them have titles, or at least an empty
/// line between them.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut dyn Write,
    grids: &[&dyn Grid],
    texts: &mut Texts,
    style: TableStyle,
) -> io::Result<()> {
    let is_blank =
        |grid: &dyn Grid| grid.headings().is_empty() || style.no_headings && grid.is_empty();
    let grids: Vec<_> = grids.iter().filter(|grid| !is_blank(**grid)).collect();
    for (at, grid) in grids.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        if grids.len() > 1
            && !style.no_headings
            && let Some(kind) = grid.kind()
        {
            writeln!(out, "{}", title(kind))?;
        }
        match style.width {
            Some(width) if grid.len() <= FITTED_ROWS && !style.no_truncate => {
                terminal::write(out, **grid, texts, style, width)?;
            }
            _ => stream::write(out, **grid, texts, style)?,
        }
    }
    Ok(())
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Shm => "Shared memory segments",
        Kind::Msg => "Message queues",
        Kind::Sem => "Semaphore sets",
    }
}

/// How a cell is drawn, if not plainly; `row` is `None` for the headings.
fn cell_style(
    grid: &dyn Grid,
    style: TableStyle,
    row: Option<usize>,
    column: usize,
) -> Option<Style> {
    match row {
        _ if !style.color => None,
        Some(row) => colour(grid.attention(row, column)),
        None => Some(Style::new().bold()),
    }
}

/// Colours that are readable on dark and on light terminals: bold, and the darker half of the
/// sixteen, which every theme adapts.
fn colour(attention: Attention) -> Option<Style> {
    let plain = Style::new();
    match attention {
        Attention::None => None,
        Attention::Notice => Some(plain.fg_color(Some(AnsiColor::Cyan.into()))),
        Attention::Warning => Some(plain.fg_color(Some(AnsiColor::Yellow.into()))),
        Attention::Alarm => {
            Some(plain.fg_color(Some(AnsiColor::Red.into())).effects(Effects::BOLD))
        }
    }
}

//! Everything about one object, a line for each column.

use std::io::{self, Write};

use super::{TableStyle, cell_style};
use crate::columns::Value;
use crate::model::Semaphore;
use crate::render::Section;
use crate::render::sanitize::escaped;
use crate::render::size::human;
use crate::render::text::Texts;
use crate::render::time::{TimeFormat, duration};

/// Writes the rows of a section as cards.
///
/// # Errors
/// Those of `out`.
pub fn card(
    out: &mut dyn Write,
    section: &Section<'_>,
    texts: &mut Texts,
    style: TableStyle,
) -> io::Result<()> {
    let label_width = section.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
    for (at, row) in section.rows.iter().enumerate() {
        let mut semaphores = None;
        for (index, column) in section.columns.iter().enumerate() {
            let value = (column.get)(row);
            if let Value::Semaphores(list) = value {
                semaphores = Some(list);
                continue;
            }
            let text = fact(value, texts);
            write!(out, "{:<label_width$}  ", column.name)?;
            match cell_style(section, style, Some(at), index) {
                Some(style) => writeln!(out, "{style}{text}{style:#}")?,
                None => writeln!(out, "{text}")?,
            }
        }
        if let Some(semaphores) = semaphores {
            write_semaphores(out, semaphores)?;
        }
    }
    Ok(())
}

fn fact(value: Value<'_>, texts: &mut Texts) -> String {
    let mut plain = Vec::new();
    match value {
        Value::Null => return "-".to_owned(),
        Value::Words([]) => return "-".to_owned(),
        Value::Bytes(bytes) if bytes >= 1024 && texts.human => {
            return format!("{} ({bytes} bytes)", human(bytes));
        }
        Value::Time(seconds) => {
            let format =
                if texts.times == TimeFormat::Short { TimeFormat::Full } else { texts.times };
            texts.time(seconds, format, &mut plain);
            plain.extend_from_slice(format!(" ({})", ago(texts.now - seconds)).as_bytes());
        }
        value => texts.put(value, &mut plain),
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

fn write_semaphores(out: &mut dyn Write, semaphores: &[Semaphore]) -> io::Result<()> {
    writeln!(
        out,
        "\n{:>6}  {:>6}  {:>6}  {:>6}  {:>10}",
        "SEMNUM", "VALUE", "NCOUNT", "ZCOUNT", "PID"
    )?;
    for Semaphore { num, value, ncount, zcount, pid } in semaphores {
        writeln!(out, "{num:>6}  {value:>6}  {ncount:>6}  {zcount:>6}  {pid:>10}")?;
    }
    Ok(())
}

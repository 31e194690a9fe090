//! Everything about one object, a line for each column.

use std::io::{self, Write};

use super::{TableStyle, cell_style, stream};
use crate::columns::{Align, Value};
use crate::model::{Kind, Semaphore};
use crate::render::sanitize::escaped;
use crate::render::size::human;
use crate::render::text::Texts;
use crate::render::time::duration;
use crate::render::{Grid, Heading, Section};

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
            if section.columns.len() > 1 {
                writeln!(out)?;
            }
            stream::write(out, &SemaphoreTable(semaphores), texts, style)?;
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
            texts.time(seconds, texts.times, &mut plain);
            // No calendar has such a day: null in JSON.
            if plain.is_empty() {
                return "-".to_owned();
            }
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

/// The semaphores of a set as a table of their own.
struct SemaphoreTable<'a>(&'a [Semaphore]);

impl Grid for SemaphoreTable<'_> {
    fn kind(&self) -> Option<Kind> {
        None
    }

    fn headings(&self) -> Vec<Heading> {
        ["semnum", "value", "ncount", "zcount", "pid"]
            .map(|name| Heading { name, align: Align::Right, spare: false })
            .to_vec()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn value(&self, row: usize, column: usize) -> Value<'_> {
        let Semaphore { num, value, ncount, zcount, pid } = self.0[row];
        let numbers = [num.into(), value.into(), ncount.into(), zcount.into(), pid.into()];
        Value::Int(numbers[column])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use crate::render::time::{LocalTime, TimeFormat};

    #[test]
    fn times_have_the_format_asked_for_and_none_that_cannot_be() {
        let now = 1_795_413_386;
        let fact_of = |seconds, times| {
            let texts = Texts::new(Names::numeric(), times, true, now);
            fact(Value::Time(seconds), &mut texts.with_clock(LocalTime::fixed(0)))
        };
        assert_eq!(fact_of(now - 60, TimeFormat::Short), "05:55 (1m ago)");
        assert_eq!(fact_of(now - 60, TimeFormat::Full), "2026-11-23 05:55:26 (1m ago)");
        assert_eq!(fact_of(now + 60, TimeFormat::Short), "05:57 (in the future)");
        for never in [i64::MAX, i64::MIN] {
            assert_eq!(fact_of(never, TimeFormat::Full), "-");
            assert_eq!(fact_of(never, TimeFormat::Iso), "-");
        }
    }
}

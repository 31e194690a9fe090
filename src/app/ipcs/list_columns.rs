//! `--list-columns`.

use super::options::Options;
use super::output;
use crate::app::session::{Exit, Session};
use crate::cli::UsageError;
use crate::cli::ipcs::FormatName;
use crate::columns::{Align, COLUMNS, Column, Needs, Value};
use crate::render::{Cells, Cut, Heading, Section, write_table};

/// One column, described.
struct Description([String; 4]);

impl Cells for Description {
    fn value(&self, column: usize) -> Value<'_> {
        self.0.get(column).map_or(Value::Null, |text| Value::Text(text.as_bytes()))
    }
}

pub fn show(session: &mut Session, options: &Options) -> anyhow::Result<Exit> {
    if matches!(options.format, FormatName::Json | FormatName::Jsonl) {
        return Err(UsageError::new("--list-columns does not support JSON").into());
    }
    let describe = |column: &&Column| {
        let name = column.name.to_owned();
        let kinds = column.kinds.words(",", "all");
        Description([name, kinds, column.aliases.join(","), meaning(column)])
    };
    let shown = COLUMNS.iter().filter(|column| column.kinds.intersects(options.kinds));
    let rows: Vec<Description> = shown.map(describe).collect();
    let headings = ["column", "kinds", "aliases", "meaning"];
    // A meaning that is cut explains nothing.
    let cut = |name| if name == "meaning" { Cut::Wrap } else { Cut::Never };
    let headings =
        headings.map(|name| Heading { cut: cut(name), ..Heading::new(name, Align::Left) });
    let headings = headings.to_vec();
    write_table(
        &mut *output::format(session.out(), options, false),
        &Section { kind: None, headings },
        rows.iter().map(|row| row as &dyn Cells),
    )?;
    Ok(Exit::Success)
}

/// What it means, and when `all` includes it if that is not always.
fn meaning(column: &Column) -> String {
    if column.needs.has(Needs::PROCESSES) {
        format!("{} (with -P or by name)", column.help)
    } else {
        column.help.to_owned()
    }
}

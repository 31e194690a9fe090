//! `--list-columns`.

use super::options::Options;
use super::output;
use crate::app::edge::{Exit, Session};
use crate::cli::UsageError;
use crate::cli::ipcs::FormatName;
use crate::columns::{Align, COLUMNS, Column, Needs, Value};
use crate::model::Kind;
use crate::render::{Grid, Heading, table};

/// The columns of the chosen kinds as rows.
struct ColumnList {
    rows: Vec<[String; 4]>,
}

impl Grid for ColumnList {
    fn kind(&self) -> Option<Kind> {
        None
    }

    fn headings(&self) -> Vec<Heading> {
        ["column", "kinds", "aliases", "meaning"]
            .map(|name| Heading { name, align: Align::Left, spare: false })
            .to_vec()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn value(&self, row: usize, column: usize) -> Value<'_> {
        Value::Text(self.rows[row][column].as_bytes())
    }
}

pub fn show_columns(session: &mut Session, options: &Options) -> anyhow::Result<Exit> {
    let rows = COLUMNS
        .iter()
        .filter(|column| column.kinds.intersects(options.kinds))
        .map(|column| {
            let name = column.name.to_owned();
            [name, column.kinds.words(",", "all"), column.aliases.join(","), meaning(column)]
        })
        .collect();
    let list = ColumnList { rows };
    match options.format {
        FormatName::Csv | FormatName::Raw | FormatName::Export => {
            output::write_grids(session.out(), options, &[&list])?;
        }
        FormatName::Json | FormatName::Jsonl => {
            return Err(UsageError::new("--list-columns is text: there is no JSON of it").into());
        }
        FormatName::Classic | FormatName::Table => {
            // Whole on a terminal too: a meaning that is cut explains nothing.
            let style = table::TableStyle { width: None, ..options.style.table };
            table::write(session.out(), &[&list], &mut output::texts(options), style)?;
        }
    }
    Ok(Exit::Success)
}

/// What it means, and when `all` has it where that is not always.
fn meaning(column: &Column) -> String {
    match column.needs {
        Needs::Processes => format!("{} (with -P or by name)", column.help),
        _ => column.help.to_owned(),
    }
}

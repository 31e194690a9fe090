//! Lists of objects.

use std::io::{self, Write};

use super::options::{Format, Options};
use super::report;
use crate::app::edge::{Exit, Session};
use crate::collect::{self, Gap, Listed, Snapshot, Want};
use crate::columns::{self, AsRow, Column, Needs};
use crate::model::{Kind, MsgQueue, SemSet, Shm};
use crate::proc::ProcRoot;
use crate::render::classic::{self, Sheet, ViewName};
use crate::render::names::Names;
use crate::render::{Section, json};

pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    view: ViewName,
) -> anyhow::Result<Exit> {
    let mut gaps = Vec::new();
    match options.format {
        Format::Classic => {
            let mut list = ClassicList {
                out: session.out(),
                proc,
                gaps: &mut gaps,
                sheet: Sheet::new(options.unit),
            };
            list.all(options, view)?;
        }
        Format::Json => json(session, proc, options, &mut gaps)?,
    }
    Ok(report(session, &gaps))
}

/// Writes classic sections; no more than a chunk of rows is ever held.
struct ClassicList<'a, W> {
    out: &'a mut W,
    proc: &'a ProcRoot,
    gaps: &'a mut Vec<Gap>,
    sheet: Sheet,
}

impl<W: Write> ClassicList<'_, W> {
    fn all(&mut self, options: &Options, name: ViewName) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        for kind in Kind::CLASSIC.into_iter().filter(|kind| options.kinds.contains(*kind)) {
            if let Some(view) = classic::view(kind, name) {
                match kind {
                    Kind::Msg => self.section::<MsgQueue>(view)?,
                    Kind::Shm => self.section::<Shm>(view)?,
                    Kind::Sem => self.section::<SemSet>(view)?,
                }
            }
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn section<T: Listed + AsRow>(&mut self, view: &classic::View) -> io::Result<()> {
        let mut text = Vec::new();
        self.sheet.head(view, &mut text);
        self.out.write_all(&text)?;
        collect::read(self.proc, Want::default(), self.gaps, &mut |chunk: &mut [T]| {
            text.clear();
            for object in chunk {
                self.sheet.row(view, &object.row(), &mut text);
            }
            self.out.write_all(&text)
        })
    }
}

fn json(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
    gaps: &mut Vec<Gap>,
) -> anyhow::Result<()> {
    let snapshot = Snapshot::read(proc, options.kinds, Want::ALL, gaps);
    let sections: Vec<Section<'_>> = options
        .kinds
        .iter()
        .map(|kind| Section { kind, columns: list_columns(kind), rows: snapshot.rows(kind) })
        .collect();
    Ok(json::document(session.out(), &sections, Names::new())?)
}

/// The columns of a list in JSON: all that need no more than the list itself.
fn list_columns(kind: Kind) -> Vec<&'static Column> {
    columns::of_kind(kind).filter(|column| column.needs == Needs::Nothing).collect()
}

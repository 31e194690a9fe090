//! A query and how it runs: read, filter, join, sort, output.

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::answer::Answer;
use super::facts;
use super::filter::Filter;
use super::sink::RowSink;
use super::sort::{SortBy, sort};
use crate::columns::{Needs, OwnedRow, Place, Row};
use crate::model::{Identity, Kind, Kinds, Object};
use crate::names::Names;
use crate::proc::ProcRoot;
use crate::processes::{Inspector, Reason, ScanRequest, Walk};
use crate::sources::{Batch, Gap, Gaps, Lookup, Source, read_at_once};

/// What is requested.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The kinds, in the order of the answer.
    pub kinds: Vec<Kind>,
    /// The only objects to look up, at most one of each kind.
    pub only: Option<Vec<Identity>>,
    /// The conditions for objects.
    pub filter: Filter,
    /// The order; empty for that of the kernel.
    pub sort: Vec<SortBy>,
    /// At most this number of rows of each kind.
    pub top: Option<usize>,
    /// Names of users and groups are not looked up for the order.
    pub numeric: bool,
    /// What has to be read for the columns.
    pub needs: Needs,
    /// The namespace of the source, for columns that show it.
    pub place: Option<Arc<Place>>,
    /// A walk over the processes that was done before, for every namespace.
    pub walk: Option<Arc<Walk>>,
    /// Now, in seconds since the epoch.
    pub now: i64,
}

impl Query {
    /// Everything that has to be known: for the columns, the order and the filter.
    #[must_use]
    pub fn all_needs(&self) -> Needs {
        let order: Needs = self.sort.iter().map(|by| by.column.needs).collect();
        order.and(self.needs).and(self.filter.needs())
    }

    /// What a walk over the processes has to look for; `None`: no process information is needed.
    #[must_use]
    pub fn scan_request(&self) -> Option<ScanRequest> {
        let kinds = self.kinds.iter().fold(Kinds::NONE, |all, kind| all.and(Kinds::of(*kind)));
        let needs = self.all_needs();
        let request = self.filter.scan_request(kinds);
        if needs.has(Needs::PROCESSES) {
            Some(request.and(ScanRequest::processes(kinds)))
        } else if needs.has(Needs::ORPHANED) {
            Some(request.and(ScanRequest::in_use(kinds)))
        } else if self.filter.needs_processes() || needs.has(Needs::COMMAND) {
            Some(request)
        } else {
            None
        }
    }

    /// Whether all objects that pass the filter are the answer, in the order of the kernel.
    fn is_whole(&self) -> bool {
        self.only.is_none() && self.top.is_none() && self.sort.is_empty()
    }

    /// Runs the query. The processes are inspected before the objects are read: a process that
    /// attaches in between is then known to be missing instead of being overlooked.
    ///
    /// # Errors
    /// Only those of the sink.
    pub fn run(
        &self,
        source: &dyn Source,
        proc: &ProcRoot,
        sink: &mut dyn RowSink,
    ) -> io::Result<Answer> {
        let inspector = self.scan_request().map(|request| {
            let mut inspector = Inspector::new(proc.clone());
            match &self.walk {
                Some(walk) => inspector.take_from(walk),
                None => inspector.scan(request),
            };
            inspector
        });
        let needs = self.all_needs();
        let answer = Answer { inspector, ..Answer::default() };
        let mut run = Run { query: self, needs, is_filtered: !self.filter.is_empty(), answer };
        if sink.takes_any_order() && self.is_whole() {
            run.read_at_once(source, sink)?;
            sink.finish()?;
            return Ok(run.answer);
        }
        for kind in &self.kinds {
            sink.begin(*kind)?;
            let top = self.top.unwrap_or(usize::MAX);
            if self.sort.is_empty() {
                run.read(source, *kind, top, &mut |row| sink.row(row))?;
            } else {
                let sorted = run.sorted(source, *kind)?;
                sorted.iter().take(top).try_for_each(|row| sink.row(row.row()))?;
            }
            sink.end()?;
        }
        sink.finish()?;
        Ok(run.answer)
    }
}

struct Run<'a> {
    query: &'a Query,
    needs: Needs,
    is_filtered: bool,
    answer: Answer,
}

impl Run<'_> {
    /// The rows of a kind, in the requested order.
    fn sorted(&mut self, source: &dyn Source, kind: Kind) -> io::Result<Vec<OwnedRow>> {
        let mut rows = Vec::new();
        self.read(source, kind, usize::MAX, &mut |row| {
            rows.push(OwnedRow { object: row.object.clone(), facts: row.facts.clone() });
            Ok(())
        })?;
        let mut names = if self.query.numeric { Names::numeric() } else { Names::new() };
        sort(&mut rows, &self.query.sort, &mut names);
        Ok(rows)
    }

    /// Reads, filters and joins all objects, those of several kinds at the same time.
    fn read_at_once(&mut self, source: &dyn Source, sink: &mut dyn RowSink) -> io::Result<()> {
        let (kinds, needs) = (&self.query.kinds, self.needs);
        // As if one kind had been read after the other.
        let mut gaps: BTreeMap<Kind, Gaps> = BTreeMap::new();
        let mut left = usize::MAX;
        read_at_once(source, kinds, needs, &mut |kind, batch| {
            self.answer.gaps = gaps.remove(&kind).unwrap_or_default();
            self.batch(batch, &mut left, &mut |row| sink.row(row)).map(drop)?;
            gaps.insert(kind, mem::take(&mut self.answer.gaps));
            Ok(())
        })?;
        for kind in kinds {
            self.answer.gaps.append(gaps.remove(kind).unwrap_or_default());
        }
        Ok(())
    }

    /// Reads, filters and joins, until there are `top` rows.
    fn read(
        &mut self,
        source: &dyn Source,
        kind: Kind,
        top: usize,
        give: &mut dyn FnMut(Row<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let needs = self.needs;
        if let Some(only) = &self.query.only {
            let identity = only.iter().find(|identity| identity.kind == kind);
            let found = identity.map(|identity| source.find(identity, needs)).unwrap_or_default();
            let Lookup { object, gaps } = found;
            let batch = Batch { objects: object.into_iter().collect(), gaps };
            return self.batch(batch, &mut 1, give).map(|_| ());
        }
        let mut left = top;
        source.read(kind, needs, &mut |batch| self.batch(batch, &mut left, give))
    }

    fn batch(
        &mut self,
        batch: Batch,
        left: &mut usize,
        give: &mut dyn FnMut(Row<'_>) -> io::Result<()>,
    ) -> io::Result<ControlFlow<()>> {
        self.answer.gaps.extend(batch.gaps);
        for object in &batch.objects {
            if *left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            if self.is_filtered && !self.passes(object) {
                continue;
            }
            *left = left.saturating_sub(1);
            self.answer.rows = self.answer.rows.saturating_add(1);
            if self.needs.has_facts() {
                let facts =
                    facts::read(object, self.needs, self.query.place.as_ref(), &mut self.answer);
                give(Row { object, facts: &facts })?;
            } else {
                give(Row::of(object))?;
            }
        }
        Ok(if *left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn passes(&mut self, object: &Object) -> bool {
        let filter = &self.query.filter;
        if !filter.passes_by_itself(object, self.query.now) {
            return false;
        }
        let Some(inspector) = &mut self.answer.inspector else { return true };
        filter.passes_by_processes(object, inspector).unwrap_or_else(|reason| {
            // What failed for all objects is reported once, with the processes.
            if let Reason::Failed(error) = reason {
                self.answer.gaps.push(Gap::unsure(object, error));
            }
            false
        })
    }
}

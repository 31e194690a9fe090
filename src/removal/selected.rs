//! Removes the objects that a filter selects, if they are not in use.

use std::io;
use std::ops::ControlFlow;
use std::time::Instant;

use nix::errno::Errno;

use super::cause::Cause;
use super::engine::Engine;
use super::event::{Candidate, Decision, Event, Outcome};
use super::files::Same;
use super::keep_reason::{Change, KeepReason};
use super::look::{Look, look_again};
use super::request::{Options, Selection};
use crate::model::{Family, Id, Kind, Kinds, Object};
use crate::processes::{Reason, ScanRequest, Verdict, rules};
use crate::query::{Filter, Judgement};
use crate::sources::Gap;
use crate::sys::ipc;

/// An id that no object has.
const NO_ID: Id = Id(-1);

impl Engine<'_> {
    pub fn selection(&mut self, selection: &Selection) -> io::Result<()> {
        let kinds = selection.kinds.in_order(Kind::REMOVAL_ORDER);
        let counts: Vec<_> = kinds.map(|kind| (kind, self.source.estimate(kind))).collect();
        let total = counts.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
        // Processes first, then objects: a process that attaches in between is then not overlooked.
        self.scan.add(selection.filter.scan_request(selection.kinds));
        self.scan.look();
        let mut done = 0;
        for (kind, count) in counts {
            match kind.is_posix() && self.needs_no_batches(selection) {
                true => self.forced_files(kind, &selection.filter, (done, total))?,
                false => self.batches(selection, kind, (done, total))?,
            }
            done = done.saturating_add(count);
            if self.over {
                break;
            }
        }
        self.handler.progress(total, total);
        Ok(())
    }

    /// Reads, selects and removes the objects of a kind in batches.
    fn batches(
        &mut self,
        selection: &Selection,
        kind: Kind,
        (mut done, total): (u64, u64),
    ) -> io::Result<()> {
        let mut selected = Vec::new();
        let source = self.source;
        source.read(kind, selection.filter.needs(), &mut |batch| {
            self.gaps.extend(batch.gaps);
            let count = batch.objects.len() as u64;
            let batch = self.select(selection, batch.objects);
            if self.options.asks {
                // A prompt may take long: the list is read to its end first.
                selected.extend(batch);
            } else {
                self.batch(selection, batch, (done, total))?;
                done = done.saturating_add(count);
            }
            Ok(if self.over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        self.batch(selection, selected, (done, total))
    }

    /// Whether no processes are inspected and nothing is asked or predicted.
    fn needs_no_batches(&self, selection: &Selection) -> bool {
        let Options { dry_run, asks, .. } = self.options;
        selection.force && !selection.filter.needs_processes() && !dry_run && !asks
    }

    /// The objects of a batch that the filter selects. Uncertain ones are kept.
    fn select(&mut self, selection: &Selection, batch: Vec<Object>) -> Vec<Object> {
        let Selection { filter, force, .. } = selection;
        let now = self.options.now;
        let mut selected: Vec<Object> =
            batch.into_iter().filter(|object| filter.passes_by_itself(object, now)).collect();
        if filter.used_by.is_some() {
            selected.retain(|object| self.is_used_by(filter, object));
        }
        selected.retain(|object| !self.keeps_other_file(object));
        if filter.needs_verdicts() {
            selected.retain(|object| {
                match filter.judge(&rules::verdicts(object, self.scan.inspector())) {
                    Judgement::Passes => true,
                    Judgement::Fails(_) => false,
                    Judgement::Unsure(verdict) => {
                        let outcome = Outcome::Kept(KeepReason::NotSure(verdict));
                        self.kept.push(Event::of(Candidate::of(object.clone()), outcome));
                        false
                    }
                }
            });
        } else if let Some(first) = selected.first().filter(|_| !force) {
            self.scan.add(ScanRequest::in_use(Kinds::of(first.kind())));
        }
        selected
    }

    /// Whether one of the processes that the filter asks for uses an object.
    fn is_used_by(&mut self, filter: &Filter, object: &Object) -> bool {
        filter.used_by(object, self.scan.inspector()).unwrap_or_else(|reason| {
            // What failed for all objects is reported once, with the processes.
            if let Reason::Failed(error) = reason {
                self.gaps.push(Gap::unsure(object, error));
            }
            false
        })
    }

    /// Removes a batch. Its outcomes are reported afterwards, so that slow output does not come
    /// between the inspection of the processes and the removals.
    fn batch(
        &mut self,
        selection: &Selection,
        batch: Vec<Object>,
        (done, total): (u64, u64),
    ) -> io::Result<()> {
        self.handler.progress(done, total);
        if self.options.asks {
            return self.ask_for_each(selection, batch);
        }
        // The threads that wait on a queue are found only by inspecting each thread. This is done
        // after the queues were first read: a queue with an earlier waiter is kept, and later use
        // shows when the queue is read again.
        if batch.first().is_some_and(|first| first.kind().family() == Family::Queue) {
            self.scan.expire();
        }
        let count = batch.len();
        let mut outcomes = Vec::with_capacity(count);
        for chosen in &batch {
            let (object, outcome) = self.attempt_selected(selection, chosen, self.options.dry_run);
            let is_fatal = matches!(outcome, Outcome::Failed(cause) if cause.is_fatal());
            let mut candidate = Candidate::looked_at(chosen, object);
            // Without --force, nothing uses what is removed.
            if selection.force && chosen.kind().is_posix() && outcome == Outcome::Removed {
                candidate.blocked = self.count_users(chosen);
            }
            outcomes.push((candidate, outcome));
            if is_fatal {
                break;
            }
        }
        self.leave(count.saturating_sub(outcomes.len()));
        for (candidate, outcome) in outcomes {
            self.conclude(candidate, outcome);
        }
        Ok(())
    }

    /// Counts objects that are not processed.
    fn leave(&mut self, count: usize) {
        self.unprocessed = self.unprocessed.saturating_add(count);
    }

    fn ask_for_each(&mut self, selection: &Selection, batch: Vec<Object>) -> io::Result<()> {
        let count = batch.len();
        for (at, chosen) in batch.iter().enumerate() {
            if self.over {
                self.leave(count.saturating_sub(at));
                break;
            }
            if self.ask_for(selection, chosen)? == Decision::Stop {
                self.over = true;
                self.leave(1);
            }
        }
        Ok(())
    }

    fn ask_for(&mut self, selection: &Selection, chosen: &Object) -> io::Result<Decision> {
        // Nothing is asked about an object that stays anyway.
        let (object, outcome) = self.attempt_selected(selection, chosen, true);
        let candidate = Candidate::looked_at(chosen, object);
        if outcome != Outcome::Removed {
            self.conclude(candidate, outcome);
            return Ok(Decision::Keep);
        }
        let asked = Instant::now();
        let decision = self.handler.decide(&candidate)?;
        self.scan.waited(asked.elapsed());
        match decision {
            Decision::Stop => {}
            Decision::Keep => self.conclude(candidate, Outcome::Kept(KeepReason::Declined)),
            Decision::Remove => {
                if chosen.kind().family() == Family::Queue {
                    self.scan.expire();
                }
                let dry_run = self.options.dry_run;
                let (object, outcome) = self.attempt_selected(selection, chosen, dry_run);
                self.conclude(Candidate::looked_at(chosen, object), outcome);
            }
        }
        Ok(decision)
    }

    /// Checks the object again and removes it. Returns the object as it was then.
    fn attempt_selected(
        &mut self,
        selection: &Selection,
        chosen: &Object,
        dry_run: bool,
    ) -> (Option<Object>, Outcome) {
        // The processes first: what they did to the object since then shows in the object.
        self.scan.look();
        let now = match self.look_at_selected(selection, chosen) {
            Look::Same(now) => now,
            // For the caller, a segment that another process removed is gone.
            Look::Gone | Look::Marked => return (None, Outcome::Gone),
            Look::Changed(object, reason) => return (object, Outcome::Kept(reason)),
            Look::Unread(errno) => return (None, Outcome::Failed(Cause::Unread(errno))),
        };
        let outcome = match self.kept_for_its_use(selection, &now) {
            // An object that the caller may not remove is a failure, whether in use or not.
            Some(_) if self.may_remove(&now) == Ok(false) => {
                Outcome::Failed(Cause::Removal(Errno::EPERM))
            }
            Some(reason) => Outcome::Kept(reason),
            None if dry_run => self.predicted(&now),
            None => self.removed(selection, &now),
        };
        (Some(now), outcome)
    }

    /// What a removal does.
    fn removed(&self, selection: &Selection, now: &Object) -> Outcome {
        if !now.kind().is_posix() {
            return match ipc::remove(now.kind(), now.id().unwrap_or(NO_ID)) {
                Ok(()) => Outcome::Removed,
                Err(errno) if ipc::is_absent(errno) => Outcome::Gone,
                Err(errno) => Outcome::Failed(Cause::Removal(errno)),
            };
        }
        self.unlinked(now, if selection.force { Same::Everything } else { Same::Unused })
    }

    /// What a removal would do.
    fn predicted(&mut self, now: &Object) -> Outcome {
        match self.may_remove(now) {
            Ok(true) => Outcome::Removed,
            Ok(false) => Outcome::Failed(Cause::Removal(Errno::EPERM)),
            Err(errno) if self.options.dry_run => Outcome::Failed(Cause::Permission(errno)),
            // The removal itself will show it.
            Err(_) => Outcome::Removed,
        }
    }

    /// The object as it is now, if it is still the one that was selected and passes the filter.
    fn look_at_selected(&mut self, selection: &Selection, chosen: &Object) -> Look {
        let Selection { filter, force, .. } = selection;
        let now = match look_again(self.source, chosen, filter.needs()) {
            Look::Same(now) => now,
            other => return other,
        };
        if !force && now.was_used_since(chosen) {
            return Look::Changed(Some(now), KeepReason::Changed(Change::Used));
        }
        if !filter.passes_by_itself(&now, self.options.now) {
            return Look::Changed(Some(now), KeepReason::Changed(Change::Filter));
        }
        match filter.used_by(&now, self.scan.as_looked()) {
            Ok(true) => {}
            Ok(false) => return Look::Changed(Some(now), KeepReason::Changed(Change::Filter)),
            Err(reason) => {
                return Look::Changed(Some(now), KeepReason::NotSure(Verdict::unknown(reason)));
            }
        }
        Look::Same(now)
    }

    /// Whether the object stays because processes use it or may use it again.
    fn kept_for_its_use(&mut self, selection: &Selection, now: &Object) -> Option<KeepReason> {
        let Selection { filter, force, .. } = selection;
        if now.is_dest() && now.nattch() > 0 {
            return Some(KeepReason::Marked { nattch: now.nattch() });
        }
        if *force && !filter.needs_verdicts() {
            return None;
        }
        let verdicts = rules::verdicts(now, self.scan.as_looked());
        match filter.judge(&verdicts) {
            Judgement::Fails(verdict) => return Some(KeepReason::NoLonger(verdict)),
            Judgement::Unsure(verdict) => return Some(KeepReason::NotSure(verdict)),
            // An object that passes these is not in use. For a segment, at least nothing is
            // attached.
            Judgement::Passes if *force || filter.unused || filter.orphaned => return None,
            Judgement::Passes => {}
        }
        let stays = match verdicts.in_use.answer {
            Some(in_use) => in_use,
            None => !filter.include_unsure || verdicts.failure.is_some(),
        };
        stays.then_some(KeepReason::InUse(verdicts.in_use))
    }
}

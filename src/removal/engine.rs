//! Carries out a request: every object goes through the same steps.
//!
//! Objects are selected by the same code as in `ipcs`, a batch at a time. Each is checked again
//! right before it is removed. A dry run differs only in the last step.

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::time::Instant;

use nix::errno::Errno;
use nix::unistd::geteuid;

use super::cause::Cause;
use super::event::{Candidate, Decision, Event, Handler, Outcome};
use super::explain::{explain, scan_request};
use super::fresh_scan::FreshScan;
use super::keep_reason::{Change, KeepReason};
use super::privilege::{Privilege, owns};
use super::request::{NamedBy, Options, Plan, Request, Selection, Step};
use crate::columns::Needs;
use crate::model::{Family, Id, Identity, Key, Kind, Kinds, Object};
use crate::proc::ProcRoot;
use crate::processes::{ScanRequest, rules};
use crate::query::Judgement;
use crate::sources::{Gap, Source};
use crate::sys::{StatBy, ipc};

/// Carries out a request, to its end or to the first failure that makes the rest pointless. Returns
/// how many selected objects were not processed because the run ended early.
///
/// # Errors
/// Only those of the handler. Everything before the error was reported to the handler.
pub fn run(
    request: &Request,
    options: Options,
    proc: &ProcRoot,
    source: &dyn Source,
    handler: &mut dyn Handler,
) -> io::Result<usize> {
    let reads_privilege = options.dry_run || matches!(request, Request::Selection(_));
    let mut engine = Engine {
        options,
        source,
        handler,
        privilege: reads_privilege.then(|| Privilege::read(proc)),
        euid: geteuid().as_raw(),
        scan: FreshScan::new(proc),
        gone: HashSet::new(),
        marked: HashSet::new(),
        kept: Vec::new(),
        gaps: Vec::new(),
        over: false,
        unprocessed: 0,
    };
    let result = match request {
        Request::Plan(plan) => engine.plan(plan),
        Request::Selection(selection) => engine.selection(selection),
    };
    engine.finish();
    result.map(|()| engine.unprocessed)
}

/// A run.
struct Engine<'a> {
    options: Options,
    source: &'a dyn Source,
    handler: &'a mut dyn Handler,
    /// Whether the result of removals has to be predicted.
    privilege: Option<Privilege>,
    euid: u32,
    scan: FreshScan,
    /// What a dry run would have removed. It is not found again.
    gone: HashSet<Identity>,
    /// Attached segments that a dry run would have removed. They stay until the last process
    /// detaches. They can be removed again by id, but not by key: the kernel clears the key at
    /// once.
    marked: HashSet<Identity>,
    kept: Vec<Event>,
    gaps: Vec<Gap>,
    over: bool,
    unprocessed: usize,
}

/// An id that no object has.
const NO_ID: Id = Id(-1);

/// An object as it was last read before its removal.
enum Look {
    Same(Object),
    Gone,
    Changed(Option<Object>, KeepReason),
}

impl Engine<'_> {
    /// Reports what is reported at the end.
    fn finish(&mut self) {
        for gap in &self.gaps {
            self.handler.gap(gap);
        }
        // There may be many uncertain objects, and without --verbose they are only counted: they
        // come last.
        self.kept
            .sort_by_key(|event| matches!(event.outcome, Outcome::Kept(KeepReason::NotSure(_))));
        let wanted = self.kept.len().min(self.options.explain);
        let request = scan_request(&self.kept[..wanted]);
        if wanted > 0 {
            let inspector = self.scan.other_scan();
            if !request.is_empty() {
                inspector.scan(request);
            }
            explain(&mut self.kept[..wanted], inspector);
        }
        for event in &self.kept {
            self.handler.done(event);
        }
    }

    /// Records an outcome. A failure that affects more than this object ends the run.
    fn conclude(&mut self, candidate: Candidate, outcome: Outcome) {
        self.over |= matches!(outcome, Outcome::Failed(cause) if cause.is_fatal());
        let event = Event::of(candidate, outcome);
        match event.outcome {
            Outcome::Kept(_) => self.kept.push(event),
            _ => self.handler.done(&event),
        }
    }

    /// The kernel's answer to a removal, or the predicted one.
    fn remove(&mut self, candidate: &Candidate) -> nix::Result<()> {
        let Some(id) = candidate.id else { return Err(Errno::EINVAL) };
        if !self.options.dry_run {
            return ipc::remove(candidate.kind, id);
        }
        let (Some(privilege), Some(object)) = (self.privilege, &candidate.object) else {
            return Ok(());
        };
        if !privilege.may_remove(object) {
            return Err(Errno::EPERM);
        }
        let removed = if object.nattch() > 0 { &mut self.marked } else { &mut self.gone };
        removed.insert(object.identity.clone());
        Ok(())
    }

    // Named objects.

    fn plan(&mut self, plan: &Plan) -> io::Result<()> {
        for step in &plan.steps {
            match step {
                Step::Named(kind, named_by) => self.named(*kind, named_by)?,
                Step::All(kind) => self.all(*kind)?,
            }
            if self.over {
                break;
            }
        }
        Ok(())
    }

    fn named(&mut self, kind: Kind, named_by: &NamedBy) -> io::Result<()> {
        let candidate = |id, object| Candidate {
            kind,
            named_by: Some(named_by.clone()),
            id,
            object,
            blocked: None,
        };
        let id = match self.resolve(kind, named_by) {
            Ok(id) => id,
            Err(cause) => {
                self.conclude(candidate(None, None), Outcome::Failed(cause));
                return Ok(());
            }
        };
        match self.describe(&Identity::sysv(kind, id)) {
            Ok(object) => self.attempt_named(candidate(Some(id), object), false),
            Err(cause) => {
                self.conclude(candidate(Some(id), None), Outcome::Failed(cause));
                Ok(())
            }
        }
    }

    /// The id of a named object.
    fn resolve(&self, kind: Kind, named_by: &NamedBy) -> Result<Id, Cause> {
        match named_by {
            NamedBy::Id(id) => Ok(*id),
            NamedBy::Key(Key::PRIVATE, _) => Err(Cause::IllegalKey),
            NamedBy::Key(key, _) => {
                let id = ipc::find(kind, *key).map_err(Cause::Lookup)?;
                let identity = Identity::sysv(kind, id);
                let lost = self.gone.contains(&identity) || self.marked.contains(&identity);
                if lost { Err(Cause::Lookup(Errno::ENOENT)) } else { Ok(id) }
            }
        }
    }

    /// A named object, if its description is needed.
    fn describe(&self, identity: &Identity) -> Result<Option<Object>, Cause> {
        if !self.options.describes {
            return Ok(None);
        }
        let missing = Err(Cause::Removal(Errno::EINVAL));
        if self.gone.contains(identity) {
            return missing;
        }
        let lookup = self.source.find(identity, Needs::NOTHING);
        match lookup.object {
            Some(object) => Ok(Some(self.as_removed(object))),
            None if lookup.gaps.is_empty() => missing,
            // Even if the object cannot be described, its removal may be allowed.
            None => Ok(None),
        }
    }

    /// An object as it would be after what a dry run would have removed so far.
    fn as_removed(&self, mut object: Object) -> Object {
        if self.marked.contains(&object.identity) {
            object.key = Some(Key::PRIVATE);
        }
        object
    }

    /// How many threads are blocked on a named object, if the handler asks for it. The kernel
    /// counts those on a set; those on a queue are found only by a walk.
    fn count_blocked(&mut self, candidate: &Candidate) -> Option<u64> {
        let object = candidate.object.as_ref().filter(|_| self.options.counts_blocked)?;
        if object.kind().family() == Family::Queue {
            self.scan.add(ScanRequest::waiters(Kinds::of(object.kind())));
        }
        rules::blocked(object, self.scan.inspector())
    }

    /// `is_one_of_all`: another process may have removed it meanwhile, which is not an error.
    fn attempt_named(&mut self, mut candidate: Candidate, is_one_of_all: bool) -> io::Result<()> {
        candidate.blocked = self.count_blocked(&candidate);
        if self.options.asks || self.options.announces {
            match self.handler.decide(&candidate)? {
                Decision::Remove => {}
                Decision::Keep => {
                    self.conclude(candidate, Outcome::Kept(KeepReason::Declined));
                    return Ok(());
                }
                Decision::Stop => {
                    self.over = true;
                    return Ok(());
                }
            }
        }
        let outcome = match self.remove(&candidate) {
            Ok(()) => Outcome::Removed,
            Err(Errno::EINVAL | Errno::EIDRM) if is_one_of_all => Outcome::Gone,
            Err(errno) => Outcome::Failed(Cause::Removal(errno)),
        };
        self.conclude(candidate, outcome);
        Ok(())
    }

    /// Every object of a kind, in the order of indexes. Objects that the caller neither owns nor
    /// can read are skipped without a message.
    fn all(&mut self, kind: Kind) -> io::Result<()> {
        if let Err(errno) = ipc::extent(kind) {
            let candidate =
                Candidate { kind, named_by: None, id: None, object: None, blocked: None };
            self.conclude(candidate, Outcome::Failed(Cause::Unsupported(errno)));
            return Ok(());
        }
        let source = self.source;
        source.read(kind, Needs::NOTHING, &mut |batch| {
            for object in batch.objects {
                self.one_of_all(object)?;
                if self.over {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    fn one_of_all(&mut self, object: Object) -> io::Result<()> {
        if self.gone.contains(&object.identity) {
            return Ok(());
        }
        let euid = self.euid;
        let is_skipped = |object: &Object| {
            let readable = |id: Id| ipc::stat(object.kind(), id.0, StatBy::Readable).is_ok();
            !owns(euid, object) && !object.id().is_some_and(readable)
        };
        let Options { dry_run, asks, announces, .. } = self.options;
        let candidate = Candidate::of(self.as_removed(object));
        let Some(object) = &candidate.object else { return Ok(()) };
        if dry_run || asks || announces {
            if is_skipped(object) {
                return Ok(());
            }
            return self.attempt_named(candidate, true);
        }
        // Trying first saves a call for each object when all of them may be removed.
        match self.remove(&candidate) {
            // Another process removed it meanwhile.
            Err(Errno::EINVAL | Errno::EIDRM) => {}
            Err(Errno::EPERM | Errno::EACCES) if is_skipped(object) => {}
            Ok(()) => self.conclude(candidate, Outcome::Removed),
            Err(errno) => self.conclude(candidate, Outcome::Failed(Cause::Removal(errno))),
        }
        Ok(())
    }

    // Selected objects.

    fn selection(&mut self, selection: &Selection) -> io::Result<()> {
        let total = selection.kinds.iter().map(|kind| self.source.estimate(kind)).sum();
        // Processes first, then objects: a process that attaches in between is then not overlooked.
        self.scan.add(selection.filter.scan_request(selection.kinds));
        self.scan.look();
        let mut done = 0;
        let source = self.source;
        for kind in selection.kinds.in_order(Kind::REMOVAL_ORDER) {
            let mut selected = Vec::new();
            source.read(kind, Needs::NOTHING, &mut |batch| {
                self.gaps.extend(batch.gaps);
                let count = batch.objects.len() as u64;
                let batch = self.select(selection, batch.objects);
                if self.options.asks {
                    // A prompt may take long: the list is read to its end first.
                    selected.extend(batch);
                } else {
                    self.batch(selection, batch, (done, total))?;
                    done += count;
                }
                let flow =
                    if self.over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
                Ok(flow)
            })?;
            self.batch(selection, selected, (done, total))?;
            if self.over {
                break;
            }
        }
        self.handler.progress(total, total);
        Ok(())
    }

    /// The objects of a batch that the filter selects. Uncertain ones are kept.
    fn select(&mut self, selection: &Selection, batch: Vec<Object>) -> Vec<Object> {
        let Selection { filter, force, .. } = selection;
        let now = self.options.now;
        let mut selected: Vec<Object> =
            batch.into_iter().filter(|object| filter.passes_by_itself(object, now)).collect();
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
            outcomes.push((Candidate::looked_at(chosen, object), outcome));
            if is_fatal {
                break;
            }
        }
        self.unprocessed += count - outcomes.len();
        for (candidate, outcome) in outcomes {
            self.conclude(candidate, outcome);
        }
        Ok(())
    }

    fn ask_for_each(&mut self, selection: &Selection, batch: Vec<Object>) -> io::Result<()> {
        let count = batch.len();
        for (at, chosen) in batch.iter().enumerate() {
            if self.over {
                self.unprocessed += count - at;
                break;
            }
            if self.ask_for(selection, chosen)? == Decision::Stop {
                self.over = true;
                self.unprocessed += 1;
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
        let now = match self.look_again(selection, chosen) {
            Look::Same(now) => now,
            Look::Gone => return (None, Outcome::Gone),
            Look::Changed(object, reason) => return (object, Outcome::Kept(reason)),
        };
        let may_remove = self.privilege.is_none_or(|privilege| privilege.may_remove(&now));
        let outcome = match self.kept_for_its_use(selection, &now) {
            // An object that the caller may not remove is a failure, whether in use or not.
            Some(_) if !may_remove => Outcome::Failed(Cause::Removal(Errno::EPERM)),
            Some(reason) => Outcome::Kept(reason),
            None if !dry_run => match ipc::remove(now.kind(), now.id().unwrap_or(NO_ID)) {
                Ok(()) => Outcome::Removed,
                Err(Errno::EINVAL | Errno::EIDRM) => Outcome::Gone,
                Err(errno) => Outcome::Failed(Cause::Removal(errno)),
            },
            None if may_remove => Outcome::Removed,
            None => Outcome::Failed(Cause::Removal(Errno::EPERM)),
        };
        (Some(now), outcome)
    }

    /// The object as it is now, if it is still the one that was selected.
    fn look_again(&self, selection: &Selection, chosen: &Object) -> Look {
        let Some(id) = chosen.id() else { return Look::Gone };
        let now = match ipc::at_index_of(chosen.kind(), id) {
            Ok(now) => now,
            Err(Errno::EINVAL | Errno::EIDRM) => return Look::Gone,
            // An old kernel, or a security module: everyone may read the text.
            Err(_) => match self.source.find(&chosen.identity, Needs::NOTHING).object {
                Some(now) => now,
                None => return Look::Changed(None, KeepReason::OutOfSight),
            },
        };
        let same = now.identity == chosen.identity;
        // Removed by another process, but still attached: for the caller it is gone.
        if same && now.is_dest() && !chosen.is_dest() {
            return Look::Gone;
        }
        if let Some(reason) = KeepReason::changed(chosen, &now) {
            return Look::Changed(same.then_some(now), reason);
        }
        if !selection.force && now.was_used_since(chosen) {
            return Look::Changed(Some(now), KeepReason::Changed(Change::Used));
        }
        if !selection.filter.passes_by_itself(&now, self.options.now) {
            return Look::Changed(Some(now), KeepReason::Changed(Change::Filter));
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
            None => !filter.include_unsure,
        };
        stays.then_some(KeepReason::InUse(verdicts.in_use))
    }
}

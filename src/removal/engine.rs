//! The state of a run, and the steps that all objects share.
//!
//! Objects are selected by the same code as in `ipcs`, a batch at a time. Each is checked again
//! right before it is removed. A dry run differs only in the last step.

use std::collections::HashSet;

use nix::errno::Errno;

use super::cause::Cause;
use super::event::{Candidate, Event, Handler, Outcome};
use super::explain::{explain, scan_request};
use super::fresh_scan::FreshScan;
use super::keep_reason::KeepReason;
use super::privilege::{Privilege, owns};
use super::request::Options;
use crate::model::{Identity, Object};
use crate::proc::ProcRoot;
use crate::sources::{Gap, Gaps, Source};
use crate::sys::ids::effective_uid;
use crate::sys::ipc;

/// A run.
pub(super) struct Engine<'a> {
    pub options: Options,
    pub source: &'a dyn Source,
    pub handler: &'a mut dyn Handler,
    pub scan: FreshScan,
    /// What a dry run would have removed. It is not found again.
    pub gone: HashSet<Identity>,
    /// Attached segments that a dry run would have removed. They stay until the last process
    /// detaches. They can be removed again by id, but not by key: the kernel clears the key at
    /// once.
    pub marked: HashSet<Identity>,
    pub kept: Vec<Event>,
    pub gaps: Gaps,
    /// The rest is not processed.
    pub over: bool,
    pub unprocessed: usize,
    proc: ProcRoot,
    euid: u32,
    /// Read when it is first needed: most runs only remove what the caller owns.
    privilege: Option<Privilege>,
}

impl<'a> Engine<'a> {
    pub fn new(
        options: Options,
        proc: &ProcRoot,
        source: &'a dyn Source,
        handler: &'a mut dyn Handler,
    ) -> Engine<'a> {
        Engine {
            options,
            source,
            handler,
            scan: FreshScan::new(proc),
            gone: HashSet::new(),
            marked: HashSet::new(),
            kept: Vec::new(),
            gaps: Gaps::default(),
            over: false,
            unprocessed: 0,
            proc: proc.clone(),
            euid: effective_uid(),
            privilege: None,
        }
    }

    /// Reports what is reported at the end.
    pub fn finish(&mut self) {
        // There may be many uncertain objects, and without --verbose they are only counted: they
        // come last.
        self.kept
            .sort_by_key(|event| matches!(event.outcome, Outcome::Kept(KeepReason::NotSure(_))));
        let wanted = self.kept.len().min(self.options.explain);
        let explained = self.kept.get_mut(..wanted).unwrap_or_default();
        let request = scan_request(explained);
        if wanted > 0 {
            let inspector = self.scan.other_scan();
            if !request.is_empty() {
                inspector.scan(request);
            }
            explain(explained, inspector);
        }
        self.gaps.extend(self.scan.failure().map(Gap::Processes));
        for gap in self.gaps.first() {
            self.handler.gap(gap);
        }
        if self.gaps.more() > 0 {
            self.handler.more_gaps(self.gaps.more());
        }
        for event in &self.kept {
            self.handler.done(event);
        }
    }

    /// Records an outcome. A failure that affects more than this object ends the run.
    pub fn conclude(&mut self, candidate: Candidate, outcome: Outcome) {
        self.over |= matches!(outcome, Outcome::Failed(cause) if cause.is_fatal());
        let event = Event::of(candidate, outcome);
        match event.outcome {
            Outcome::Kept(_) => self.kept.push(event),
            _ => self.handler.done(&event),
        }
    }

    /// Whether the caller is owner or creator.
    pub fn owns(&self, object: &Object) -> bool {
        owns(self.euid, object)
    }

    /// Whether the kernel will allow the removal.
    ///
    /// # Errors
    /// Why that is unknown.
    pub fn may_remove(&mut self, object: &Object) -> nix::Result<bool> {
        if object.kind().is_posix() {
            return self.may_unlink(object);
        }
        if self.owns(object) {
            return Ok(true);
        }
        self.privilege().may_remove(object)
    }

    /// What the caller may do.
    pub fn privilege(&mut self) -> &Privilege {
        self.privilege.get_or_insert_with(|| Privilege::read(&self.proc))
    }

    /// The kernel's answer to a removal, or the predicted one.
    pub fn remove(&mut self, candidate: &Candidate) -> Result<(), Cause> {
        if candidate.kind.is_posix() {
            return self.remove_file(candidate);
        }
        let Some(id) = candidate.id else { return Err(Cause::Removal(Errno::EINVAL)) };
        if !self.options.dry_run {
            return ipc::remove(candidate.kind, id).map_err(Cause::Removal);
        }
        let Some(object) = &candidate.object else { return Err(Cause::Unread(Errno::EINVAL)) };
        match self.may_remove(object) {
            Ok(true) => {}
            Ok(false) => return Err(Cause::Removal(Errno::EPERM)),
            Err(errno) => return Err(Cause::Permission(errno)),
        }
        let removed = if object.nattch() > 0 { &mut self.marked } else { &mut self.gone };
        removed.insert(object.identity.clone());
        Ok(())
    }
}

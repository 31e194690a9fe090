//! Removes named objects, in the order of the command line, in use or not.

use std::io;

use nix::errno::Errno;

use super::cause::Cause;
use super::engine::Engine;
use super::event::{Blocked, Candidate, Decision, Outcome};
use super::keep_reason::KeepReason;
use super::look::{Look, errno, find, look_again};
use super::request::{NamedBy, Plan, Step};
use crate::columns::Needs;
use crate::model::{Family, Id, Identity, Key, Kind, Kinds, Object};
use crate::processes::{ScanRequest, rules};
use crate::sources::Gap;
use crate::sys::{ipc, is_permission};

impl Engine<'_> {
    pub fn plan(&mut self, plan: &Plan) -> io::Result<()> {
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
        if kind.is_posix() {
            return self.named_file(kind, named_by);
        }
        let candidate = |id, object| Candidate {
            kind,
            named_by: Some(named_by.clone()),
            id,
            object,
            blocked: Blocked::NotCounted,
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
            NamedBy::Word(_) | NamedBy::Name(..) | NamedBy::NoName(..) => Err(Cause::NotAnId),
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
    fn describe(&mut self, identity: &Identity) -> Result<Option<Object>, Cause> {
        if !self.options.describes {
            return Ok(None);
        }
        let missing = Err(Cause::Removal(Errno::EINVAL));
        if self.gone.contains(identity) {
            return missing;
        }
        match find(self.source, identity, Needs::NOTHING) {
            Ok(Some(object)) => Ok(Some(self.as_removed(object))),
            Ok(None) => missing,
            // The result cannot be predicted, and a question could not describe the object.
            Err(gap) if self.options.dry_run || self.options.asks => {
                Err(Cause::Unread(errno(&gap)))
            }
            // The description is only for the report. The removal may be allowed.
            Err(gap) => {
                self.gaps.push(gap);
                Ok(None)
            }
        }
    }

    /// An object as it would be after what a dry run would have removed so far.
    pub fn as_removed(&self, mut object: Object) -> Object {
        if self.marked.contains(&object.identity) {
            object.key = Some(Key::PRIVATE);
        }
        object
    }

    /// How many threads are blocked on a named object, if the handler asks for it. The kernel
    /// counts those on a set; those on a queue are found only by a walk.
    fn count_blocked(&mut self, candidate: &Candidate) -> Blocked {
        if let Some(object) = candidate.object.as_ref().filter(|_| candidate.kind.is_posix()) {
            return self.count_users(object);
        }
        let Some(object) = candidate.object.as_ref().filter(|_| self.options.counts_blocked) else {
            return Blocked::NotCounted;
        };
        match object.kind().family() {
            Family::SharedMemory => return Blocked::NotCounted,
            Family::Queue => self.scan.add(ScanRequest::waiters(Kinds::of(object.kind()))),
            Family::Semaphore => {}
        }
        match rules::blocked(object, self.scan.inspector()) {
            Ok(threads) => Blocked::Threads(threads),
            Err(error) => {
                // Without read permission it is unknown, and nothing failed.
                if !is_permission(error) && !ipc::is_absent(error) {
                    self.gaps.push(Gap::unsure(object, error));
                }
                Blocked::Unknown
            }
        }
    }

    /// `is_one_of_all`: another process may have removed it meanwhile, which is not an error.
    pub fn attempt_named(
        &mut self,
        mut candidate: Candidate,
        is_one_of_all: bool,
    ) -> io::Result<()> {
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
        let outcome = match self.outcome_of_removal(&candidate) {
            Outcome::Failed(cause) if is_one_of_all && cause.is_missing() => Outcome::Gone,
            outcome => outcome,
        };
        self.conclude(candidate, outcome);
        Ok(())
    }

    fn outcome_of_removal(&mut self, candidate: &Candidate) -> Outcome {
        if let Some(stays) = self.stays_after_the_question(candidate) {
            return stays;
        }
        self.remove(candidate).map_or_else(Outcome::Failed, |()| Outcome::Removed)
    }

    /// The answer to a question may take long. It was about the object that the question described.
    fn stays_after_the_question(&self, candidate: &Candidate) -> Option<Outcome> {
        let asked_about = candidate.object.as_ref().filter(|_| self.options.asks)?;
        match look_again(self.source, asked_about, Needs::NOTHING) {
            // A segment that is marked already can be removed again.
            Look::Same(_) | Look::Marked => None,
            Look::Gone | Look::Changed(_, KeepReason::Replaced(_)) => {
                let missing = if candidate.kind.is_posix() { Errno::ENOENT } else { Errno::EINVAL };
                Some(Outcome::Failed(Cause::Removal(missing)))
            }
            Look::Changed(_, reason) => Some(Outcome::Kept(reason)),
            Look::Unread(errno) => Some(Outcome::Failed(Cause::Unread(errno))),
        }
    }
}

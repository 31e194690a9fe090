//! Removes every object of a kind.

use std::io;
use std::ops::ControlFlow;

use nix::errno::Errno;

use super::cause::Cause;
use super::engine::Engine;
use super::event::{Blocked, Candidate, Outcome};
use super::look::{errno, find};
use super::request::Options;
use crate::columns::Needs;
use crate::model::{Id, Kind, Object};
use crate::sys::{StatBy, ipc};

impl Engine<'_> {
    /// Every object of a kind, in the order of indexes. Objects that the caller neither owns nor
    /// can read are skipped without a message.
    pub fn all(&mut self, kind: Kind) -> io::Result<()> {
        // Other errors are gaps: the source may have another way to read the objects.
        if kind.is_posix() {
            return self.all_files(kind);
        }
        if let Err(errno @ Errno::ENOSYS) = ipc::extent(kind) {
            let candidate = Candidate {
                kind,
                named_by: None,
                id: None,
                object: None,
                blocked: Blocked::NotCounted,
            };
            self.conclude(candidate, Outcome::Failed(Cause::Unsupported(errno)));
            return Ok(());
        }
        let source = self.source;
        source.read(kind, Needs::NOTHING, &mut |batch| {
            self.gaps.extend(batch.gaps);
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
        let Options { dry_run, asks, announces, .. } = self.options;
        if dry_run || asks || announces {
            if self.is_out_of_reach(&object) && self.may_remove(&object) != Ok(true) {
                return Ok(());
            }
            let Some(candidate) = self.candidate_of_all(object) else { return Ok(()) };
            return self.attempt_named(candidate, true);
        }
        // Trying first saves a call for each object when all of them may be removed.
        let candidate = Candidate::of(object);
        match self.remove(&candidate) {
            // Another process removed it meanwhile.
            Err(Cause::Removal(errno)) if ipc::is_absent(errno) => {}
            Err(Cause::Removal(Errno::EPERM | Errno::EACCES))
                if candidate.object.as_ref().is_some_and(|object| self.is_out_of_reach(object)) => {
            }
            Ok(()) => self.conclude(candidate, Outcome::Removed),
            Err(cause) => self.conclude(candidate, Outcome::Failed(cause)),
        }
        Ok(())
    }

    /// What is announced or asked about, unless it is gone. Questions take time, so that an object
    /// is read again before the next one.
    fn candidate_of_all(&mut self, object: Object) -> Option<Candidate> {
        let object = self.as_removed(object);
        if !self.options.asks {
            return Some(Candidate::of(object));
        }
        match find(self.source, &object.identity, Needs::NOTHING) {
            Ok(now) => now.map(Candidate::of),
            Err(gap) => {
                let cause = Cause::Unread(errno(&gap));
                self.conclude(Candidate::of(object), Outcome::Failed(cause));
                None
            }
        }
    }

    /// Whether the caller neither owns an object nor can read it, or it is gone. Only the kernel's
    /// own answers count: a call that fails for another reason says nothing about the object.
    fn is_out_of_reach(&self, object: &Object) -> bool {
        let is_unreadable = |id: Id| {
            let read = ipc::stat(object.kind(), id.0, StatBy::Readable);
            read.is_err_and(|errno| errno == Errno::EACCES || ipc::is_absent(errno))
        };
        !self.owns(object) && object.id().is_none_or(is_unreadable)
    }
}

//! Carries out a plan.

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;

use nix::errno::Errno;
use nix::unistd::geteuid;

use super::look::{Detailed, Extent, owns};
use super::{
    Cause, Decision, Details, Failure, Handler, Name, Plan, Privilege, Step, Subject, look,
};
use crate::model::{Id, Key, Kind, MsgQueue, Perm, SemSet, Shm};
use crate::proc::ProcRoot;
use crate::sys::{StatBy, ipc};

/// How a plan is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Nothing is removed; the handler hears what would be.
    pub dry_run: bool,
    /// The handler gets every object's details. A named object is then looked at first.
    pub details: bool,
    /// The handler tells or asks something before a removal, so that what is skipped in silence
    /// has to be known before it is tried.
    pub announced: bool,
}

/// Carries out a plan, to its end or to the first failure after which there is no point in going
/// on. What failed has been told to the handler.
///
/// # Errors
/// Only the handler's own.
pub fn execute(plan: &Plan, manner: Manner, handler: &mut impl Handler) -> io::Result<()> {
    let privilege = manner.dry_run.then(|| Privilege::read(&ProcRoot::default()));
    let euid = geteuid().as_raw();
    let (gone, marked) = (HashSet::new(), HashSet::new());
    let mut run = Run { manner, handler, privilege, euid, gone, marked };
    for step in &plan.steps {
        let flow = match step {
            Step::Named(kind, name) => run.named(*kind, name)?,
            Step::All(Kind::Shm) => run.all::<Shm>()?,
            Step::All(Kind::Msg) => run.all::<MsgQueue>()?,
            Step::All(Kind::Sem) => run.all::<SemSet>()?,
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

type Flow = ControlFlow<()>;

struct Run<'a, H> {
    manner: Manner,
    handler: &'a mut H,
    /// Only in a dry run.
    privilege: Option<Privilege>,
    euid: u32,
    /// What a dry run has removed in its mind: it is not found a second time.
    gone: HashSet<(Kind, Id)>,
    /// The same of attached segments. They stay until the last process detaches and can be removed
    /// again in the meantime, but not by their key, which goes at once.
    marked: HashSet<(Kind, Id)>,
}

impl<H: Handler> Run<'_, H> {
    fn named(&mut self, kind: Kind, name: &Name) -> io::Result<Flow> {
        let fail = |id, cause| Failure { kind, name: Some(name.clone()), id, details: None, cause };
        let id = match name {
            Name::Id(id) => *id,
            Name::Key(Key::PRIVATE, _) => return Ok(self.fail(&fail(None, Cause::IllegalKey))),
            Name::Key(key, _) => match self.find(kind, *key) {
                Ok(id) => id,
                Err(errno) => return Ok(self.fail(&fail(None, Cause::Lookup(errno)))),
            },
        };
        let mut subject = Subject { kind, id, name: name.clone(), details: None };
        if self.manner.details {
            let details =
                if self.gone.contains(&(kind, id)) { Err(Errno::EINVAL) } else { look(kind, id) };
            match details {
                Ok(details) => subject.details = Some(self.as_removed(kind, details)),
                // Only old kernels refuse to tell; the removal may still be allowed.
                Err(Errno::EACCES) => {}
                Err(errno) => return Ok(self.fail(&fail(Some(id), Cause::Removal(errno)))),
            }
        }
        self.attempt(&subject)
    }

    fn find(&self, kind: Kind, key: Key) -> nix::Result<Id> {
        let id = ipc::find(kind, key)?;
        let lost = self.gone.contains(&(kind, id)) || self.marked.contains(&(kind, id));
        if lost { Err(Errno::ENOENT) } else { Ok(id) }
    }

    /// An object as it would be after what a dry run has removed so far.
    fn as_removed(&self, kind: Kind, mut details: Details) -> Details {
        if self.marked.contains(&(kind, details.perm.id)) {
            details.perm.key = Key::PRIVATE;
        }
        details
    }

    fn attempt(&mut self, subject: &Subject) -> io::Result<Flow> {
        match self.handler.decide(subject)? {
            Decision::Remove => {}
            Decision::Keep => return Ok(Flow::Continue(())),
            Decision::Stop => return Ok(Flow::Break(())),
        }
        let result = self.remove(subject);
        Ok(self.conclude(subject, result))
    }

    fn remove(&mut self, subject: &Subject) -> nix::Result<()> {
        let Some(privilege) = self.privilege else {
            return ipc::remove(subject.kind, subject.id);
        };
        if let Some(details) = &subject.details {
            if !privilege.may_remove(&details.perm) {
                return Err(Errno::EPERM);
            }
            let is_attached = matches!(details.extent, Extent::Shm { nattch: 1.., .. });
            let removed = if is_attached { &mut self.marked } else { &mut self.gone };
            removed.insert((subject.kind, subject.id));
        }
        Ok(())
    }

    fn conclude(&mut self, subject: &Subject, result: nix::Result<()>) -> Flow {
        match result {
            Ok(()) => {
                self.handler.removed(subject);
                Flow::Continue(())
            }
            Err(errno) => self.fail(&Failure {
                kind: subject.kind,
                name: Some(subject.name.clone()),
                id: Some(subject.id),
                details: subject.details,
                cause: Cause::Removal(errno),
            }),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Flow {
        self.handler.failed(failure);
        if failure.is_fatal() { Flow::Break(()) } else { Flow::Continue(()) }
    }

    /// Every object of a kind, in the order of indexes. What is neither the caller's own nor
    /// readable is passed over in silence.
    fn all<T: Detailed>(&mut self) -> io::Result<Flow> {
        let kind = T::KIND;
        let max_index = match T::extent() {
            Ok(extent) => extent.max_index,
            Err(errno) => {
                let cause = Cause::Unsupported(errno);
                let failure = Failure { kind, name: None, id: None, details: None, cause };
                return Ok(self.fail(&failure));
            }
        };
        let mut command = Command::Unknown;
        for index in 0..=max_index {
            let Some(object) = command.stat::<T>(index) else { continue };
            let perm = *object.perm();
            if self.gone.contains(&(kind, perm.id)) {
                continue;
            }
            let details = self.manner.details.then(|| self.as_removed(kind, object.details()));
            let subject = Subject { kind, id: perm.id, name: Name::Id(perm.id), details };
            if self.one_of_all::<T>(index, &perm, &subject)?.is_break() {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
    }

    fn one_of_all<T: Detailed>(
        &mut self,
        index: i32,
        perm: &Perm,
        subject: &Subject,
    ) -> io::Result<Flow> {
        let euid = self.euid;
        let passed_over = || !owns(euid, perm) && T::stat(index, StatBy::Readable).is_err();
        if self.manner.announced || self.manner.dry_run {
            if passed_over() {
                return Ok(Flow::Continue(()));
            }
            return self.attempt(subject);
        }
        // Trying first saves a call for each object when all of them may be removed.
        Ok(match self.remove(subject) {
            // Someone else was faster.
            Err(Errno::EINVAL | Errno::EIDRM) => Flow::Continue(()),
            Err(Errno::EPERM | Errno::EACCES) if passed_over() => Flow::Continue(()),
            result => self.conclude(subject, result),
        })
    }
}

/// Which command reads the objects of a kind: found out with the first of them.
enum Command {
    Unknown,
    Known(StatBy),
}

impl Command {
    fn stat<T: Detailed>(&mut self, index: i32) -> Option<T> {
        if let Command::Known(by) = self {
            return T::stat(index, *by).ok();
        }
        if let Ok(object) = T::stat(index, StatBy::Any) {
            *self = Command::Known(StatBy::Any);
            return Some(object);
        }
        // EINVAL means an empty slot, or a kernel before 4.17; if the older command finds
        // something here, it is the kernel.
        match T::stat(index, StatBy::Readable) {
            Ok(object) => {
                *self = Command::Known(StatBy::Readable);
                Some(object)
            }
            Err(Errno::EACCES) => {
                *self = Command::Known(StatBy::Readable);
                None
            }
            Err(_) => None,
        }
    }
}

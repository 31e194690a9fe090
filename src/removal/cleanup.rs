//! Removing what a filter chooses: never one that is in use, never one that only took its place.
//!
//! The objects are chosen by the same code as in `ipcs`, a batch at a time: what the kernel has just
//! told of an object is then still at hand when it is removed, which saves a third of the time.
//! Each is looked at again right before it goes. A dry run differs in nothing but the last step.

use std::io;
use std::time::Instant;

use nix::errno::Errno;

use super::kept::{Because, Change, Kept, explain};
use super::look::{Detailed, Privilege};
use super::watch::Watch;
use super::{Cause, Decision, Failure, Name, Target};
use crate::collect::{self, Gap, Listed, Want};
use crate::columns::AsRow;
use crate::model::{Identity, Kind, Kinds, MsgQueue, Object, SemSet, Shm};
use crate::proc::ProcRoot;
use crate::processes::{Inspect, Request};
use crate::select::Filter;
use crate::sys::ipc::{self, KernelObject};

/// util-linux leaves message queues to the end.
pub const ORDER: [Kind; 3] = [Kind::Shm, Kind::Sem, Kind::Msg];

/// Which objects are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    /// What they must be.
    pub filter: Filter,
    /// Of which kinds.
    pub kinds: Kinds,
    /// Also those in use.
    pub force: bool,
}

/// How a clean-up is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Nothing is removed; the handler hears what would be.
    pub dry_run: bool,
    /// The handler asks somebody: not about what stays anyway.
    pub asks: bool,
    /// Of how many kept objects the processes behind them are wanted.
    pub explain: usize,
}

/// An object that a filter chose: as much of it as says whether it is still the same. There may be
/// tens of thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its kind.
    pub kind: Kind,
    /// Which one it is.
    pub identity: Identity,
    /// A segment that was marked for destruction already.
    marked: bool,
}

impl Chosen {
    fn of<T: Object>(object: &T) -> Chosen {
        let marked = object.perm().mode.is_dest();
        Chosen { kind: T::KIND, identity: Identity::of(object), marked }
    }
}

/// Follows a clean-up.
pub trait CleanupHandler {
    /// Before the object is looked at for the last time. Whoever asks gets it as it was a moment ago.
    ///
    /// # Errors
    /// Whatever ends the run, such as a terminal that went away.
    fn decide(&mut self, chosen: &Chosen, target: Option<&Target>) -> io::Result<Decision>;

    /// The object was removed; in a dry run, it would have been. A segment that is attached is
    /// marked for destruction.
    fn removed(&mut self, target: &Target);

    /// Somebody else removed it meanwhile.
    fn gone(&mut self, chosen: &Chosen);

    /// The object stays; told at the end, when who is behind it is known.
    fn kept(&mut self, kept: &Kept);

    /// The object could not be removed; in a dry run, it could not have been.
    fn failed(&mut self, failure: &Failure);

    /// Something should have been looked at and could not be.
    fn gap(&mut self, gap: &Gap);

    /// So many objects of about so many are behind us, chosen or not.
    fn progress(&mut self, done: u64, total: u64) {
        let _ = (done, total);
    }
}

/// A plan: what a filter means, and from when on.
#[derive(Debug)]
pub struct Cleanup {
    proc: ProcRoot,
    aim: Aim,
    now: i64,
    watch: Watch,
}

/// What the last look at an object shows.
enum Look<T> {
    Same(T),
    Gone,
    Changed(Option<Target>, Because),
}

/// What came of one object.
enum Outcome {
    Removed(Target),
    Gone,
    Kept(Option<Target>, Because),
    Failed(Target, Errno),
}

impl Cleanup {
    /// Plans to remove what the filter lists at `now`, in seconds since the epoch.
    #[must_use]
    pub fn new(proc: &ProcRoot, aim: Aim, now: i64) -> Cleanup {
        let mut watch = Watch::new(proc);
        watch.add(aim.filter.request(aim.kinds));
        Cleanup { proc: proc.clone(), aim, now, watch }
    }

    /// Removes the objects, but for those that are in use or no longer the same. Returns how many
    /// of those that were chosen last were not come to, because the handler or an error put an end
    /// to it.
    ///
    /// # Errors
    /// Only the handler's own. What was kept until then has been told.
    pub fn execute(
        mut self,
        course: Course,
        handler: &mut impl CleanupHandler,
    ) -> io::Result<usize> {
        let privilege = Privilege::read(&self.proc);
        let (mut gaps, mut kept) = (Vec::new(), Vec::new());
        let (done, total) = (0, self.total());
        let (left, over) = (0, false);
        // Processes first, objects after: one that attaches in between is then not overlooked.
        self.watch.look();
        let kinds = self.aim.kinds;
        let mut run = Run {
            cleanup: &mut self,
            course,
            privilege,
            handler,
            gaps: &mut gaps,
            kept: &mut kept,
            done,
            total,
            left,
            over,
        };
        let each = ORDER.into_iter().filter(|kind| kinds.contains(*kind));
        let result = each.into_iter().try_for_each(|kind| match kind {
            Kind::Shm => run.all_of::<Shm>(),
            Kind::Msg => run.all_of::<MsgQueue>(),
            Kind::Sem => run.all_of::<SemSet>(),
        });
        let left = run.left;
        handler.progress(total, total);
        gaps.iter().for_each(|gap| handler.gap(gap));
        let wanted = kept.len().min(course.explain);
        if wanted > 0 {
            explain(&mut kept[..wanted], self.watch.other_scan());
        }
        kept.iter().for_each(|kept| handler.kept(kept));
        result.map(|()| left)
    }

    /// About how many objects there are.
    fn total(&self) -> u64 {
        fn of<T: KernelObject>() -> u64 {
            let extent = T::extent().ok();
            extent.map_or(0, |it| it.used.unwrap_or(u64::from(it.max_index.unsigned_abs()) + 1))
        }
        let number = |kind| match kind {
            Kind::Shm => of::<Shm>(),
            Kind::Msg => of::<MsgQueue>(),
            Kind::Sem => of::<SemSet>(),
        };
        self.aim.kinds.iter().map(number).sum()
    }

    /// Those of a batch that the filter lists.
    fn choose<T: Listed + AsRow>(&mut self, batch: &[T]) -> Vec<Chosen> {
        let filter = &self.aim.filter;
        let inspector = filter.needs_processes().then(|| self.watch.inspector());
        let chosen = filter.choose(batch.iter().collect(), self.now, inspector);
        if !chosen.is_empty() && !self.aim.force && !filter.needs_processes() {
            // Every object is looked at again after this.
            self.watch.add(Request::in_use(Kinds::of(T::KIND)));
        }
        chosen.into_iter().map(Chosen::of).collect()
    }

    fn attempt_any(&mut self, chosen: &Chosen, dry_run: bool, privilege: Privilege) -> Outcome {
        match chosen.kind {
            Kind::Shm => self.attempt::<Shm>(chosen, dry_run, privilege),
            Kind::Msg => self.attempt::<MsgQueue>(chosen, dry_run, privilege),
            Kind::Sem => self.attempt::<SemSet>(chosen, dry_run, privilege),
        }
    }

    /// Looks at the object once more and removes it.
    fn attempt<T>(&mut self, chosen: &Chosen, dry_run: bool, privilege: Privilege) -> Outcome
    where
        T: Listed + Detailed + Inspect + AsRow,
    {
        let now = match self.look_again::<T>(chosen) {
            Look::Same(now) => now,
            Look::Gone => return Outcome::Gone,
            Look::Changed(target, because) => return Outcome::Kept(target, because),
        };
        let target = Target::from(now.object_ref());
        if let Some(because) = self.kept_for_its_use(&now) {
            // What others own is not in our hands, whatever it is used for.
            return if privilege.may_remove(now.perm()) {
                Outcome::Kept(Some(target), because)
            } else {
                Outcome::Failed(target, Errno::EPERM)
            };
        }
        let result = if !dry_run {
            ipc::remove(T::KIND, now.perm().id)
        } else if privilege.may_remove(now.perm()) {
            Ok(())
        } else {
            Err(Errno::EPERM)
        };
        match result {
            Ok(()) => Outcome::Removed(target),
            Err(Errno::EINVAL | Errno::EIDRM) => Outcome::Gone,
            Err(errno) => Outcome::Failed(target, errno),
        }
    }

    /// The object as it is now, if it is still the one that was chosen.
    fn look_again<T>(&self, chosen: &Chosen) -> Look<T>
    where
        T: Listed + AsRow,
    {
        let id = chosen.identity.id;
        let now = match T::at(id) {
            Ok(now) => now,
            Err(Errno::EINVAL | Errno::EIDRM) => return Look::Gone,
            // An old kernel, or a security module: the text is open to everyone.
            Err(_) => {
                let text = collect::find::<T>(&self.proc, id, Want::default(), &mut Vec::new());
                let Some(now) = text else { return Look::Changed(None, Because::OutOfSight) };
                now
            }
        };
        let same = now.perm().id == id;
        // Removed by somebody else, but still attached: for us it has gone.
        if same && now.perm().mode.is_dest() && !chosen.marked {
            return Look::Gone;
        }
        let target = || same.then(|| Target::from(now.object_ref()));
        if let Some(because) = Because::changed(&chosen.identity, &Identity::of(&now)) {
            return Look::Changed(target(), because);
        }
        if !self.aim.filter.passes(&now.row(), self.now) {
            return Look::Changed(target(), Because::Changed(Change::Filter));
        }
        Look::Same(now)
    }

    /// Whether the object stays for the sake of those who use it. Who passes `--unused` or
    /// `--orphaned` is not in use, so that one question is enough.
    fn kept_for_its_use<T: Inspect + Detailed>(&mut self, now: &T) -> Option<Because> {
        let nattch = now.nattch();
        if now.perm().mode.is_dest() && nattch > 0 {
            return Some(Because::Marked { nattch });
        }
        if self.aim.filter.needs_processes() {
            let inspector = self.watch.inspector();
            return self.aim.filter.against_use(now, inspector).map(Because::NoLonger);
        }
        if self.aim.force {
            return None;
        }
        let used = self.watch.inspector().in_use(now);
        used.may_be().then_some(Because::InUse(used))
    }
}

/// A plan while it is carried out.
struct Run<'a, H> {
    cleanup: &'a mut Cleanup,
    course: Course,
    privilege: Privilege,
    handler: &'a mut H,
    gaps: &'a mut Vec<Gap>,
    kept: &'a mut Vec<Kept>,
    done: u64,
    total: u64,
    left: usize,
    over: bool,
}

impl<H: CleanupHandler> Run<'_, H> {
    fn all_of<T: Listed + AsRow>(&mut self) -> io::Result<()> {
        let proc = self.cleanup.proc.clone();
        let mut gaps = std::mem::take(self.gaps);
        let mut asked = Vec::new();
        let result = collect::read(&proc, Want::default(), &mut gaps, &mut |batch: &mut [T]| {
            if self.over {
                return Ok(());
            }
            let chosen = self.cleanup.choose(batch);
            if self.course.asks {
                // A person takes time: the list is not read meanwhile.
                asked.extend(chosen);
                return Ok(());
            }
            self.remove(&chosen)?;
            self.done += batch.len() as u64;
            Ok(())
        });
        *self.gaps = gaps;
        result?;
        self.remove(&asked)
    }

    fn remove(&mut self, batch: &[Chosen]) -> io::Result<()> {
        for (at, chosen) in batch.iter().enumerate() {
            if self.over {
                self.left += batch.len() - at;
                break;
            }
            self.handler.progress(self.done + at as u64, self.total);
            match self.one(chosen)? {
                None => {
                    self.over = true;
                    self.left += 1;
                }
                Some(Outcome::Removed(target)) => self.handler.removed(&target),
                Some(Outcome::Gone) => self.handler.gone(chosen),
                Some(Outcome::Kept(target, because)) => {
                    let processes = Vec::new();
                    self.kept.push(Kept { chosen: *chosen, target, because, processes });
                }
                Some(Outcome::Failed(target, errno)) => {
                    let failure = failure(&target, errno);
                    self.handler.failed(&failure);
                    self.over = failure.is_fatal();
                }
            }
        }
        Ok(())
    }

    /// `None`: the handler wants to stop.
    fn one(&mut self, chosen: &Chosen) -> io::Result<Option<Outcome>> {
        let Run { course, privilege, .. } = *self;
        let mut seen = None;
        if course.asks {
            // Nobody is asked about what is not removed anyway.
            match self.cleanup.attempt_any(chosen, true, privilege) {
                Outcome::Removed(target) => seen = Some(target),
                other => return Ok(Some(other)),
            }
        }
        let asked = Instant::now();
        let decision = self.handler.decide(chosen, seen.as_ref())?;
        self.cleanup.watch.waited(asked.elapsed());
        Ok(match decision {
            Decision::Stop => None,
            Decision::Keep => Some(Outcome::Kept(seen, Because::Declined)),
            Decision::Remove => Some(self.cleanup.attempt_any(chosen, course.dry_run, privilege)),
        })
    }
}

fn failure(target: &Target, errno: Errno) -> Failure {
    let id = target.perm().id;
    Failure {
        kind: target.kind(),
        name: Some(Name::Id(id)),
        id: Some(id),
        details: Some(target.details()),
        cause: Cause::Removal(errno),
    }
}

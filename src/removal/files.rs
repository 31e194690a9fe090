//! Removes the files of POSIX objects.
//!
//! A file is looked at and removed in a directory that was opened once. It does not matter where the
//! path of the directory leads meanwhile, and no symbolic link in it is followed. Between the last
//! look and the removal is the time of one system call: the kernel cannot remove a file on condition
//! that it is a certain one. Only a process that may remove the file anyway can put another one in
//! its place then.
//!
//! Where only what is unused is removed, the kernel is asked as well whether a file is open: not all
//! that has a file open is a process that can be found.

use std::ffi::CString;
use std::fs::File;
use std::io;

use nix::errno::Errno;

use super::cause::Cause;
use super::engine::Engine;
use super::event::{Blocked, Candidate, Outcome};
use super::keep_reason::{Change, KeepReason};
use super::look::{errno, find};
use super::other_file::OtherFile;
use super::request::{NamedBy, Options};
use crate::columns::Needs;
use crate::model::{Identity, Kind, Kinds, NameError, Object, Owner, PosixFile, PosixName};
use crate::processes::{ScanRequest, Verdict, rules};
use crate::query::Filter;
use crate::sources::{Gap, Source, posix};
use crate::sys::directory::{Directory, FileLook};
use crate::sys::ids::caller_owner;
use crate::sys::lease::is_only_opener;
use crate::sys::{is_permission, mqueue};

/// What has to be the same about a file right before it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    /// Nothing more: it was looked at right before.
    LookedAt,
    /// The file itself. Its content may have changed: a named object is removed in use or not.
    File,
    /// Everything, as for an object that a filter selected.
    Everything,
    /// Everything, and nobody may have it open.
    Unused,
}

/// Why a file stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stays {
    /// It is not the one that was chosen, or no longer as it was.
    Changed(Change),
    /// The kernel counts it as open.
    Open,
    /// It could not be looked at or removed; ENOENT if it is gone.
    Failed(Errno),
}

/// Removes the file of an object, if it is still the one that was chosen.
pub(super) fn unlink(source: &dyn Source, chosen: &Object, same: Same) -> Result<(), Stays> {
    let (Some(name), Some(file)) = (chosen.name(), chosen.file()) else {
        return Err(Stays::Failed(Errno::EINVAL));
    };
    let directory = match source.directory(chosen.kind()) {
        Ok(directory) => directory.ok_or(Errno::ENOENT),
        Err(gap) => Err(errno(&gap)),
    };
    let directory = directory.map_err(Stays::Failed)?;
    // Nobody opens it between the last look and the removal.
    let _lease = match same {
        Same::Unused => lease(directory, name, file)?,
        Same::LookedAt | Same::File | Same::Everything => None,
    };
    if same != Same::LookedAt {
        let now = directory.look(name.file()).map_err(Stays::Failed)?;
        if let Some(change) = difference(chosen, file, &now, same) {
            return Err(Stays::Changed(change));
        }
    }
    directory.unlink(name.file()).map_err(Stays::Failed)
}

/// A descriptor that keeps others from opening a file which nobody has open. `None`: that cannot be
/// had, and what the processes show has to be enough.
fn lease(directory: &Directory, name: &PosixName, file: &PosixFile) -> Result<Option<File>, Stays> {
    let opened = match directory.open_file(name.file()) {
        Ok(opened) => opened,
        // Somebody has it leased, and so open.
        Err(Errno::EAGAIN) => return Err(Stays::Open),
        Err(_) => return Ok(None),
    };
    if FileLook::of_open(&opened).map_err(Stays::Failed)?.file.id != file.id {
        return Err(Stays::Changed(Change::File));
    }
    match is_only_opener(&opened) {
        Ok(true) => Ok(Some(opened)),
        Ok(false) => Err(Stays::Open),
        Err(_) => Ok(None),
    }
}

fn difference(chosen: &Object, file: &PosixFile, now: &FileLook, same: Same) -> Option<Change> {
    if now.file.id != file.id || now.file.file_type != file.file_type {
        return Some(Change::File);
    }
    if same == Same::File {
        return None;
    }
    // Reading the file of a queue sets its ctime; sending and receiving set its mtime too.
    let is_as_before = match chosen.kind() {
        Kind::Pmsg => now.file.mtime == file.mtime,
        _ => now.file.changed == file.changed,
    };
    let owner = caller_owner(Owner { uid: now.uid, gid: now.gid });
    let differ = [
        (Change::Owner, owner != chosen.owner),
        (Change::Mode, now.perms != chosen.mode.perms()),
        (Change::Ctime, !is_as_before),
    ];
    differ.into_iter().find(|(_, differs)| *differs).map(|(change, _)| change)
}

impl Engine<'_> {
    /// Removes a POSIX object that was named.
    pub fn named_file(&mut self, kind: Kind, named_by: &NamedBy) -> io::Result<()> {
        let candidate = |object| Candidate {
            kind,
            named_by: Some(named_by.clone()),
            id: None,
            object,
            blocked: Blocked::NotCounted,
        };
        match self.find_file(kind, named_by) {
            Ok(object) => self.attempt_named(candidate(object), false),
            Err(cause) => {
                let candidate = candidate(None);
                // util-linux announces what it tries.
                if self.options.announces && !self.options.asks {
                    self.handler.decide(&candidate)?;
                }
                self.conclude(candidate, Outcome::Failed(cause));
                Ok(())
            }
        }
    }

    /// The object with a name. `None`: queues cannot be looked at, but may be removed.
    fn find_file(&self, kind: Kind, named_by: &NamedBy) -> Result<Option<Object>, Cause> {
        let name = match named_by {
            NamedBy::Name(name, _) => name,
            NamedBy::NoName(NameError::TooLong, _) if kind == Kind::Pmsg => {
                return Err(Cause::Removal(Errno::ENAMETOOLONG));
            }
            // The C library reports the names of files that are too long as missing.
            _ => return Err(Cause::Removal(Errno::ENOENT)),
        };
        let missing = Err(Cause::Removal(Errno::ENOENT));
        match find(self.source, &Identity::posix(kind, name.clone()), Needs::NOTHING) {
            Ok(Some(object)) if self.gone.contains(&object.identity) => missing,
            Ok(Some(object)) => match OtherFile::of(&object).filter(|file| !file.goes_by_name()) {
                Some(other) => Err(Cause::OtherFile(other)),
                None => Ok(Some(object)),
            },
            Ok(None) if kind == Kind::Pshm && self.is_semaphore(name) => {
                Err(Cause::OtherFile(OtherFile::Semaphore))
            }
            Ok(None) => missing,
            Err(Gap::Queues(_)) if !self.options.dry_run && !self.options.asks => Ok(None),
            Err(gap) => Err(Cause::Unread(errno(&gap))),
        }
    }

    /// Whether a file is that of a semaphore, whichever C library wrote it.
    fn is_semaphore(&self, name: &PosixName) -> bool {
        let identity = Identity::posix(Kind::Psem, PosixName::of_file(Kind::Psem, name.file()));
        let found = find(self.source, &identity, Needs::NOTHING);
        found.is_ok_and(|found| found.is_some_and(|object| object.identity == identity))
    }

    /// How many processes use a POSIX object, if the handler asks for it.
    pub fn count_users(&mut self, object: &Object) -> Blocked {
        if !self.options.counts_users {
            return Blocked::NotCounted;
        }
        self.scan.add(ScanRequest::users(Kinds::of(object.kind())));
        let report = rules::report(object, self.scan.inspector());
        match (report.users.list.len() as u64, report.gap) {
            (0, Some(_)) => Blocked::Unknown,
            (count, _) => Blocked::Processes(count),
        }
    }

    /// The kernel's answer to the removal of a POSIX object, or the predicted one.
    pub fn remove_file(&mut self, candidate: &Candidate) -> Result<(), Cause> {
        let Some(object) = &candidate.object else {
            return match self.options.dry_run {
                true => Err(Cause::Unread(Errno::EPERM)),
                false => unlink_queue(candidate),
            };
        };
        if self.options.dry_run {
            return self.predict_unlink(object);
        }
        unlink(self.source, object, Same::File).map_err(|stays| match stays {
            // The one that was named is gone.
            Stays::Changed(_) | Stays::Open => Cause::Removal(Errno::ENOENT),
            Stays::Failed(errno) => Cause::Removal(errno),
        })
    }

    fn predict_unlink(&mut self, object: &Object) -> Result<(), Cause> {
        match self.may_remove(object) {
            Ok(true) => {
                self.gone.insert(object.identity.clone());
                Ok(())
            }
            Ok(false) => Err(Cause::Removal(Errno::EPERM)),
            Err(errno) => Err(Cause::Permission(errno)),
        }
    }

    /// Whether unlink(2) will be allowed.
    ///
    /// # Errors
    /// Why that is unknown. EROFS: nothing can be removed there.
    pub fn may_unlink(&mut self, object: &Object) -> nix::Result<bool> {
        let directory = self.source.directory(object.kind()).map_err(|gap| errno(&gap))?;
        let Some(directory) = directory else { return Err(Errno::ENOENT) };
        match directory.check_writable() {
            Ok(()) => {}
            Err(error) if is_permission(error) => return Ok(false),
            Err(error) => return Err(error),
        }
        let protection = directory.protection()?;
        self.privilege().may_unlink(object, protection)
    }

    /// Removes every POSIX object of a kind. Each file is looked at right before it is removed.
    pub fn all_files(&mut self, kind: Kind) -> io::Result<()> {
        self.each_file(kind, &mut |engine, object, _| engine.one_of_all_files(object))
    }

    fn one_of_all_files(&mut self, object: Object) -> io::Result<()> {
        if self.gone.contains(&object.identity) || self.keeps_other_file(&object) {
            return Ok(());
        }
        let Options { dry_run, asks, announces, .. } = self.options;
        if dry_run || asks || announces {
            return self.attempt_named(Candidate::of(object), true);
        }
        let outcome = self.unlinked(&object, Same::LookedAt);
        // Another process may have removed it meanwhile.
        if outcome != Outcome::Gone {
            self.conclude(Candidate::of(object), outcome);
        }
        Ok(())
    }

    /// Removes the POSIX objects of a kind that a filter selects by what the files say, in use or
    /// not. Each file is looked at right before it is removed. The progress is that of all kinds.
    pub fn forced_files(
        &mut self,
        kind: Kind,
        filter: &Filter,
        (done, total): (u64, u64),
    ) -> io::Result<()> {
        let now = self.options.now;
        self.each_file(kind, &mut |engine, object, at| {
            engine.handler.progress(done.saturating_add(at), total);
            if filter.passes_by_itself(&object, now) && !engine.keeps_other_file(&object) {
                let outcome = engine.unlinked(&object, Same::LookedAt);
                engine.conclude(Candidate::of(object), outcome);
            }
            Ok(())
        })
    }

    /// Calls a function with the object of each file, and its number from 0.
    fn each_file(
        &mut self,
        kind: Kind,
        take: &mut dyn FnMut(&mut Self, Object, u64) -> io::Result<()>,
    ) -> io::Result<()> {
        let directory = match self.source.directory(kind) {
            Ok(Some(directory)) => directory,
            Ok(None) => return Ok(()),
            Err(gap) => {
                self.gaps.push(gap);
                return Ok(());
            }
        };
        let Options { dry_run, asks, announces, .. } = self.options;
        // The kernel removes files faster in its own order.
        let names = match dry_run || asks || announces {
            true => directory.names(),
            false => directory.names_as_stored(),
        };
        let names = names.unwrap_or_else(|error| {
            self.gaps.push(Gap::Kind { kind, error });
            Vec::new()
        });
        for (name, at) in names.iter().filter(|name| posix::file_names(kind, name)).zip(0..) {
            match posix::examine(directory, kind, name) {
                Ok(Some(object)) => take(self, object, at)?,
                Ok(None) => {}
                Err(gap) => self.gaps.push(gap),
            }
            if self.over {
                break;
            }
        }
        Ok(())
    }

    /// Keeps a file that is not an object.
    pub fn keeps_other_file(&mut self, object: &Object) -> bool {
        let other = OtherFile::of(object);
        if let Some(other) = other {
            let outcome = Outcome::Kept(KeepReason::OtherFile(other));
            self.conclude(Candidate::of(object.clone()), outcome);
        }
        other.is_some()
    }

    /// Removes the file of an object that was not named.
    pub fn unlinked(&self, object: &Object, same: Same) -> Outcome {
        match unlink(self.source, object, same) {
            Ok(()) => Outcome::Removed,
            Err(Stays::Changed(change)) => Outcome::Kept(KeepReason::Changed(change)),
            Err(Stays::Open) => Outcome::Kept(KeepReason::InUse(Verdict::open_unseen())),
            Err(Stays::Failed(Errno::ENOENT)) => Outcome::Gone,
            Err(Stays::Failed(errno)) => Outcome::Failed(Cause::Removal(errno)),
        }
    }
}

/// Removes a queue by its name, which needs no mount.
fn unlink_queue(candidate: &Candidate) -> Result<(), Cause> {
    let Some(NamedBy::Name(name, _)) = &candidate.named_by else {
        return Err(Cause::Removal(Errno::ENOENT));
    };
    let slashed = CString::new(name.shown()).map_err(|_| Cause::Removal(Errno::ENOENT))?;
    mqueue::unlink(&slashed).map_err(Cause::Removal)
}

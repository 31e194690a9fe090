//! Whether what is in another /dev/shm may be changed for the process that sees it.
//!
//! An ordinary user may make a user namespace, and in it mount any directory on /dev/shm or take any
//! directory as root. A privileged caller must not remove files there that this user may not remove.

use std::fs::File;
use std::io;

use super::ShmFiles;
use crate::model::{FileId, IdMap, IdRange};
use crate::proc::{ProcRoot, file_id, id_map};
use crate::sys::Errno;
use crate::sys::directory::{Directory, FileLook};
use crate::sys::namespace;

/// What a process may arrange.
#[derive(PartialEq)]
struct Authority {
    /// Its user namespace.
    users: FileId,
    /// The user namespace that owns its mount namespace; `None` if that is not in reach.
    mounts: Option<FileId>,
    /// The users of its user namespace, as the caller sees them.
    map: IdMap,
}

impl Authority {
    fn of(proc: &ProcRoot, process: &str) -> io::Result<Authority> {
        let owner = namespace::owner(&proc.open(format!("{process}/ns/mnt"))?);
        let owner = owner.ok().map(|owner| File::from(owner).metadata()).transpose()?;
        let map = id_map::parse(&proc.read(format!("{process}/uid_map"))?);
        Ok(Authority {
            users: proc.file_id(format!("{process}/ns/user"))?,
            mounts: owner.as_ref().map(file_id),
            map: map.map_err(io::Error::other)?,
        })
    }

    /// Whether it had all rights over a directory of this owner anyway.
    fn covers(&self, own: FileId, uid: u32) -> bool {
        let is_inside = |range: &IdRange| {
            uid.checked_sub(range.outside).is_some_and(|offset| offset < range.count)
        };
        let is_covered = self.users == own || self.map.0.iter().any(is_inside);
        is_covered && self.mounts.is_some_and(|mounts| mounts == self.users || mounts == own)
    }
}

impl ShmFiles {
    /// Like [`ShmFiles::of_member`], to remove or create files: EPERM if the directory belongs to
    /// somebody else than the users of the process's own user namespace.
    #[must_use]
    pub fn of_member_to_change(proc: &ProcRoot, pid: i32, namespace: FileId) -> ShmFiles {
        let process = pid.to_string();
        let before = Authority::of(proc, &process);
        let files = ShmFiles::of_member(proc, pid, namespace);
        let ShmFiles::Opened(directory) = &files else { return files };
        // The process may have ended, and another one have its number.
        let authority = Authority::of(proc, &process);
        let is_same = matches!((&before, &authority), (Ok(before), Ok(now)) if before == now);
        let may_change = is_same && authority.is_ok_and(|now| may_change(proc, &now, directory));
        if may_change { files } else { ShmFiles::Unreadable(Errno::EPERM) }
    }
}

fn may_change(proc: &ProcRoot, authority: &Authority, directory: &Directory) -> bool {
    let (Ok(look), Ok(own)) = (FileLook::of_open(directory), proc.file_id("self/ns/user")) else {
        return false;
    };
    let is_own = || {
        let own = ShmFiles::Own.open().ok().flatten();
        own.and_then(|own| own.id().ok()) == Some(look.file.id)
    };
    authority.covers(own, look.uid) || is_own()
}

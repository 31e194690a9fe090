//! Which processes have files in memory open, among them those of POSIX objects.
//!
//! A walk does not know which objects will be listed, and in `--namespace all` they are in many file
//! systems. It therefore notes every file that may be an object, and objects are looked up by the
//! number of their file.

use std::collections::{BTreeMap, HashMap};
use std::io;

use super::file_devices::FileDevices;
use super::mappings::{Mapping, is_gone};
use super::waits::Waiter;
use crate::model::FileId;
use crate::proc::ProcRoot;
use crate::sys::process::compare_descriptors;

/// A process that has a file open or mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUser {
    /// The process.
    pub pid: i32,
    /// Whether it has a descriptor of the file.
    pub open: bool,
    /// Its mappings of the file, by address.
    pub mappings: Vec<Mapping>,
}

/// Who uses which files.
#[derive(Clone, Debug, Default)]
pub struct FileUsers {
    /// Processes that have a file open or mapped, by pid.
    pub users: HashMap<FileId, Vec<FileUser>>,
    /// Threads that are blocked on the queue with this file.
    pub waiters: HashMap<FileId, Vec<Waiter>>,
}

impl FileUsers {
    /// Adds what a process has open and mapped.
    pub(super) fn add(&mut self, pid: i32, open: Vec<FileId>, mapped: Vec<(FileId, Mapping)>) {
        let mut files: BTreeMap<FileId, FileUser> = BTreeMap::new();
        let user = || FileUser { pid, open: false, mappings: Vec::new() };
        for file in open {
            files.entry(file).or_insert_with(user).open = true;
        }
        for (file, mapping) in mapped {
            files.entry(file).or_insert_with(user).mappings.push(mapping);
        }
        for (file, user) in files {
            self.users.entry(file).or_default().push(user);
        }
    }

    pub(super) fn add_waiter(&mut self, file: FileId, waiter: Waiter) {
        self.waiters.entry(file).or_default().push(waiter);
    }

    pub(super) fn and(mut self, other: FileUsers) -> FileUsers {
        for (file, users) in other.users {
            self.users.entry(file).or_default().extend(users);
        }
        for (file, waiters) in other.waiters {
            self.waiters.entry(file).or_default().extend(waiters);
        }
        self
    }

    pub(super) fn sort(&mut self) {
        self.users.values_mut().for_each(|users| users.sort_unstable_by_key(|user| user.pid));
        let key = |waiter: &Waiter| (waiter.pid, waiter.tid);
        self.waiters.values_mut().for_each(|waiters| waiters.sort_unstable_by_key(key));
    }
}

/// The files that a process has open. Threads may have tables of descriptors of their own
/// (unshare(2), `CLONE_FILES`), and the first thread has none any more when it has exited.
pub(super) fn open_files(
    root: &ProcRoot,
    devices: &FileDevices,
    pid: i32,
) -> io::Result<Vec<FileId>> {
    let mut found = Vec::new();
    let mut tables: Vec<i32> = Vec::new();
    for tid in root.threads(pid)? {
        if tables.iter().any(|known| compare_descriptors(*known, tid).is_ok_and(|it| it.is_eq())) {
            continue;
        }
        match root.open_files(&format!("{pid}/task/{tid}")) {
            Ok(files) => {
                found.extend(files.into_iter().filter(|it| devices.may_have_objects(it.device)));
            }
            // This thread has exited.
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(error),
        }
        tables.push(tid);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Device;
    use crate::processes::Access;

    fn file(inode: u64) -> FileId {
        FileId { device: Device { major: 0, minor: 7 }, inode }
    }

    #[test]
    fn uses_are_joined_by_file_and_process() {
        let mapping = |address| Mapping {
            address,
            size: 4096,
            offset: 0,
            access: Access::ReadOnly,
            key: None,
            page_size: 1,
        };
        let mut first = FileUsers::default();
        first.add(9, vec![file(1), file(1)], vec![(file(1), mapping(1)), (file(2), mapping(2))]);
        first.add(9, Vec::new(), Vec::new());
        let mut second = FileUsers::default();
        second.add(8, vec![file(1)], Vec::new());
        let mut all = first.and(second);
        all.sort();
        let user = |pid, open, mappings| FileUser { pid, open, mappings };
        assert_eq!(all.users[&file(1)], [user(8, true, vec![]), user(9, true, vec![mapping(1)])]);
        assert_eq!(all.users[&file(2)], [user(9, false, vec![mapping(2)])]);
        assert_eq!(all.users.len(), 2);
    }
}

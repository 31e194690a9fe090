//! The files that a process sees, if it is in an IPC namespace that was asked for.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use nix::libc::{O_DIRECTORY, O_PATH};

use super::ProcRoot;
use crate::model::FileId;
use crate::sys::{Errno, errno_of};

/// The root directory of a process.
#[derive(Debug)]
pub struct MemberRoot {
    /// A descriptor that files can be looked up in.
    pub directory: File,
    /// The user namespace of the process. In another one than the initial one, any user may mount
    /// directories.
    pub user_namespace: Option<FileId>,
    /// The text of its mountinfo; empty if that cannot be read.
    pub mounts: Vec<u8>,
}

impl ProcRoot {
    /// The root directory of a process which has a thread in an IPC namespace, as a descriptor that
    /// files can be looked up in. `None`: it has ended, or is in another namespace.
    ///
    /// # Errors
    /// Those of open(2): EACCES without the permission to inspect the process.
    pub fn root_of_member(&self, pid: i32, namespace: FileId) -> io::Result<Option<MemberRoot>> {
        let open = |path: PathBuf| {
            OpenOptions::new().read(true).custom_flags(O_PATH | O_DIRECTORY).open(path)
        };
        let opened = open(self.path(pid.to_string())).and_then(|process| {
            // Whatever is looked up through this descriptor is of the same process, even if another
            // one gets its number.
            let held = self.path(format!("thread-self/fd/{}", process.as_raw_fd()));
            let held = ProcRoot::at(held);
            for tid in held.numbers("task")? {
                if held.file_id(format!("task/{tid}/ns/ipc")).is_ok_and(|id| id == namespace) {
                    let directory = open(held.path("root"))?;
                    // Afterwards: a process that leaves a user namespace does not come back.
                    let user_namespace = held.file_id("ns/user").ok();
                    let mounts = held.read("mountinfo").unwrap_or_default();
                    return Ok(Some(MemberRoot { directory, user_namespace, mounts }));
                }
            }
            Ok(None)
        });
        match opened {
            Err(error) if matches!(errno_of(&error), Errno::ENOENT | Errno::ESRCH) => Ok(None),
            opened => opened,
        }
    }
}

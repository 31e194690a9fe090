//! Making POSIX objects.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use super::object::Object;
use crate::model::{Mode, PosixName};
use crate::proc::{ProcRoot, sysctl};
use crate::sources::{ShmFiles, posix};
use crate::sys::directory::Directory;
use crate::sys::mqueue::Attributes;
use crate::sys::{Errno, errno_of, posix as sys};

/// Where POSIX objects are made. Queues belong to the IPC namespace of the calling thread.
pub(super) struct Place {
    proc: ProcRoot,
    /// The directory for shared memory and semaphores.
    shm: nix::Result<Option<Arc<Directory>>>,
}

impl Place {
    pub(super) fn open(proc: ProcRoot, files: ShmFiles) -> Place {
        let shm = files.open();
        Place { proc, shm }
    }

    pub(super) fn directory(&self) -> nix::Result<&Directory> {
        match &self.shm {
            Ok(Some(directory)) => Ok(directory),
            Ok(None) => Err(Errno::ENOENT),
            Err(errno) => Err(*errno),
        }
    }

    /// Makes an object that did not exist. A queue has these limits then.
    pub(super) fn make(
        &self,
        object: Object,
        name: &PosixName,
        mode: u16,
    ) -> nix::Result<Option<Attributes>> {
        let mode = Mode(mode).perms();
        match object {
            Object::Pshm(size) => {
                // Lengths are signed.
                i64::try_from(size).map_err(|_| Errno::EFBIG)?;
                self.make_file(name, mode, |file| file.set_len(size))?;
            }
            Object::Psem(value) => {
                self.make_file(name, mode, |file| file.write_all(&posix::new_semaphore(value)))?;
            }
            Object::Pmsg { maxmsg, msgsize } => {
                let limits = self.limits(maxmsg, msgsize);
                return sys::create_queue(name.shown(), mode, limits).map(Some);
            }
            Object::Shm(_) | Object::Msg | Object::Sem(_) => return Err(Errno::EOPNOTSUPP),
        }
        Ok(None)
    }

    fn make_file(
        &self,
        name: &PosixName,
        mode: u16,
        fill: impl FnOnce(&mut File) -> std::io::Result<()>,
    ) -> nix::Result<()> {
        let directory = self.directory()?;
        let mut file = sys::unnamed_file(directory)?;
        fill(&mut file).map_err(|error| errno_of(&error))?;
        sys::set_mode(&file, mode)?;
        let path = self.proc.path(format!("thread-self/fd/{}", file.as_raw_fd()));
        sys::give_name(&file, &path, directory, name.file())
    }

    /// The limits of a new queue; `None`: those that the kernel gives it.
    pub(super) fn limits(&self, maxmsg: Option<u64>, msgsize: Option<u64>) -> Option<(u64, u64)> {
        if maxmsg.is_none() && msgsize.is_none() {
            return None;
        }
        let default = |name, max, of_kernel: u64| {
            let default = self.sysctl(name).unwrap_or(of_kernel);
            self.sysctl(max).map_or(default, |max| default.min(max))
        };
        Some((
            maxmsg.unwrap_or_else(|| default("msg_default", "msg_max", 10)),
            msgsize.unwrap_or_else(|| default("msgsize_default", "msgsize_max", 8192)),
        ))
    }

    /// A limit on queues (mq_overview(7)).
    pub(super) fn sysctl(&self, name: &str) -> Option<u64> {
        let text = self.proc.read(format!("sys/fs/mqueue/{name}")).ok()?;
        sysctl::parse_numbers(&text)?.first().copied()
    }

    /// How many queues have a name.
    pub(super) fn queue_count(&self) -> Option<u64> {
        let queues = posix::Queues::open(&self.proc);
        let names = queues.directory().ok()??.names().ok()?;
        u64::try_from(names.len()).ok()
    }
}

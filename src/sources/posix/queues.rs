//! The directory of the queues of an IPC namespace.

use std::ffi::CString;

use crate::model::FileId;
use crate::proc::ProcRoot;
use crate::processes::INITIAL_IPC_NAMESPACE;
use crate::sources::{Gap, NoQueues};
use crate::sys::directory::{Directory, FileLook};
use crate::sys::{Errno, mqueue};

/// The queues of the namespace that the calling thread was in when they were opened.
#[derive(Debug)]
pub struct Queues(Result<Option<Directory>, NoQueues>);

impl Queues {
    /// Opens them: by a mount of our own, or with fewer privileges by the one at /dev/mqueue if that
    /// shows the queues of this namespace.
    pub fn open(proc: &ProcRoot) -> Queues {
        Queues(match mqueue::mount() {
            Ok(directory) => Ok(Some(directory)),
            // The kernel has no queues, so there are none.
            Err(Errno::ENODEV) => Ok(None),
            Err(errno) => open_mounted(proc, errno).map(Some),
        })
    }

    /// The directory; `None` if the kernel has no queues.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn directory(&self) -> Result<Option<&Directory>, Gap> {
        match &self.0 {
            Ok(directory) => Ok(directory.as_ref()),
            Err(why) => Err(Gap::Queues(*why)),
        }
    }
}

fn open_mounted(proc: &ProcRoot, errno: Errno) -> Result<Directory, NoQueues> {
    let directory = match mqueue::mounted() {
        Ok(directory) => directory,
        Err(Errno::ENOENT) => return Err(NoQueues::NotMounted(errno)),
        Err(errno) => return Err(NoQueues::Failed(errno)),
    };
    let names = directory.names().map_err(NoQueues::Failed)?;
    for name in &names {
        match is_here(&directory, name) {
            Ok(Some(true)) => return Ok(directory),
            Ok(Some(false)) => return Err(NoQueues::OfAnother),
            // It may not be opened, or was removed meanwhile; another one may show it.
            Ok(None) => {}
            Err(errno) => return Err(NoQueues::Failed(errno)),
        }
    }
    // No queue shows whose they are. In the initial namespace it is the system that mounts them.
    let is_initial = |id: FileId| id.inode == INITIAL_IPC_NAMESPACE;
    match proc.file_id("thread-self/ns/ipc") {
        Ok(id) if is_initial(id) => Ok(directory),
        _ => Err(NoQueues::Unknown(errno)),
    }
}

/// Whether a queue of a directory is that of the calling thread's namespace with the same name.
/// `None` if that is unknown.
fn is_here(directory: &Directory, name: &[u8]) -> nix::Result<Option<bool>> {
    let Ok(slashed) = CString::new([b"/", name].concat()) else { return Ok(None) };
    let there = match directory.look(name) {
        Ok(look) => look.file.id,
        Err(Errno::ENOENT) => return Ok(None),
        Err(errno) => return Err(errno),
    };
    match mqueue::open_by_name(&slashed) {
        Ok(Some(queue)) => Ok(Some(FileLook::of_open(queue)?.file.id == there)),
        // One of another namespace, or it was removed meanwhile.
        Ok(None) => Ok(directory.look(name).is_ok().then_some(false)),
        Err(_) => Ok(None),
    }
}

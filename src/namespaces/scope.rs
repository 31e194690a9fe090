//! A namespace that was named by a process or a path.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::describe;
use super::found::IpcNamespace;
use super::mounts::{open_path, reopen};
use super::walk::Walk;
use crate::escape::escaped;
use crate::proc::{ProcRoot, file_id};
use crate::processes::is_gone;
use crate::sys::namespace::is_ipc;
use crate::sys::reason;

/// What names a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A process or thread that is in it.
    Pid(i32),
    /// Its file, or a file that it is mounted on.
    Path(PathBuf),
}

/// Why a namespace that was named is not there.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The process does not exist.
    #[error("no process {0}")]
    NoProcess(i32),
    /// The process has exited, and its parent has not waited for it.
    #[error("process {0} has exited")]
    Exited(i32),
    /// It is another file, or a namespace of another kind.
    #[error("'{}' is not an IPC namespace", escaped(.0.as_os_str().as_bytes()))]
    NotANamespace(PathBuf),
    /// The file cannot be opened.
    #[error("cannot open '{}': {}", escaped(path.as_os_str().as_bytes()), reason(error))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Opens a namespace, without a look at its processes.
///
/// # Errors
/// It is not there, or cannot be opened.
pub fn open(proc: &ProcRoot, scope: &Scope) -> Result<File, FindError> {
    match scope {
        Scope::Pid(pid) => open_of_process(proc, *pid),
        Scope::Path(path) => open_file(proc, path),
    }
}

/// Opens and describes a namespace.
///
/// # Errors
/// It is not there, or cannot be opened.
pub fn find(proc: &ProcRoot, scope: &Scope) -> Result<IpcNamespace, FindError> {
    let file = open(proc, scope)?;
    let lost = |error| FindError::Open { path: path_of(proc, scope), error };
    let id = file.metadata().map(|metadata| file_id(&metadata)).map_err(lost)?;
    let mut walk = Walk::only(proc, id, file);
    walk.walk_all();
    let found = describe::describe(walk).namespaces.pop();
    found.ok_or_else(|| lost(io::ErrorKind::NotFound.into()))
}

fn path_of(proc: &ProcRoot, scope: &Scope) -> PathBuf {
    match scope {
        Scope::Pid(pid) => proc.path(format!("{pid}/ns/ipc")),
        Scope::Path(path) => path.clone(),
    }
}

fn open_of_process(proc: &ProcRoot, pid: i32) -> Result<File, FindError> {
    let failed = |error| FindError::Open { path: path_of(proc, &Scope::Pid(pid)), error };
    match proc.open(format!("{pid}/ns/ipc")) {
        Ok(file) => return Ok(file),
        Err(error) if is_gone(&error) => {}
        Err(error) => return Err(failed(error)),
    }
    // The first thread has exited, or the process has.
    let threads = match proc.threads(pid) {
        Ok(threads) => threads,
        Err(error) if is_gone(&error) => return Err(FindError::NoProcess(pid)),
        Err(error) => return Err(failed(error)),
    };
    for tid in threads {
        match proc.open(format!("{pid}/task/{tid}/ns/ipc")) {
            Ok(file) => return Ok(file),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    // It may have been waited for meanwhile.
    match proc.metadata(pid.to_string()) {
        Ok(_) => Err(FindError::Exited(pid)),
        Err(_) => Err(FindError::NoProcess(pid)),
    }
}

fn open_file(proc: &ProcRoot, path: &Path) -> Result<File, FindError> {
    let failed = |error| FindError::Open { path: path.to_owned(), error };
    // A pipe or a device in its place must not be opened.
    let found = open_path(path).map_err(failed)?;
    let file = reopen(proc, &found).map_err(failed)?;
    match file.map(|file| is_ipc(&file).map(|is_ipc| (is_ipc, file))) {
        Some(Ok((true, file))) => Ok(file),
        Some(Err(errno)) => Err(failed(errno.into())),
        Some(Ok((false, _))) | None => Err(FindError::NotANamespace(path.to_owned())),
    }
}

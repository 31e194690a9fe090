//! `--namespace`: which IPC namespace was asked for.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anyhow::anyhow;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::session::Session;
use crate::cli::UsageError;
use crate::cli::numbers::parse_digits;
use crate::namespaces::{self, EnterError, Found, IpcNamespace, Scope, run_inside};
use crate::proc::ProcRoot;
use crate::sys::{Errno, descriptors};

/// What `--namespace` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamespaceScope {
    /// Every namespace that can be found.
    All,
    /// That of a process or of a file.
    One(Scope),
}

/// Reads the value of `--namespace`: `all`, the digits of a process ID, or a path.
pub fn scope(typed: &OsStr) -> Result<NamespaceScope, UsageError> {
    match typed.as_bytes() {
        b"" => Err(UsageError::new("--namespace needs a process ID, a path or all")),
        b"all" => Ok(NamespaceScope::All),
        digits if digits.iter().all(u8::is_ascii_digit) => {
            match parse_digits(digits, 10).ok().and_then(|pid| i32::try_from(pid).ok()) {
                Some(pid) => Ok(NamespaceScope::One(Scope::Pid(pid))),
                // The kernel has no process with a larger number, but namespaces have such numbers.
                None => Err(UsageError::new(format!(
                    "no process {}; to name a namespace, use the ID of a process in it (see ipcs --list-namespaces)",
                    typed.display()
                ))),
            }
        }
        _ => Ok(NamespaceScope::One(Scope::Path(PathBuf::from(typed)))),
    }
}

/// Finds all namespaces. Each takes a descriptor, which may be more than the default limit allows.
pub fn find_all(proc: &ProcRoot) -> Found {
    descriptors::raise_limit();
    namespaces::find_all(proc)
}

/// Runs `work` within a namespace that is open, in a thread or a child process (see
/// [`run_inside`]).
///
/// # Errors
/// It cannot be entered.
pub fn run_in_open<T: Send + Serialize + DeserializeOwned>(
    proc: &ProcRoot,
    namespace: &File,
    work: impl FnOnce() -> T + Send,
) -> anyhow::Result<T> {
    run_inside(proc, namespace, work).map_err(|error| match error {
        EnterError::Refused(_) => anyhow!("cannot enter the namespace: {error}"),
        EnterError::Ended(_) => anyhow!("the namespace: {error}"),
    })
}

/// Runs `work` within a namespace that was found, in a thread or a child process (see
/// [`run_inside`]).
///
/// # Errors
/// Those of opening and entering the namespace.
pub fn enter<T: Send + Serialize + DeserializeOwned>(
    namespace: &IpcNamespace,
    work: impl FnOnce() -> T + Send,
) -> Result<T, EnterError> {
    match (&namespace.file, namespace.error) {
        (_, Some(error)) => Err(error.into()),
        (Some(file), None) => run_inside(&ProcRoot::default(), file, work),
        (None, None) => Err(Errno::ENOENT.into()),
    }
}

/// Why nothing is known of a namespace, in one line.
pub fn cannot_enter(namespace: &IpcNamespace, error: EnterError) -> anyhow::Error {
    let number = namespace.id.inode;
    match error {
        EnterError::Refused(_) => anyhow!("cannot enter namespace {number}: {error}"),
        EnterError::Ended(_) => anyhow!("namespace {number}: {error}"),
    }
}

/// Reports messages about a namespace.
pub fn warn_of(session: &mut Session, namespace: &IpcNamespace, messages: &[String]) {
    for message in messages {
        session.warn(format_args!("namespace {}: {message}", namespace.id.inode));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_process_and_everything_else_is_a_path() {
        let read = |typed: &str| scope(OsStr::new(typed));
        let path = |path: &str| Ok(NamespaceScope::One(Scope::Path(PathBuf::from(path))));
        assert_eq!(read("all"), Ok(NamespaceScope::All));
        assert_eq!(read("12"), Ok(NamespaceScope::One(Scope::Pid(12))));
        assert_eq!(read("2147483647"), Ok(NamespaceScope::One(Scope::Pid(i32::MAX))));
        for number in ["4026532181", "99999999999999999999"] {
            let error = read(number).expect_err("no process has this number").to_string();
            assert!(error.starts_with(&format!("no process {number}; ")), "{error}");
        }
        assert_eq!(read("./all"), path("./all"));
        assert_eq!(read("/proc/1/ns/ipc"), path("/proc/1/ns/ipc"));
        assert_eq!(read("-1"), path("-1"));
        assert!(read("").is_err());
    }
}

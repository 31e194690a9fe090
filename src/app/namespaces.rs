//! `--namespace`: which IPC namespace was asked for.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anyhow::anyhow;

use crate::cli::UsageError;
use crate::cli::numbers::parse_digits;
use crate::namespaces::{self, IpcNamespace, Scope};
use crate::proc::ProcRoot;
use crate::sys::{Errno, error_text};

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
            let pid = parse_digits(digits, 10).ok().and_then(|pid| i32::try_from(pid).ok());
            // The kernel has no process with a larger number.
            Ok(NamespaceScope::One(Scope::Pid(pid.unwrap_or(i32::MAX))))
        }
        _ => Ok(NamespaceScope::One(Scope::Path(PathBuf::from(typed)))),
    }
}

/// Runs `work` in a thread within one namespace.
///
/// # Errors
/// The namespace does not exist or cannot be entered.
pub fn run_in<T: Send>(
    proc: &ProcRoot,
    scope: &Scope,
    work: impl FnOnce() -> T + Send,
) -> anyhow::Result<T> {
    let namespace = namespaces::open(proc, scope)?;
    namespaces::in_namespace(&namespace, work)
        .map_err(|errno| anyhow!("cannot enter the namespace: {}", error_text(errno)))
}

/// Runs `work` in a thread within a namespace that was found.
///
/// # Errors
/// Those of opening and entering the namespace.
pub fn enter<T: Send>(
    namespace: &IpcNamespace,
    work: impl FnOnce() -> T + Send,
) -> Result<T, Errno> {
    match (&namespace.file, namespace.error) {
        (_, Some(error)) => Err(error),
        (Some(file), None) => namespaces::in_namespace(file, work),
        (None, None) => Err(Errno::ENOENT),
    }
}

/// Why a namespace cannot be entered, in one line.
pub fn cannot_enter(namespace: &IpcNamespace, errno: Errno) -> anyhow::Error {
    anyhow!("cannot enter namespace {}: {}", namespace.id.inode, error_text(errno))
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
        assert_eq!(read("99999999999999"), Ok(NamespaceScope::One(Scope::Pid(i32::MAX))));
        assert_eq!(read("./all"), path("./all"));
        assert_eq!(read("/proc/1/ns/ipc"), path("/proc/1/ns/ipc"));
        assert_eq!(read("-1"), path("-1"));
        assert!(read("").is_err());
    }
}

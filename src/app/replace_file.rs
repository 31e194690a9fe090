//! Replaces a file in one step: a reader sees the old content or the new one.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::sys::reason;

/// What everybody may do with the file. The process that reads it is another user's.
const MODE: u32 = 0o644;

/// How many names are tried for the temporary file.
const ATTEMPTS: u32 = 100;

/// Writes `content` to a new file in the same directory, which then takes the name.
///
/// # Errors
/// Why it cannot be written. The file is then as it was, and no other one is left.
pub fn replace_file(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    replace(path, content).map_err(|error| {
        anyhow!("cannot write {}: {}", crate::cli::Typed::new(path.as_os_str()), reason(&error))
    })
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not the name of a file"));
    };
    // A device such as /dev/null, or a link that others rely on, must not be replaced.
    match fs::symlink_metadata(path) {
        Ok(old) if !old.is_file() => {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (temporary, mut file) = create_beside(path, name)?;
    let done = fill(&mut file, content).and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

/// The file must be complete on the disk before it takes the name.
fn fill(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    // The mode at creation was subject to the umask.
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.sync_all()
}

/// Creates a file with an unused name, which does not end as that of the file: node_exporter reads
/// every file whose name ends in .prom.
fn create_beside(path: &Path, name: &OsStr) -> io::Result<(PathBuf, File)> {
    let mut attempts = 0..ATTEMPTS;
    loop {
        let number = attempts.next().ok_or(ErrorKind::AlreadyExists)?;
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{number}", std::process::id()));
        let temporary = path.with_file_name(temporary);
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary);
        match created {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (temporary, file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_reader_of_the_old_file_keeps_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.prom");
        replace_file(&path, b"old").unwrap();
        let old = fs::metadata(&path).unwrap();
        assert_eq!(old.mode() & 0o7777, MODE);
        let mut reader = File::open(&path).unwrap();
        replace_file(&path, b"new").unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut reader, &mut text).unwrap();
        assert_eq!((text.as_str(), fs::read(&path).unwrap()), ("old", b"new".to_vec()));
        assert_ne!(fs::metadata(&path).unwrap().ino(), old.ino());
        assert_eq!(names(directory.path()), ["ipc.prom"]);
    }

    #[test]
    fn only_a_regular_file_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("elsewhere", &link).unwrap();
        fs::create_dir(directory.path().join("inner")).unwrap();
        for name in ["link", "inner", ".."] {
            let error = replace_file(&directory.path().join(name), b"").unwrap_err().to_string();
            assert!(error.contains(": not "), "{error}");
        }
        let mut left = names(directory.path());
        left.sort();
        assert_eq!(left, ["inner", "link"]);
    }

    #[test]
    fn a_name_that_is_taken_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let taken = format!(".ipc.prom.{}-0", std::process::id());
        fs::write(directory.path().join(&taken), b"other").unwrap();
        replace_file(&directory.path().join("ipc.prom"), b"new").unwrap();
        assert_eq!(fs::read(directory.path().join(&taken)).unwrap(), b"other");
        assert_eq!(names(directory.path()).len(), 2);
    }
}

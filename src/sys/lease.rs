//! Leases on files (fcntl(2), `F_SETLEASE`). The kernel grants a write lease only if nobody else has
//! the file open or mapped: no process, whether it can be inspected or not, no message on its way
//! through a socket, no io_uring, no loop device.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::utsname::uname;

/// include/uapi/asm-generic/fcntl.h; libc lacks it.
const F_SETSIG: c_int = 10;

/// A file that is open only for a moment, as a list of objects opens it, is asked for again.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(1);

/// Whether nobody else has a file open or mapped. Until `file` is closed, nobody can open it then:
/// open(2) waits.
///
/// # Errors
/// Why that is unknown. EACCES: the caller is neither its owner nor privileged. EINVAL: its file
/// system has no leases. ENOSYS: an old kernel, which refuses leases on all files in memory.
pub fn is_only_opener(file: &File) -> nix::Result<bool> {
    if !is_exact() {
        return Err(Errno::ENOSYS);
    }
    // Whoever opens the file ends the lease by a signal. The usual one would end the program; this
    // one is ignored by default.
    control(file, F_SETSIG, libc::SIGURG)?;
    for attempt in 1.. {
        match control(file, libc::F_SETLEASE, libc::F_WRLCK) {
            Err(Errno::EAGAIN) if attempt < TRIES => thread::sleep(PAUSE),
            Err(Errno::EAGAIN) => break,
            granted => return granted.map(|()| true),
        }
    }
    Ok(false)
}

fn control(file: &File, command: c_int, argument: c_int) -> nix::Result<()> {
    // SAFETY: these commands take a number.
    Errno::result(unsafe { libc::fcntl(file.as_raw_fd(), command, argument) }).map(drop)
}

/// Before Linux 5.3 the kernel counted names in its cache, of which files in memory always have one.
fn is_exact() -> bool {
    uname().is_ok_and(|names| is_since_5_3(&names.release().to_string_lossy()))
}

fn is_since_5_3(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|word| word.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(5), Some(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_nobody_else_has_open_is_leased() {
        if !is_exact() {
            return;
        }
        let path = tempfile::NamedTempFile::new_in("/dev/shm").unwrap().into_temp_path();
        let first = File::open(&path).unwrap();
        let second = File::open(&path).unwrap();
        assert_eq!(is_only_opener(&second), Ok(false));
        drop(first);
        assert_eq!(is_only_opener(&second), Ok(true));
        // The lease ends with the descriptor.
        drop(second);
        assert_eq!(is_only_opener(&File::open(&path).unwrap()), Ok(true));
    }

    #[test]
    fn releases_are_compared_as_numbers() {
        for (release, expected) in [
            ("4.18.0-553.el8", false),
            ("5.2.21", false),
            ("5.3", true),
            ("5.10.0-rc1", true),
            ("6.18.44-fc", true),
            ("10.0.1", true),
            ("", false),
        ] {
            assert_eq!(is_since_5_3(release), expected, "{release}");
        }
    }
}

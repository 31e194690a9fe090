//! Users and groups from NSS: getpwuid_r(3), getgrgid_r(3) and the like.
//!
//! nix converts names to UTF-8 and replaces invalid bytes. Here a name is a byte string, and is
//! shown and compared as such.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::ptr;

use nix::libc::{self, c_char, c_int};

use super::{Errno, MAX_INTERRUPTIONS};

/// The size of the buffer for one entry. Too small a buffer costs a second look-up.
const ROOM: usize = 4096;
/// The largest buffer. No group entry is expected to exceed it.
const MOST: usize = 1 << 24;

/// The name of a user; `None` if it has none.
///
/// # Errors
/// Why NSS failed.
pub fn user_name(uid: u32) -> nix::Result<Option<Box<[u8]>>> {
    // SAFETY: the pointers are those that `entry` hands out, valid for their sizes.
    let ask =
        |into, text, room, found: &mut _| unsafe { libc::getpwuid_r(uid, into, text, room, found) };
    // SAFETY: `entry` hands over a filled structure, whose name is null or a C string.
    entry(ask, |user: &libc::passwd| unsafe { bytes(user.pw_name) }).map(Option::flatten)
}

/// The name of a group; `None` if it has none.
///
/// # Errors
/// Why NSS failed.
pub fn group_name(gid: u32) -> nix::Result<Option<Box<[u8]>>> {
    // SAFETY: as in `user_name`.
    let ask =
        |into, text, room, found: &mut _| unsafe { libc::getgrgid_r(gid, into, text, room, found) };
    // SAFETY: as in `user_name`.
    entry(ask, |group: &libc::group| unsafe { bytes(group.gr_name) }).map(Option::flatten)
}

/// The number of the user with a name, if there is one.
///
/// # Errors
/// Why NSS failed.
pub fn user_number(name: &[u8]) -> nix::Result<Option<u32>> {
    let Some(name) = c_name(name) else { return Ok(None) };
    // SAFETY: as in `user_name`; the name outlives the call.
    let ask = |into, text, room, found: &mut _| unsafe {
        libc::getpwnam_r(name.as_ptr(), into, text, room, found)
    };
    entry(ask, |user: &libc::passwd| user.pw_uid)
}

/// The number of the group with a name, if there is one.
///
/// # Errors
/// Why NSS failed.
pub fn group_number(name: &[u8]) -> nix::Result<Option<u32>> {
    let Some(name) = c_name(name) else { return Ok(None) };
    // SAFETY: as in `user_number`.
    let ask = |into, text, room, found: &mut _| unsafe {
        libc::getgrnam_r(name.as_ptr(), into, text, room, found)
    };
    entry(ask, |group: &libc::group| group.gr_gid)
}

/// The names of the users of this machine's own file, as far as they are text: for suggestions.
#[must_use]
pub fn local_users() -> Vec<String> {
    names_in("/etc/passwd")
}

/// The names of the groups of this machine's own file.
#[must_use]
pub fn local_groups() -> Vec<String> {
    names_in("/etc/group")
}

fn names_in(path: &str) -> Vec<String> {
    let text = std::fs::read(path).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    let names = lines.filter_map(|line| line.split(|byte| *byte == b':').next());
    let names = names.filter_map(|name| std::str::from_utf8(name).ok());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// An empty name is rejected: no account has one.
fn c_name(name: &[u8]) -> Option<CString> {
    CString::new(name).ok().filter(|name| !name.is_empty())
}

/// Looks up an entry, with a larger buffer until it fits, and reads it.
fn entry<T, R>(
    ask: impl Fn(*mut T, *mut c_char, usize, &mut *mut T) -> c_int,
    read: impl FnOnce(&T) -> R,
) -> nix::Result<Option<R>> {
    let mut room: usize = ROOM;
    let mut interruptions = 0..MAX_INTERRUPTIONS;
    loop {
        let mut entry = MaybeUninit::<T>::uninit();
        let mut text = Vec::<c_char>::with_capacity(room);
        let mut found = ptr::null_mut();
        match ask(entry.as_mut_ptr(), text.as_mut_ptr(), text.capacity(), &mut found) {
            // SAFETY: a successful call has filled `entry`, found it by pointing at it, or left
            // null; what it points to lies in `text`, and both live until `read` returns.
            0 => return Ok(unsafe { found.as_ref() }.map(read)),
            libc::EINTR if interruptions.next().is_some() => {}
            libc::ERANGE if room < MOST => room = room.saturating_mul(4),
            // The entry does not exist, or may not be looked up (getpwnam(3)).
            libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM | libc::EACCES => {
                return Ok(None);
            }
            error => return Err(Errno::from_raw(error)),
        }
    }
}

/// The bytes of a C string.
///
/// # Safety
/// `text` is null or points to a C string.
unsafe fn bytes(text: *const c_char) -> Option<Box<[u8]>> {
    if text.is_null() {
        return None;
    }
    // SAFETY: that of the caller.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_match() {
        assert_eq!(user_name(0).unwrap().as_deref(), Some(&b"root"[..]));
        assert_eq!(group_name(0).unwrap().as_deref(), Some(&b"root"[..]));
        assert_eq!((user_number(b"root"), group_number(b"root")), (Ok(Some(0)), Ok(Some(0))));
        for nobody in [&b"no such account"[..], b"", b"\xff", b"root\0"] {
            assert_eq!((user_number(nobody), group_number(nobody)), (Ok(None), Ok(None)));
        }
        assert_eq!((user_name(4_000_000), group_name(4_000_000)), (Ok(None), Ok(None)));
    }

    #[test]
    fn looks_up_again_when_interrupted_up_to_a_bound() {
        let ask = |times| {
            let calls = std::cell::Cell::new(0);
            entry(
                |into: *mut u8, _, _, found| {
                    calls.set(calls.get() + 1);
                    if calls.get() <= times {
                        return libc::EINTR;
                    }
                    // SAFETY: `entry` hands out a pointer to room for a byte.
                    unsafe { into.write(7) };
                    *found = into;
                    0
                },
                |byte| *byte,
            )
        };
        assert_eq!(
            [ask(0), ask(MAX_INTERRUPTIONS), ask(usize::MAX)],
            [Ok(Some(7)), Ok(Some(7)), Err(Errno::EINTR)]
        );
    }

    #[test]
    fn looks_up_again_with_a_larger_buffer() {
        let ask = |room| {
            entry(
                |into: *mut u8, _, given, found| {
                    if given < room {
                        return libc::ERANGE;
                    }
                    // SAFETY: `entry` hands out a pointer to room for a byte.
                    unsafe { into.write(7) };
                    *found = into;
                    0
                },
                |byte| *byte,
            )
        };
        assert_eq!(
            [ask(1), ask(ROOM + 1), ask(MOST), ask(MOST + 1)],
            [Ok(Some(7)), Ok(Some(7)), Ok(Some(7)), Err(Errno::ERANGE)]
        );
    }
}

//! What happens when memory cannot be allocated: one line on standard error and an exit status, 1 as
//! util-linux' programs do it. Rust's own handler prints a message of several lines and aborts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use std::{io, ptr};

use nix::libc::{self, c_char};

/// The longest name that is printed.
const NAME: usize = 64;
const MESSAGE: &[u8] = b": out of memory\n";

/// argv[0], for the line.
static PROGRAM: AtomicPtr<c_char> = AtomicPtr::new(ptr::null_mut());

/// The exit status of a program that has no memory.
static STATUS: AtomicU8 = AtomicU8::new(1);

/// The system's allocator, which ends the program when it has no memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExitingAllocator;

// SAFETY: every call is passed on to the system's allocator as it is, and its answers are returned
// unless they are null.
unsafe impl GlobalAlloc for ExitingAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        or_exit(unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        or_exit(unsafe { System.alloc_zeroed(layout) })
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        or_exit(unsafe { System.realloc(memory, layout, size) })
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[inline]
fn or_exit(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        exit_without_memory();
    }
    memory
}

/// Keeps the name for the line.
///
/// # Safety
/// `argv0` points to a C string that lives as long as the process.
pub(super) unsafe fn set_program(argv0: *const c_char) {
    PROGRAM.store(argv0.cast_mut(), Ordering::Relaxed);
}

/// Sets the exit status of a program that has no memory.
pub fn set_exit_status(status: u8) {
    STATUS.store(status, Ordering::Relaxed);
}

#[cold]
#[inline(never)]
fn exit_without_memory() -> ! {
    let mut line = [0u8; NAME + MESSAGE.len()];
    let name = PROGRAM.load(Ordering::Relaxed);
    // SAFETY: null, or what `set_program` was given.
    let name = unsafe { name.as_ref() }.map_or(&b""[..], |name| {
        // SAFETY: as above.
        unsafe { std::ffi::CStr::from_ptr(name) }.to_bytes()
    });
    let length = write_line(name, &mut line);
    // SAFETY: the line has at least this length. A failed write cannot be reported.
    // `_exit` ends all threads at once and runs nothing that could allocate.
    unsafe {
        libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), length);
        libc::_exit(STATUS.load(Ordering::Relaxed).into())
    }
}

/// Puts the line together without allocating; returns its length.
fn write_line(argv0: &[u8], line: &mut [u8; NAME + MESSAGE.len()]) -> usize {
    let name = argv0.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    // Other bytes would have to be escaped.
    let name = if name.iter().all(u8::is_ascii_graphic) { name } else { b"" };
    let name = name.get(..NAME).unwrap_or(name);
    let message =
        if name.is_empty() { MESSAGE.strip_prefix(b": ").unwrap_or(MESSAGE) } else { MESSAGE };
    let mut rest = io::Cursor::new(&mut line[..]);
    // The line has room for both.
    let _ = io::Write::write_all(&mut rest, name);
    let _ = io::Write::write_all(&mut rest, message);
    usize::try_from(rest.position()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_begins_with_the_name_of_the_program() {
        let line = |argv0: &[u8]| {
            let mut line = [0; NAME + MESSAGE.len()];
            let length = write_line(argv0, &mut line);
            String::from_utf8(line[..length].to_vec()).unwrap()
        };
        assert_eq!(line(b"ipcs"), "ipcs: out of memory\n");
        assert_eq!(line(b"/usr/bin/ipcrm"), "ipcrm: out of memory\n");
        assert_eq!(line(&[b'x'; 1000]), format!("{}: out of memory\n", "x".repeat(NAME)));
        for hostile in [&b""[..], b"/", b"a\x1b[2J", b"\xff"] {
            assert_eq!(line(hostile), "out of memory\n");
        }
    }
}

//! The entry point of the programs: `main` as the C library calls it, without the setup of Rust's
//! own runtime.
//!
//! That setup reads /proc/self/maps to place a guard page and installs handlers for stack
//! overflows. It takes a seventh of the time of an empty listing, and scripts call `ipcs` in loops.
//! The parts that are needed are done below. The three standard descriptors are opened. A closed
//! pipe and a file that may not grow are errors of write(2) and not signals. Memory that cannot be
//! allocated ends the program with a line.

use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::libc::{self, c_char, c_int};

/// Defines `main` of a program, from a function that takes argv and returns the exit status.
#[macro_export]
macro_rules! program {
    ($run:expr) => {
        #[global_allocator]
        static ALLOCATOR: $crate::sys::allocator::ExitingAllocator =
            $crate::sys::allocator::ExitingAllocator;

        #[allow(unsafe_code, missing_docs, reason = "the C library looks for this name")]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn main(
            argc: std::ffi::c_int,
            argv: *const *const std::ffi::c_char,
        ) -> std::ffi::c_int {
            // SAFETY: these are the arguments that the C library passes to `main`.
            unsafe { $crate::sys::entry::start(argc, argv, $run) }
        }
    };
}

/// Runs a program on the arguments of `main`; returns its exit status.
///
/// # Safety
/// `argv` points to `argc` strings that live as long as the process, as the C library passes them.
pub unsafe fn start(
    argc: c_int,
    argv: *const *const c_char,
    run: impl FnOnce(Vec<OsString>) -> u8,
) -> c_int {
    open_standard_descriptors();
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        // SAFETY: no handler is installed, the signal is only ignored.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    // SAFETY: as above. Where it is ignored, which a parent may pass on, the kernel gives the number
    // of a child that has ended to others, and a signal would reach them.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    let count = usize::try_from(argc).unwrap_or(0);
    if count > 0 {
        // SAFETY: the caller promises that this string lives as long as the process.
        unsafe { super::allocator::set_program(*argv) };
    }
    let words = (0..count).map(|at| {
        // SAFETY: the caller promises `argc` strings, each ended by a NUL.
        let word = unsafe { CStr::from_ptr(*argv.add(at)) };
        OsStr::from_bytes(word.to_bytes()).to_owned()
    });
    c_int::from(run(words.collect()))
}

/// Opens /dev/null for each of the three that is closed. Otherwise the next file that is opened
/// would get its number, and messages would be written to it.
///
/// If it cannot be opened (a chroot without /dev) the programs continue. They open nothing for
/// writing but the terminal, so a message for a closed descriptor overwrites nothing.
fn open_standard_descriptors() {
    for number in 0..=2 {
        // SAFETY: F_GETFD takes no third argument, and a closed descriptor is only an error.
        let flags = Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) });
        if flags == Err(Errno::EBADF) {
            // SAFETY: the path is a C string. The lowest free number is the one that is closed,
            // as those below are open; it stays open for good.
            unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
        }
    }
}

//! File handles: they distinguish files with the same inode number on the same file system.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_uint};

/// As long as the longest handle of any file system (include/linux/exportfs.h, `MAX_HANDLE_SZ`).
const HANDLE_SIZE: usize = 128;

/// `struct file_handle` (name_to_handle_at(2)) with room for its bytes.
#[repr(C)]
struct FileHandle {
    handle_bytes: c_uint,
    handle_type: c_int,
    f_handle: [MaybeUninit<u8>; HANDLE_SIZE],
}

const _: () = assert!(std::mem::offset_of!(FileHandle, f_handle) == 8);

/// The handle of what a path leads to (links are followed): it holds the number and a generation
/// that is random for the files of shared memory (mm/shmem.c, `shmem_encode_fh`).
///
/// # Errors
/// EOPNOTSUPP: the file system has none (huge pages). Else those of name_to_handle_at(2).
pub fn file_handle(path: &Path) -> nix::Result<Vec<u8>> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let mut handle = FileHandle {
        handle_bytes: HANDLE_SIZE as c_uint,
        handle_type: 0,
        f_handle: [MaybeUninit::uninit(); HANDLE_SIZE],
    };
    let mut mount: c_int = 0;
    // SAFETY: the path is a C string, the handle has room for the number of bytes that its first
    // field says, and the mount id is an int; all live through the call.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            libc::AT_FDCWD,
            path.as_ptr(),
            &raw mut handle,
            &raw mut mount,
            libc::AT_SYMLINK_FOLLOW,
        )
    })?;
    let length = handle.handle_bytes as usize;
    // SAFETY: on success the kernel has written as many bytes as the first field says now.
    Ok(handle.f_handle.iter().take(length).map(|byte| unsafe { byte.assume_init() }).collect())
}

//! Random bytes: getrandom(2).

use nix::errno::Errno;
use nix::libc;

/// A random number.
///
/// # Errors
/// ENOSYS before Linux 3.17; EINTR while the kernel's pool is not ready.
pub fn random_u32() -> nix::Result<u32> {
    let mut bytes = [0u8; 4];
    // SAFETY: the pointer and the length are those of `bytes`.
    let read =
        Errno::result(unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) })?;
    // Up to 256 bytes are never truncated once the pool is ready.
    if read.cast_unsigned() == bytes.len() {
        Ok(u32::from_ne_bytes(bytes))
    } else {
        Err(Errno::EIO)
    }
}
